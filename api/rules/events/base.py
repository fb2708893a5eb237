"""What happened: the facts that rules produce, stores keep, feeds carry and narrators tell.

Commands wish, events state facts (see `docs/glossary.md`). Every event is frozen and serialises to a flat JSON object
whose `type` is the class name in snake case; `event_from_json` reads it back to an equal value. Actors and targets are
ids: a hero is its character's id, a creature in an encounter is `<creature key>.<number>`. Names stand beside ids
where a client must show them, so that no client needs a lookup to draw an event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar


class UnknownEvent(ValueError):
    """Raised for a stored event whose type this version does not know."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; subclasses register themselves by type."""

    TYPES: ClassVar[dict[str, type[Event]]] = {}

    @classmethod
    def type_name(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"type": self.type_name()}
        for field in fields(self):
            value = getattr(self, field.name)
            out[field.name] = list(value) if isinstance(value, tuple) else value
        return out


def event_from_json(raw: dict[str, Any]) -> Event:
    """Rebuild an event from `to_json`. Raises UnknownEvent for a type or field that is not known here."""
    kind = Event.TYPES.get(str(raw.get("type")))
    if kind is None:
        raise UnknownEvent(f"event type {raw.get('type')!r} is not known")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if k != "type"}
    try:
        return kind(**values)
    except TypeError as error:
        raise UnknownEvent(f"event {raw.get('type')!r}: {error}") from error


def register(cls: type[Event]) -> type[Event]:
    Event.TYPES[cls.type_name()] = cls
    return cls
