"""What changed in the world and on the sheets: things, gold, XP, flags, clock, scenes."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class ItemGained(Event):
    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int


@register
@dataclass(frozen=True, slots=True)
class ItemLost(Event):
    """Consumed, given up or taken."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int
    reason: str  # used, given, taken


@register
@dataclass(frozen=True, slots=True)
class GoldChanged(Event):
    actor: str
    actor_name: str
    amount: int
    gold_after: int


@register
@dataclass(frozen=True, slots=True)
class XpGained(Event):
    actor: str
    actor_name: str
    amount: int
    xp_after: int


@register
@dataclass(frozen=True, slots=True)
class FlagSet(Event):
    """The story remembers something, and who did it."""

    flag: str
    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class ClueFound(Event):
    actor: str
    actor_name: str
    clue: str


@register
@dataclass(frozen=True, slots=True)
class ClockAdvanced(Event):
    minutes: int
    clock: int  # minutes of the world since the campaign's midnight zero


@register
@dataclass(frozen=True, slots=True)
class ChoiceMade(Event):
    """The party moved together. `votes` are the ids of those who wanted it; `against` of those who wanted else."""

    affordance: str
    label: str
    votes: tuple[str, ...]
    against: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True)
class SceneEntered(Event):
    scene: str
    scene_name: str
    place: str
    first_visit: bool


@register
@dataclass(frozen=True, slots=True)
class CampaignEnded(Event):
    campaign: str
    ending: str
    ending_name: str
