"""Conditions: stacking, ticking, saves, wards, dispelling, and that each does what it says and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.content.definitions import ConditionDef
from api.rules import bearing as traits
from api.rules import checks, conditions, damage, strikes
from api.rules import events as ev
from api.rules.combatants import ActiveCondition
from api.rules.dice import KeyedDice
from api.rules.resolution import Resolution
from tests.rules.ring import (
    ability,
    bearing,
    condition,
    fighter,
    now,
    of,
    put,
    ring,
    spent,
    with_things,
)


def pair(content: Content, *faces: int, **rat: Any) -> Resolution:
    """Ann of the party and a rat."""
    return ring(content, fighter("ann", "party"), fighter("rat", **rat), faces=faces)


# --- gaining ---


@pytest.mark.parametrize(
    ("stacking", "most", "first", "second", "after"),
    [
        ("refresh", 1, (3, 1), (1, 1), (3, 1)),
        ("refresh", 1, (1, 1), (3, 1), (3, 1)),
        ("stack", 3, (3, 1), (1, 1), (3, 2)),
        ("stack", 3, (1, 2), (2, 3), (2, 3)),
        ("replace", 1, (3, 1), (1, 1), (1, 1)),
        ("keep", 1, (1, 1), (3, 1), (1, 1)),
    ],
)
def test_stacking_refreshes_stacks_replaces_or_keeps(
    content: Content, stacking: str, most: int, first: Any, second: Any, after: tuple[int, int]
) -> None:
    things = with_things(
        content, conditions={"thing": condition(stacking=stacking, max_stacks=most, tick_damage=1, shield=5)}
    )
    res = pair(things)
    for rounds, stacks in (first, second):
        conditions.gain(res, "ann", "rat", put("thing", rounds, stacks=stacks))
    active = now(res, "rat").conditions["thing"]
    assert (active.rounds, active.stacks, active.source) == (*after, "ann")
    assert active.shield_left == 5 * active.stacks
    gained = of(res, ev.ConditionGained)
    assert (gained[-1].rounds, gained[-1].stacks, gained[-1].shield) == (*after, 5 * active.stacks)
    lasting = [e.why for e in of(res, ev.ConditionResisted)]
    assert (len(gained), lasting) == ((1, ["lasting"]) if stacking == "keep" else (2, []))


def test_a_broken_shield_is_whole_again_when_it_is_gained_again(content: Content) -> None:
    res = pair(content)
    bearing(res, "rat", shielded=ActiveCondition(1, 1, "rat", 1))
    conditions.gain(res, "ann", "rat", put("shielded"))
    assert now(res, "rat").conditions["shielded"] == ActiveCondition(2, 2, "ann", 12)


def test_what_is_gained_again_is_the_newest(content: Content) -> None:
    res = pair(content)
    for key in ("poisoned", "weakened", "poisoned"):
        conditions.gain(res, "ann", "rat", put(key))
    assert list(now(res, "rat").conditions) == ["weakened", "poisoned"]


def test_what_is_put_on_in_ones_own_turn_lasts_beyond_it_whoever_does_it(content: Content) -> None:
    """An answer to a blow comes in the striker's turn, and what somebody does in another's turn gains nothing."""
    res = pair(content)
    conditions.put_on(res, "rat", "ann", conditions.MARKED, 1)
    conditions.put_on(res, "rat", "rat", conditions.GUARDED, 1)
    assert now(res, "ann").conditions["marked"].rounds == 2
    assert now(res, "rat").conditions["guarded"].rounds == 1


def test_on_oneself_the_turn_under_way_counts_too(content: Content) -> None:
    res = pair(content)
    conditions.gain(res, "ann", "ann", put("inspired", 2))
    conditions.put_on(res, "ann", "ann", conditions.GUARDED, 1)
    conditions.put_on(res, "ann", "rat", conditions.MARKED, 1)
    assert {k: c.rounds for k, c in now(res, "ann").conditions.items()} == {"inspired": 3, "guarded": 2}
    assert now(res, "rat").conditions["marked"].rounds == 1


def test_wards_and_immunity_keep_conditions_off(content: Content) -> None:
    things = with_things(content, creature={"immune_to": ["stunned"]})
    res = pair(things)
    bearing(res, "rat", steadied=2)
    for key in ("stunned", "frightened", "bleeding"):
        conditions.gain(res, "ann", "rat", put(key, save="wisdom") if key != "bleeding" else put(key))
    assert [(e.condition, e.why, e.by) for e in of(res, ev.ConditionResisted)] == [
        ("stunned", "immune", ""), ("frightened", "ward", "Steadied"),
    ]  # fmt: skip
    assert list(now(res, "rat").conditions) == ["steadied", "bleeding"]
    assert not of(res, ev.SaveRolled), "what cannot stick is not rolled for"


@pytest.mark.parametrize(("face", "saved"), [(9, False), (10, True), (1, False), (20, True)])
def test_a_save_keeps_a_condition_off(content: Content, face: int, saved: bool) -> None:
    """d20 + wisdom 14 against medium (12), however inspired the target is."""
    res = pair(content, face, figures={"wisdom": 14})
    bearing(res, "rat", inspired=2)
    took = conditions.gain(res, "ann", "rat", put("asleep", save="wisdom", band="medium"))
    (rolled,) = of(res, ev.SaveRolled)
    assert (rolled.roll, rolled.modifier, rolled.total, rolled.difficulty) == (face, 2, face + 2, 12)
    assert (rolled.saved, rolled.moment, took) == (saved, "gain", not saved)
    assert [e.why for e in of(res, ev.ConditionResisted)] == (["save"] if saved else [])
    assert ("asleep" in now(res, "rat").conditions) == (not saved)
    assert spent(res)


def test_a_save_uses_the_score_as_conditions_make_it(content: Content) -> None:
    things = with_things(content, conditions={"dulled": condition(bonuses={"wisdom": -6})})
    res = pair(things, 11)
    bearing(res, "rat", dulled=2)
    assert conditions.gain(res, "ann", "rat", put("asleep", save="wisdom", band="easy"))
    assert of(res, ev.SaveRolled)[0].modifier == -3


def test_who_is_down_gains_nothing(content: Content) -> None:
    res = pair(content, hp=0)
    assert not conditions.gain(res, "ann", "rat", put("asleep", save="wisdom"))
    assert not conditions.put_on(res, "ann", "rat", conditions.MARKED, 1)
    assert res.events == []


# --- figures ---


def test_bonuses_count_once_for_each_stack(content: Content) -> None:
    res = pair(content, figures={"evade": 14, "block": 9, "crit": 4})
    rat = now(res, "rat")
    assert traits.figure(rat, "evade", content) == 14
    bearing(res, "rat", chilled=ActiveCondition(2, 3), hasted=2)
    assert traits.figure(now(res, "rat"), "evade", content) == 14 - 3 + 2
    sharp = with_things(
        content, conditions={"sharp": condition(bonuses={"crit": 3, "block": 3, "strength": 5})}
    )
    bearing(res, "rat", sharp=2)
    assert [traits.figure(now(res, "rat"), n, sharp) for n in ("crit", "block", "strength")] == [5, 10, 15]
    assert traits.modifier(now(res, "rat"), "strength", sharp) == 2
    bearing(res, "rat", shocked=2)
    assert traits.figure(fighter("eel", conditions=now(res, "rat").conditions), "block", content) == 0


def test_what_content_no_longer_knows_does_nothing(content: Content) -> None:
    res = pair(content, 12, 3)
    bearing(res, "rat", forgotten=1)
    strikes.use_ability(res, "ann", "jab", ability("enemy", {"damage": "1d6"}), ["rat"])
    conditions.tick(res, "rat", "start")
    res.emit(ev.CombatTurnEnded("rat", "Rat"))
    conditions.end_of_turn(res, "rat")
    assert [(e.condition, e.why) for e in of(res, ev.ConditionEnded)] == [("forgotten", "ran_out")]


ROLLS: dict[str, str] = {  # what a roll is called here, and which bonuses and traits may alter it
    "own attack": "hit crit strength advantage disadvantage",
    "own blow": "attack strength halved",
    "own spell": "magic strength halved",
    "own check": "strength advantage disadvantage",
    "against it": "evade exposed hidden",
    "wound": "block defence reflect shield affinities",
    "magic wound": "block resistance reflect shield affinities",
    "own save": "strength",
}


def figures_of(res: Resolution) -> dict[str, Any]:
    """What stands in the receipts of each kind of roll: for Ann, who may bear a condition, with even dice."""
    jab, hex_ = (
        ability("enemy", {"damage": "1d6"}),
        ability("enemy", {"damage": "1d6", "damage_type": "fire"}),
    )
    start = res.state
    found: dict[str, Any] = {}
    for roll in ROLLS:
        res.state, res.events, res.dice = start, [], _Ten()
        match roll:
            case "own attack" | "own blow":
                strikes.use_ability(res, "ann", "jab", jab, ["rat"])
            case "own spell":
                strikes.use_ability(res, "ann", "hex", hex_, ["rat"])
            case "own check":
                checks.check(res, res.state.heroes["ann"], "strength", "medium")
            case "against it" | "wound":
                strikes.use_ability(res, "rat", "jab", jab, ["ann"])
            case "magic wound":
                strikes.use_ability(res, "rat", "hex", hex_, ["ann"])
            case "own save":
                conditions.gain(res, "rat", "ann", put("doomed", save="strength"))
        kinds: tuple[type[Any], ...]
        match roll:
            case "own attack" | "against it":
                kinds = (ev.AttackHit, ev.AttackMissed)
            case "own check":
                kinds = (ev.CheckRolled,)
            case "own save":
                kinds = (ev.SaveRolled,)
            case _:
                kinds = (ev.DamageDealt,)
        found[roll] = [e.to_json() for e in res.events if isinstance(e, kinds)]
    res.state = start
    return found


class _Ten:
    """Every d20 shows 12, every other die 3."""

    def roll(self, sides: int) -> int:
        return 12 if sides == 20 else 3


def words_of(one: ConditionDef) -> set[str]:
    words = {*one.bonuses, *one.traits}
    return words | {name for name in ("reflect", "shield", "affinities") if getattr(one, name)}


def test_r5_a_bonus_alters_its_own_roll_and_no_other(content: Content) -> None:
    """For each condition of the game: what changes in each kind of roll is what the condition names."""
    things = with_things(content)
    plain = figures_of(pair(things, figures={"hit": 2}))
    assert all(plain.values())
    changed: set[str] = set()
    for key, one in content.conditions.items():
        res = pair(things, figures={"hit": 2})
        bearing(res, "ann", **{key: ActiveCondition(2, 1, "rat", one.shield)})
        for roll, receipts in figures_of(res).items():
            may = words_of(one) & set(ROLLS[roll].split())
            if receipts != plain[roll]:
                assert may or (key == "doomed" and roll == "own save"), f"{key} alters the {roll}"
                changed.add(roll)
    assert changed >= set(ROLLS) - {"own save"}


# --- over time ---


def test_wounds_tick_at_their_moment_past_defence(content: Content) -> None:
    res = pair(content, hp=20, figures={"defence": 9, "resistance": 9, "block": 10})
    bearing(res, "rat", poisoned=2, shocked=2, burning=2)
    conditions.tick(res, "rat", "start")
    assert [(e.means_key, e.amount, e.damage_type) for e in of(res, ev.DamageDealt)] == [
        ("poisoned", 2, "poison"), ("burning", 3, "fire"),
    ]  # fmt: skip
    assert of(res, ev.DamageDealt)[0].parts == (("Poisoned", 2),)
    conditions.tick(res, "rat", "end")
    assert (of(res, ev.DamageDealt)[-1].means_key, now(res, "rat").hp) == ("shocked", 20 - 2 - 3 - 1)
    things = with_things(
        content,
        conditions={"mold": condition(tick_damage=2, tick_type="poison", stacking="stack", max_stacks=4)},
    )
    stacked = pair(things, affinities={"poison": "weak"})
    bearing(stacked, "rat", mold=ActiveCondition(2, 3), shielded=ActiveCondition(2, 1, "", 4))
    conditions.tick(stacked, "rat", "start")
    (dealt,) = of(stacked, ev.DamageDealt)
    assert (dealt.parts, dealt.amount) == ((("Thing", 6), ("weakness", 3), ("Shielded", -4)), 5)


def test_a_wound_that_fells_ends_the_rest(content: Content) -> None:
    res = pair(content, hp=2)
    bearing(res, "rat", poisoned=2, burning=2, regenerating=2)
    conditions.tick(res, "rat", "start")
    assert [e.means_key for e in of(res, ev.DamageDealt)] == ["poisoned"]
    (down,) = of(res, ev.WentDown)
    assert (down.by, down.by_name) == ("", "poisoned")
    assert now(res, "rat").conditions == {}


def test_healing_and_mana_over_time_keep_their_bounds(content: Content) -> None:
    res = pair(content, hp=29, mp=1)
    bearing(res, "rat", regenerating=2, drained=2)
    for _ in range(2):
        conditions.tick(res, "rat", "start")
    assert [(e.amount, e.hp_after, e.means_key) for e in of(res, ev.Healed)] == [(1, 30, "regenerating")]
    assert [(e.amount, e.mp_after) for e in of(res, ev.ManaChanged)] == [(-1, 0)]
    bearing(res, "rat", attuned=2)
    for _ in range(6):
        conditions.tick(res, "rat", "start")
    assert now(res, "rat").mp == 9


def turn_ends(res: Resolution, who: str = "rat") -> None:
    res.emit(ev.CombatTurnEnded(who, who.title()))
    conditions.end_of_turn(res, who)


def test_a_condition_can_be_shaken_off_at_the_end_of_a_turn(content: Content) -> None:
    res = pair(content, 11, 12)
    bearing(res, "rat", frightened=5, marked=1)
    turn_ends(res)
    assert [(e.condition, e.why) for e in of(res, ev.ConditionEnded)] == [("marked", "ran_out")]
    assert [(e.saved, e.moment) for e in of(res, ev.SaveRolled)] == [(False, "end")]
    turn_ends(res)
    assert (of(res, ev.ConditionEnded)[-1].why, now(res, "rat").conditions) == ("saved", {})
    assert spent(res)


def test_what_ran_out_is_not_saved_against(content: Content) -> None:
    res = pair(content)
    bearing(res, "rat", frightened=1)
    turn_ends(res)
    assert [e.why for e in of(res, ev.ConditionEnded)] == ["ran_out"] and not of(res, ev.SaveRolled)


# --- ending ---


def test_dispelling_frees_friends_and_strips_foes_newest_first(content: Content) -> None:
    worn = {"hasted": 2, "doomed": 2, "poisoned": 2, "blessed": 2, "slowed": 2, "marked": 2}
    friend = ring(content, fighter("ann", "party"), fighter("bob", "party"))
    bearing(friend, "bob", **worn)
    assert conditions.dispel(friend, "ann", "bob", 2) == 2
    assert [(e.condition, e.why, e.by) for e in of(friend, ev.ConditionEnded)] == [
        ("marked", "dispelled", "Ann"), ("slowed", "dispelled", "Ann"),
    ]  # fmt: skip
    assert conditions.dispel(friend, "ann", "bob", 5) == 1
    assert list(now(friend, "bob").conditions) == ["hasted", "doomed", "blessed"], "doom cannot be dispelled"
    foe = pair(content)
    bearing(foe, "rat", **worn)
    assert conditions.dispel(foe, "ann", "rat", 1) == 1
    assert [e.condition for e in of(foe, ev.ConditionEnded)] == ["blessed"]


def test_a_cure_ends_what_it_names(content: Content) -> None:
    res = pair(content)
    bearing(res, "ann", poisoned=2, doomed=2, marked=2)
    assert conditions.cure(res, "ann", "ann", ("bleeding", "poisoned", "doomed")) == 2
    assert [(e.condition, e.why) for e in of(res, ev.ConditionEnded)] == [
        ("poisoned", "cured"), ("doomed", "cured"),
    ]  # fmt: skip
    assert list(now(res, "ann").conditions) == ["marked"]


def test_a_wound_wakes_the_sleeper(content: Content) -> None:
    res = pair(content, 5, 6)
    bearing(res, "rat", asleep=3, shielded=ActiveCondition(2, 1, "", 6))
    assert conditions.cannot_act(now(res, "rat"), res) is content.conditions["asleep"]
    cause = damage.Cause(now(res, "ann"), "jab", attack=True)
    damage.hit_for(res, cause, "rat", ["1d6"], None, "slashing")
    assert "asleep" in now(res, "rat").conditions, "the shield took it all"
    damage.hit_for(res, cause, "rat", ["1d6"], None, "slashing")
    assert [(e.condition, e.why) for e in of(res, ev.ConditionEnded)] == [
        ("asleep", "woke"), ("shielded", "spent"),
    ]  # fmt: skip
    assert conditions.cannot_act(now(res, "rat"), res) is None


def test_what_lasts_once_ends_with_the_roll_it_changed(content: Content) -> None:
    jab = ability("enemy", {"damage": "1d6"})
    once = {
        "aimed": condition(kind="helpful", bonuses={"hit": 3}, once=True),
        "loaded": condition(kind="helpful", bonuses={"attack": 3}, once=True),
        "feint": condition(bonuses={"evade": -3}, once=True),
    }
    things = with_things(content, conditions=once)
    res = pair(things, 2, 11, 8, 12, 4)
    bearing(res, "ann", focused=3, aimed=3, loaded=3)
    bearing(res, "rat", feint=3)
    # The better of 2 and 11 hits; focus, aim, load and feint are gone with it.
    strikes.use_ability(res, "ann", "jab", ability("enemy", {"damage": "1d10"}), ["rat"])
    assert of(res, ev.DamageDealt)[0].amount == 8 + 3
    assert sorted(e.condition for e in of(res, ev.ConditionEnded)) == ["aimed", "feint", "focused", "loaded"]
    strikes.use_ability(res, "ann", "jab", jab, ["rat"])
    assert (of(res, ev.AttackHit)[1].rolls, of(res, ev.AttackHit)[1].modifier) == ((12,), 0)
    assert spent(res)
    miss = pair(things, 2)
    bearing(miss, "ann", loaded=3)
    strikes.use_ability(miss, "ann", "jab", jab, ["rat"])
    assert "loaded" in now(miss, "ann").conditions, "a miss deals nothing that it could have changed"
    evened = pair(things, 12, 3)
    bearing(evened, "ann", focused=3)
    bearing(evened, "rat", guarded=3)
    strikes.use_ability(evened, "ann", "jab", jab, ["rat"])
    assert "focused" in now(evened, "ann").conditions


def test_who_strikes_from_where_nobody_sees_is_seen(content: Content) -> None:
    res = pair(content, 3, 14, 2)
    bearing(res, "ann", unseen=3)
    assert traits.has_trait(now(res, "ann"), "untargetable", content)
    strikes.use_ability(res, "ann", "jab", ability("enemy", {"damage": "1d6"}), ["rat"])
    assert of(res, ev.AttackHit)[0].roll == 14
    assert not traits.has_trait(now(res, "ann"), "untargetable", content)


def test_whoever_falls_is_rid_of_every_condition(content: Content) -> None:
    res = pair(content, 6, hp=3)
    bearing(res, "rat", poisoned=3, blessed=3, guarded=3)
    damage.hit_for(res, damage.Cause(now(res, "ann")), "rat", ["1d6"], None, "slashing")
    assert now(res, "rat").down and now(res, "rat").conditions == {}


def test_the_newest_taunt_names_whom_to_strike(content: Content) -> None:
    louder = with_things(content, conditions={"goaded": condition(traits=["taunted"])})
    res = ring(louder, fighter("ann", "party"), fighter("bob", "party"), fighter("rat"))
    encounter = res.state.encounter
    assert encounter is not None and traits.taunter(encounter, now(res, "rat"), louder) is None
    bearing(res, "rat", taunted=ActiveCondition(2, 1, "ann"), goaded=ActiveCondition(2, 1, "bob"))
    assert traits.taunter(encounter, now(res, "rat"), louder) == now(res, "bob")
    fallen = ring(louder, fighter("ann", "party"), fighter("bob", "party", hp=0), fighter("rat"))
    bearing(fallen, "rat", taunted=ActiveCondition(2, 1, "ann"), goaded=ActiveCondition(2, 1, "bob"))
    assert fallen.state.encounter is not None
    assert traits.taunter(fallen.state.encounter, now(fallen, "rat"), louder) == now(fallen, "ann")


# --- all of them ---


def test_the_game_has_a_condition_for_every_trait_and_every_field(content: Content) -> None:
    """Enough kinds to show every rule; and the three that commands put on."""
    every = content.conditions.values()
    assert {t for one in every for t in one.traits} == {
        "no_turn", "no_abilities", "advantage", "disadvantage", "exposed", "hidden", "taunted", "halved", "rooted",
        "untargetable",
    }  # fmt: skip
    assert {one.stacking for one in every} == {"refresh", "stack", "replace", "keep"}
    for name in ("bonuses", "affinities", "wards", "tick_damage", "tick_heal", "tick_mp", "shield", "reflect",
                 "wakes", "once", "save"):  # fmt: skip
        assert any(getattr(one, name) for one in every), name
    assert any(not one.dispellable for one in every) and any(one.moment == "end" for one in every)
    assert set(conditions.NEEDED) <= set(content.conditions)


@given(
    stacking=st.sampled_from(["refresh", "stack", "replace", "keep"]), most=st.integers(1, 10),
    shield=st.integers(0, 9),
    gains=st.lists(st.tuples(st.integers(1, 10), st.integers(1, 5)), min_size=1, max_size=8), seed=st.integers(0, 999),
)  # fmt: skip
def test_any_stacking_keeps_its_bounds(
    content: Content, stacking: str, most: int, shield: int, gains: list[tuple[int, int]], seed: int
) -> None:
    thing = condition(stacking=stacking, max_stacks=most, shield=shield, traits=["halved"])
    res = pair(with_things(content, conditions={"thing": thing}))
    res.dice = KeyedDice(f"stacking{seed}", 1)
    for rounds, stacks in gains:
        before = now(res, "rat").conditions.get("thing")
        conditions.gain(res, "ann", "rat", put("thing", rounds, stacks=stacks))
        after = now(res, "rat").conditions["thing"]
        assert 1 <= after.stacks <= most and after.shield_left == shield * after.stacks
        if before is None:
            assert after.rounds == rounds
        elif stacking == "keep":
            assert after == before
        elif stacking == "replace":
            assert (after.rounds, after.stacks) == (rounds, min(stacks, most))
        else:
            assert after.rounds == max(rounds, before.rounds) and after.stacks >= before.stacks
    assert all(1 <= after.rounds <= 10 for after in now(res, "rat").conditions.values())
    assert len(now(res, "rat").conditions) == 1
