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


def register(cls: type[Command]) -> type[Command]:
    Command.TYPES[cls.__name__] = cls
    return cls
