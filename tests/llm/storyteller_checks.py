"""An independent reader of passages: compares prose with events, and sentences with those told before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from types import MappingProxyType

from api.content.catalogue import Content
from api.llm.port import NarrationRequest
from api.rules import events as ev

MISS_WORDS = re.compile(
    r"\b(miss(es|ed)?|goes wide|empty|nothing but air|only air|dodge[sd]?|ducks|harmlessly|too late to|overshoots|"
    r"too short|twists aside|sways aside|out of (its )?reach|not there|slips under|nobody there|no resistance)\b"
)
HIT_WORDS = re.compile(
    r"\b(lands|landed|connects|wounds?|blood|bleeds?|hurts?|bruise[sd]?|cuts deep|draws blood|goes home|it tells|"
    r"square|bites and holds|gets through|staggers|reels|scorch(es)?|sears|damage)\b"
)
# Words that may stand beside a combatant's name only when the event for it was committed.
STATES: dict[str, re.Pattern[str]] = {
    "down": re.compile(
        r"\b(is|are|goes|lies|still) down\b(?! [a-z]*(ward|river|stairs))|: down\b|, down and"
    ),
    "out": re.compile(r"\b(dead|dies|died|killed|slain|unconscious|knocked out)\b"),
    "poisoned": re.compile(r"\bpoisoned\b"),
    "bleeding": re.compile(r"\bbleeding\b"),
    "burning": re.compile(r"\bburning\b"),
    "stunned": re.compile(r"\bstunned\b"),
    "weakened": re.compile(r"\bweakened\b"),
    "marked": re.compile(r"\bmarked\b"),
    "inspired": re.compile(r"\binspired\b"),
    "guarded": re.compile(r"\bguarded\b"),
}
# What is always told of whom it happened to.
NAMED = (
    ev.Helped,
    ev.Encouraged,
    ev.RowChanged,
    ev.ParleyTried,
    ev.SurrenderOffered,
    ev.Tended,
    ev.Fled,
    ev.Died,
    ev.CarriedBack,
    ev.LevelGained,
    ev.ReactionUsed,
)
NUMBER_WORDS = [
    "none",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_END = re.compile(r"(?<=[.!?…])[\"”’')]*\s+(?=[\"“‘'(]?[A-Z0-9])")
_NUMBER = re.compile(
    r"\b(\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|first|second|third|fourth|fifth)\b"
)


def sentences(passage: str) -> list[str]:
    return [s.strip() for block in passage.split("\n") for s in _END.split(block) if s.strip()]


def all_events(request: NarrationRequest) -> list[ev.Event]:
    return [e for d in request.deeds for e in d.events] + list(request.closing_events)


def given_names(heroes: Iterable[str]) -> dict[str, str]:
    """First word to full name, for heroes of whom no other shares it."""
    firsts = [name.split()[0] for name in heroes]
    return {first: name for first, name in zip(firsts, heroes, strict=True) if firsts.count(first) == 1}


def plurals(content: Content) -> dict[str, str]:
    """A creature's plural to its name."""
    return {c.plural: c.name for c in content.creatures.values() if c.plural}


def spelled_out(request: NarrationRequest, passage: str, kinds: Mapping[str, str]) -> str:
    """The passage with every hero by full name and every creature of a group by its own name."""
    for plural, name in kinds.items():
        listed = re.compile(rf"{plural} ((?:\d+, )*\d+ and \d+)")
        passage = listed.sub(lambda m, n=name: re.sub(r"\d+", lambda d: f"{n} {d[0]}", m[1]), passage)  # type: ignore[misc]
        told = sorted(
            {n for e in all_events(request) if (n := getattr(e, "target_name", "")).startswith(f"{name} ")}
        )
        everyone = re.compile(rf"\b(all|the other) ({'|'.join(NUMBER_WORDS)}) {plural}\b", re.IGNORECASE)
        passage = everyone.sub(lambda m, t=told: " and ".join(t), passage)  # type: ignore[misc]
    for first, full in given_names([m.name for m in request.party]).items():
        if first != full:
            rest = re.escape(full[len(first) :])
            passage = re.sub(rf"\b{re.escape(first)}\b(?!{rest})", full, passage)
    return passage


