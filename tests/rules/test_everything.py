"""Properties of random legal play with all content: fights against everything at all levels, and every campaign.

A walk is a function of its name alone. When a property fails, the error names the walk, the step and its commands, and
holds the state before it as JSON, so that the one step can be tried again by itself (`Step.again`).
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from api.content.catalogue import Content
from api.content.definitions import Effect
from api.content.definitions.combat import Reaction, Trait
from api.rules.commands import Command
from api.rules.errors import RuleError
from api.rules.events import Event
from api.rules.progress import MAX_LEVEL
from api.rules.replay import snapshot_of
from api.rules.state import PlayState
from tests.rules.proving import properties
from tests.rules.proving.seen import Seen
from tests.rules.proving.walk import Step, Walker
from tests.rules.proving.worlds import MAP, fighting, worlds

FIGHTS, SHARES, STORIES, TURNS = 32, 16, 6, 80
MORE = 90  # further walks at most, for what none has met
TRIES = 12  # commands at random, for each hero
EVERY = 7  # what costs most is looked at in every so many steps

_known: dict[str, Content] = {}


@pytest.fixture(scope="module")
def known(content: Content) -> dict[str, Content]:
    if not _known:
        _known.update({**worlds(content), "fights": fighting(content)})
    return _known


def walks(known: dict[str, Content], name: str, part: int) -> Iterator[tuple[Walker, Iterator[Step]]]:
    """The walks of one test: a campaign's story, or a share of all fights, each fought by a party of its own."""
    if name != "fights":
        walker = Walker(known[name], name, f"{name} {part}")
        yield walker, walker.story(TURNS)
        told = Walker(known[name], name, f"{name} {part}, with proposals")
        yield told, told.story(TURNS, proposing=True)
        return
    content = known["fights"]
    campaign = sorted(content.campaigns)[part % len(content.campaigns)]
    for key in sorted(content.encounters)[part % SHARES :: SHARES]:
        walker = Walker(content, campaign, f"{key} {part}")
        yield walker, walker.fight(key)


@functools.cache
def walked(name: str, part: int) -> Seen:
    """All walks of one test, every step checked; what was met on the way comes back."""
    seen = Seen()
    for walker, steps in walks(_known, name, part):
        seen.join(followed(walker, steps))
    return seen


def followed(walker: Walker, steps: Iterator[Step]) -> Seen:
    """One walk, with every property checked at every step."""
    seen, chance, content = Seen(), random.Random(walker.seed), walker.content
    replayed = properties.reread(walker.beginning)
    for number, step in enumerate(steps):
        closely = number % EVERY == 0 or seldom(step.after)
        try:
            replayed = checked(step, content, replayed, closely=closely)
            if closely:
                seen.codes |= both_ways(step, content, chance)
        except Exception as fault:
            fault.add_note(told(step, walker.seed))
            raise
        seen.add(step, content)
    return seen


def seldom(state: PlayState) -> bool:
    """What random walks come to too rarely to leave a close look to chance."""
    if state.encounter is None:
        return state.ending is not None
    heroes = [state.encounter.combatants[who] for who in state.heroes]
    return "taunted" in state.encounter.actor.conditions or any("stunned" in c.conditions for c in heroes)


def checked(step: Step, content: Content, replayed: PlayState, *, closely: bool) -> PlayState:
    """Every property of one step. `replayed` is the state before it as commands and dice alone have led to it from the
    beginning (now and then written as JSON and read again on the way); the one after it comes back.
    """
    properties.folds(step, content)
    properties.within_bounds(step, content)
    properties.somebody_can_act(step.after, content)
    if closely:
        properties.survives_json(step)
        replayed = properties.reread(replayed)
    assert step.again(content, replayed) == (step.after, step.events), "a replay comes out differently"
    return step.after


def both_ways(step: Step, content: Content, chance: random.Random) -> set[str]:
    """What is listed is legal and nothing else is, for everybody at the table; the codes of refusals come back."""
    codes: set[str] = set()
    for who in step.after.heroes:
        codes |= properties.lists_are_true(step.after, who, content)
        codes |= properties.nothing_else_is_legal(step.after, who, content, chance, TRIES)
    return codes


