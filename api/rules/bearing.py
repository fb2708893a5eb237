"""What conditions add to their bearer's figures: bonuses, traits, wards and affinities, read from `data/conditions`.

A combatant without conditions, by far the most frequent, costs one look at an empty mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from api.content.catalogue import Content
from api.content.definitions import ConditionDef, Trait
from api.rules.combatants import ActiveCondition, Combatant, Encounter

MOST_CRIT = 5
MOST_BLOCK = 10


class Borne(NamedTuple):
    """One condition that sits on somebody: its key, what it is, and how it stands now."""

    key: str
    definition: ConditionDef
    active: ActiveCondition


def borne(combatant: Combatant, content: Content) -> Iterator[Borne]:
    """What sits on the combatant, oldest first. What content no longer knows does nothing."""
    for key, active in combatant.conditions.items():
        definition = content.conditions.get(key)
        if definition is not None:
            yield Borne(key, definition, active)


def bonus(combatant: Combatant, name: str, content: Content) -> int:
    """What conditions add to a score or figure: each condition's bonus, once for each stack."""
    if not combatant.conditions:
        return 0
    known, total = content.conditions, 0
    for key, active in combatant.conditions.items():
        definition = known.get(key)
        if definition is not None and definition.bonuses:
            total += definition.bonuses.get(name, 0) * active.stacks  # type: ignore[call-overload]
    return total


def figure(combatant: Combatant, name: str, content: Content) -> int:
    """A score or figure as it stands now (`docs/rules.md`, Conditions): what the combatant came with, and conditions.

    `crit` stays within 0 and 5, `block` within 0 and 10.
    """
    value = combatant.figures.get(name, 0)
    if combatant.conditions:
        value += bonus(combatant, name, content)
        if name == "crit":
            return min(max(value, 0), MOST_CRIT)
        if name == "block":
            return min(max(value, 0), MOST_BLOCK)
    return value


def modifier(combatant: Combatant, stat: str, content: Content) -> int:
    """Of a score with conditions: (score - 10) // 2."""
    score = combatant.figures.get(stat, 10)
    if combatant.conditions:
        score += bonus(combatant, stat, content)
    return (score - 10) // 2


def with_trait(combatant: Combatant, trait: Trait, content: Content) -> tuple[Borne, ...]:
    """The conditions that give the bearer this trait, oldest first."""
    if not combatant.conditions:
        return ()
    known = content.conditions
    found: tuple[Borne, ...] = ()
    for key, active in combatant.conditions.items():
        definition = known.get(key)
        if definition is not None and definition.traits and trait in definition.traits:
            found = (*found, Borne(key, definition, active))
    return found


def has_trait(combatant: Combatant, trait: Trait, content: Content) -> bool:
    """Whether any condition gives the bearer this trait."""
    return bool(combatant.conditions) and bool(with_trait(combatant, trait, content))


def taunter(encounter: Encounter, combatant: Combatant, content: Content) -> Combatant | None:
    """Whom the combatant must strike: the source of its newest taunt, while that one stands on the other side."""
    for one in reversed(with_trait(combatant, "taunted", content)):
        source = encounter.combatants.get(one.active.source)
        if source is not None and source.standing and source.side != combatant.side:
            return source
    return None


def ward_against(combatant: Combatant, condition: str, content: Content) -> ConditionDef | None:
    """The condition that keeps `condition` off, if one does."""
    for one in borne(combatant, content) if combatant.conditions else ():
        if condition in one.definition.wards:
            return one.definition
    return None


def combined(affinities: Iterable[str]) -> str:
    """Several affinities for one type: immune wins, weak and resist cancel; empty when nothing is left."""
    found = set(affinities)
    if "immune" in found:
        return "immune"
    return "" if found >= {"weak", "resist"} else next(iter(found), "")


def affinity(combatant: Combatant, damage_type: str, content: Content) -> str:
    """How the combatant takes this type now: weak, resist, immune or empty."""
    own = combatant.affinities.get(damage_type, "")
    if not combatant.conditions:
        return own
    from_conditions = [
        each
        for one in borne(combatant, content)
        if (each := one.definition.affinities.get(damage_type))  # type: ignore[call-overload]
    ]
    return combined([own, *from_conditions] if own else from_conditions)
