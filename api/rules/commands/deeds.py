"""What heroes do outside encounters, and in both."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.commands.base import Command, register


@register
@dataclass(frozen=True, slots=True)
class UseAffordance(Command):
    """Do one of the scene's own things, by its key."""

    affordance: str


@register
@dataclass(frozen=True, slots=True)
class Talk(Command):
    """Speak with a person of the scene, by key; an empty `person` speaks to the company."""

    person: str


@register
@dataclass(frozen=True, slots=True)
class Improvise(Command):
    """Try what the scene does not list. `stat` None needs no roll. In an encounter it is a stunt.

    `kind` is look, move, force, sneak, wait or other. With a `rival` (a person of the scene by key, a foe by id) it is
    a contest; `group` lets everyone roll, outside encounters only.
    """

    kind: str
    stat: str | None = None
    band: str = "medium"
    rival: str = ""
    group: bool = False


@register
@dataclass(frozen=True, slots=True)
class RefuseClaim(Command):
    """The text asserted what is not so; nothing happens, and `reason` says why in a sentence."""

    reason: str


@register
@dataclass(frozen=True, slots=True)
class Rest(Command):
    """Rest outside an encounter: `short` is an hour, `long` a night where the place allows it."""

    kind: str = "short"


@register
@dataclass(frozen=True, slots=True)
class UseItem(Command):
    """Use up a carried consumable on a target (a combatant's or hero's id)."""

    item: str
    target: str


@register
@dataclass(frozen=True, slots=True)
class Pass(Command):
    """Do nothing this turn. `reason` is chosen, deadline, down or left."""

    reason: str = "chosen"


@register
@dataclass(frozen=True, slots=True)
class Travel(Command):
    """Lead the party along a way of the map to the location `to`."""

    to: str


@register
@dataclass(frozen=True, slots=True)
class Downtime(Command):
    """Spend a free day on an activity that this location offers."""

    activity: str


@register
@dataclass(frozen=True, slots=True)
class Help(Command):
    """Help an ally (a hero's id): the next roll comes with advantage; in a fight it also steadies the fallen."""

    target: str
