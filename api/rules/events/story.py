"""What the game master's accepted proposals bring (`api/rules/proposals.py`)."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class TroubleCame(Event):
    """A fight comes upon a party that lingered: the `line` of an encounter table."""

    scene: str
    table: str
    line: int
    encounter: str


@register
@dataclass(frozen=True, slots=True)
class PersonCame(Event):
    """A person of the world joins the scene and can be talked to; `tell` is which sentence of the scene's is used."""

    person: str
    person_name: str
    scene: str
    tell: int


@register
@dataclass(frozen=True, slots=True)
class SceneClosed(Event):
    """The scene is over, and the party moves on; where to is told by the scene that is entered."""

    scene: str
    scene_name: str
    tell: int


@register
@dataclass(frozen=True, slots=True)
class HookCameDue(Event):
    """The scene answers what a hero's origin makes them want; `tell` is which sentence of the hook is used."""

    actor: str
    actor_name: str
    origin: str
    scene: str
    tell: int
