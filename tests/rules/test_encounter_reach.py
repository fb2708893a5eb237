"""Rows, reach, taunts, silence, and what `legal_actions` says of them."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.errors import (
    IllegalAction,
    NoTurn,
    OutOfReach,
    Rooted,
    Silenced,
    Taunted,
    Untargetable,
    WrongRow,
)
from api.rules.legal import LegalAction, legal_actions
from api.rules.state import ActiveCondition, PlayState
from tests.fakes.skirmish import MISS, Skirmish, ability, changed, fought, hero, of, one


def listed(fight: Skirmish, state: PlayState, who: str, key: str) -> LegalAction:
    return next(a for a in legal_actions(state, who, fight.content) if a.id == key)


@pytest.fixture
def fight(content: Content) -> Skirmish:
    bow = {"name": "Bow", "kind": "weapon", "damage": "1d6", "reach": "ranged"}
    return Skirmish(
        content, items={"bow": bow, "potion": {"use": {"heal": "1d4"}, "target": "ally"}},
        abilities={
            "jab": ability(), "bolt": ability(name="Bolt", reach="ranged", cost_mp=2),
            "wave": ability(name="Wave", target="all_enemies"), "lunge": ability(name="Lunge", rows=["front"]),
            "shove": ability(name="Shove", effect={"push": "back"}),
            "jeer": ability(name="Jeer", sure=True, effect={"condition": {"key": "taunted", "rounds": 2}, "threat": 9}),
            "calm": ability(name="Calm", passive=True, bonuses={"hit": 1}),
        },
    )  # fmt: skip


ALL = ("jab", "bolt", "wave", "lunge", "shove", "jeer", "calm")
BOW = {"inventory": {"bow": 1}, "equipment": {"weapon": "bow"}}


def test_a_blow_does_not_reach_the_back_row_behind_others(fight: Skirmish) -> None:
    state = changed(fight.start(hero("ann", abilities=ALL), hero("bob")), "rat.2", row="back")
    with pytest.raises(
        OutOfReach, match="Rat 2 stands in the back row, behind others. Choose one of: Rat 1."
    ):
        fight.act(state, cmd.Attack("ann", "rat.2"))
    attack = listed(fight, state, "ann", "attack")
    assert [t.id for t in attack.targets] == ["rat.1"]
    assert [(b.id, b.reason) for b in attack.blocked] == [
        ("rat.2", "Rat 2 stands in the back row, behind others.")
    ]
    assert [t.id for t in listed(fight, state, "ann", "bolt").targets] == ["rat.1", "rat.2"]
    assert [t.id for t in listed(fight, state, "ann", "wave").targets] == ["rat.1", "rat.2"]


def test_the_back_row_is_open_when_nobody_stands_before_it(fight: Skirmish) -> None:
    state = changed(fight.start(hero("ann"), hero("bob")), "rat.2", row="back")
    state = changed(state, "rat.1", hp=0)
    assert [t.id for t in listed(fight, state, "ann", "attack").targets] == ["rat.2"]


def test_from_the_back_row_only_what_flies_reaches(fight: Skirmish) -> None:
    state = fight.start(hero("ann", row="back", abilities=ALL), hero("bob"), hero("cat", row="back", **BOW))
    attack = listed(fight, state, "ann", "attack")
    assert not attack.enabled and attack.reason == "Ann stands in the back row, too far for a blow."
    with pytest.raises(OutOfReach, match="too far for a blow"):
        fight.act(state, cmd.Attack("ann", "rat.1"))
    assert listed(fight, state, "ann", "bolt").enabled
    assert [t.id for t in listed(fight, state, "cat", "attack").targets] == ["rat.1", "rat.2"]
    alone = fight.start(hero("ann", row="back"))
    assert listed(fight, alone, "ann", "attack").enabled


def test_an_ability_may_need_a_row(fight: Skirmish) -> None:
    state = fight.start(hero("ann", row="back", abilities=ALL))
    with pytest.raises(WrongRow, match="only from the front row"):
        fight.act(state, cmd.UseAbility("ann", "lunge", "rat.1"))
    assert "front row" in listed(fight, state, "ann", "lunge").reason


def test_a_push_moves_the_target_unless_it_is_rooted(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    done = fight.act(state, cmd.UseAbility("ann", "shove", "rat.1"), 15)
    assert of(done, ev.RowChanged)[0].row == "back" and one(done.state, "rat.1").row == "back"
    held = changed(state, "rat.1", conditions={"rooted": ActiveCondition(2)})
    done = fight.act(held, cmd.UseAbility("ann", "shove", "rat.1"), 15)
    assert one(done.state, "rat.1").row == "front" and not of(done, ev.RowChanged)


def test_the_taunted_aim_at_nobody_else(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    state = changed(state, "ann", conditions={"taunted": ActiveCondition(2, 1, "rat.2")})
    with pytest.raises(Taunted, match="taunted and sees nobody else. Choose one of: Rat 2."):
        fight.act(state, cmd.Attack("ann", "rat.1"))
    assert [t.id for t in listed(fight, state, "ann", "bolt").targets] == ["rat.2"]
    assert "taunted" in listed(fight, state, "ann", "bolt").blocked[0].reason
    behind = changed(state, "rat.2", row="back")  # a taunter out of reach binds nobody
    assert [t.id for t in listed(fight, behind, "ann", "attack").targets] == ["rat.1"]


def test_a_taunted_creature_bites_the_taunter(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    state = fight.act(state, cmd.UseAbility("ann", "jeer", "rat.1")).state
    # rat.1 has one target to draw from, rat.2 two.
    done = fight.act(state, cmd.Pass("bob"), 1, 1, 2, 2, 1, 2)
    assert [(e.source, e.target) for e in of(done, ev.AttackMissed)] == [("rat.1", "ann"), ("rat.2", "bob")]


def test_silence_forbids_what_costs_mp(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    state = changed(state, "ann", conditions={"silenced": ActiveCondition(2)})
    with pytest.raises(Silenced):
        fight.act(state, cmd.UseAbility("ann", "bolt", "rat.1"))
    assert "silenced" in listed(fight, state, "ann", "bolt").reason
    assert listed(fight, state, "ann", "jab").enabled


def test_what_cannot_be_made_out_is_no_target(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    state = changed(state, "rat.1", conditions={"unseen": ActiveCondition(2)})
    assert [t.id for t in listed(fight, state, "ann", "bolt").targets] == ["rat.2"]
    assert [t.id for t in listed(fight, state, "ann", "wave").targets] == ["rat.2"]
    assert listed(fight, state, "ann", "bolt").blocked[0].reason == "Rat 1 cannot be made out to aim at."
    with pytest.raises(Untargetable, match="cannot be made out to aim at. Choose one of: Rat 2."):
        fight.act(state, cmd.UseAbility("ann", "bolt", "rat.1"))
    nobody = changed(state, "rat.2", conditions={"unseen": ActiveCondition(2)})
    with pytest.raises(Untargetable):
        fight.act(nobody, cmd.UseAbility("ann", "bolt", "rat.1"))
    assert listed(fight, nobody, "ann", "bolt").reason == "Rat 1 cannot be made out to aim at."


def test_the_rooted_are_told_why_they_stay(fight: Skirmish) -> None:
    state = changed(fight.start(hero("ann")), "ann", conditions={"rooted": ActiveCondition(2)})
    for command, key in ((cmd.MoveRow("ann", "back"), "back"), (cmd.Flee("ann"), "flee")):
        with pytest.raises(Rooted) as refused:
            fight.act(state, command)
        choice = listed(fight, state, "ann", key)
        assert not choice.enabled and choice.reason == refused.value.message != ""


def test_who_loses_the_next_turn_is_told_so(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"))
    state = changed(state, "bob", conditions={"stunned": ActiveCondition(1)})
    with pytest.raises(NoTurn, match="It is Ann's turn, and Bob is stunned and loses the next.") as refused:
        fight.act(state, cmd.Attack("bob", "rat.1"))
    assert {a.reason for a in legal_actions(state, "bob", fight.content)} == {refused.value.message}
    done = fight.act(state, cmd.Pass("ann"), *MISS, *MISS)
    assert [(e.actor, e.reason) for e in of(done, ev.TurnPassed)] == [("ann", "chosen"), ("bob", "stunned")]


def test_passive_abilities_are_not_listed_and_not_used(fight: Skirmish) -> None:
    state = fight.start(hero("ann", abilities=ALL), hero("bob"))
    assert "calm" not in {a.id for a in legal_actions(state, "ann", fight.content)}
    with pytest.raises(IllegalAction, match="always counts"):
        fight.act(state, cmd.UseAbility("ann", "calm", "ann"))


def test_things_found_with_affixes_stand_in_the_list_by_name(fight: Skirmish) -> None:
    state = fight.start(hero("ann", inventory={"potion": 2}), hero("bob"))
    potion = listed(fight, state, "ann", "potion")
    assert potion.label == "Use Thing (2)" and [t.id for t in potion.targets] == ["ann", "bob"]
    assert listed(fight, state, "ann", "attack").label == "Attack with bare hands"
    armed = fight.start(hero("ann", **BOW))
    assert listed(fight, armed, "ann", "attack").label == "Attack with Bow"


def test_damage_healing_and_jeers_are_held_against_their_author(fight: Skirmish) -> None:
    state = fight.start(hero("ann", hp=2, abilities=ALL, inventory={"potion": 1}), hero("bob"))
    done = fight.act(state, cmd.UseItem("ann", "potion", "ann"), 3)  # 3 HP: 1 held by both rats
    assert one(done.state, "rat.1").threat == {"ann": 1}
    done = fight.act(done.state, cmd.Attack("bob", "rat.1"), 15, 4, *MISS, *MISS)
    assert one(done.state, "rat.1").threat == {"ann": 1, "bob": 4}
    done = fight.act(done.state, cmd.UseAbility("ann", "jeer", "rat.1"))
    assert of(done, ev.ThreatChanged)[0].threat_after == 10
    assert one(done.state, "rat.1").threat == {"ann": 10, "bob": 4}
    assert fought(done.state).actor.id == "bob"
