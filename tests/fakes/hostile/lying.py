"""Fills the wordings of `lies/` so that each is false for the turn at hand, and finds them again in what was posted."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from api.content.catalogue import Content
from api.llm.port import CastMember, NarrationRequest
from api.rules import events as ev

FOLDER = Path(__file__).parent / "lies"
GATED = ("item", "gold", "damage", "death", "condition", "name", "speech")
KINDS = (*GATED, "heal", "leak", "ping", "debris")
_PRONOUNS = {
    "she": ("she", "her", "her", "hers"),
    "he": ("he", "him", "his", "his"),
    "they": ("they", "them", "their", "theirs"),
}
_BRACKETS = re.compile(r"(?<=\s)\[(?![{\"])([^\]]+)\](?!\()|^\[(\{hero\}[^\]]+)\]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LASTING = re.compile(r"is hurt|wounded|limps|bleeds")
_RUN = 6


@dataclass(frozen=True, slots=True)
class Lie:
    """One sentence that is false. `mark` is the part that claims; finding it in a post is finding the lie."""

    kind: str
    text: str
    mark: str
    wording: str

    def posted_in(self, text: str) -> bool:
        """Whether the claim, or any run of six of its words, stands in a text."""
        claim, told = _words(self.mark), _words(text)
        if not claim:
            return self.mark.strip() in text
        if self.kind in ("ping", "debris") and self.mark.strip() in text:
            return True
        size = min(_RUN, len(claim))
        runs = {tuple(told[i : i + size]) for i in range(len(told) - size + 1)}
        if self.kind in ("ping", "debris"):
            return tuple(claim) in {
                tuple(told[i : i + len(claim)]) for i in range(len(told) - len(claim) + 1)
            }
        return any(tuple(claim[i : i + size]) in runs for i in range(len(claim) - size + 1))


@dataclass(frozen=True, slots=True)
class Victims:
    """Of whom a lie can be told in one turn: whoever the facts leave alone."""

    heroes: tuple[CastMember, ...]  # nothing befell them this turn, they stand, and at full HP
    anyone: tuple[CastMember, ...]  # every hero that stands and on whom no event came down
    unpaid: tuple[CastMember, ...]  # whose bag and purse no event changed
    silent: tuple[CastMember, ...]  # whose player wrote nothing and who talked to nobody
    foes: tuple[str, ...]
    people: tuple[str, ...]
    items: tuple[str, ...]
    conditions: frozenset[str]
    numbers: tuple[int, ...]
    over: bool  # a fight was won


def wordings(kind: str) -> list[str]:
    """The lines of a kind's file, comments left out."""
    lines = (FOLDER / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines[1:] if line.strip()]


def victims_of(content: Content, request: NarrationRequest) -> Victims:
    """Whom and what one can lie about, given the facts."""
    events = [e for d in request.deeds for e in d.events] + list(request.closing_events)
    touched = {str(e.target) for e in events if getattr(e, "target", "")}
    touched |= {e.actor for e in events if isinstance(e, _UPON)}
    paid = {
        str(getattr(e, f))
        for e in events
        for f in ("actor", "to", "source")
        if _is_trade(e) and getattr(e, f, "")
    }
    spoke = {d.actor.id for d in request.deeds if d.text} | {
        e.actor
        for e in events
        if isinstance(e, ev.Spoke | ev.AffordanceUsed | ev.ParleyTried | ev.ClaimRefused)
    }
    spoke |= {m.id for m in request.party for e in events if isinstance(e, ev.ChoiceMade)}
    written = " ".join(d.text for d in request.deeds)
    held = {i for e in events for i in (getattr(e, "item_name", ""), getattr(e, "means", "")) if i}
    held |= {n for names in request.carried.values() for n in names}
    scene = content.scenes[request.scene]
    shown = scene.model_dump_json() + written + " ".join(request.history)
    items = tuple(i.name for i in content.items.values() if i.name not in held and i.name not in shown)
    standing = tuple(m for m in request.party if not m.down and m.id not in touched)
    facts = {n for e in events for n in _numbers(e)} | {n for m in request.party for n in (m.hp, m.hp_max)}
    numbers = tuple(n for n in range(17, 400) if n not in facts)
    return Victims(
        heroes=tuple(m for m in standing if m.hp == m.hp_max),
        anyone=standing,
        unpaid=tuple(m for m in request.party if m.id not in paid),
        silent=tuple(m for m in request.party if m.id not in spoke),
        foes=tuple(n for i, n in request.foes.items() if i not in touched and i not in request.hurt),
        people=tuple(p.name.removeprefix("The ") for p in scene.people),
        items=items,
        conditions=frozenset(c for held_by in request.conditions.values() for c in held_by),
        numbers=numbers,
        over=any(isinstance(e, ev.EncounterEnded) for e in events),
    )


