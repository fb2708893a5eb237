"""Buying and selling, at prices that follow what people think of the party (`docs/rules.md`, Trade)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.content.definitions import ShopDef, ShopLine
from api.rules import events as ev
from api.rules import world
from api.rules.errors import BagFull, NoShop, NotEnoughGold, NotForSale, StillWorn
from api.rules.items import item_of, name_of, require_loose, room_for
from api.rules.people import reputation_of
from api.rules.state import Hero, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

BEST_REPUTATION = 100


def shops_here(state: PlayState, content: Content) -> tuple[str, ...]:
    """The keys of the shops where the party stands; none in a side scene or without a map."""
    place = world.here(state, content)
    return tuple(key for key in place.shops if key in content.shops) if place is not None else ()


def require_shop(state: PlayState, key: str, content: Content) -> ShopDef:
    """Raises NoShop, which names the shops that are here."""
    here = shops_here(state, content)
    if key not in here:
        names = ", ".join(content.shops[k].name for k in here)
        raise NoShop(f"That shop is not here; here is: {names}." if names else "There is no shop here.")
    return content.shops[key]


def standing_with(state: PlayState, shop: ShopDef, content: Content) -> int:
    """The reputation that sets this shop's prices, -100 to 100; 0 for one of no faction."""
    return reputation_of(state, content, shop.faction) if shop.faction is not None else 0


def value_of(content: Content, carried: str, affixes: tuple[str, ...] = ()) -> int:
    """Gold: the item's value, times the percentage of each affix."""
    item = item_of(content, carried)
    value, divisor = (item.value if item is not None else 0), 1
    for key in affixes:
        if key in content.affixes:
            value, divisor = value * content.affixes[key].value_percent, divisor * 100
    return value // divisor


def buying_price(value: int, percent: int, reputation: int) -> int:
    """What one costs: value x percent, a fifth of the reputation in percent less, rounded up, at least 1."""
    return max(1, -(-value * percent * (100 - reputation // 5) // 10_000))


def selling_price(value: int, percent: int, reputation: int) -> int:
    """What a shop pays for one: value x percent, a tenth of the reputation in percent more, rounded down."""
    return value * percent * (100 + reputation // 10) // 10_000


def line_of(shop: ShopDef, item: str) -> ShopLine | None:
    return next((line for line in shop.stock if line.item == item), None)


def price_to_buy(state: PlayState, shop: ShopDef, line: ShopLine, content: Content) -> int:
    """Gold for one of this line now."""
    return buying_price(value_of(content, line.item), line.percent, standing_with(state, shop, content))


def price_to_sell(state: PlayState, hero: Hero, shop: ShopDef, carried: str, content: Content) -> int:
    """Gold that this shop pays for one, never more than any shop could ever ask for the same: trade makes no gold."""
    item = item_of(content, carried)
    if item is None or item.kind == "key":
        return 0
    rolled = hero.rolled.get(carried)
    value = value_of(content, carried, rolled.affixes if rolled is not None else ())
    offered = selling_price(value, shop.buys_percent, standing_with(state, shop, content))
    return offered if rolled is not None else min(offered, cheapest(content, carried, default=offered))


def cheapest(content: Content, item: str, default: int) -> int:
    """The least that any shop could ever ask for this item; `default` where no shop has it."""
    value = value_of(content, item)
    asked = [
        buying_price(value, line.percent, BEST_REPUTATION if shop.faction is not None else 0)
        for shop in content.shops.values()
        for line in shop.stock
        if line.item == item
    ]
    return min(asked, default=default)


def buy(res: Resolution, hero_id: str, shop_key: str, item: str, quantity: int) -> None:
    """Raises NoShop, NotForSale, NotEnoughGold, BagFull."""
    shop = require_shop(res.state, shop_key, res.content)
    hero = res.state.hero(hero_id)
    line = line_of(shop, item)
    if line is None:
        raise NotForSale(f"{shop.name} does not sell that.")
    name = res.content.items[item].name
    if standing_with(res.state, shop, res.content) < line.min_reputation:
        raise NotForSale(f"{shop.keeper} sells {name} only to those of better repute.")
    price = quantity * price_to_buy(res.state, shop, line, res.content)
    if price > hero.gold:
        raise NotEnoughGold(f"That costs {price} gold; {hero.name} has {hero.gold}.")
    room = room_for(hero, item, res.content)
    if quantity > room:
        raise BagFull(f"{hero.name}'s bag has room for {room} of that.")
    res.emit(
        ev.ItemBought(
            hero.id, hero.name, shop_key, shop.name, item, name, quantity, price, hero.gold - price
        )
    )  # fmt: skip


def sell(res: Resolution, hero_id: str, shop_key: str, carried: str, quantity: int) -> None:
    """Raises NoShop, NotCarried, StillWorn, NotForSale."""
    shop = require_shop(res.state, shop_key, res.content)
    hero = res.state.hero(hero_id)
    spare = require_loose(hero, carried, res.content)
    name = name_of(res.content, carried, hero.rolled)
    if spare < 1:
        raise StillWorn(f"{hero.name} wears {name}; take it off first.")
    if quantity > spare:
        raise NotForSale(f"{hero.name} has {spare} of {name} to sell.")
    each = price_to_sell(res.state, hero, shop, carried, res.content)
    if each < 1:
        raise NotForSale(f"{shop.keeper} gives nothing for {name}.")
    price = quantity * each
    res.emit(
        ev.ItemSold(
            hero.id, hero.name, shop_key, shop.name, carried, name, quantity, price, hero.gold + price
        )
    )  # fmt: skip
