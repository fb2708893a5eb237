"""What happened in fights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class EncounterStarted(Event):
    """`order` are combatant ids by initiative, `names` beside them in the same order; so are `rolls`.

    `combatants` hold each one's figures as they stand at the start (the shape of `Combatant.to_json`).
    """

    encounter: str
    encounter_name: str
    order: tuple[str, ...]
    names: tuple[str, ...]
    rolls: tuple[int, ...]
    combatants: tuple[dict[str, Any], ...] = ()


@register
@dataclass(frozen=True, slots=True)
class RoundStarted(Event):
    round: int


@register
@dataclass(frozen=True, slots=True)
class CombatTurnStarted(Event):
    """Whose turn it is now. `index` is the place in the initiative order."""

    actor: str
    actor_name: str
    index: int


@register
@dataclass(frozen=True, slots=True)
class CombatTurnEnded(Event):
    """The actor's conditions and cooldowns have one turn less to go."""

    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class CooldownStarted(Event):
    actor: str
    actor_name: str
    ability: str
    rounds: int


@register
@dataclass(frozen=True, slots=True)
class AttackHit(Event):
    """`means` is the ability's or creature attack's name; DamageDealt follows."""

    source: str
    source_name: str
    target: str
    target_name: str
    means: str
    means_key: str
    roll: int
    total: int
    against: int
    critical: bool


@register
@dataclass(frozen=True, slots=True)
class AttackMissed(Event):
    source: str
    source_name: str
    target: str
    target_name: str
    means: str
    means_key: str
    roll: int
    total: int
    against: int


@register
@dataclass(frozen=True, slots=True)
class AbilityUsed(Event):
    """An ability without an attack roll (healing, wards), or an item used in `means`."""

    source: str
    source_name: str
    target: str
    target_name: str
    means: str
    means_key: str
    is_item: bool


@register
@dataclass(frozen=True, slots=True)
class DamageDealt(Event):
    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    damage_type: str
    hp_after: int


@register
@dataclass(frozen=True, slots=True)
class Healed(Event):
    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    hp_after: int


@register
@dataclass(frozen=True, slots=True)
class ManaChanged(Event):
    actor: str
    actor_name: str
    amount: int
    mp_after: int


@register
@dataclass(frozen=True, slots=True)
class ConditionGained(Event):
    target: str
    target_name: str
    condition: str
    rounds: int
    source: str


@register
@dataclass(frozen=True, slots=True)
class ConditionEnded(Event):
    target: str
    target_name: str
    condition: str


@register
@dataclass(frozen=True, slots=True)
class WentDown(Event):
    """A hero at 0 HP is down, not dead; a creature is out of the fight."""

    target: str
    target_name: str
    by: str
    by_name: str
    is_hero: bool


@register
@dataclass(frozen=True, slots=True)
class Recovered(Event):
    """Above 0 HP again: "down" is lifted."""

    target: str
    target_name: str
    hp_after: int


@register
@dataclass(frozen=True, slots=True)
class Defended(Event):
    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class FleeFailed(Event):
    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class EncounterEnded(Event):
    """`outcome` is victory, defeat or flight."""

    encounter: str
    encounter_name: str
    outcome: str
    rounds: int
    tell: int
