"""Attacks: who hits, with what, how often, and what an ability does besides (`docs/rules.md`, Attacks)."""

from __future__ import annotations

from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.definitions import CreatureAttack, ItemDef
from api.rules import events as ev
from api.rules import strikes
from api.rules.combatants import ActiveCondition
from api.rules.encounters.choices import attack_reach
from api.rules.figures import training
from api.rules.resolution import Resolution
from tests.fakes.dice import ScriptedDice
from tests.rules.ring import (
    BLADE,
    ability,
    bearing,
    condition,
    fighter,
    now,
    of,
    ring,
    sheet,
    spent,
    with_things,
)

JAB = ability("enemy", {"damage": "1d6"})


def jab(res: Resolution, source: str = "ann", target: str = "rat") -> None:
    strikes.use_ability(res, source, "jab", JAB, [target])


def duel(content: Content, *faces: int, ann: dict[str, Any] | None = None, **rat: Any) -> Resolution:
    """Ann of the party (with these figures) and a rat, who has these fields."""
    return ring(content, fighter("ann", "party", figures=ann or {}), fighter("rat", **rat), faces=faces)


def test_a_heros_attack_adds_hit_and_the_modifier(content: Content) -> None:
    ann = {"strength": 14, "hit": 3}
    hit = duel(content, 8, 4, ann=ann, figures={"evade": 13})
    jab(hit)
    (struck,) = of(hit, ev.AttackHit)
    assert (struck.roll, struck.modifier, struck.total, struck.against) == (8, 3 + 2, 13, 13)
    assert (struck.rolls, struck.reasons, struck.critical) == ((8,), (), False)
    missed = duel(content, 7, ann=ann, figures={"evade": 13})
    jab(missed)
    (miss,) = of(missed, ev.AttackMissed)
    assert (miss.total, miss.against, miss.modifier) == (12, 13, 5)
    assert not of(missed, ev.DamageDealt) and now(missed, "rat").hp == 30
    assert spent(hit) and spent(missed)


def test_a_creatures_attack_adds_its_to_hit(content: Content) -> None:
    things = with_things(content)
    res = ring(things, fighter("rat", figures={"hit": 1}), fighter("ann", "party"), faces=(6, 4))
    bearing(res, "rat", cursed=2)
    strikes.creature_attack(res, "rat", CreatureAttack.model_validate(BLADE), ["ann"])
    (missed,) = of(res, ev.AttackMissed)
    assert (missed.modifier, missed.total) == (3 + 1 - 2, 8)


@pytest.mark.parametrize(
    ("crit", "face", "critical"),
    [(1, 20, True), (1, 19, False), (3, 18, True), (3, 17, False), (0, 20, False)],
)
def test_a_roll_above_twenty_less_crit_is_critical_and_hits(
    content: Content, crit: int, face: int, critical: bool
) -> None:
    faces = (face, 5, 6) if critical else (face,)
    res = duel(content, *faces, ann={"crit": crit}, figures={"evade": 25})
    jab(res)
    assert bool(of(res, ev.AttackHit)) == critical
    if critical:
        assert of(res, ev.AttackHit)[0].critical and of(res, ev.DamageDealt)[0].amount == 11
    assert spent(res)


def test_traits_of_attacker_and_target_help_and_hinder(content: Content) -> None:
    for who, key, kept in (
        ("ann", "inspired", 15),
        ("rat", "marked", 15),
        ("rat", "blinded", 15),
        ("ann", "blinded", 4),
        ("ann", "frightened", 4),
        ("rat", "guarded", 4),
    ):
        res = duel(content, 4, 15, 1)
        bearing(res, who, **{key: 2})
        jab(res)
        (event,) = [e for e in res.events if isinstance(e, ev.AttackHit | ev.AttackMissed)]
        assert (event.rolls, event.roll) == ((4, 15), kept), key
        sign = "+" if kept == 15 else "-"
        assert event.reasons == (sign + content.conditions[key].name,)


