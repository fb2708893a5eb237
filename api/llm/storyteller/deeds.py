"""Tells what heroes do: a scene's affordances, improvisation, talk, rest, refusals and clues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from api.llm.authored import WORKED, outcome_of
from api.llm.port import Deed
from api.llm.storyteller import fates, fights, states, worldly
from api.llm.storyteller.english import PRONOUNS, finish, lower_first, tidy
from api.llm.storyteller.gains import tell_gain, tell_loss
from api.llm.storyteller.grammar import Ref, Value, VerbPhrase
from api.llm.storyteller.grouping import group
from api.llm.storyteller.lore import mid_sentence
from api.llm.storyteller.memory import NEVER, TOO_LIKE, content_words
from api.llm.storyteller.telling import PARTY, Teller
from api.llm.storyteller.units import SPENT, Aid, Gain, Grown, Single, Strike, TimePassed, Unit
from api.rules import commands as cmd
from api.rules import events as ev

ROOM_FOR_MANA = 16  # words that must be free, where words are short, before spent power is mentioned
ROOM_FOR_MANNER = 45  # words that must be free before somebody's manner of speech, or wish, is told
MOSTLY_SAID = 0.6  # the share of a clue's words from which it would only repeat what was just told
_KINDS_TRIED = frozenset({"look", "move", "force", "sneak", "wait", "other"})
_NO_REASON = "nothing of the kind"  # a refusal that gives no reason of its own begins so
_UNSAFE = re.compile(r"[*_~`|<>{}\[\]#@\\]+")


def tell_deed(teller: Teller, deed: Deed, *, first: bool, new_paragraph: bool = False) -> list[Unit]:
    """One hero's deed in a block of its own; returns its units."""
    block = teller.open_block(new_paragraph=new_paragraph)
    units = group(deed.events)
    if not first and not teller.lean and teller.chooser.chance(0.25 if new_paragraph else 0.5):
        teller.pending = teller.grammar.draw("transition", {}, teller.voice).text()
    hero = teller.hero(deed.actor.id, deed.actor.name)
    tell_units(teller, units, hero)
    teller.pending = ""
    if not block.sentences:
        teller.say("passes_chosen", {"actor": hero})
    elif not teller.speaks_of(hero, block.sentences):
        teller.say("present", {"actor": hero})
    return units


def tell_units(teller: Teller, units: Sequence[Unit], hero: Ref | None) -> None:
    """All units in order; strikes that follow each other from one side are told as a run."""
    units, ended = _without_ends(units) if teller.lean else (units, [])
    if teller.terse:  # what changed nothing is told last, and together
        units = sorted(units, key=lambda u: bool(_side(teller, u) == "creatures" and not fights.matters(u)))
    before, mended, after = _mends_together(units)
    _tell_in_order(teller, before, hero)
    if mended:
        whom = teller.all_of(mended)
        teller.say("mends_many" if whom.plural else "mends", {"actor": whom})
    _tell_in_order(teller, after, hero)
    states.tell_ends_together(teller, ended)


def _tell_in_order(teller: Teller, units: Sequence[Unit], hero: Ref | None) -> None:
    for side, run in groupby(units, key=lambda u: _side(teller, u)):
        if side:
            fights.tell_strikes(teller, [u for u in run if isinstance(u, Strike)])
            continue
        payers: list[Gain] = []
        for unit in run:
            match unit:
                case Aid():
                    fights.tell_aid(teller, unit)
                case Gain() if unit.gold < 0 and not unit.things:
                    payers = payers or _paying_alike(teller, unit, units)
                    if unit not in payers:
                        tell_gain(teller, unit)
                case Gain():
                    tell_gain(teller, unit)
                case Grown():
                    worldly.tell_grown(teller, unit)
                case Single():
                    tell_event(teller, unit, hero)
                case _:
                    continue


