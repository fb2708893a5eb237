"""The damage pipeline, a step at a time and as a whole (`docs/rules.md`, Damage)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.content.definitions import PHYSICAL, ItemDef
from api.rules import bearing as traits
from api.rules import damage, strikes
from api.rules import events as ev
from api.rules.combatants import ActiveCondition
from api.rules.dice import KeyedDice
from api.rules.resolution import Resolution
from tests.fakes.dice import ScriptedDice
from tests.rules.ring import (
    ability,
    bearing,
    condition,
    fighter,
    now,
    of,
    outside,
    ring,
    sheet,
    spent,
    with_things,
)

TYPES = (
    "slashing", "piercing", "bludgeoning", "fire", "frost", "lightning", "radiant", "shadow", "poison",
)  # fmt: skip


def blow(
    content: Content,
    *faces: int,
    ann: dict[str, int] | None = None,
    kind: str = "slashing",
    dice: str = "1d12",
    braced: bool = False,
    critical: bool = False,
    bonus: int = 0,
    **rat: Any,
) -> Resolution:
    """One hit of Ann on a rat, from the dice on."""
    res = ring(content, fighter("ann", "party", figures=ann or {}), fighter("rat", **rat), faces=faces)
    hit(res, dice, kind, braced=braced, critical=critical, bonus=bonus)
    return res


def hit(res: Resolution, dice: str = "1d12", kind: str = "slashing", **values: Any) -> int:
    cause = damage.Cause(now(res, "ann"), "jab", attack=True)
    bonus = ("strength", values.pop("bonus", 0))
    return damage.hit_for(res, cause, "rat", [dice], bonus, kind, **values)


def receipt(res: Resolution) -> ev.DamageDealt:
    (dealt,) = of(res, ev.DamageDealt)
    assert isinstance(dealt, ev.DamageDealt)
    return dealt


def test_damage_adds_dice_modifier_and_attack_or_magic(content: Content) -> None:
    strong = {"attack": 2, "magic": 5}
    for kind in TYPES:
        name = "attack" if kind in PHYSICAL else "magic"
        dealt = receipt(blow(content, 4, ann=strong, kind=kind, bonus=3))
        assert dealt.parts == (("1d12", 4), ("strength", 3), (name, strong[name])), kind
        assert dealt.amount == 4 + 3 + strong[name]
    feeble = receipt(blow(content, 1, bonus=-5))
    assert feeble.parts == (("1d12", 1), ("strength", -5), ("at least 1", 5)) and feeble.amount == 1
    critical = receipt(blow(content, 4, 6, critical=True, bonus=3, dice="1d12+1"))
    assert critical.parts == (("1d12+1 critical", 11), ("strength", 3))


def test_who_is_halved_deals_half(content: Content) -> None:
    for face, amount in ((9, 4), (1, 1)):
        res = ring(content, fighter("ann", "party"), fighter("rat"), faces=(face,))
        bearing(res, "ann", weakened=2)
        hit(res)
        assert receipt(res).amount == amount
        assert face == 1 or ("Weakened", amount - face) in receipt(res).parts
    open_to_it = ring(content, fighter("ann", "party"), fighter("rat", figures={"defence": -2}), faces=(1,))
    bearing(open_to_it, "ann", weakened=2)
    hit(open_to_it)
    assert receipt(open_to_it).amount == 1 + 2


def test_a_block_halves_and_who_has_none_rolls_no_die(content: Content) -> None:
    stopped = blow(content, 9, 18, figures={"block": 3})
    assert receipt(stopped).parts == (("1d12", 9), ("block", -5)) and receipt(stopped).blocked
    through = blow(content, 9, 17, figures={"block": 3})
    assert receipt(through).amount == 9 and not receipt(through).blocked
    assert all(spent(res) for res in (stopped, through, blow(content, 9)))
    hurled = ring(content, fighter("ann", "party"), fighter("rat", figures={"block": 10}), faces=(9,))
    damage.hit_for(hurled, damage.Cause(now(hurled, "ann")), "rat", ["1d12"], None, "fire")
    assert spent(hurled), "only attacks are blocked"


def test_bracing_halves_what_the_block_left(content: Content) -> None:
    res = blow(content, 11, 20, braced=True, figures={"block": 1})
    assert receipt(res).parts == (("1d12", 11), ("block", -6), ("braced", -3)) and receipt(res).amount == 2


def test_defence_and_resistance_take_their_share(content: Content) -> None:
    plated = {"defence": 3, "resistance": 5}
    for kind in TYPES:
        name = "defence" if kind in PHYSICAL else "resistance"
        dealt = receipt(blow(content, 8, kind=kind, figures=plated))
        assert dealt.parts == (("1d12", 8), (name, -plated[name])), kind
    assert receipt(blow(content, 2, figures=plated)).amount == 1
    rusty = receipt(blow(content, 4, figures={"defence": -2}))
    assert rusty.parts == (("1d12", 4), ("defence", 2)), "what is sundered below nothing adds"


@pytest.mark.parametrize(
    ("affinity", "face", "amount", "part"),
    [
        ("weak", 7, 10, ("weakness", 3)),
        ("resist", 7, 3, ("resistance to it", -4)),
        ("resist", 1, 1, None),
        ("immune", 7, 0, ("immunity", -7)),
    ],
)
def test_weakness_resistance_and_immunity(
    content: Content, affinity: str, face: int, amount: int, part: tuple[str, int] | None
) -> None:
    res = blow(content, face, kind="fire", affinities={"fire": affinity, "frost": "weak"})
    dealt = receipt(res)
    assert (dealt.amount, dealt.affinity, dealt.hp_after) == (amount, affinity, 30 - amount)
    assert part is None or part in dealt.parts
    assert receipt(blow(content, face, kind="slashing", affinities={"fire": affinity})).amount == face


def test_immune_wins_and_weak_and_resist_cancel(content: Content) -> None:
    for affinities, left in (
        (["weak"], "weak"), (["resist", "resist"], "resist"), (["weak", "resist"], ""), ([], ""),
        (["weak", "resist", "resist"], ""), (["weak", "immune", "resist"], "immune"),
    ):  # fmt: skip
        assert traits.combined(affinities) == left
    res = ring(content, fighter("ann", "party"), fighter("rat", affinities={"fire": "weak"}), faces=(8, 8, 8))
    bearing(res, "rat", soaked=2)
    hit(res, kind="fire")
    hit(res, kind="frost")
    bearing(res, "rat", soaked=2, fireproof=2)
    hit(res, kind="fire")
    assert [e.affinity for e in of(res, ev.DamageDealt)] == ["", "weak", "immune"]
    assert [e.amount for e in of(res, ev.DamageDealt)] == [8, 12, 0]


def test_shields_take_it_first_and_the_oldest_before_the_others(content: Content) -> None:
    pane = condition(name="Pane", kind="helpful", shield=4)
    things = with_things(content, conditions={"pane": pane})
    res = ring(things, fighter("ann", "party"), fighter("rat"), faces=(3, 9, 5))
    bearing(res, "rat", pane=ActiveCondition(3, 1, "rat", 4), shielded=ActiveCondition(3, 1, "rat", 6))
    for _ in range(3):
        hit(res)
    first, second, third = of(res, ev.DamageDealt)
    assert (first.parts, first.absorbed, first.amount) == ((("1d12", 3), ("Pane", -3)), (("pane", 3),), 0)
    assert second.absorbed == (("pane", 1), ("shielded", 6)) and second.amount == 9 - 1 - 6
    assert (third.absorbed, third.amount) == ((), 5)
    assert [(e.condition, e.why) for e in of(res, ev.ConditionEnded)] == [
        ("pane", "spent"), ("shielded", "spent"),
    ]  # fmt: skip
    assert now(res, "rat").hp == 30 - 2 - 5


def test_r7_the_receipt_equals_the_state(content: Content) -> None:
    ann = {"attack": 2, "strength": 16}
    res = ring(
        content, fighter("ann", "party", figures=ann), fighter("rat", hp=6, figures={"defence": 1}),
        faces=(12, 3, 12, 6),
    )  # fmt: skip
    jab = ability("enemy", {"damage": "1d6"})
    for _ in range(2):
        before = now(res, "rat").hp
        strikes.use_ability(res, "ann", "jab", jab, ["rat"])
        dealt = of(res, ev.DamageDealt)[-1]
        assert sum(amount for _name, amount in dealt.parts) == dealt.amount == before - now(res, "rat").hp
        assert dealt.hp_after == now(res, "rat").hp
        if now(res, "rat").hp == 0:
            break
    assert dealt.parts == (("1d6", 3), ("strength", 3), ("attack", 2), ("defence", -1), ("no HP left", -1))


def test_the_steps_come_in_one_order(content: Content) -> None:
    res = ring(
        content, fighter("ann", "party", figures={"magic": 6, "attack": 50}),
        fighter("rat", hp=4, figures={"block": 10, "resistance": 2, "defence": 50}), faces=(12, 12, 20),
    )  # fmt: skip
    bearing(res, "ann", weakened=2)
    bearing(res, "rat", soaked=2, shielded=ActiveCondition(2, 1, "rat", 1))
    hit(res, kind="frost", critical=True, braced=True, bonus=10)
    # 24 + 10 + 6 = 40, half 20, block 10, braced 5, resistance 3, weak 4, shield 3, HP 3.
    assert receipt(res).parts == (
        ("1d12 critical", 24), ("strength", 10), ("magic", 6), ("Weakened", -20), ("block", -10),
        ("braced", -5), ("resistance", -2), ("weakness", 1), ("Shielded", -1),
    )  # fmt: skip
    assert receipt(res).amount == 3 and receipt(res).hp_after == 1


def test_part_of_an_attack_goes_back_once(content: Content) -> None:
    res = ring(
        content, fighter("ann", "party", figures={"defence": 9, "block": 10}), fighter("rat"), faces=(9, 9)
    )
    bearing(res, "ann", reflecting=2)
    bearing(res, "rat", reflecting=2)
    hit(res)
    struck, back = of(res, ev.DamageDealt)
    assert (struck.target, struck.amount) == ("rat", 9)
    assert (back.source, back.target, back.amount, back.means_key) == ("rat", "ann", 4, "reflecting")
    assert back.parts == (("Reflecting", 4),)
    damage.hit_for(res, damage.Cause(now(res, "ann")), "rat", ["1d12"], None, "fire")
    assert len(of(res, ev.DamageDealt)) == 3, "only attacks are thrown back"
    assert spent(res)


def test_each_stack_throws_back_its_share(content: Content) -> None:
    mirrors = {"mirrors": condition(kind="helpful", reflect=30, stacking="stack", max_stacks=3)}
    res = ring(with_things(content, conditions=mirrors), fighter("ann", "party"), fighter("rat"), faces=(10,))
    bearing(res, "rat", mirrors=ActiveCondition(2, 2))
    hit(res)
    assert [e.amount for e in of(res, ev.DamageDealt)] == [10, 6]


def test_what_is_thrown_back_can_fell_and_so_can_the_last_blow(content: Content) -> None:
    res = ring(content, fighter("ann", "party", hp=2), fighter("rat", hp=5), faces=(12,))
    bearing(res, "rat", reflecting=2)
    hit(res)
    assert [e.target for e in of(res, ev.WentDown)] == ["rat", "ann"]


def test_a_thing_hurts_the_same_in_any_hand(content: Content) -> None:
    flask = ItemDef(
        name="Flask",
        summary="x.",
        kind="consumable",
        use={"damage": "1d6", "damage_type": "fire"},
        target="enemy",
    )
    for figures in ({}, {"magic": 9, "attack": 9, "strength": 20}):
        ann = fighter("ann", "party", figures=figures)
        res = ring(content, ann, fighter("rat", figures={"resistance": 1, "block": 10}), faces=(5,))
        strikes.use_item(res, "ann", "flask", flask, ["rat"])
        assert receipt(res).parts == (("1d6", 5), ("resistance", -1))
        assert spent(res)


def test_a_trap_heeds_gear_and_leaves_one_hp(content: Content) -> None:
    wool = ItemDef(
        name="Wool", summary="x.", kind="armour", affinities={"fire": "resist"}, bonuses={"resistance": 9}
    )
    things = with_things(content, items={"wool": wool})
    warm = sheet("ann", inventory={"wool": 1}, equipment={"body": "wool"})
    for hero, kind, amount in ((warm, "fire", 4), (warm, "frost", 9), (sheet("ann", hp=3), "fire", 2)):
        res = Resolution(outside(things, hero), ScriptedDice(9), things)
        assert damage.harm_outside(res, "ann", "1d12", kind) == amount
        dealt = receipt(res)
        assert sum(part for _name, part in dealt.parts) == amount == hero.hp - res.state.heroes["ann"].hp
        assert (dealt.source, dealt.hp_after) == ("", hero.hp - amount)
    last = Resolution(outside(things, sheet("ann", hp=1)), ScriptedDice(9), things)
    assert damage.harm_outside(last, "ann", "1d12", "fire") == 0 and last.events == []


def test_healing_outside_stops_at_the_maximum(content: Content) -> None:
    res = Resolution(outside(content, sheet("ann", hp=28), sheet("bob")), ScriptedDice(6, 6), content)
    assert damage.heal_outside(res, "bob", "ann", "1d6") == 2
    assert damage.heal_outside(res, "", "ann", "1d6") == 0
    (healed,) = of(res, ev.Healed)
    assert (healed.source_name, healed.amount, healed.hp_after) == ("Bob", 2, 30)


# --- whatever happens ----------------------------------------------------------------------------------------------

CONDITIONS = (
    "weakened", "guarded", "sundered", "braced", "warded", "shielded", "reflecting", "fireproof", "purged", "soaked",
    "asleep", "strengthened", "kindled", "cursed", "chilled", "shocked",
)  # fmt: skip
figures = st.fixed_dictionaries(
    {
        "attack": st.integers(-5, 20), "magic": st.integers(-5, 20), "defence": st.integers(-5, 30),
        "resistance": st.integers(-5, 30), "block": st.integers(0, 10), "crit": st.integers(0, 5),
        "evade": st.integers(5, 25), "hit": st.integers(-5, 10), "strength": st.integers(1, 30),
    }
)  # fmt: skip
worn = st.dictionaries(st.sampled_from(CONDITIONS), st.integers(1, 3), max_size=5)
affinities = st.dictionaries(
    st.sampled_from(TYPES), st.sampled_from(["weak", "resist", "immune"]), max_size=4
)
amounts = st.sampled_from(["1d4", "2d6", "3d12-9", "9d20", "1d8+5"])


def laid(content: Content, stacks: dict[str, int]) -> dict[str, ActiveCondition]:
    return {
        key: ActiveCondition(2, most, "x", content.conditions[key].shield * most)
        for key, n in stacks.items()
        for most in [min(n, content.conditions[key].max_stacks)]
    }


@given(
    theirs=figures, ours=figures, on_us=worn, on_them=worn, affinities=affinities, hp=st.integers(1, 60),
    kind=st.sampled_from(TYPES), dice=amounts, attack=st.booleans(), braced=st.booleans(), critical=st.booleans(),
    seed=st.integers(0, 10_000),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_damage_keeps_its_bounds_and_its_receipt(
    content: Content, theirs: dict[str, int], ours: dict[str, int], on_us: dict[str, int], on_them: dict[str, int],
    affinities: dict[str, str], hp: int, kind: str, dice: str, attack: bool, braced: bool, critical: bool, seed: int,
) -> None:  # fmt: skip
    ann = fighter("ann", "party", figures=ours)
    rat = fighter("rat", hp=hp, hp_max=60, figures=theirs, affinities=affinities)
    res = ring(content, ann, rat)
    res.dice = KeyedDice(f"damage{seed}", 1)
    bearing(res, "ann", **laid(content, on_us))
    bearing(res, "rat", **laid(content, on_them))
    immune = traits.affinity(now(res, "rat"), kind, content) == "immune"
    shields = sum(c.shield_left for c in now(res, "rat").conditions.values())
    cause = damage.Cause(now(res, "ann"), "jab", attack)
    took = damage.hit_for(res, cause, "rat", [dice], ("strength", 1), kind, critical=critical, braced=braced)
    dealt = of(res, ev.DamageDealt)[0]
    assert took == dealt.amount == hp - dealt.hp_after == sum(amount for _name, amount in dealt.parts)
    assert 0 <= dealt.hp_after <= hp and dealt.amount >= 0
    assert not immune or (dealt.amount == 0 and dealt.absorbed == ())
    assert immune or dealt.amount > 0 or sum(n for _key, n in dealt.absorbed) > 0
    assert sum(n for _key, n in dealt.absorbed) <= shields
    assert [name for name, _n in dealt.parts] == sorted((n for n, _ in dealt.parts), key=_step(content))
    for who in ("ann", "rat"):
        one = now(res, who)
        assert 0 <= one.hp <= one.hp_max
        assert all(c.shield_left >= 0 for c in one.conditions.values())
        assert not (one.down and one.conditions)
    assert spent_events(res)


def _step(content: Content) -> Any:
    """Where a line of the receipt belongs; the dice come first, shields before the end."""
    order = [
        "strength", "attack", "magic", "at least 1", "Weakened", "block", "braced", "defence", "resistance", "weakness",
        "resistance to it", "immunity", "Shielded", "no HP left",
    ]  # fmt: skip
    return lambda name: order.index(name) if name in order else -1


def spent_events(res: Resolution) -> bool:
    return all(ev.event_from_json(e.to_json()) == e for e in res.events)


@given(hp=st.integers(1, 30), dice=amounts, bonus=st.integers(-5, 20), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_any_healing_stays_at_or_below_the_maximum(
    content: Content, hp: int, dice: str, bonus: int, seed: int
) -> None:
    res = ring(content, fighter("ann", "party", hp=hp))
    res.dice = KeyedDice(f"healing{seed}", 1)
    mend = ability("ally", {"heal": dice}, stat="wisdom")
    strikes.apply_effect(res, "ann", "ann", mend.effect, ("wisdom", bonus))
    assert hp <= now(res, "ann").hp <= 30
    for healed in of(res, ev.Healed):
        assert sum(n for _name, n in healed.parts) == healed.amount == healed.hp_after - hp