def test_r4_an_attack_with_both_is_one_die_and_names_them_all(content: Content) -> None:
    res = duel(content, 11, 3)
    bearing(res, "ann", inspired=2, blessed=2)
    bearing(res, "rat", marked=2, guarded=2)
    jab(res)
    (hit,) = of(res, ev.AttackHit)
    assert (hit.rolls, hit.reasons) == ((11,), ("+Inspired", "+Marked", "-Guarded"))
    assert spent(res)


SWORD = ItemDef(name="Sword", summary="x.", kind="weapon", damage="1d8")
BOW = ItemDef(name="Bow", summary="x.", kind="weapon", damage="1d6", damage_type="piercing", reach="ranged")


@pytest.mark.parametrize(
    ("weapon", "scores", "stat", "modifier"),
    [
        ("sword", {"strength": 16, "dexterity": 12}, "strength", 3),
        ("sword", {"strength": 12, "dexterity": 16}, "dexterity", 3),
        ("sword", {"strength": 14, "dexterity": 14}, "strength", 2),
        ("bow", {"strength": 18, "dexterity": 12}, "dexterity", 1),
    ],
)
def test_the_basic_attack_takes_the_better_score(
    content: Content, weapon: str, scores: dict[str, int], stat: str, modifier: int
) -> None:
    things = with_things(content, items={"sword": SWORD, "bow": BOW})
    armed = sheet("ann", inventory={weapon: 1}, equipment={"weapon": weapon})
    ann = fighter("ann", "party", figures=scores)
    res = ring(things, ann, fighter("rat"), heroes=[armed], faces=(12, 5))
    assert strikes.basic_attack(res, "ann", "rat")
    (dealt,) = of(res, ev.DamageDealt)
    assert (stat, modifier) in dealt.parts and dealt.amount == 5 + modifier
    assert dealt.damage_type == things.items[weapon].damage_type
    assert of(res, ev.AttackHit)[0].modifier == modifier
    assert attack_reach(now(res, "ann"), res.state.hero("ann"), res.content) == things.items[weapon].reach
    assert spent(res)


def test_bare_hands_and_first_attacks(content: Content) -> None:
    spit = {**BLADE, "name": "Spit", "damage": "1d10", "reach": "ranged"}
    things = with_things(content, creature={"attacks": [spit, BLADE]})
    res = ring(things, fighter("ann", "party"), fighter("rat"), faces=(12, 4, 12, 9))
    strikes.basic_attack(res, "ann", "rat")
    strikes.basic_attack(res, "rat", "ann")
    fists, spat = of(res, ev.DamageDealt)
    assert (fists.parts, fists.damage_type) == ((("1d4", 4),), "bludgeoning")
    assert (spat.parts, spat.damage_type) == ((("1d10", 9),), "slashing")
    assert [attack_reach(now(res, i), res.state.heroes.get(i), res.content) for i in ("ann", "rat")] == [
        "melee",
        "ranged",
    ]
    assert spent(res)


def test_a_creature_uses_abilities_with_the_practice_of_its_level(content: Content) -> None:
    things = with_things(content, creature={"level": 9})
    rat = fighter("rat", figures={"strength": 14, "hit": 1})
    res = ring(things, rat, fighter("ann", "party"), faces=(3, 2, 5))
    slam = ability("enemy", {"damage": "1d4"}, uses_weapon=True)
    strikes.use_ability(res, "rat", "slam", slam, ["ann"])
    (hit,) = of(res, ev.AttackHit)
    assert hit.modifier == training(9) + 2 + 1 == 7
    (dealt,) = of(res, ev.DamageDealt)
    assert dealt.parts == (("1d4", 2), ("1d6", 5), ("strength", 2))
    assert dealt.damage_type == "slashing"
    assert spent(res)


