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


def _register(cls: type[Event]) -> type[Event]:
    Event.TYPES[cls.type_name()] = cls
    return cls


# --- what was attempted ------------------------------------------------------------------------------------------


@_register
@dataclass(frozen=True, slots=True)
class CheckRolled(Event):
    """A roll against a difficulty. `rolls` are all dice thrown, `kept` the one that counts; degree by margin."""

    actor: str
    actor_name: str
    stat: str
    band: str
    difficulty: int
    rolls: tuple[int, ...]
    kept: int
    modifier: int
    total: int
    degree: str


@_register
@dataclass(frozen=True, slots=True)
class AffordanceUsed(Event):
    """A hero did one of the scene's own things; `degree` is success for those that need no roll."""

    actor: str
    actor_name: str
    scene: str
    affordance: str
    label: str
    degree: str
    tell: int  # which sentence of the outcome's `tell` the narrator uses


@_register
@dataclass(frozen=True, slots=True)
class Spoke(Event):
    """A hero talked to someone of the scene (`person` key) or, with an empty `person`, to the company."""

    actor: str
    actor_name: str
    person: str
    person_name: str
    line: int  # which of the person's lines answers; -1 when nobody does


@_register
@dataclass(frozen=True, slots=True)
class Improvised(Event):
    """Free text that needs a roll or none but is no affordance: something is tried, the world does not change.

    `kind` is look, move, force, sneak, wait or other, or follow (going along with what the party chose); the degree
    is as rolled, `none` where nothing was rolled. In an encounter it is a stunt that may leave a foe marked.
    """

    actor: str
    actor_name: str
    kind: str
    degree: str


@_register
@dataclass(frozen=True, slots=True)
class ClaimRefused(Event):
    """Free text asserted what is not so, or tried what cannot be: nothing happened. `reason` is a sentence."""

    actor: str
    actor_name: str
    reason: str


@_register
@dataclass(frozen=True, slots=True)
class TurnPassed(Event):
    """`reason` is chosen, deadline, stunned, down, left, outvoted (the party went another way) or alone
    (wanted to lead the party on, and too few came along).
    """

    actor: str
    actor_name: str
    reason: str


@_register
@dataclass(frozen=True, slots=True)
class Rested(Event):
    actor: str
    actor_name: str
    hp_after: int
    mp_after: int


# --- the world ---------------------------------------------------------------------------------------------------


@_register
@dataclass(frozen=True, slots=True)
class ItemGained(Event):
    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int


@_register
@dataclass(frozen=True, slots=True)
class ItemLost(Event):
    """Consumed, given up or taken."""

    actor: str
    actor_name: str
    item: str
    item_name: str
    quantity: int
    reason: str  # used, given, taken


@_register
@dataclass(frozen=True, slots=True)
class GoldChanged(Event):
    actor: str
    actor_name: str
    amount: int
    gold_after: int


@_register
@dataclass(frozen=True, slots=True)
class XpGained(Event):
    actor: str
    actor_name: str
    amount: int
    xp_after: int


@_register
@dataclass(frozen=True, slots=True)
class FlagSet(Event):
    """The story remembers something, and who did it."""

    flag: str
    actor: str
    actor_name: str


@_register
@dataclass(frozen=True, slots=True)
class ClueFound(Event):
    actor: str
    actor_name: str
    clue: str


@_register
@dataclass(frozen=True, slots=True)
class ClockAdvanced(Event):
    minutes: int
    clock: int  # minutes of the world since the campaign's midnight zero


@_register
@dataclass(frozen=True, slots=True)
class ChoiceMade(Event):
    """The party moved together. `votes` are the ids of those who wanted it; `against` of those who wanted else."""

    affordance: str
    label: str
    votes: tuple[str, ...]
    against: tuple[str, ...]


@_register
@dataclass(frozen=True, slots=True)
class SceneEntered(Event):
    scene: str
    scene_name: str
    place: str
    first_visit: bool


@_register
@dataclass(frozen=True, slots=True)
class CampaignEnded(Event):
    campaign: str
    ending: str
    ending_name: str


# --- fights ------------------------------------------------------------------------------------------------------


@_register
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


@_register
@dataclass(frozen=True, slots=True)
class RoundStarted(Event):
    round: int


@_register
@dataclass(frozen=True, slots=True)
class CombatTurnStarted(Event):
    """Whose turn it is now. `index` is the place in the initiative order."""

    actor: str
    actor_name: str
    index: int


@_register
@dataclass(frozen=True, slots=True)
class CombatTurnEnded(Event):
    """The actor's conditions and cooldowns have one turn less to go."""

    actor: str
    actor_name: str


@_register
@dataclass(frozen=True, slots=True)
class CooldownStarted(Event):
    actor: str
    actor_name: str
    ability: str
    rounds: int


@_register
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


@_register
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


@_register
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


@_register
@dataclass(frozen=True, slots=True)
class DamageDealt(Event):
    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    damage_type: str
    hp_after: int


@_register
@dataclass(frozen=True, slots=True)
class Healed(Event):
    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    hp_after: int


@_register
@dataclass(frozen=True, slots=True)
class ManaChanged(Event):
    actor: str
    actor_name: str
    amount: int
    mp_after: int


@_register
@dataclass(frozen=True, slots=True)
class ConditionGained(Event):
    target: str
    target_name: str
    condition: str
    rounds: int
    source: str


@_register
@dataclass(frozen=True, slots=True)
class ConditionEnded(Event):
    target: str
    target_name: str
    condition: str


@_register
@dataclass(frozen=True, slots=True)
class WentDown(Event):
    """A hero at 0 HP is down, not dead; a creature is out of the fight."""

    target: str
    target_name: str
    by: str
    by_name: str
    is_hero: bool


@_register
@dataclass(frozen=True, slots=True)
class Recovered(Event):
    """Above 0 HP again: "down" is lifted."""

    target: str
    target_name: str
    hp_after: int


@_register
@dataclass(frozen=True, slots=True)
class Defended(Event):
    actor: str
    actor_name: str


@_register
@dataclass(frozen=True, slots=True)
class FleeFailed(Event):
    actor: str
    actor_name: str


@_register
@dataclass(frozen=True, slots=True)
class EncounterEnded(Event):
    """`outcome` is victory, defeat or flight."""

    encounter: str
    encounter_name: str
    outcome: str
    rounds: int
    tell: int
