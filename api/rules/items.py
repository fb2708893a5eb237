"""What heroes carry and use up."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import ItemDef
from api.rules.errors import IllegalAction, NotCarried
from api.rules.state import Hero


def carried_consumable(content: Content, hero: Hero, key: str) -> ItemDef:
    """The item that `hero` is about to use up. Raises NotCarried, IllegalAction."""
    item = content.items.get(key)
    if item is None or not hero.inventory.get(key):
        raise NotCarried(f"{hero.name} carries no '{item.name if item else key}'.")
    if item.use is None:
        raise IllegalAction(f"{item.name} is not something that can be used up.")
    return item


def weapon_of(content: Content, hero: Hero) -> ItemDef | None:
    """The best weapon carried, by average damage; None fights with bare hands."""
    weapons = [content.items[k] for k in sorted(hero.inventory) if content.items[k].damage]
    return max(weapons, key=lambda w: average(w.damage or "1d4"), default=None)


def average(amount: str) -> float:
    """The mean of a content amount such as `2d6+1`."""
    dice, _, plus = amount.partition("+")
    count, sides = dice.split("-")[0].split("d")
    return int(count) * (int(sides) + 1) / 2 + int(plus or 0)