def check_groups(request: NarrationRequest, passage: str, kinds: Mapping[str, str]) -> Iterator[str]:
    """`all six Inkhounds` may be said only when the events reach six, and nobody who still stands is left out."""
    for plural, name in kinds.items():
        reached = {
            e.target_name
            for e in all_events(request)
            if isinstance(e, ev.AttackHit | ev.AttackMissed | ev.ConditionGained)
            and e.target_name.startswith(name)
        }
        standing = {foe for foe in request.foes.values() if foe.startswith(name)}
        for found in re.finditer(
            rf"\b(all|the other) ({'|'.join(NUMBER_WORDS)}) {plural}\b", passage, re.IGNORECASE
        ):
            count = NUMBER_WORDS.index(found[2].lower()) + (found[1].lower() == "the other")
            if count > len(reached) or standing - reached:
                yield f"'{found[0]}' is not what the events say: {sorted(reached)} of {sorted(standing)}"


def mask_pattern(content: Content, heroes: Iterable[str]) -> re.Pattern[str]:
    names = {*heroes, *(name.split()[0] for name in heroes)}
    for c in content.creatures.values():
        names |= {c.name, c.plural}
    names |= {i.name for i in content.items.values()}
    for s in content.scenes.values():
        names |= {s.name, s.place}
        names |= {p.name for p in s.people}
    ordered = sorted((n for n in names if n), key=len, reverse=True)
    return re.compile("|".join(rf"\b{re.escape(n.lower())}\b" for n in ordered))


def masked(sentence: str, names: re.Pattern[str]) -> str:
    text = names.sub("NAME", sentence.lower().replace("’", "'"))
    text = _NUMBER.sub("NUM", text)
    text = re.sub(r"NAME( NUM)?", "NAME", text)
    return " ".join(re.findall(r"[\w']+", text))


def nearly_same(one: str, other: str) -> float:
    a, b = one.split(), other.split()
    if len(set(a) & set(b)) * 2 < 0.5 * (len(set(a)) + len(set(b))):
        return 0.0
    words = SequenceMatcher(None, a, b, autojunk=False).ratio()
    if words < 0.6:
        return words
    return max(words, SequenceMatcher(None, one, other, autojunk=False).ratio())


def check_repeats(told: list[tuple[int, str]], names: re.Pattern[str]) -> Iterator[str]:
    """`told` are (running number, passage) of one session, in order."""
    exact: dict[str, int] = {}
    recent: list[tuple[int, str, str]] = []
    for number, passage in told:
        recent = [r for r in recent if number - r[0] <= 10]
        for sentence in sentences(passage):
            before = exact.get(sentence)
            if before is not None and number - before <= 20:
                yield f"turn {number}: repeated from turn {before}: {sentence}"
            exact[sentence] = number
            mask = masked(sentence, names)
            if len(mask.split()) >= 5:
                for earlier, old_mask, old in recent:
                    ratio = nearly_same(mask, old_mask)
                    if ratio > 0.85:
                        yield f"turn {number}: near-repeat ({ratio:.2f}) of turn {earlier}: {sentence} ~ {old}"
                recent.append((number, mask, sentence))


def authored(content: Content) -> str:
    """All text of the content's authors, as one string: what they wrote is theirs to answer for."""
    kinds = (content.campaigns, content.scenes, content.encounters, content.creatures, content.origins)
    return "\n".join(one.model_dump_json() for kind in kinds for one in kind.values()).lower()


def _by_author(part: str, text: str, pattern: re.Pattern[str]) -> bool:
    """Whether the words round the state stand so in the content."""
    found = pattern.search(part.lower())
    return found is not None and part.lower()[found.start() : found.end() + 20] in text


def check_names(request: NarrationRequest, passage: str) -> Iterator[str]:
    """The full name once, at the first mention; the given name, where it is nobody else's, from then on."""
    for first, full in given_names([m.name for m in request.party]).items():
        if first == full:
            continue
        places = [m.start() for m in re.finditer(rf"\b{re.escape(first)}\b", passage)]
        fulls = [m.start() for m in re.finditer(rf"\b{re.escape(full)}\b", passage)]
        if places and places[:1] != fulls[:1]:
            yield f"{full} is not introduced by the full name"
        if len(fulls) > 1:
            yield f"{full} is named in full {len(fulls)} times"


