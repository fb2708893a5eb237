"""Properties of random legal play with all content, over every party size."""

from __future__ import annotations

import json

import pytest

from api.content.catalogue import Content
from api.rules import engine
from api.rules.apply import fold
from api.rules.commands import command_from_json
from api.rules.dice import KeyedDice
from api.rules.events import event_from_json
from api.rules.legal import legal_actions, suggested_actions
from tests.rules.play import play
from tests.rules.proving.properties import reread

SEEDS = range(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_events_fold_to_the_same_state(content: Content, seed: int) -> None:
    for before, _, done in play(content, seed, 1 + seed % 4):
        assert fold(before, done.events) == done.state


@pytest.mark.parametrize("seed", SEEDS)
def test_events_commands_and_state_survive_json(content: Content, seed: int) -> None:
    for _, commands, done in play(content, seed, 1 + seed % 4):
        for event in done.events:
            assert event_from_json(json.loads(json.dumps(event.to_json()))) == event
        for command in commands:
            assert command_from_json(json.loads(json.dumps(command.to_json()))) == command
        assert reread(done.state) == done.state


@pytest.mark.parametrize("seed", SEEDS)
def test_no_figure_leaves_its_bounds(content: Content, seed: int) -> None:
    for _, _, done in play(content, seed, 1 + seed % 4):
        state = done.state
        for hero in state.heroes.values():
            assert 1 <= hero.hp <= hero.hp_max or state.encounter is not None
            assert 0 <= hero.mp <= hero.mp_max
            assert hero.gold >= 0 and hero.xp >= 0
            assert all(n > 0 for n in hero.inventory.values())
        if state.encounter is not None:
            for fighter in state.encounter.combatants.values():
                assert 0 <= fighter.hp <= fighter.hp_max
                assert 0 <= fighter.mp <= fighter.mp_max
                assert all(c.rounds > 0 for c in fighter.conditions.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_can_always_act_and_the_suggestions_are_legal(content: Content, seed: int) -> None:
    for _, _, done in play(content, seed, 1 + seed % 4):
        state = done.state
        if state.ending is not None:
            assert all(legal_actions(state, who, content) == [] for who in state.heroes)
            continue
        if state.encounter is not None:
            assert state.encounter.actor.is_hero and not state.encounter.actor.down
            assert any(a.enabled for a in legal_actions(state, state.encounter.actor.id, content))
            continue
        offered = {a.id for who in state.heroes for a in legal_actions(state, who, content) if a.enabled}
        suggested = suggested_actions(state, content)
        assert {a.id for a in suggested} <= offered
        assert len(suggested) <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_and_commands_give_the_same_events(content: Content, seed: int) -> None:
    for turn, (before, commands, done) in enumerate(play(content, seed, 1 + seed % 4), start=1):
        again = engine.resolve_together(
            before, commands, KeyedDice(f"seed{seed}", turn), content, tolerant=True
        )
        assert again.events == done.events


def test_every_random_story_ends_and_many_endings_are_met(content: Content) -> None:
    endings = set()
    for seed in range(40):
        last = None
        for _, _, done in play(content, seed, 1 + seed % 4):
            last = done.state
        assert last is not None and last.ending is not None, f"seed {seed} has not ended"
        endings.add(last.ending)
    assert len(endings) >= 3
