"""Properties of random legal play over the small map of `map_world`: journeys, quests, people, nights, fights."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine, quests
from api.rules.apply import fold
from api.rules.commands import command_from_json
from api.rules.dice import KeyedDice
from api.rules.events import event_from_json
from api.rules.legal import legal_actions, suggested_actions
from api.rules.state import PlayState
from tests.rules import play
from tests.rules.map_world import map_content
from tests.rules.proving.properties import reread

SEEDS = range(20)
TURNS = 60


@pytest.fixture(scope="module")
def marches(content: Content) -> Content:
    return map_content(content)


def wish(state: PlayState, who: str, content: Content, chance: random.Random) -> cmd.Command:
    """Something legal; in a fight what `play` knows. Journeys are wished for often, so that the party gets about."""
    if state.encounter is not None:
        return play.wish(state, who, content, chance)
    open_now = [a for a in legal_actions(state, who, content) if a.enabled and a.kind != "item"]
    journeys = [a for a in open_now if a.kind == "travel"]
    chosen = chance.choice(journeys if journeys and chance.random() < 0.4 else open_now)
    return play.command_of(chosen, who, chance)


def wander(
    content: Content, seed: int, turns: int = TURNS
) -> Iterator[tuple[int, PlayState, list[cmd.Command], engine.Resolved]]:
    chance = random.Random(seed)
    state = engine.begin(content, "marches", play.party(content, 1 + seed % 4))
    for turn in range(1, turns + 1):
        if state.ending is not None:
            return
        actors = [state.encounter.actor.id] if state.encounter else list(state.heroes)
        commands = [wish(state, who, content, chance) for who in actors]
        done = engine.resolve_together(state, commands, KeyedDice(f"m{seed}", turn), content, tolerant=True)
        yield turn, state, commands, done
        state = done.state


@pytest.mark.parametrize("seed", SEEDS)
def test_wandering_replays_and_folds_to_the_same_state(marches: Content, seed: int) -> None:
    for turn, before, commands, done in wander(marches, seed):
        assert fold(before, done.events) == done.state
        dice = KeyedDice(f"m{seed}", turn)
        again = engine.resolve_together(before, commands, dice, marches, tolerant=True)
        assert again.events == done.events


@pytest.mark.parametrize("seed", SEEDS)
def test_wandering_survives_json(marches: Content, seed: int) -> None:
    for _, _, commands, done in wander(marches, seed):
        for event in done.events:
            assert event_from_json(json.loads(json.dumps(event.to_json()))) == event
        for command in commands:
            assert command_from_json(json.loads(json.dumps(command.to_json()))) == command
        assert reread(done.state) == done.state
        assert all(json.dumps(entry.to_json()) for entry in quests.journal(done.state, marches))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clock_never_falls_and_quests_skip_no_stage(marches: Content, seed: int) -> None:
    for _, before, _, done in wander(marches, seed):
        clock, stages = before.clock, {k: q.stage for k, q in before.quests.items()}
        for event in done.events:
            kind = event.to_json()
            if kind["type"] == "clock_advanced":
                assert kind["clock"] == clock + kind["minutes"] and kind["minutes"] > 0
                clock = kind["clock"]
            if kind["type"] == "quest_stage_done":
                assert kind["stage"] == stages.get(kind["quest"], 0)
                stages[kind["quest"]] = kind["stage"] + 1
        assert done.state.clock == clock
        for key, quest in before.quests.items():
            assert done.state.quests[key].stage >= quest.stage
            assert quest.status == "active" or done.state.quests[key] == quest, "what is over stays over"


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_in_the_world_leaves_its_bounds(marches: Content, seed: int) -> None:
    for _, _, _, done in wander(marches, seed):
        state = done.state
        assert all(-100 <= n <= 100 for n in state.reputation.values())
        assert all(-100 <= n.disposition <= 100 for n in state.npcs.values())
        assert all(h.gold >= 0 and h.xp >= 0 and 0 <= h.mp <= h.mp_max for h in state.heroes.values())
        assert state.encounter is not None or all(1 <= h.hp <= h.hp_max for h in state.heroes.values())
        assert state.location in marches.locations
        assert all(n > 0 for n in state.tally.values())
        if state.encounter is None:
            assert state.heading is None, "a journey ends with the fight that interrupted it"
            assert state.ending or any(
                a.enabled for who in state.heroes for a in legal_actions(state, who, marches)
            )
            assert len(suggested_actions(state, marches)) <= 3


def test_wandering_comes_to_everything(marches: Content) -> None:
    met: set[str] = set()
    for seed in range(40):
        for _, _, _, done in wander(marches, seed):
            met |= {type(e).__name__ for e in done.events}
    assert met >= {
        "JourneyBegan", "MetOnTheWay", "LocationReached", "TurnedBack", "RegionStageReached", "QuestStarted",
        "QuestStageDone", "QuestCompleted", "QuestFailed", "DispositionChanged", "Remembered", "ReputationChanged",
        "NightSpent", "DowntimeSpent", "Helped", "HelpLapsed", "GroupChecked", "ContestRolled", "EncounterEnded",
        "ChoiceMade",
    }  # fmt: skip