def check_facts(
    request: NarrationRequest, passage: str, text: str, kinds: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Every way in which the prose does not say what the events say."""
    events = all_events(request)
    for deed in request.deeds:
        if deed.actor.name not in passage:
            yield f"actor {deed.actor.name} is not named"
    yield from check_names(request, passage)
    yield from check_groups(request, passage, kinds)
    passage = spelled_out(request, passage, kinds)
    parts = sentences(passage)
    low = passage.lower()
    for event in events:
        if isinstance(event, ev.AttackHit | ev.AttackMissed | ev.AbilityUsed):
            names = [event.source_name]
            if event.target != event.source:
                names.append(event.target_name)
            yield from (f"{n} is not named" for n in names if n.lower() not in low)
        if isinstance(event, ev.ItemGained | ev.ItemLost):
            with_item = [s for s in parts if event.item_name.lower() in s.lower()]
            if not with_item:
                yield f"{event.item_name} is not named"
            elif not any(event.actor_name in s for s in with_item) and passage.count(event.actor_name) == 0:
                yield f"{event.item_name} is not told of {event.actor_name}"
        if isinstance(event, ev.GoldChanged) and f"{abs(event.amount)} gold" not in low:
            yield f"{event.amount} gold is not told"
        if isinstance(event, ev.WentDown) and event.is_hero and "down" not in low and "quiet" not in low:
            yield f"{event.target_name} going down is not told"
        if isinstance(event, ev.Recovered) and event.target_name not in passage:
            yield f"{event.target_name}'s recovery is not told"
        if isinstance(event, NAMED) and event.actor_name.lower() not in low:
            yield f"{event.type_name()} of {event.actor_name} is not told"
    yield from _check_strikes(events, parts)
    yield from _check_states(request, events, parts, text)


def _check_strikes(events: list[ev.Event], parts: list[str]) -> Iterator[str]:
    outcomes: dict[tuple[str, str], set[bool]] = {}
    for event in events:
        if isinstance(event, ev.AttackHit | ev.AttackMissed):
            pair = (event.source_name, event.target_name)
            outcomes.setdefault(pair, set()).add(isinstance(event, ev.AttackHit))
    for (source, target), seen in outcomes.items():
        if len(seen) > 1 or (target, source) in outcomes:
            continue
        for part in parts:
            text = part.lower()
            if _names(text, source) and _names(text, target) and not text.rstrip().endswith("?"):
                if seen == {True} and MISS_WORDS.search(text):
                    yield f"a hit of {source} on {target} is told as a miss: {part}"
                if seen == {False} and HIT_WORDS.search(text):
                    yield f"a miss of {source} on {target} is told as a hit: {part}"


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name.lower())}\b", text) is not None


def _check_states(
    request: NarrationRequest, events: list[ev.Event], parts: list[str], text: str
) -> Iterator[str]:
    allowed: dict[str, set[str]] = {}
    for event in events:
        if isinstance(event, ev.WentDown | ev.Recovered):
            allowed.setdefault(event.target_name, set()).update(("down", "out"))
        if isinstance(event, ev.DeathChecked | ev.Died | ev.Stabilised | ev.CarriedBack):
            allowed.setdefault(event.actor_name, set()).update(("down", "out"))
        if isinstance(event, ev.ConditionResisted):
            allowed.setdefault(event.target_name, set()).add(event.condition)
        if isinstance(event, ev.ConditionGained | ev.ConditionEnded):
            allowed.setdefault(event.target_name, set()).add(event.condition)
        if isinstance(event, ev.TurnPassed):
            allowed.setdefault(event.actor_name, set()).add({"down": "down"}.get(event.reason, event.reason))
    combatants = [m.name for m in request.party] + list(request.foes.values()) + list(allowed)
    for part in parts:
        present = [n for n in dict.fromkeys(combatants) if _names(part.lower(), n)]
        for state, pattern in STATES.items():
            told = present and pattern.search(part.lower()) and not _by_author(part, text, pattern)
            if told and not any(state in allowed.get(n, set()) for n in present):
                yield f"'{state}' is told without its event: {part}"
