"""What happened to a fight itself: rows, threat, who joined or left, phases, reactions, death, intents, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class FightersRenewed(Event):
    """A fight that an older version saved goes on; `combatants` as in EncounterStarted. Nothing to tell."""

    combatants: tuple[dict[str, Any], ...]


@register
@dataclass(frozen=True, slots=True)
class RowChanged(Event):
    """Somebody stands in `row` front or back now; `by` is who pushed, empty for who stepped there."""

    actor: str
    actor_name: str
    row: str
    by: str = ""
    by_name: str = ""


@register
@dataclass(frozen=True, slots=True)
class ThreatChanged(Event):
    """What the holder holds against somebody, besides what damage and healing add by themselves."""

    holder: str
    holder_name: str
    against: str
    against_name: str
    amount: int
    threat_after: int


@register
@dataclass(frozen=True, slots=True)
class Summoned(Event):
    """Creatures join. `order` is the whole order of initiative after it, `index` the place of whose turn it is.

    `combatants` are the newcomers in the shape of `Combatant.to_json`, `names` and `rolls` beside them.
    """

    source: str
    source_name: str
    names: tuple[str, ...]
    rolls: tuple[int, ...]
    combatants: tuple[dict[str, Any], ...]
    order: tuple[str, ...]
    index: int


@register
@dataclass(frozen=True, slots=True)
class PhaseStarted(Event):
    """A boss changes. `phase` counts from 1, `tell` picks the sentence of the phase; `figures` are all after it."""

    actor: str
    actor_name: str
    phase: int
    phase_name: str
    tell: int
    figures: dict[str, int]


@register
@dataclass(frozen=True, slots=True)
class ReactionUsed(Event):
    """An ability that went off by itself. `does` is strike_back, brace, cover, slip or use_effect.

    `against` is whose blow it answers, `target` whom that blow was for (the same as `actor`, or a friend).
    """

    actor: str
    actor_name: str
    ability: str
    ability_name: str
    does: str
    against: str
    against_name: str
    target: str
    target_name: str


@register
@dataclass(frozen=True, slots=True)
class DeathChecked(Event):
    """A fallen hero's roll at the own turn, or (`roll` 0) harm to who lies there. Three of a kind decide.

    `result` is success, failure, rises, stable or dead; the counts are those after it.
    """

    actor: str
    actor_name: str
    roll: int
    successes: int
    failures: int
    result: str


@register
@dataclass(frozen=True, slots=True)
class Stabilised(Event):
    """The fallen need no more death checks; `by` is who steadied them, empty when they did it alone."""

    actor: str
    actor_name: str
    by: str
    by_name: str


@register
@dataclass(frozen=True, slots=True)
class Died(Event):
    """Beyond ordinary healing for the rest of the fight."""

    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class CarriedBack(Event):
    """A hero who died in a fight is alive after it, with 1 HP and a wound more (at most 3); the maxima are with it."""

    actor: str
    actor_name: str
    wounds: int
    hp_after: int
    hp_max: int
    mp_max: int
    evade: int


@register
@dataclass(frozen=True, slots=True)
class Fled(Event):
    """A creature has left the fight; it stands on neither side and leaves nothing."""

    actor: str
    actor_name: str


@register
@dataclass(frozen=True, slots=True)
class Encouraged(Event):
    """A hero helps a standing friend: the friend's next roll is better."""

    actor: str
    actor_name: str
    target: str
    target_name: str


@register
@dataclass(frozen=True, slots=True)
class Tended(Event):
    """A hero kneels by the fallen; `degree` is that of the check. Stabilised follows where it worked."""

    actor: str
    actor_name: str
    target: str
    target_name: str
    degree: str


@register
@dataclass(frozen=True, slots=True)
class ParleyTried(Event):
    """Words instead of blows; `degree` is that of the check. EncounterEnded follows where they worked."""

    actor: str
    actor_name: str
    degree: str


@register
@dataclass(frozen=True, slots=True)
class SurrenderOffered(Event):
    """A hero lays the weapon down. `votes` heroes have done so, `needed` end the fight."""

    actor: str
    actor_name: str
    votes: int
    needed: int


@register
@dataclass(frozen=True, slots=True)
class IntentLocked(Event):
    """What a hero will do when the turn comes: `action` is the command as JSON, `label` its words."""

    actor: str
    actor_name: str
    action: dict[str, Any]
    label: str


@register
@dataclass(frozen=True, slots=True)
class IntentCleared(Event):
    """`why` is taken (it is being done now), withdrawn, or dropped (it is impossible now; `reason` says why)."""

    actor: str
    actor_name: str
    why: str
    reason: str = ""
