"""What is found: tables by weight and level, affixes by rarity, and how a party shares it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from api.content.catalogue import Content
from api.rules import events as ev
from api.rules import loot
from api.rules.dice import KeyedDice
from api.rules.loot import Found
from tests.fakes.dice import LoadedDice, ScriptedDice
from tests.rules.smithy import forge, resolution, rolled, smith, table

GEM = {"item": "gem"}
TOKEN = (1,) * 12


def world_with(content: Content, *lines: dict[str, object], **values: object) -> Content:
    return forge(content, loot_tables={"hoard": table(*lines, **values)})


def test_lines_are_drawn_by_weight_with_replacement(content: Content) -> None:
    world = world_with(
        content, {**GEM, "weight": 3}, {"item": "potion", "weight": 1}, {"item": "cap", "weight": 0}, draws=4
    )
    res = resolution(world, smith(), faces=(3, 4, 1, 1))
    found = [each.item for each in loot.roll_table(res, "hoard", 1)]
    assert found == ["gem", "potion", "gem", "gem"]


def test_weights_hold_over_many_draws(content: Content) -> None:
    world = world_with(content, {**GEM, "weight": 30}, {"item": "potion", "weight": 10}, draws=6)
    res = resolution(world, smith())
    res.dice = KeyedDice("weights", 1)
    seen = Counter(each.item for _ in range(1_000) for each in loot.roll_table(res, "hoard", 1))
    assert 4_300 < seen["gem"] < 4_700 and seen["gem"] + seen["potion"] == 6_000


def test_guaranteed_lines_come_beside_the_draws(content: Content) -> None:
    world = world_with(content, {**GEM, "guaranteed": True}, {"item": "potion"}, draws=1)
    res = resolution(world, smith(), faces=(5,))
    assert [each.item for each in loot.roll_table(res, "hoard", 1)] == ["gem", "potion"]


def test_a_line_counts_only_within_its_levels(content: Content) -> None:
    world = world_with(
        content, {**GEM, "levels": [1, 4]}, {"item": "potion", "levels": [5, 20]},
        {"item": "cap", "levels": [3, 3], "guaranteed": True}, draws=1,
    )  # fmt: skip
    for level, expected in (
        (1, ["gem"]),
        (3, ["cap", "gem"]),
        (4, ["gem"]),
        (5, ["potion"]),
        (20, ["potion"]),
    ):
        res = resolution(world, smith(), share=0.0)
        assert [each.item for each in loot.roll_table(res, "hoard", level)] == expected


def test_quantities_and_gold_fall_evenly_between_their_bounds(content: Content) -> None:
    world = world_with(content, {**GEM, "quantity": [2, 4], "gold": [10, 13]}, draws=1)
    res = resolution(world, smith(), faces=(1, 3, 2))
    assert loot.roll_table(res, "hoard", 1) == [Found(gold=12), Found("gem", 3)]


def test_an_empty_line_gives_nothing(content: Content) -> None:
    res = resolution(world_with(content, {"weight": 5}, draws=1), smith(), faces=(2,))
    assert loot.roll_table(res, "hoard", 1) == []


# --- affixes -----------------------------------------------------------------------------------------------------


def test_the_quality_of_a_table_decides_how_many_affixes(content: Content) -> None:
    """Of quality [40, 30, 20, 5]: 1-5 legendary, 6-25 epic, 26-55 rare, 56-95 uncommon, else common."""
    world = world_with(content, {"item": "sword", "weight": 1}, draws=1, quality=[40, 30, 20, 5])
    for face, rarity in ((95, "uncommon"), (56, "uncommon"), (55, "rare"), (26, "rare"), (25, "epic")):
        affixes = {"uncommon": (1,), "rare": (1, 1), "epic": (1, 1, 1)}[rarity]
        res = resolution(world, smith(), faces=(1, face, *affixes, *TOKEN))
        (find,) = loot.roll_table(res, "hoard", 1)
        assert find.rolled is not None and find.rolled.rarity == rarity
    res = resolution(world, smith(), faces=(1, 96))
    assert loot.roll_table(res, "hoard", 1) == [Found("sword", 1)]


def test_affixes_fit_the_slot_and_the_level_and_two_of_a_kind_at_most(content: Content) -> None:
    world = forge(content)
    chance = random.Random(5)
    for _ in range(200):
        level, count = chance.randint(1, 20), chance.randint(1, 4)
        found = loot.roll_item(world, KeyedDice("affix", chance.randint(1, 10**6)), "sword", count, level)
        assert found is not None and len(set(found.affixes)) == len(found.affixes)
        assert len(found.affixes) == min(count, 4 if level >= 10 else 3)
        kinds = Counter(world.affixes[k].kind for k in found.affixes)
        assert max(kinds.values()) <= 2
        assert all(world.affixes[k].levels[0] <= level for k in found.affixes)
    assert loot.roll_item(world, ScriptedDice(), "boots", 2, 1) is None


def test_a_find_is_named_by_the_patterns_of_its_affixes(content: Content) -> None:
    world = forge(content)
    assert loot.rolled_name(world, world.items["sword"], ["lucky", "keen", "fine"]) == (
        "fine keen the sword of luck"
    )


def test_a_find_is_as_rare_as_its_affixes_and_never_less_than_its_item(content: Content) -> None:
    world = forge(content)
    plain = loot.roll_item(world, LoadedDice(0.0), "sword", 2, 1)
    assert plain is not None and plain.rarity == "rare"
    heirloom = world.items["sword"].model_copy(update={"rarity": "epic"})
    epic = loot.roll_item(forge(content, items={"sword": heirloom}), LoadedDice(0.0), "sword", 1, 1)
    assert epic is not None and epic.rarity == "epic"


def test_the_id_of_a_find_comes_from_the_dice_and_is_never_one_in_use(content: Content) -> None:
    assert loot.fresh_id("sword", ScriptedDice(*range(1, 13)), set()) == "sword~abcdefghijkl"
    taken = {"sword~aaaaaaaaaaaa", "sword~aaaaaaaaaaab"}
    assert loot.fresh_id("sword", LoadedDice(0.0), taken) == "sword~aaaaaaaaaaac"
    assert loot.fresh_id("sword", LoadedDice(1.0), {"sword~777777777777"}) == "sword~aaaaaaaaaaaa"


def test_the_same_dice_find_the_same_things(content: Content) -> None:
    world = world_with(content, {"item": "sword"}, {"item": "ring"}, GEM, draws=6, quality=[30, 30, 20, 10])
    runs = []
    for _ in range(2):
        res = resolution(world, smith())
        res.dice = KeyedDice("same", 7)
        runs.append(loot.roll_table(res, "hoard", 12))
    assert runs[0] == runs[1] and any(each.rolled for each in runs[0])


# --- sharing -----------------------------------------------------------------------------------------------------


def test_things_go_round_and_gold_is_shared(content: Content) -> None:
    res = resolution(forge(content), smith("ann"), smith("bo"))
    sword = rolled("sword", "fine", name="fine sword")
    loot.hand_out(
        res, ["bo", "ann"],
        [Found("gem", 2), Found(gold=4), Found("sword~x", 1, sword), Found("potion", 1), Found(gold=1)],
    )  # fmt: skip
    ann, bo = res.state.hero("ann"), res.state.hero("bo")
    assert (dict(bo.inventory), bo.gold) == ({"gem": 2, "potion": 1}, 3)
    assert (dict(ann.inventory), ann.gold, dict(ann.rolled)) == ({"sword~x": 1}, 2, {"sword~x": sword})
    gained = [e for e in res.events if isinstance(e, ev.ItemGained) and e.rolled]
    assert gained == [ev.ItemGained("ann", "Ann", "sword~x", "fine sword", 1, sword.to_json())]


def test_what_does_not_fit_waits_in_the_cache(content: Content) -> None:
    full = smith(inventory={"pebble": 23, "potion": 4})
    res = resolution(forge(content), full)
    sword = rolled("sword", "fine", name="fine sword")
    loot.hand_out(res, ["ann"], [Found("potion", 3), Found("sword~x", 1, sword), Found("gate_key", 1)])
    assert dict(res.state.hero("ann").inventory) == {"pebble": 23, "potion": 5, "gate_key": 1}
    assert dict(res.state.cache) == {"potion": 2, "sword~x": 1}
    assert dict(res.state.cached_rolls) == {"sword~x": sword}
    cached = [(e.item, e.quantity) for e in res.events if isinstance(e, ev.ItemCached)]
    assert cached == [("potion", 2), ("sword~x", 1)]


@pytest.mark.parametrize("level", range(1, 21))
def test_every_table_of_the_content_gives_something_it_can_name_at_every_level(
    content: Content, level: int
) -> None:
    for key in content.loot_tables:
        res = resolution(content, smith(character_class="vanguard", origin="noble_exile"))
        res.dice = KeyedDice(key, level)
        for _ in range(20):
            for found in loot.roll_table(res, key, level):
                assert found.gold > 0 or (found.item.split("~")[0] in content.items and found.quantity > 0)
