"""What players change on their own sheets; it takes no turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.rules.commands.base import Command, register


@register
@dataclass(frozen=True, slots=True)
class LearnSkill(Command):
    """Spend skill points on a node of the own class's tree."""

    skill: str


@register
@dataclass(frozen=True, slots=True)
class Respec(Command):
    """Give all learnt skills back for gold and choose anew."""


@register
@dataclass(frozen=True, slots=True)
class Equip(Command):
    """Wear or wield something carried (its carried id); an empty `slot` takes its usual one."""

    item: str
    slot: str = ""


@register
@dataclass(frozen=True, slots=True)
class Unequip(Command):
    """Take off what is worn in `slot`."""

    slot: str


@register
@dataclass(frozen=True, slots=True)
class GiveItem(Command):
    """Hand something to another hero of the party."""

    item: str
    to: str
    quantity: int = 1


@register
@dataclass(frozen=True, slots=True)
class GiveGold(Command):
    """Hand gold to another hero of the party."""

    amount: int
    to: str


@register
@dataclass(frozen=True, slots=True)
class DropItem(Command):
    """Leave something behind in the party's cache."""

    item: str
    quantity: int = 1


@register
@dataclass(frozen=True, slots=True)
class TakeFromCache(Command):
    """Take something out of the party's cache."""

    item: str
    quantity: int = 1


@register
@dataclass(frozen=True, slots=True)
class Buy(Command):
    """Buy from a shop that is here."""

    shop: str
    item: str
    quantity: int = 1


@register
@dataclass(frozen=True, slots=True)
class Sell(Command):
    """Sell something carried to a shop that is here."""

    shop: str
    item: str
    quantity: int = 1


@register
@dataclass(frozen=True, slots=True)
class CorrectGold(Command):
    """An operator mends a purse: `amount` is added, or, below 0, taken. No client can send this."""

    amount: int


@register
@dataclass(frozen=True, slots=True)
class CorrectItem(Command):
    """An operator mends a bag: so many of a thing are added, or, below 0, taken. No client can send this."""

    item: str
    quantity: int


@register
@dataclass(frozen=True, slots=True)
class SetRow(Command):
    """Choose the row in which the hero enters fights."""

    row: str


@register
@dataclass(frozen=True, slots=True)
class SetOrders(Command):
    """Leave standing orders: tactics as JSON (`Tactic`), of which the first that applies is done."""

    orders: tuple[Mapping[str, Any], ...]