def told(step: Step, seed: str) -> str:
    """Where it happened, and all that is needed to try this one step again."""
    commands = json.dumps([c.to_json() for c in step.commands])
    before = json.dumps(snapshot_of(step.before))
    return f"walk '{seed}', step {step.number} ({step.how}): {commands}\nfrom the state {before}"


@pytest.mark.parametrize("part", range(FIGHTS))
def test_every_property_holds_in_fights_against_everything(known: dict[str, Content], part: int) -> None:
    seen = walked("fights", part)
    assert {"encounter_started", "encounter_ended"} <= seen.events and seen.steps > 3


@pytest.mark.parametrize("part", range(STORIES))
def test_every_property_holds_in_every_campaign(known: dict[str, Content], part: int) -> None:
    for campaign in set(known) - {"fights"}:
        assert walked(campaign, part).steps > 3


# --- the properties are worth what they have seen ----------------------------------------------------------------

# Only a fight that an older version saved is renewed (`test_encounter_turns.py`).
ELSEWHERE = {"fighters_renewed"}
# What only operators can do (`test_sheet_commands.py`).
OPERATORS = {"CorrectGold", "CorrectItem"}
# These need more than a wrong choice: no table at all, or a program's own mistake (`test_refusals.py`).
NO_CHOICE = {"illegal_action", "invalid", "bad_dice", "no_table", "fight_under_way"}


def expected(content: Content) -> dict[str, set[Any]]:
    """All that there is to meet, by the kinds of `Seen`."""
    return {
        "events": set(Event.TYPES) - ELSEWHERE,
        "commands": set(Command.TYPES) - OPERATORS,
        "abilities": {key for key, ability in content.abilities.items() if not ability.passive},
        "conditions": set(content.conditions),
        "effects": set(Effect.model_fields),
        "traits": set(get_args(Trait)),
        "reactions": set(get_args(Reaction.model_fields["does"].annotation)),
        "used": {key for key, item in content.items.items() if item.use is not None},
        "worn": {key for key, item in content.items.items() if item.worn_in is not None},
        "affixes": set(content.affixes),
        "skills": set(content.skills),
        "classes": set(content.classes),
        "levels": set(range(1, MAX_LEVEL + 1)),
        "creatures": set(content.creatures),
        "encounters": set(content.encounters),
        "outcomes": {"victory", "defeat", "flight", "parley", "surrender"},
        "degrees": {"critical", "success", "partial", "failure", "fumble"},
        "codes": {kind.code for kind in kinds_of(RuleError)} - NO_CHOICE,
    }


def kinds_of(refusal: type[RuleError]) -> Iterator[type[RuleError]]:
    for kind in refusal.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.fixture(scope="module")
def unmet(known: dict[str, Content]) -> dict[str, set[Any]]:
    """What no walk has met, by kind.

    Chance may leave something rare out, so further walks follow, at most `MORE`: fights in which heroes have the
    abilities, things and skills that are still missing, and stories on the map.
    """
    seen, content = Seen(), known["fights"]
    for name in known:
        for part in range(FIGHTS if name == "fights" else STORIES):
            seen.join(walked(name, part))
    for number in range(MORE):
        missing = lacking(seen, content)
        if not any(missing.values()):
            break
        if number % 3 == 2:
            walker = Walker(known[MAP], MAP, f"more {number}")
            seen.join(followed(walker, walker.story(TURNS, proposing=True)))
            continue
        wanted = [key for kind in ("skills", "worn", "used", "abilities") for key in sorted(missing[kind])]
        walker = Walker(content, min(content.campaigns), f"more {number}", wanted[:12])
        fights = sorted(missing["encounters"]) or sorted(content.encounters)
        seen.join(followed(walker, walker.fight(fights[number % len(fights)])))
    return lacking(seen, content)


def lacking(seen: Seen, content: Content) -> dict[str, set[Any]]:
    return {kind: there - getattr(seen, kind) for kind, there in expected(content).items()}


@pytest.mark.parametrize(
    "kind",
    ["events", "commands", "abilities", "conditions", "effects", "traits", "reactions", "used", "worn", "affixes",
     "skills", "classes", "levels", "creatures", "encounters", "outcomes", "degrees", "codes"],
)  # fmt: skip
def test_the_walks_have_met_all_there_is(unmet: dict[str, set[Any]], kind: str) -> None:
    assert unmet[kind] == set()
