"""What heroes do in encounters."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.commands.base import Command, register


@register
@dataclass(frozen=True, slots=True)
class UseAbility(Command):
    """Use an ability in an encounter. `target` is ignored for abilities that reach everyone or oneself."""

    ability: str
    target: str


@register
@dataclass(frozen=True, slots=True)
class Defend(Command):
    """Guard until the next own turn."""


@register
@dataclass(frozen=True, slots=True)
class Flee(Command):
    """Try to lead the whole party out of an encounter."""


@register
@dataclass(frozen=True, slots=True)
class Attack(Command):
    """Strike one foe with what is wielded, or with bare hands."""

    target: str


@register
@dataclass(frozen=True, slots=True)
class MoveRow(Command):
    """Step into the `row` front or back."""

    row: str


@register
@dataclass(frozen=True, slots=True)
class Parley(Command):
    """Talk the foes out of the fight."""


@register
@dataclass(frozen=True, slots=True)
class Surrender(Command):
    """Lay the weapons down for the whole party."""