def test_blows_are_rolled_one_by_one_until_somebody_falls(content: Content) -> None:
    flurry = ability("all_enemies", {"damage": "1d6"}, hits=3)
    res = ring(
        content, fighter("ann", "party"), fighter("rat", hp=5), fighter("eel"),
        faces=(12, 3, 2, 12, 2, 12, 1, 12, 2, 4),
    )  # fmt: skip
    strikes.use_ability(res, "ann", "flurry", flurry, ["rat", "eel"])
    # The rat: a hit for 3, a miss, a hit for 2, which fells it. The eel: 1, 2 and a miss.
    assert [(e.target, e.amount) for e in of(res, ev.DamageDealt)] == [
        ("rat", 3), ("rat", 2), ("eel", 1), ("eel", 2),
    ]  # fmt: skip
    assert [e.target for e in of(res, ev.WentDown)] == ["rat"]
    assert spent(res)
    short = ring(content, fighter("ann", "party"), fighter("rat", hp=3), faces=(12, 3))
    strikes.use_ability(short, "ann", "flurry", flurry, ["rat"])
    assert spent(short), "who lies is struck no more"


def test_what_a_blow_puts_on_it_puts_on_once(content: Content) -> None:
    things = with_things(
        content, conditions={"mold": condition(tick_damage=1, stacking="stack", max_stacks=5)}
    )
    effect = {"damage": "1d4", "condition": {"key": "mold", "rounds": 2}, "dispel": 1}
    flurry = ability("enemy", effect, hits=3)
    res = ring(things, fighter("ann", "party"), fighter("rat"), faces=(2, 12, 1, 12, 1))
    bearing(res, "rat", hasted=2, blessed=2, braced=2)
    strikes.use_ability(res, "ann", "flurry", flurry, ["rat"])
    assert now(res, "rat").conditions["mold"].stacks == 1
    assert [e.condition for e in of(res, ev.ConditionEnded)] == ["braced"]
    assert spent(res)


def test_a_creatures_blows_put_their_condition_on_once_too(content: Content) -> None:
    things = with_things(
        content, conditions={"mold": condition(tick_damage=1, stacking="stack", max_stacks=5)}
    )
    bites = {**BLADE, "hits": 3, "condition": {"key": "mold"}}
    res = ring(things, fighter("rat"), fighter("ann", "party"), fighter("bob", "party"))
    res.dice = ScriptedDice(12, 1, 12, 1, 12, 1, 2, 12, 1, 2)
    assert strikes.creature_attack(res, "rat", CreatureAttack.model_validate(bites), ["ann", "bob"])
    assert [now(res, who).conditions["mold"].stacks for who in ("ann", "bob")] == [1, 1]
    assert spent(res)


def test_what_is_sure_needs_no_roll(content: Content) -> None:
    bolt = ability("enemy", {"damage": "1d6"}, sure=True, hits=2)
    res = ring(content, fighter("ann", "party"), fighter("rat", figures={"evade": 25}), faces=(3, 4))
    strikes.use_ability(res, "ann", "bolt", bolt, ["rat"])
    assert [type(e) for e in res.events] == [ev.AbilityUsed, ev.DamageDealt, ev.DamageDealt]
    assert now(res, "rat").hp == 30 - 3 - 4
    mend = ability("ally", {"heal": "1d8"}, stat="wisdom")
    friends = ring(content, fighter("ann", "party"), fighter("bob", "party", hp=4), faces=(5,))
    strikes.use_ability(friends, "ann", "mend", mend, ["bob"])
    assert [type(e) for e in friends.events] == [ev.AbilityUsed, ev.Healed]
    assert spent(res) and spent(friends)


def test_on_self_reaches_the_user_hit_or_miss(content: Content) -> None:
    lunge = ability("enemy", {"damage": "1d6"}, on_self={"condition": {"key": "marked", "rounds": 1}})
    for faces in ((12, 3), (2,)):
        res = duel(content, *faces)
        strikes.use_ability(res, "ann", "lunge", lunge, ["rat"])
        assert now(res, "ann").conditions["marked"] == ActiveCondition(2, 1, "ann")
        assert spent(res)


