"""What changed on a sheet: levels, skills, what is worn, what changed hands.

Whatever can change the figures carries them as they are afterwards: `hp_max`, `mp_max`, `evade`, `hp` and `mp`. `item`
is always a carried id. The name of a thing stands beside it, so that no client needs a lookup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class LevelGained(Event):
    """`stats` are the scores that grew, as they are now. `skill_points` are those to spend."""

    actor: str
    actor_name: str
    level: int
    stats: Mapping[str, int]
    skill_points: int
    hp_max: int
    mp_max: int
    evade: int
    hp: int
    mp: int


@register
@dataclass(frozen=True, slots=True)
class SkillLearned(Event):
    """`abilities` are those that it taught; `skill_points` what is left."""

    actor: str
    actor_name: str
    skill: str
    skill_name: str
    abilities: tuple[str, ...]
    skill_points: int
    hp_max: int
    mp_max: int
    evade: int
    hp: int
    mp: int


@register
@dataclass(frozen=True, slots=True)
class SkillsReset(Event):
    """All skills are given back; `abilities` are those that the hero still has."""

    actor: str
    actor_name: str
    price: int
    gold_after: int
    skill_points: int
    abilities: tuple[str, ...]
    hp_max: int
    mp_max: int
    evade: int
    hp: int
    mp: int


@register
@dataclass(frozen=True, slots=True)
class ItemEquipped(Event):
    """`replaces` are the carried ids of what was taken off for it, `replaces_names` their names."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    slot: str
    replaces: tuple[str, ...]
    replaces_names: tuple[str, ...]
    hp_max: int
    mp_max: int
    evade: int
    hp: int
    mp: int


@register
@dataclass(frozen=True, slots=True)
class ItemUnequipped(Event):
    actor: str
    actor_name: str
    item: str
    item_name: str
    slot: str
    hp_max: int
    mp_max: int
    evade: int
    hp: int
    mp: int


@register
@dataclass(frozen=True, slots=True)
class ItemHanded(Event):
    """From one hero to another."""

    actor: str
    actor_name: str
    to: str
    to_name: str
    item: str
    item_name: str
    quantity: int


@register
@dataclass(frozen=True, slots=True)
class GoldHanded(Event):
    """From one hero to another; both purses as they are afterwards."""

    actor: str
    actor_name: str
    to: str
    to_name: str
    amount: int
    gold_after: int
    to_gold_after: int


@register
@dataclass(frozen=True, slots=True)
class ItemCached(Event):
    """Something was found for which the hero had no room: it waits in the party's cache."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int
    rolled: Mapping[str, Any] | None = None


@register
@dataclass(frozen=True, slots=True)
class ItemDropped(Event):
    """Out of the bag, into the party's cache."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int


@register
@dataclass(frozen=True, slots=True)
class ItemPickedUp(Event):
    """Out of the party's cache, into the bag."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int


@register
@dataclass(frozen=True, slots=True)
class ItemBought(Event):
    """`price` is for all of it."""

    actor: str
    actor_name: str
    shop: str
    shop_name: str
    item: str
    item_name: str
    quantity: int
    price: int
    gold_after: int


@register
@dataclass(frozen=True, slots=True)
class ItemSold(Event):
    """`price` is for all of it."""

    actor: str
    actor_name: str
    shop: str
    shop_name: str
    item: str
    item_name: str
    quantity: int
    price: int
    gold_after: int


@register
@dataclass(frozen=True, slots=True)
class RowChosen(Event):
    """The row in which the hero will enter fights."""

    actor: str
    actor_name: str
    row: str


@register
@dataclass(frozen=True, slots=True)
class OrdersSet(Event):
    """Standing orders for when the player is away: tactics, the first that applies is done."""

    actor: str
    actor_name: str
    orders: tuple[Mapping[str, Any], ...]