def _paying_alike(teller: Teller, first: Gain, units: Sequence[Unit]) -> list[Gain]:
    """Everybody who pays the same in one deed, told in one sentence; nobody where only one pays."""
    alike = [u for u in units if isinstance(u, Gain) and u.gold == first.gold and not u.things]
    if len(alike) < 2:
        return []
    people = teller.all_of([(u.actor, u.actor_name) for u in alike])
    teller.say("pays_each", {"actor": people, "gold": f"{-first.gold} gold"}, asides=False)
    return alike


def _mends_together(units: Sequence[Unit]) -> tuple[Sequence[Unit], list[tuple[str, str]], Sequence[Unit]]:
    """What is told before several are mended by the same thing, who they are, and what is told after it."""
    mended = [u.event for u in units if isinstance(u, Single) and isinstance(u.event, ev.Healed)]
    if len(mended) < 2:
        return units, [], ()
    first = next(i for i, u in enumerate(units) if isinstance(u, Single) and u.event is mended[0])
    rest = [u for u in units[first:] if not (isinstance(u, Single) and isinstance(u.event, ev.Healed))]
    return units[:first], [(e.target, e.target_name) for e in mended if isinstance(e, ev.Healed)], rest


def _without_ends(units: Sequence[Unit]) -> tuple[list[Unit], list[ev.ConditionEnded]]:
    """In few words, conditions that end are told last and together."""
    ended = [
        u for u in units if isinstance(u, Single) and isinstance(u.event, ev.ConditionEnded) and not u.degree
    ]
    kept = [u for u in units if not any(u is e for e in ended)]
    return kept, [u.event for u in ended if isinstance(u.event, ev.ConditionEnded)]


def _side(teller: Teller, unit: Unit) -> str:
    if not isinstance(unit, Strike):
        return ""
    return unit.source if unit.source in teller.heroes else "creatures"


def tell_event(teller: Teller, unit: Single, hero: Ref | None) -> None:
    """An event that stands alone."""
    event = unit.event
    match event:
        case ev.AffordanceUsed():
            tell_affordance(teller, event)
        case ev.Improvised():
            tell_improvised(teller, event)
        case ev.Spoke():
            tell_talk(teller, event)
        case ev.ClaimRefused():
            tell_refusal(teller, event)
        case ev.TurnPassed():
            # Whoever sleeps loses turns as the stunned do; which of the two it is, the event does not say.
            pool = "passes_kept" if event.reason == "stunned" else f"passes_{event.reason}"
            teller.say(pool if teller.grammar.has(pool) else "passes_chosen", _actor(teller, event))
        case ev.Defended():
            teller.say("defends", _actor(teller, event))
        case ev.FleeFailed():
            teller.say("flee_failed", _actor(teller, event))
        case ev.ManaChanged():
            if not teller.lean or teller.room > ROOM_FOR_MANA:
                teller.say("mana_gone", _actor(teller, event))
        case ev.ItemLost():
            tell_loss(teller, event)
        case ev.ConditionEnded() if unit.degree == SPENT:
            teller.say("stun_spent", {"actor": teller.anyone(event.target, event.target_name)})
        case ev.ClueFound():
            tell_clue(teller, event)
        case ev.CheckRolled() | ev.ContestRolled():
            _tell_check(teller, event)
        case ev.GroupChecked():
            good = event.degree in WORKED
            teller.say("group_good" if good else "group_bad", {"actor": PARTY})
        case _:
            told = worldly.tell_worldly(teller, unit) or fates.tell_fate(teller, unit)
            if not told:
                _tell_state(teller, event)
    if unit.helper[0] and not teller.lean:
        scope: dict[str, Value] = {"other": teller.hero(*unit.helper), "actor": teller.hero(*unit.helper)}
        teller.try_to_say("helped_by", scope)


def _tell_check(teller: Teller, event: ev.CheckRolled | ev.ContestRolled) -> None:
    """A check whose outcome has no event of its own, such as the way out of a fight."""
    deed = next((d for d in teller.request.deeds if d.actor.id == event.actor), None)
    worked = event.degree in WORKED
    if worked and deed is not None and isinstance(deed.command, cmd.Flee):
        teller.say("flees", _actor(teller, event))
    else:
        teller.say("tried_well" if worked else "tried_badly", _actor(teller, event))


