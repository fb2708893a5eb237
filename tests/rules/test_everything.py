"""Properties of random legal play with all content: fights against everything at all levels, and every campaign.

A walk is a function of its name alone. When a property fails, the error names the walk, the step and its commands, and
holds the state before it as JSON, so that the one step can be tried again by itself (`Step.again`).
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator

import pytest

from api.content.catalogue import Content
from api.rules.replay import snapshot_of
from api.rules.state import PlayState
from tests.rules.proving import properties
from tests.rules.proving.seen import Seen
from tests.rules.proving.walk import Step, Walker
from tests.rules.proving.worlds import fighting, worlds

FIGHTS, SHARES, STORIES, TURNS = 32, 16, 8, 45
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
        return
    content = known["fights"]
    campaign = sorted(content.campaigns)[part % len(content.campaigns)]
    for key in sorted(content.encounters)[part % SHARES :: SHARES]:
        walker = Walker(content, campaign, f"{key} {part}")
        yield walker, walker.fight(key)


@functools.cache
def walked(name: str, part: int) -> Seen:
    """Walk, and check every step; what was met on the way comes back."""
    seen, chance = Seen(), random.Random(part)
    for walker, steps in walks(_known, name, part):
        content, replayed = walker.content, properties.reread(walker.beginning)
        for number, step in enumerate(steps):
            closely = number % EVERY == 0
            try:
                replayed = checked(step, content, replayed, closely=closely)
                if closely:
                    seen.codes |= both_ways(step, content, chance)
            except Exception as fault:
                fault.add_note(told(step, walker.seed))
                raise
            seen.add(step, content)
    return seen


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
        properties.lists_are_true(step.after, who, content)
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
    assert {"encounter_started", "encounter_ended"} <= seen.events and seen.steps > 5


@pytest.mark.parametrize("part", range(STORIES))
def test_every_property_holds_in_every_campaign(known: dict[str, Content], part: int) -> None:
    for campaign in set(known) - {"fights"}:
        assert walked(campaign, part).steps > 5
