"""Locked intents: decided before the own turn, done when it comes, dropped when it has become impossible."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.encounters import clear_intent, lock_intent
from api.rules.errors import HeroDown, IllegalAction, NoMana, UnknownTarget
from api.rules.legal import legal_actions
from tests.fakes.skirmish import MISS, Skirmish, ability, changed, fought, hero, of, one


@pytest.fixture
def fight(content: Content) -> Skirmish:
    return Skirmish(content, abilities={"bolt": ability(name="Bolt", reach="ranged", cost_mp=4)})


def test_an_intent_is_done_when_the_turn_comes(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"), hero("cat"))
    done = fight.act(state, lock_intent(state, cmd.Attack("bob", "rat.1"), fight.content))
    locked = of(done, ev.IntentLocked)[0]
    assert (locked.label, fought(done.state).actor.id) == ("Attack: Rat 1", "ann")
    assert fought(done.state).intents == {"bob": cmd.Attack("bob", "rat.1").to_json()}
    done = fight.act(done.state, cmd.Pass("ann"), 15, 3)
    assert [e.why for e in of(done, ev.IntentCleared)] == ["taken"]
    assert of(done, ev.AttackHit)[0].source == "bob" and fought(done.state).actor.id == "cat"
    assert fought(done.state).intents == {}


def test_several_intents_run_in_one_resolution(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"), hero("cat"))
    for who in ("bob", "cat"):
        state = fight.act(state, lock_intent(state, cmd.Attack(who, "rat.1"), fight.content)).state
    done = fight.act(state, cmd.Pass("ann"), 15, 3, 15, 3, *MISS)
    assert [e.source for e in of(done, ev.AttackHit)] == ["bob", "cat"]
    assert one(done.state, "rat.1").down and fought(done.state).actor.id == "ann"


def test_an_intent_that_has_become_impossible_is_dropped_and_the_hero_waits(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"))
    state = fight.act(state, lock_intent(state, cmd.Attack("bob", "rat.1"), fight.content)).state
    done = fight.act(changed(state, "rat.1", hp=1), cmd.Attack("ann", "rat.1"), 15, 1)
    dropped = of(done, ev.IntentCleared)[0]
    assert (dropped.why, fought(done.state).actor.id) == ("dropped", "bob") and "Rat 2" in dropped.reason
    assert fought(done.state).intents == {}


def test_an_intent_is_checked_as_it_is_locked(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob", mp=1, abilities=("bolt",)))
    with pytest.raises(NoMana):
        lock_intent(state, cmd.UseAbility("bob", "bolt", "rat.1"), fight.content)
    with pytest.raises(UnknownTarget):
        lock_intent(state, cmd.Attack("bob", "zed"), fight.content)
    with pytest.raises(IllegalAction, match="Ann's turn"):
        lock_intent(state, cmd.Defend("ann"), fight.content)
    with pytest.raises(IllegalAction, match="button"):
        lock_intent(state, cmd.Improvise("bob", "other"), fight.content)
    with pytest.raises(HeroDown):
        lock_intent(changed(state, "bob", hp=0), cmd.Defend("bob"), fight.content)
    with pytest.raises(IllegalAction, match="only the own turn"):
        fight.act(
            fight.start(hero("ann"), hero("bob"), hero("cat")),
            cmd.LockIntent("bob", cmd.Defend("cat").to_json()),
        )
    for raw in ({"type": "Nonsense"}, {"type": "Defend", "actor": "ann"}, {}):
        with pytest.raises(IllegalAction):
            fight.act(state, cmd.LockIntent("bob", raw))


def test_an_intent_can_be_changed_and_taken_back(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"))
    with pytest.raises(IllegalAction, match="Nothing is locked"):
        clear_intent(state, "bob")
    for command in (cmd.Defend("bob"), cmd.Attack("bob", "rat.2")):
        state = fight.act(state, lock_intent(state, command, fight.content)).state
    assert fought(state).intents["bob"]["target"] == "rat.2"
    done = fight.act(state, clear_intent(state, "bob"))
    assert [e.why for e in of(done, ev.IntentCleared)] == ["withdrawn"] and fought(done.state).intents == {}
    assert fought(done.state).actor.id == "ann"


def test_the_fallen_keep_their_intent_until_they_can_act(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"))
    state = fight.act(state, lock_intent(state, cmd.Defend("bob"), fight.content)).state
    done = fight.act(changed(state, "bob", hp=0), cmd.Pass("ann"), 10, *MISS, *MISS)
    assert "bob" in fought(done.state).intents
    risen = fight.act(done.state, cmd.Pass("ann"), 20, *MISS, *MISS)
    assert of(risen, ev.Defended)[0].actor == "bob"


def test_the_list_says_what_can_be_locked(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob", mp=1, abilities=("bolt",)))
    listed = {a.id: a for a in legal_actions(state, "bob", fight.content)}
    assert listed["attack"].lockable and not listed["bolt"].lockable and not listed["attack"].enabled
    assert not any(a.lockable for a in legal_actions(state, "ann", fight.content))