_UPON = (
    ev.Rested | ev.NightSpent | ev.WoundsHealed | ev.DeathChecked | ev.Died | ev.CarriedBack | ev.Stabilised
    | ev.Defended | ev.TurnPassed | ev.LevelGained
)  # fmt: skip


def _is_trade(event: ev.Event) -> bool:
    """Whether an event moves things or money."""
    return "item" in event.type_name() or "gold" in event.type_name() or getattr(event, "is_item", False)


def _numbers(event: ev.Event) -> Iterator[int]:
    for value in event.to_json().values():
        if isinstance(value, int) and not isinstance(value, bool):
            yield abs(value)


def fill(kind: str, wording: str, victims: Victims, dice: random.Random) -> Lie | None:
    """One lie by a wording; None where nobody of the turn fits it."""
    # Who lacks HP may be called hurt, so that is a lie of nobody else.
    heroes = victims.heroes if kind == "damage" and _LASTING.search(wording) else victims.anyone
    heroes = {"item": victims.unpaid, "gold": victims.unpaid, "speech": victims.silent}.get(kind, heroes)
    if victims.over and re.search(r"last foe|enemy has been", wording):
        return None
    if ("{hero}" in wording or "You" in wording) and not heroes:
        return None
    if "{foe}" in wording and not victims.foes or "{person}" in wording and not victims.people:
        return None
    if (
        kind == "death"
        and "foe" not in wording
        and re.search(r"last foe|enemy has been", wording)
        and not victims.foes
    ):
        return None
    if ("item}" in wording) and not victims.items:
        return None
    hero = dice.choice(heroes) if heroes else None
    they, them, their, theirs = _PRONOUNS[hero.pronouns if hero else "they"]
    item = dice.choice(victims.items) if victims.items else ""
    foe = dice.choice(victims.foes) if victims.foes else ""
    foe = foe if foe[-1:].isdigit() or foe.startswith("The ") else f"the {foe}"
    values = {
        "hero": dice.choice((hero.name, hero.name.split()[0])) if hero else "",
        "they": they,
        "them": them,
        "their": their,
        "theirs": theirs,
        "item": item,
        "an_item": f"{'an' if item[:1] in 'aeiou' else 'a'} {item}",
        "the_item": f"the {item}",
        "foe": foe,
        "person": dice.choice(victims.people) if victims.people else "",
        "n": str(dice.choice(victims.numbers)),
        "m": str(dice.choice(victims.numbers)),
    }
    filled = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), wording)
    marked = _BRACKETS.search(filled) if kind in GATED else None
    text = _BRACKETS.sub(lambda m: m[1] or m[2], filled) if marked else filled
    text = text[:1].upper() + text[1:]
    return Lie(kind, text, (marked[1] or marked[2]) if marked else text, wording)


def all_lies(kind: str, victims: Victims, dice: random.Random) -> list[Lie]:
    """Every wording of a kind that fits this turn."""
    return [lie for w in _lines(kind) if (lie := fill(kind, w, victims, dice)) is not None]


@lru_cache(maxsize=32)
def _lines(kind: str) -> Sequence[str]:
    return wordings(kind)


def _words(text: str) -> list[str]:
    return [w.lower().replace("’", "'") for w in _WORD.findall(text)]
