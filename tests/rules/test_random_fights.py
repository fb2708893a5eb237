"""Properties of random legal fights: every kind of choice, parties of all sizes and levels, all encounters."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.apply import fold
from api.rules.dice import KeyedDice
from api.rules.encounters import clear_intent, lock_intent, standing_order
from api.rules.errors import RuleError
from api.rules.events import event_from_json
from api.rules.legal import LegalAction, legal_actions
from api.rules.resolution import Resolution
from api.rules.state import PlayState
from tests.fakes.battles import CAMPAIGN, battle_content, battle_party, opened
from tests.rules.play import command_of
from tests.rules.proving.properties import reread, sound_fight

SEEDS = range(36)


@pytest.fixture(scope="module")
def battles(content: Content) -> Content:
    return battle_content(content)


Step = tuple[PlayState, cmd.Command, engine.Resolved]


def fight(battles: Content, seed: int) -> Iterator[Step]:
    """One fight to its end: the state before each command, the command, and what came of it."""
    chance = random.Random(seed)
    party = battle_party(battles, 1 + seed % 5, chance.randint(1, 20), chance)
    key = chance.choice(sorted(battles.encounters)) if seed % 2 else chance.choice(("t_four", "t_lair"))
    start = engine.begin(battles, CAMPAIGN, party)
    state = opened(Resolution(start, KeyedDice(f"fight{seed}", 0), battles), key)
    for turn in range(1, 2000):
        if state.encounter is None:
            return
        command = wish(state, battles, chance)
        done = engine.resolve(state, command, KeyedDice(f"fight{seed}", turn), battles)
        yield state, command, done
        state = done.state
    raise AssertionError(f"the fight of seed {seed} does not end")


def wish(state: PlayState, battles: Content, chance: random.Random) -> cmd.Command:
    """The actor's choice, now and then an order, a stunt, or an intent of somebody else."""
    assert state.encounter is not None
    actor = state.encounter.actor.id
    if chance.random() < 0.2:
        who = chance.choice(sorted(state.heroes))
        if who in state.encounter.intents and chance.random() < 0.3:
            return clear_intent(state, who)
        lockable = [a for a in legal_actions(state, who, battles) if a.lockable]
        if lockable:
            return lock_intent(state, command_of(chance.choice(lockable), who, chance), battles)
    if chance.random() < 0.1:
        orders = (
            {"use": "t_potion", "target": "weakest_ally", "when": {"ally_hp_below": 60}},
            {"use": "attack"},
        )
        return standing_order(state, replace(state.heroes[actor], orders=orders), battles)
    if chance.random() < 0.05:
        return cmd.Improvise(actor, "other", "wisdom", "easy")
    open_now = [a for a in legal_actions(state, actor, battles) if a.enabled]
    rare = ("flee", "surrender", "parley", "pass")
    kept = [a for a in open_now if a.kind not in rare or chance.random() < 0.1]
    return command_of(chance.choice(kept or open_now), actor, chance)


@pytest.mark.parametrize("seed", SEEDS)
def test_fights_end_fold_and_stay_within_bounds(battles: Content, seed: int) -> None:
    for before, command, done in fight(battles, seed):
        assert fold(before, done.events) == done.state
        assert cmd.command_from_json(json.loads(json.dumps(command.to_json()))) == command
        for event in done.events:
            assert event_from_json(json.loads(json.dumps(event.to_json()))) == event
        state = done.state
        assert reread(state) == state
        for hero in state.heroes.values():
            assert 0 <= hero.hp <= hero.hp_max and 0 <= hero.mp <= hero.mp_max and hero.gold >= 0
            assert 0 <= hero.wounds <= 3 and hero.level <= 20
            assert hero.hp >= 1 or state.encounter is not None
            assert all(n > 0 for n in hero.inventory.values())
        if state.encounter is not None:
            within_bounds(state, battles)


def within_bounds(state: PlayState, battles: Content) -> None:
    assert state.encounter is not None
    sound_fight(state.encounter, battles)
    for side in ("party", "foes"):
        assert len(state.encounter.standing(side)) <= 12


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_listed_is_accepted_and_what_is_not_is_refused_with_its_reason(
    battles: Content, seed: int
) -> None:
    chance = random.Random(seed)
    for number, (state, _, _) in enumerate(fight(battles, seed)):
        assert state.encounter is not None
        actor = state.encounter.actor.id
        assert any(a.enabled for a in legal_actions(state, actor, battles))
        if number % 4:
            continue
        for who in state.heroes:
            for action in legal_actions(state, who, battles):
                listed_truly(state, battles, who, action, chance)


def listed_truly(
    state: PlayState, battles: Content, who: str, action: LegalAction, chance: random.Random
) -> None:
    for target in action.targets or (None,):
        command = cmd_for(action, who, target.id if target else "", chance)
        if action.enabled:
            engine.check_legal(command, state, battles)
        else:
            with pytest.raises(RuleError) as refused:
                engine.check_legal(command, state, battles)
            assert action.reason and refused.value.message == action.reason
        if action.lockable:
            engine.check_legal(lock_intent(state, command, battles), state, battles)
        else:
            with pytest.raises(RuleError):
                lock_intent(state, command, battles)
    for one in action.blocked if action.enabled else ():
        with pytest.raises(RuleError) as refused:
            engine.check_legal(cmd_for(action, who, one.id, chance), state, battles)
        assert one.reason in refused.value.message


def cmd_for(action: LegalAction, who: str, target: str, chance: random.Random) -> cmd.Command:
    made = command_of(replace(action, targets=()), who, chance)
    return replace(made, target=target) if hasattr(made, "target") and target else made


def test_random_fights_meet_everything(battles: Content) -> None:
    """The properties above are worth what they have seen."""
    seen: set[str] = set()
    ends: set[str] = set()
    for seed in range(160):
        for _, _, done in fight(battles, seed):
            seen |= {e.type_name() for e in done.events}
            ends |= {e.outcome for e in done.events if isinstance(e, ev.EncounterEnded)}
    assert ends == {"victory", "defeat", "flight", "parley", "surrender"}
    assert seen >= {
        "row_changed", "threat_changed", "summoned", "phase_started", "reaction_used", "death_checked", "stabilised",
        "died", "carried_back", "revived", "encouraged", "tended", "parley_tried", "surrender_offered", "fled",
        "intent_locked", "intent_cleared", "condition_resisted", "level_gained",
    }  # fmt: skip
