"""What heroes carry: the bag and its places, what does not fit, and what is used up (`docs/rules.md`, Bag)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.content.definitions import ItemDef
from api.rules import events as ev
from api.rules.errors import NotCarried, NotUsable
from api.rules.figures import item_key
from api.rules.state import Hero, RolledItem

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

BAG_PLACES = 24
ENOUGH = 1_000_000  # of keys and story pieces, which take no place


def carried_consumable(content: Content, hero: Hero, key: str) -> ItemDef:
    """The item that `hero` is about to use up. Raises NotCarried, NotUsable."""
    item = content.items.get(key)
    if item is None or not hero.inventory.get(key):
        raise NotCarried(f"{hero.name} carries no '{item.name if item else key}'.")
    if item.use is None:
        raise NotUsable(f"{item.name} is not something that can be used up.")
    return item


def item_of(content: Content, carried: str) -> ItemDef | None:
    """What a carried id is; None for what content no longer knows."""
    return content.items.get(item_key(carried))


def name_of(content: Content, carried: str, rolled: Mapping[str, RolledItem]) -> str:
    """The name that a player reads: that of the find, else the item's."""
    if carried in rolled:
        return rolled[carried].name
    item = item_of(content, carried)
    return item.name if item is not None else item_key(carried).replace("_", " ")


def loose(hero: Hero, carried: str) -> int:
    """How many of these lie in the bag: what is worn does not count."""
    return hero.inventory.get(carried, 0) - sum(worn == carried for worn in hero.equipment.values())


def require_loose(hero: Hero, carried: str, content: Content) -> int:
    """How many can be parted with, at least one. Raises NotCarried; StillWorn is the caller's to tell."""
    if not hero.inventory.get(carried):
        raise NotCarried(f"{hero.name} carries no '{name_of(content, carried, hero.rolled)}'.")
    return loose(hero, carried)


def _places_of(carried: str, count: int, content: Content) -> int:
    item = item_of(content, carried)
    if item is not None and item.kind == "key":
        return 0
    return -(-count // (item.stack if item is not None else 1))


def places_taken(hero: Hero, content: Content) -> int:
    """Places of the bag in use: what is worn and keys take none, `stack` of a kind share one."""
    return sum(_places_of(carried, loose(hero, carried), content) for carried in hero.inventory)


def room_for(hero: Hero, carried: str, content: Content) -> int:
    """How many more of these fit into the bag."""
    item = item_of(content, carried)
    if item is not None and item.kind == "key":
        return ENOUGH
    stack = item.stack if item is not None else 1
    free = max(0, BAG_PLACES - places_taken(hero, content))
    return free * stack + -loose(hero, carried) % stack


def receive(
    res: Resolution, hero_id: str, carried: str, quantity: int = 1, rolled: RolledItem | None = None
) -> None:
    """Put found things into a hero's bag; what does not fit goes to the party's cache, so that nothing is lost."""
    hero = res.state.hero(hero_id)
    name = rolled.name if rolled is not None else name_of(res.content, carried, hero.rolled)
    described = rolled.to_json() if rolled is not None else None
    fits = min(quantity, room_for(hero, carried, res.content))
    if fits > 0:
        res.emit(ev.ItemGained(hero.id, hero.name, carried, name, fits, described))
    if quantity > fits:
        res.emit(ev.ItemCached(hero.id, hero.name, carried, name, quantity - fits, described))


def weapon_of(content: Content, hero: Hero) -> ItemDef | None:
    """The weapon in hand; None fights with bare hands."""
    carried = hero.equipment.get("weapon")
    return item_of(content, carried) if carried is not None else None


def average(amount: str) -> float:
    """The mean of a content amount such as `2d6+1` or `1d4-1`."""
    dice, sign, plus = amount.partition("-") if "-" in amount else amount.partition("+")
    count, sides = dice.split("d")
    return int(count) * (int(sides) + 1) / 2 + int(plus or 0) * (-1 if sign == "-" else 1)
