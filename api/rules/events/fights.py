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
    """`means` is the ability's or creature attack's name; DamageDealt follows.

    `roll` is the die that counts, `rolls` all dice thrown, `modifier` what was added; `reasons` name what helped and
    hindered: `+Marked`, `-Guarded`. What needs no roll to hit has an AbilityUsed instead.
    """

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
    rolls: tuple[int, ...] = ()
    modifier: int = 0
    reasons: tuple[str, ...] = ()


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
    rolls: tuple[int, ...] = ()
    modifier: int = 0
    reasons: tuple[str, ...] = ()


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
    """HP lost, the receipt of it, and what shields took.

    `parts` are the steps in order, each with what it added or took: their sum is `amount`, and so is what `hp_after`
    lacks (`docs/rules.md`, Damage). `absorbed` lists conditions whose shields gave way, with how much each took.
    `source` is empty for what nobody does: a trap, a wound that bleeds on (then `means_key` is that condition).
    """

    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    damage_type: str
    hp_after: int
    parts: tuple[tuple[str, int], ...] = ()
    absorbed: tuple[tuple[str, int], ...] = ()
    affinity: str = ""  # weak, resist, immune or empty
    blocked: bool = False
    means_key: str = ""


@register
@dataclass(frozen=True, slots=True)
class Healed(Event):
    """HP regained, never above the maximum. `parts` as in DamageDealt; `means_key` is a condition that heals on."""

    source: str
    source_name: str
    target: str
    target_name: str
    amount: int
    hp_after: int
    parts: tuple[tuple[str, int], ...] = ()
    means_key: str = ""


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
    """A condition sits on the target, new or again: `rounds`, `stacks` and `shield` are what it has after this."""

    target: str
    target_name: str
    condition: str
    rounds: int
    source: str
    stacks: int = 1
    shield: int = 0
    condition_name: str = ""
    source_name: str = ""


@register
@dataclass(frozen=True, slots=True)
class ConditionResisted(Event):
    """A condition did not take. `why` is save, ward (`by` names the condition that kept it off), immune (by nature) or
    lasting (it sits there already and does not take twice).
    """

    target: str
    target_name: str
    condition: str
    condition_name: str
    source: str
    why: str
    by: str = ""


@register
@dataclass(frozen=True, slots=True)
class SaveRolled(Event):
    """A roll to keep a condition off (`moment` gain) or to shake it off at the end of an own turn (`moment` end)."""

    target: str
    target_name: str
    condition: str
    condition_name: str
    stat: str
    band: str
    difficulty: int
    roll: int
    modifier: int
    total: int
    saved: bool
    moment: str


@register
@dataclass(frozen=True, slots=True)
class ConditionEnded(Event):
    """`why` is ran_out, saved (shaken off), dispelled, cured, woke, used (its one roll is done), spent (its shield gave
    way) or down (its bearer fell). `by` names who dispelled or cured it.
    """

    target: str
    target_name: str
    condition: str
    why: str = "ran_out"
    condition_name: str = ""
    by: str = ""


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
class Revived(Event):
    """Back from the fallen or the dead, with `hp_after` HP: no ordinary healing does that for the dead."""

    source: str
    source_name: str
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
    """`outcome` is victory, defeat, flight, parley (they were talked round) or surrender."""

    encounter: str
    encounter_name: str
    outcome: str
    rounds: int
    tell: int
