"""Plans as data: when a line applies, what is legal, whom it aims at; creatures and standing orders alike."""

from __future__ import annotations

from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.definitions import Tactic
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.encounters import standing_order
from api.rules.encounters.plans import applies, pick_target
from api.rules.state import ActiveCondition
from tests.fakes.skirmish import BITE, MISS, Skirmish, ability, changed, fought, hero, of, one

SPIT = {**BITE, "name": "Spit", "reach": "ranged"}


def duel(content: Content, *tactics: dict[str, Any], **rat: Any) -> Skirmish:
    return Skirmish(
        content, rat={"tactics": list(tactics), **rat}, groups=[{"creature": "rat"}],
        abilities={
            "mend": ability(name="Mend", target="ally", cost_mp=2, effect={"heal": "1d4"}),
            "hew": ability(name="Hew", cooldown=2),
        },
    )  # fmt: skip


def test_the_first_line_that_applies_and_is_legal_is_done(content: Content) -> None:
    fight = duel(
        content, {"use": "mend", "target": "self"}, {"use": "defend", "when": {"self_hp_below": 50}}, {"use": "pass"},
        abilities=["mend"],
    )  # fmt: skip
    state = fight.start(
        hero("ann"), foes=1
    )  # the rat has no MP for the first, and too many HP for the second
    assert of(fight.act(state, cmd.Pass("ann")), ev.TurnPassed)[1].actor == "rat.1"
    hurt = changed(state, "rat.1", hp=2)
    assert of(fight.act(hurt, cmd.Pass("ann")), ev.Defended)[0].actor == "rat.1"
    rich = changed(hurt, "rat.1", mp=2, mp_max=2)
    done = fight.act(rich, cmd.Pass("ann"), 3)
    assert of(done, ev.Healed)[0].source == "rat.1" and one(done.state, "rat.1").mp == 0


def test_chance_is_rolled_only_for_lines_that_apply(content: Content) -> None:
    fight = duel(
        content, {"use": "defend", "chance": 30, "when": {"round_at_least": 2}}, {"use": "defend", "chance": 30},
        {"use": "pass"},
    )  # fmt: skip
    state = fight.start(hero("ann"), foes=1)
    assert not of(fight.act(state, cmd.Pass("ann"), 31), ev.Defended)
    assert of(fight.act(state, cmd.Pass("ann"), 30), ev.Defended)


@pytest.mark.parametrize(
    ("when", "hit"),
    [
        ({"self_hp_below": 50}, {"hp": 2}), ({"self_hp_above": 50}, {"hp": 4}), ({"foes_at_least": 2}, {}),
        ({"allies_at_most": 2}, {}), ({"ally_hp_below": 50}, {"hp": 2}), ({"round_at_least": 1}, {}),
        ({"self_lacks": "blessed"}, {}), ({"ally_down": False}, {}),
    ],
)  # fmt: skip
def test_conditions_of_a_line_that_hold(content: Content, when: dict[str, Any], hit: dict[str, Any]) -> None:
    fight = Skirmish(content)
    state = changed(fight.start(hero("ann"), hero("bob")), "rat.1", **hit)
    assert applies(Tactic(when=when, use="pass").when, fought(state), one(state, "rat.1"))


@pytest.mark.parametrize(
    ("when", "hit"),
    [
        ({"self_hp_below": 50}, {"hp": 3}), ({"self_hp_above": 50}, {"hp": 3}), ({"foes_at_least": 3}, {}),
        ({"allies_at_most": 1}, {}), ({"ally_hp_below": 50}, {}), ({"round_at_least": 2}, {}), ({"every": 2}, {}),
        ({"self_lacks": "blessed"}, {"conditions": {"blessed": ActiveCondition(2)}}), ({"ally_down": True}, {}),
    ],
)  # fmt: skip
def test_conditions_of_a_line_that_do_not_hold(
    content: Content, when: dict[str, Any], hit: dict[str, Any]
) -> None:
    fight = Skirmish(content)
    state = changed(fight.start(hero("ann"), hero("bob")), "rat.1", **hit)
    assert not applies(Tactic(when=when, use="pass").when, fought(state), one(state, "rat.1"))