def test_an_effect_does_its_parts_in_the_order_of_its_definition(content: Content) -> None:
    draught = {
        "heal": "1d4", "restore_mp": "1d4", "cure": ["poisoned"], "dispel": 1,
        "conditions": [{"key": "blessed", "rounds": 1}],
    }  # fmt: skip
    flask = ItemDef(name="Draught", summary="x.", kind="consumable", use=draught, target="ally")
    ann = fighter("ann", "party", hp=20, mp=2)
    res = ring(content, ann, faces=(3, 2))
    bearing(res, "ann", weakened=3, poisoned=3)
    strikes.use_item(res, "ann", "draught", flask, ["ann"])
    assert [type(e) for e in res.events] == [
        ev.AbilityUsed, ev.Healed, ev.ManaChanged, ev.ConditionEnded, ev.ConditionEnded, ev.ConditionGained,
    ]  # fmt: skip
    assert [(e.condition, e.why, e.by) for e in of(res, ev.ConditionEnded)] == [
        ("poisoned", "cured", "Ann"), ("weakened", "dispelled", "Ann"),
    ]  # fmt: skip
    assert (now(res, "ann").hp, now(res, "ann").mp) == (23, 4)
    assert list(now(res, "ann").conditions) == ["blessed"]


def test_mana_stops_at_the_maximum(content: Content) -> None:
    flask = ItemDef(name="Phial", summary="x.", kind="consumable", use={"restore_mp": "2d6"})
    res = ring(content, fighter("ann", "party", mp=7), faces=(6, 6))
    strikes.use_item(res, "ann", "phial", flask, ["ann"])
    assert (of(res, ev.ManaChanged)[0].amount, now(res, "ann").mp) == (2, 9)


@pytest.mark.parametrize(("percent", "hp"), [(1, 1), (25, 8), (50, 15), (100, 30)])
def test_revival_brings_back_a_percentage(content: Content, percent: int, hp: int) -> None:
    wake = ability("ally", {"revive": percent, "conditions": [{"key": "blessed", "rounds": 1}]})
    for dead in (True, False):
        bob = fighter("bob", "party", hp=0, dead=dead)
        res = ring(content, fighter("ann", "party"), bob)
        strikes.use_ability(res, "ann", "wake", wake, ["bob"])
        back = now(res, "bob")
        assert (back.hp, back.dead, back.down, list(back.conditions)) == (hp, False, False, ["blessed"])
        assert of(res, ev.Revived)[0].hp_after == hp
    standing = ring(content, fighter("ann", "party"), fighter("bob", "party", hp=3))
    strikes.use_ability(standing, "ann", "wake", wake, ["bob"])
    assert now(standing, "bob").hp == 3 and not of(standing, ev.Revived)


def test_r10_the_dead_are_past_ordinary_healing(content: Content) -> None:
    potion = ItemDef(name="Potion", summary="x.", kind="consumable", use={"heal": "1d8"}, target="ally")
    mend = ability("ally", {"heal": "1d8"})
    res = ring(content, fighter("ann", "party"), fighter("bob", "party", hp=0, dead=True))
    strikes.use_item(res, "ann", "potion", potion, ["bob"])
    strikes.use_ability(res, "ann", "mend", mend, ["bob"])
    assert (now(res, "bob").hp, now(res, "bob").dead) == (0, True)
    assert not of(res, ev.Healed) and spent(res)
    fallen = ring(content, fighter("ann", "party"), fighter("bob", "party", hp=0), faces=(5,))
    strikes.use_item(fallen, "ann", "potion", potion, ["bob"])
    assert now(fallen, "bob").hp == 5 and of(fallen, ev.Recovered)


def test_r10_healing_stops_at_the_maximum_and_says_so(content: Content) -> None:
    mend = ability("ally", {"heal": "1d8"}, stat="wisdom")
    ann = fighter("ann", "party", hp=28, figures={"wisdom": 14})
    res = ring(content, ann, faces=(7,))
    strikes.use_ability(res, "ann", "mend", mend, ["ann"])
    (healed,) = of(res, ev.Healed)
    assert healed.parts == (("1d8", 7), ("wisdom", 2), ("at most full", -7))
    assert (healed.amount, healed.hp_after, now(res, "ann").hp) == (2, 30, 30)
    full = ring(content, fighter("ann", "party"), faces=(7,))
    strikes.use_ability(full, "ann", "mend", mend, ["ann"])
    assert not of(full, ev.Healed)
