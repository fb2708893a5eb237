"""Buying and selling: prices by reputation, what may change hands, and that trade alone makes no gold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.content.definitions import ShopDef
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules import shops
from api.rules.errors import (
    BagFull,
    IllegalAction,
    NoShop,
    NotCarried,
    NotEnoughGold,
    NotForSale,
    RuleError,
    StillWorn,
)
from api.rules.state import PlayState
from tests.rules.smithy import SHOP, at_table, do, forge, item, rolled, smith


@pytest.fixture(scope="module")
def world(content: Content) -> Content:
    return forge(content)


def reputed(state: PlayState, reputation: int) -> PlayState:
    return replace(state, reputation={"guild": reputation})


def test_a_price_is_the_value_less_a_fifth_of_the_reputation_rounded_up() -> None:
    found = [shops.buying_price(40, 100, rep) for rep in (-100, -4, 0, 4, 5, 50, 100)]
    assert found == [48, 41, 40, 40, 40, 36, 32]
    assert shops.buying_price(7, 120, 0) == 9  # 8.4
    assert shops.buying_price(0, 100, 0) == 1


def test_what_a_shop_pays_is_half_and_a_tenth_of_the_reputation_more_rounded_down() -> None:
    assert [shops.selling_price(40, 50, rep) for rep in (-100, -1, 0, 9, 10, 100)] == [18, 19, 20, 20, 20, 22]
    assert shops.selling_price(3, 50, 0) == 1 and shops.selling_price(1, 50, 0) == 0


def test_buying_pays_and_fills_the_bag(world: Content) -> None:
    state = reputed(at_table(world, smith(gold=100)), 100)
    done = do(world, state, cmd.Buy("ann", "forge", "potion", 3))
    assert done.events == (
        ev.ItemBought("ann", "Ann", "forge", "The Forge", "potion", "the potion", 3, 30, 70),
    )  # fmt: skip
    assert (done.state.hero("ann").gold, dict(done.state.hero("ann").inventory)) == (70, {"potion": 3})


def test_selling_pays_and_empties_the_bag(world: Content) -> None:
    done = do(world, at_table(world, smith(inventory={"gem": 4})), cmd.Sell("ann", "forge", "gem", 3))
    assert done.events == (
        ev.ItemSold("ann", "Ann", "forge", "The Forge", "gem", "the treasure", 3, 48, 48),
    )  # fmt: skip
    assert (done.state.hero("ann").gold, dict(done.state.hero("ann").inventory)) == (48, {"gem": 1})


def test_a_find_is_worth_its_affixes(world: Content) -> None:
    find = rolled("sword", "fine", "keen")
    hero = smith(inventory={"sword~a": 1}, rolled={"sword~a": find})
    assert shops.value_of(world, "sword~a", find.affixes) == 40 * 150 * 200 // 10_000 == 120
    done = do(world, at_table(world, hero), cmd.Sell("ann", "forge", "sword~a"))
    after = done.state.hero("ann")
    assert (after.gold, after.inventory, after.rolled) == (60, {}, {})


@pytest.mark.parametrize(
    ("command", "refusal", "says"),
    [
        (cmd.Buy("ann", "bakery", "sword"), NoShop, "not here; here is: The Forge"),
        (cmd.Buy("ann", "forge", "mail"), NotForSale, "does not sell"),
        (cmd.Buy("ann", "forge", "crown"), NotForSale, "better repute"),
        (cmd.Buy("ann", "forge", "sword", 2), NotEnoughGold, "costs 80 gold; Ann has 50"),
        (cmd.Buy("ann", "forge", "potion", 4), BagFull, "room for 0"),
        (cmd.Buy("ann", "forge", "potion", 0), IllegalAction, "1 to 99"),
        (cmd.Buy("ann", "forge", "potion", -3), IllegalAction, "1 to 99"),
        (cmd.Buy("ann", "forge", "potion", 100), IllegalAction, "1 to 99"),
        (cmd.Buy("ann", "forge", "potion", True), IllegalAction, "1 to 99"),
        (cmd.Buy("ann", "forge", "potion", 1.0), IllegalAction, "1 to 99"),  # type: ignore[arg-type]
        (cmd.Sell("ann", "forge", "sword"), NotCarried, "no 'the sword'"),
        (cmd.Sell("ann", "forge", "gate_key"), NotForSale, "gives nothing"),
        (cmd.Sell("ann", "forge", "pebble"), NotForSale, "gives nothing"),
        (cmd.Sell("ann", "forge", "cap"), StillWorn, "take it off first"),
        (cmd.Sell("ann", "forge", "gem", 5), NotForSale, "has 4 of"),
    ],
)
def test_a_bargain_that_cannot_be_is_refused_and_changes_nothing(
    world: Content, command: cmd.Command, refusal: type[RuleError], says: str
) -> None:
    things = {"gate_key": 1, "pebble": 22, "cap": 1, "gem": 4}
    hero = smith(gold=50, inventory=things, equipment={"head": "cap"})
    with pytest.raises(refusal, match=says):
        do(world, at_table(world, hero), command)


def test_where_there_is_no_shop_there_is_no_trade(world: Content) -> None:
    nowhere = replace(at_table(world, smith(gold=99)), location=None)
    with pytest.raises(NoShop, match="no shop here"):
        do(world, nowhere, cmd.Buy("ann", "forge", "sword"))


def test_reputation_opens_what_is_kept_for_friends(world: Content) -> None:
    state = reputed(at_table(world, smith(gold=180)), 50)
    assert do(world, state, cmd.Buy("ann", "forge", "crown")).state.hero("ann").gold == 0


def test_the_keepers_of_no_faction_ask_everybody_the_same(content: Content) -> None:
    lone = ShopDef.model_validate({**SHOP, "faction": None, "stock": [{"item": "sword"}]})
    world = forge(content, shops={"forge": lone})
    state = reputed(at_table(world, smith(gold=40)), -100)
    assert do(world, state, cmd.Buy("ann", "forge", "sword")).state.hero("ann").gold == 0


reputations = st.integers(-100, 100)


@settings(max_examples=300, deadline=None)
@given(
    value=st.integers(1, 500), percent=st.integers(10, 1000), other=st.integers(10, 1000),
    pays=st.integers(0, 90), before=reputations, after=reputations, faction=st.booleans(),
)  # fmt: skip
def test_buying_and_selling_again_never_gains_gold(
    content: Content, value: int, percent: int, other: int, pays: int, before: int, after: int, faction: bool
) -> None:
    """Whatever the reputation at either moment, and at whichever shop it is sold again."""
    both: dict[str, Any] = {}
    for key, share in (("forge", percent), ("stall", other)):
        stock = [{"item": "thing", "percent": share}]
        own = {"stock": stock, "buys_percent": pays, "faction": "guild" if faction else None}
        both[key] = ShopDef.model_validate({**SHOP, **own})
    world = forge(content, items={"thing": item("treasure", value=value)}, shops=both)
    place = world.locations["yard"].model_copy(update={"shops": ("forge", "stall")})
    world = replace(world, locations={**world.locations, "yard": place})
    state = reputed(at_table(world, smith(gold=10_000)), before)
    bought = do(world, state, cmd.Buy("ann", "forge", "thing")).state
    for shop in ("forge", "stall"):
        try:
            sold = do(world, reputed(bought, after), cmd.Sell("ann", shop, "thing")).state
        except NotForSale:
            continue
        assert sold.hero("ann").gold <= 10_000


def test_no_shop_of_the_content_pays_more_than_any_asks(content: Content) -> None:
    hero = smith(character_class="vanguard", origin="noble_exile")
    for reputation in (-100, 0, 100):
        for buyer in content.shops.values():
            for seller in content.shops.values():
                state = at_table(content, hero)
                state = replace(state, reputation=dict.fromkeys(content.factions, reputation))
                for line in seller.stock:
                    asked = shops.price_to_buy(state, seller, line, content)
                    assert shops.price_to_sell(state, hero, buyer, line.item, content) <= asked
