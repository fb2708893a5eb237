"""What changed in the world and on the sheets: things, gold, XP, flags, clock, places, quests, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class ItemGained(Event):
    """`item` is a carried id. `rolled` describes a thing found with affixes: item, rarity, affixes and name."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int
    rolled: Mapping[str, Any] | None = None


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
    """The party moved together. `votes` are the ids of those who wanted it; `against` of those who wanted else.

    `affordance` is the key of what was chosen: an affordance, the location travelled to, or `long` for a night.
    """

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


@register
@dataclass(frozen=True, slots=True)
class JourneyBegan(Event):
    """The party sets out along a way of the map; `tell` is which sentence of the way's `tell` the narrator uses."""

    actor: str
    actor_name: str
    origin: str
    origin_name: str
    to: str
    to_name: str
    minutes: int
    tell: int


@register
@dataclass(frozen=True, slots=True)
class MetOnTheWay(Event):
    """Something is met on the way `to`: the `line` of an encounter table; an empty `encounter` only tells."""

    table: str
    line: int
    encounter: str
    to: str


@register
@dataclass(frozen=True, slots=True)
class TurnedBack(Event):
    """A journey came to nothing: the party is where it set out from."""

    location: str
    location_name: str


@register
@dataclass(frozen=True, slots=True)
class LocationReached(Event):
    location: str
    location_name: str
    region: str
    first_visit: bool


@register
@dataclass(frozen=True, slots=True)
class RegionStageReached(Event):
    """A region's clock struck. `averted`: what would have happened was prevented in time, so nothing follows."""

    region: str
    region_name: str
    stage: int
    tell: int
    averted: bool


@register
@dataclass(frozen=True, slots=True)
class QuestStarted(Event):
    """`objective` is what the first stage asks for."""

    quest: str
    quest_name: str
    giver: str
    objective: str


@register
@dataclass(frozen=True, slots=True)
class QuestStageDone(Event):
    """Stage number `stage` (from 0) is done; `next_objective` is empty after the last. `tell` is -1 without one."""

    quest: str
    quest_name: str
    stage: int
    objective: str
    next_objective: str
    tell: int


@register
@dataclass(frozen=True, slots=True)
class QuestCompleted(Event):
    quest: str
    quest_name: str


@register
@dataclass(frozen=True, slots=True)
class QuestFailed(Event):
    """`flag` is what spoilt it."""

    quest: str
    quest_name: str
    flag: str


@register
@dataclass(frozen=True, slots=True)
class DispositionChanged(Event):
    """A person likes the party more or less; `disposition` (-100 to 100) is now. `reason` is talk or deed."""

    person: str
    person_name: str
    amount: int
    disposition: int
    reason: str


@register
@dataclass(frozen=True, slots=True)
class Remembered(Event):
    """A person will remember this of the party."""

    person: str
    person_name: str
    text: str
    disposition: int


@register
@dataclass(frozen=True, slots=True)
class ReputationChanged(Event):
    """A faction thinks more or less of the party; `reputation` (-100 to 100) is what it is now."""

    faction: str
    faction_name: str
    amount: int
    reputation: int
