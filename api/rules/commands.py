"""What someone wishes to do: frozen commands, the only input that rules take besides state and dice.

A structured action is a command as it arrives; a free-text action becomes one through a ruling. Commands serialise to
flat JSON like events, so that a log of seed and commands replays a session.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class UnknownCommand(ValueError):
    """Raised for a stored or proposed command whose type or fields are not known."""


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands. `actor` is the acting hero's character id."""

    TYPES: ClassVar[dict[str, type[Command]]] = {}
    actor: str

    def to_json(self) -> dict[str, Any]:
        return {"type": type(self).__name__, **asdict(self)}


def command_from_json(raw: dict[str, Any]) -> Command:
    """Rebuild a command from `to_json`. Raises UnknownCommand."""
    kind = Command.TYPES.get(str(raw.get("type")))
    if kind is None:
        raise UnknownCommand(f"command type {raw.get('type')!r} is not known")
    try:
        return kind(**{k: v for k, v in raw.items() if k != "type"})
    except TypeError as error:
        raise UnknownCommand(f"command {raw.get('type')!r}: {error}") from error


def _register(cls: type[Command]) -> type[Command]:
    Command.TYPES[cls.__name__] = cls
    return cls


@_register
@dataclass(frozen=True, slots=True)
class UseAffordance(Command):
    """Do one of the scene's own things, by its key."""

    affordance: str


@_register
@dataclass(frozen=True, slots=True)
class Talk(Command):
    """Speak with a person of the scene, by key; an empty `person` speaks to the company."""

    person: str


@_register
@dataclass(frozen=True, slots=True)
class Improvise(Command):
    """Try what the scene does not list. `stat` None needs no roll. In an encounter it is a stunt.

    `kind` is look, move, force, sneak, wait or other.
    """

    kind: str
    stat: str | None = None
    band: str = "medium"


@_register
@dataclass(frozen=True, slots=True)
class RefuseClaim(Command):
    """The text asserted what is not so; nothing happens, and `reason` says why in a sentence."""

    reason: str


@_register
@dataclass(frozen=True, slots=True)
class Rest(Command):
    """Catch breath outside an encounter: an hour passes, some HP and MP return. Once a scene for each hero."""


@_register
@dataclass(frozen=True, slots=True)
class UseItem(Command):
    """Use up a carried consumable on a target (a combatant's or hero's id)."""

    item: str
    target: str


@_register
@dataclass(frozen=True, slots=True)
class UseAbility(Command):
    """Use an ability in an encounter. `target` is ignored for abilities that reach everyone or oneself."""

    ability: str
    target: str


@_register
@dataclass(frozen=True, slots=True)
class Defend(Command):
    """Guard until the next own turn."""


@_register
@dataclass(frozen=True, slots=True)
class Flee(Command):
    """Try to lead the whole party out of an encounter."""


@_register
@dataclass(frozen=True, slots=True)
class Pass(Command):
    """Do nothing this turn. `reason` is chosen, deadline, down or left."""

    reason: str = "chosen"