def test_every_counts_rounds_and_the_fallen_count_as_down(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"))
    state = fight.act(state, cmd.Pass("ann"), *MISS, *MISS).state
    assert applies(Tactic(when={"every": 2}, use="pass").when, fought(state), one(state, "rat.1"))
    state = changed(state, "rat.2", hp=0)
    assert applies(Tactic(when={"ally_down": True}, use="pass").when, fought(state), one(state, "rat.1"))


@pytest.mark.parametrize(
    ("rule", "chosen"),
    [
        ("weakest", "cat"), ("strongest", "ann"), ("lowest_percent", "cat"), ("threat", "bob"), ("vengeful", "bob"),
        ("back_row", "cat"), ("front_row", "ann"), ("caster", "cat"), ("marked", "bob"), ("random", "bob"),
        ("self", "ann"), ("weakest_ally", "cat"), ("fallen_ally", "cat"),
    ],
)  # fmt: skip
def test_each_rule_aims_at_somebody(content: Content, rule: str, chosen: str) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"), hero("cat", mp_max=9, row="back"))
    state = changed(state, "cat", hp=0 if rule == "fallen_ally" else 4)
    state = changed(state, "bob", hp=9, conditions={"marked": ActiveCondition(1)})
    rat = one(changed(state, "rat.1", threat={"ann": 2, "bob": 5}, hurt_by="bob"), "rat.1")
    heroes = [one(state, i) for i in ("ann", "bob", "cat")]
    # Where several fit, or for `random`, the second face of the die decides.
    assert pick_target(rule, rat, heroes, lambda sides: min(2, sides) if rule == "random" else 1).id == chosen


def test_a_line_may_ask_for_a_condition_of_its_target(content: Content) -> None:
    fight = duel(content, {"use": "attack", "when": {"target_has": "marked"}}, {"use": "pass"})
    state = fight.start(hero("ann"), hero("bob"), foes=1)
    state = fight.act(state, cmd.Pass("ann")).state
    assert not of(fight.act(state, cmd.Pass("bob")), ev.AttackMissed)
    marked = changed(state, "bob", conditions={"marked": ActiveCondition(5)})
    done = fight.act(marked, cmd.Pass("bob"), 1, 1, 2, 2)  # one of one, one attack, advantage
    assert of(done, ev.AttackMissed)[0].target == "bob"


def test_a_line_may_name_one_attack(content: Content) -> None:
    fight = duel(content, {"use": "spit", "target": "back_row"}, attacks=[BITE, SPIT])
    state = changed(fight.start(hero("ann"), hero("bob"), foes=1), "ann", row="back")
    state = fight.act(state, cmd.Pass("ann")).state
    done = fight.act(state, cmd.Pass("bob"), 1, 2)
    missed = of(done, ev.AttackMissed)[0]
    assert (missed.target, missed.means) == ("ann", "Spit")


def test_a_line_for_the_fallen_waits_for_somebody_to_fall(content: Content) -> None:
    fight = Skirmish(
        content, abilities={"mend": ability(target="ally", effect={"heal": "1d4", "revive": 50})},
        rat={"abilities": ["mend"], "tactics": [{"use": "mend", "target": "fallen_ally"}, {"use": "pass"}]},
    )  # fmt: skip
    state = fight.start(hero("ann"))
    assert not of(fight.act(state, cmd.Pass("ann")), ev.AbilityUsed)
    done = fight.act(changed(state, "rat.2", hp=0), cmd.Pass("ann"), 1, 2)
    assert of(done, ev.AbilityUsed)[0].target == "rat.2" and one(done.state, "rat.2").hp == 2


def test_creatures_pay_for_abilities_and_wait_for_cooldowns(content: Content) -> None:
    fight = duel(content, {"use": "hew"}, {"use": "pass"}, abilities=["hew"])
    state = fight.act(fight.start(hero("ann"), foes=1), cmd.Pass("ann"), 1, 2).state
    assert one(state, "rat.1").cooldowns == {"hew": 2}
    done = fight.act(state, cmd.Pass("ann"))
    assert of(done, ev.TurnPassed)[1].actor == "rat.1"


def test_creatures_step_and_flee_by_plan_and_leave_nothing(content: Content) -> None:
    fight = duel(content, {"use": "move_back", "when": {"self_hp_above": 90}}, {"use": "flee"})
    state = fight.act(fight.start(hero("ann"), foes=1), cmd.Pass("ann")).state
    assert one(state, "rat.1").row == "back"
    done = fight.act(changed(state, "rat.1", hp=1), cmd.Pass("ann"), 1)
    assert of(done, ev.Fled)[0].actor == "rat.1"
    assert of(done, ev.EncounterEnded)[0].outcome == "victory" and done.state.heroes["ann"].xp == 0
    assert dict(done.state.tally) == {"win.fight": 1}
    held = changed(state, "rat.1", hp=1, conditions={"rooted": ActiveCondition(2)})
    assert not of(fight.act(held, cmd.Pass("ann"), 1, 1, 2, 1), ev.Fled)  # the last die: it cannot tear loose


def test_a_creature_that_reaches_nobody_steps_up_or_guards(content: Content) -> None:
    fight = Skirmish(content)
    state = changed(fight.start(hero("ann"), foes=2), "rat.1", row="back")
    done = fight.act(state, cmd.Pass("ann"), *MISS)
    assert [(e.actor, e.row) for e in of(done, ev.RowChanged)] == [("rat.1", "front")]
    held = changed(state, "rat.1", conditions={"rooted": ActiveCondition(3)})
    done = fight.act(held, cmd.Pass("ann"), 1, *MISS)
    assert [e.actor for e in of(done, ev.Defended)] == ["rat.1"]


def test_threat_decides_whom_a_creature_attacks(content: Content) -> None:
    fight = duel(content, behaviour="threat")
    state = fight.start(hero("ann"), hero("bob"), foes=1)
    state = fight.act(changed(state, "rat.1", threat={"bob": 3, "ann": 2}), cmd.Pass("ann")).state
    done = fight.act(state, cmd.Pass("bob"), 1, 2)  # no die for the target, one for the attack
    assert of(done, ev.AttackMissed)[0].target == "bob"


# --- standing orders ---


def test_standing_orders_are_tactics_and_give_a_legal_command(content: Content) -> None:
    fight = Skirmish(
        content, abilities={"mend": ability(target="ally", cost_mp=2, effect={"heal": "1d4"})},
        items={"potion": {"use": {"heal": "1d4"}, "target": "ally"}},
    )  # fmt: skip
    orders = (
        {"use": "mend", "target": "weakest_ally", "when": {"ally_hp_below": 50}},
        {"use": "potion", "target": "self", "when": {"self_hp_below": 90}},
        {"use": "attack", "target": "strongest"},
    )
    ann = hero("ann", hp=12, abilities=("mend",), inventory={"potion": 1}, orders=orders)
    state = fight.start(ann, hero("bob"))
    assert standing_order(state, ann, fight.content) == cmd.Attack("ann", "rat.2")
    assert standing_order(changed(state, "bob", hp=5), ann, fight.content) == cmd.UseAbility(
        "ann", "mend", "bob"
    )
    hurt = changed(state, "ann", hp=9)
    assert standing_order(hurt, ann, fight.content) == cmd.UseItem("ann", "potion", "ann")


def test_without_orders_that_apply_a_hero_defends(content: Content) -> None:
    fight = Skirmish(content)
    for orders in (
        (),
        ({"use": "nonsense"},),
        ({"speak": "friend"},),
        ({"use": "attack", "when": {"every": 7}},),
    ):
        ann = hero("ann", orders=orders)
        assert standing_order(fight.start(ann), ann, fight.content) == cmd.Defend("ann")