def _tell_state(teller: Teller, event: ev.Event) -> None:
    match event:
        case ev.DamageDealt():
            states.tell_tick(teller, event)
        case ev.Healed():
            states.tell_mend(teller, event)
        case ev.ConditionGained():
            target = teller.anyone(event.target, event.target_name)
            states.tell_condition(teller, target, event.condition)
        case ev.ConditionEnded():
            states.tell_condition_end(teller, event)
        case ev.WentDown():
            fights.tell_down(teller, event.target, event.target_name, None)
        case ev.Recovered():
            teller.say("recovered", {"actor": teller.anyone(event.target, event.target_name)})
        case ev.RoundStarted():
            fights.tell_round(teller, event)
        case _:
            return


def _actor(teller: Teller, event: ev.Event) -> dict[str, Value]:
    return {"actor": teller.hero(getattr(event, "actor", ""), getattr(event, "actor_name", ""))}


# --- affordances -----------------------------------------------------------------------------------------------------


def tell_affordance(teller: Teller, event: ev.AffordanceUsed) -> None:
    """The try, the author's outcome, and what the degree adds; the grammar's own words where those are worn."""
    hero = teller.hero(event.actor, event.actor_name)
    affordance = teller.lore.affordance(event.scene, event.affordance)
    good = event.degree in WORKED
    scope: dict[str, Value] = {"actor": hero}
    if affordance is None:
        teller.say("affordance_good" if good else "affordance_bad", scope, {"try_any": "try_use"})
        return
    lines = outcome_of(affordance, event.degree).tell
    doing = affordance.doing.strip().rstrip(".")
    fresh = teller.memory.age_of_phrase(doing) == NEVER and "{" not in doing
    if fresh:
        scope["doing"] = VerbPhrase(doing)
    line = "".join(lines[event.tell : event.tell + 1] or lines[:1])
    named = "{actor}" in line
    twice = (
        line.startswith("{actor}") and PRONOUNS[hero.pronouns].plural
    )  # no pronoun may open the second sentence
    led = fresh and (
        not named
        or not twice
        and not teller.decided
        and (not teller.lean and len(teller.request.deeds) < 4 and teller.chooser.chance(0.55))
    )
    if led:
        teller.say("lead_doing", scope)
    told = teller.recite(lines, {"actor": hero}, event.tell)
    if told and not led and not teller.speaks_of(hero, teller.blocks[-1].sentences):
        teller.say("after_good" if good else "after_bad", scope)
    elif not told:
        aliases = {"try_any": f"try_{affordance.kind}"}
        pool = "result" if led else "affordance"
        teller.say(f"{pool}_{'good' if good else 'bad'}", scope, aliases)
    if event.degree in ("critical", "partial", "fumble"):
        teller.say(f"flourish_{event.degree}", scope)


def tell_improvised(teller: Teller, event: ev.Improvised) -> None:
    """What is no affordance: paraphrased by its kind, never by the player's own words."""
    hero = teller.hero(event.actor, event.actor_name)
    scope: dict[str, Value] = {"actor": hero}
    if event.kind == "follow":
        teller.say("follows", scope)
        return
    if teller.request.kind == "combat":
        pool = f"stunt_{event.degree}"
        teller.say(pool if teller.grammar.has(pool) else "stunt_success", scope)
        return
    kind = event.kind if event.kind in _KINDS_TRIED else "other"
    options = [p for p in (f"res_{kind}_{event.degree}", f"res_{event.degree}") if teller.grammar.has(p)]
    options = options or ["res_none"]
    own = len(options) > 1 and teller.chooser.chance(0.85)
    aliases = {"try_any": f"try_{kind}", "outcome": options[0] if own else options[-1]}
    teller.say("improvises_wait" if kind == "wait" else "improvises", scope, aliases)
    scene = teller.lore.scene(teller.request.scene)
    if scene is not None and kind == "look" and event.degree in ("critical", "success", "partial", "none"):
        teller.recite(scene.details, {}, teller.chooser.below(len(scene.details)))


