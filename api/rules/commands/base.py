"""What someone wishes to do: frozen commands, the only input that rules take besides state and dice.

A structured action is a command as it arrives; a free-text action becomes one through a ruling. Commands serialise to
flat JSON like events, so that a log of seed and commands replays a session.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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
    """Rebuild a command from `to_json`. Raises UnknownCommand, also where a field holds another type of value."""
    kind = Command.TYPES.get(str(raw.get("type")))
    if kind is None:
        raise UnknownCommand(f"command type {raw.get('type')!r} is not known")
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if k != "type"
    }
    try:
        command = kind(**values)
    except TypeError as error:
        raise UnknownCommand(f"command {raw.get('type')!r}: {error}") from error
    for field in fields(command):
        # `type` compares exactly, since True is an int to isinstance.
        if type(getattr(command, field.name)) not in _HELD[str(field.type)]:
            raise UnknownCommand(f"command {raw.get('type')!r}: {field.name} must be {field.type}")
    return command


# What the fields of commands may hold, by annotation; a command with another kind of field must be added here.
_HELD: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "bool": (bool,),
    "dict[str, Any]": (dict,),
    "tuple[Mapping[str, Any], ...]": (tuple,),
}


def register(cls: type[Command]) -> type[Command]:
    Command.TYPES[cls.__name__] = cls
    return cls