# --- talk ------------------------------------------------------------------------------------------------------------


def tell_talk(teller: Teller, event: ev.Spoke) -> None:
    """A word with somebody of the scene: their line answers, or they have no more to say."""
    hero = teller.hero(event.actor, event.actor_name)
    if not event.person:
        teller.say("speaks_to_company", {"actor": hero})
        return
    person = teller.lore.person(teller.request.scene, event.person)
    name = tidy(_UNSAFE.sub(" ", person.name if person else event.person_name)) or "the stranger"
    ref = Ref(f"person:{event.person}", mid_sentence(name), person.pronouns if person else "they")
    scope: dict[str, Value] = {"actor": hero, "person": ref}
    lines = person.lines if person else ()
    # What somebody of the world has not been asked yet may not be for these ears: no other line stands in.
    others = () if event.npc else range(len(lines))
    line = _fresh_line(teller, lines, [event.line, *(i for i in others if i != event.line)])
    if event.line < 0 or line is None:
        teller.say("talk_silent", scope)
        if person is not None and _untold(teller, person.wants):
            teller.try_to_say(
                "talk_wants", {"person": ref, "want": lower_first(tidy(person.wants).rstrip("."))}
            )
        return
    teller.say("talk_lead", scope)
    if person is not None and _untold(teller, person.voice):
        manner = lower_first(tidy(person.voice).rstrip("."))
        teller.try_to_say("talk_voice", {"person": ref, "line": manner}, asides=False)
    said = f"{line[:-1]}," if line.endswith(".") and not line.endswith("..") else line
    answer: dict[str, Value] = {"person": ref, "line": line, "said": said}
    teller.say("talk_answer", answer, asides=False)


def _untold(teller: Teller, words: str) -> bool:
    """Whether a person's manner or wish is worth telling: there is room, and it was not told of late."""
    roomy = not teller.lean and teller.room > ROOM_FOR_MANNER
    return bool(words.strip()) and roomy and teller.memory.age_of_phrase(words) == NEVER


def _fresh_line(teller: Teller, lines: Sequence[str], order: Sequence[int]) -> str | None:
    for i in order:
        if 0 <= i < len(lines):
            line = lines[i].strip().strip('\u201c\u201d"')
            if teller.memory.likeness(line) < TOO_LIKE:
                return line
    return None


# --- refusals --------------------------------------------------------------------------------------------------------


def tell_refusal(teller: Teller, event: ev.ClaimRefused) -> None:
    """Nothing of the sort is there, and nothing happens: told with the reason, or in passing where there is none."""
    hero = teller.hero(event.actor, event.actor_name)
    scope: dict[str, Value] = {"actor": hero}
    reason = event.reason
    for member_id, member in teller.members.items():
        reason = reason.replace(member.name, teller.heroes[member_id].name)
    reason = tidy(_UNSAFE.sub(" ", reason))[:240]
    if not reason or reason.casefold().startswith(_NO_REASON):
        teller.say("claim" if teller.chooser.chance(0.5) else "claim_plain", scope)
    elif not teller.try_to_say("claim_reason", scope | {"line": finish(reason)}, asides=False):
        teller.say("claim_again", scope)


# --- clues ----------------------------------------------------------------------------------------------------------


def tell_clue(teller: Teller, event: ev.ClueFound) -> None:
    """What was learnt: word for word where nothing led up to it, else as what it comes to, or not a second time."""
    hero = teller.hero(event.actor, event.actor_name)
    said = content_words(" ".join(teller.blocks[-1].sentences))
    learnt = content_words(event.clue)
    if len(learnt & said) >= MOSTLY_SAID * len(learnt) > 0:
        return
    scope: dict[str, Value] = {"actor": hero}
    if said:
        told = teller.try_to_say("clue_comes_to", scope | {"line": event.clue}, asides=False)
    else:
        told = teller.recite([event.clue], {"actor": hero})
    if not told:
        teller.say("clue_again", scope)


def minutes_of(units: Sequence[Unit]) -> int:
    return sum(u.minutes for u in units if isinstance(u, TimePassed))
