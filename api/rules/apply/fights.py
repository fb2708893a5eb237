"""Events of blows: damage, healing, conditions, falling and rising."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.rules import events as ev
from api.rules.apply.base import Change, set_points
from api.rules.state import ActiveCondition, PlayState, evolve


def _damage(state: PlayState, e: ev.DamageDealt) -> PlayState:
    target = state.encounter.combatants.get(e.target) if state.encounter is not None else None
    if target is None:
        return set_points(state, e.target, hp=e.hp_after)
    changes: dict[str, Any] = {"hp": e.hp_after}
    if e.source:
        changes["hurt_by"] = e.source
        changes["threat"] = {**target.threat, e.source: target.threat.get(e.source, 0) + e.amount}
    if e.absorbed:
        conditions = dict(target.conditions)
        for key, taken in e.absorbed:
            active = conditions[key]
            conditions[key] = replace(active, shield_left=active.shield_left - taken)
        changes["conditions"] = conditions
    return state.with_combatant(evolve(target, **changes))


def _went_down(state: PlayState, e: ev.WentDown) -> PlayState:
    """Whoever falls is rid of every condition."""
    assert state.encounter is not None
    fallen = state.encounter.get(e.target)
    return state.with_combatant(evolve(fallen, conditions={}, dying=(0, 0), stable=False))


def _revived(state: PlayState, e: ev.Revived) -> PlayState:
    assert state.encounter is not None
    back = state.encounter.get(e.target)
    return state.with_combatant(evolve(back, hp=e.hp_after, dead=False, dying=(0, 0), stable=False))


def _conditions(
    state: PlayState, who: str, change: Callable[[dict[str, ActiveCondition]], None]
) -> PlayState:
    if state.encounter is None:
        return state
    combatant = state.encounter.get(who)
    conditions = dict(combatant.conditions)
    change(conditions)
    return state.with_combatant(evolve(combatant, conditions=conditions))


def _gain_condition(state: PlayState, e: ev.ConditionGained) -> PlayState:
    def add(conditions: dict[str, ActiveCondition]) -> None:
        # Gained again, it is the newest: order decides what is dispelled first and which shield breaks first.
        conditions.pop(e.condition, None)
        conditions[e.condition] = ActiveCondition(e.rounds, e.stacks, e.source, e.shield)

    return _conditions(state, e.target, add)


def _end_condition(state: PlayState, e: ev.ConditionEnded) -> PlayState:
    def drop(conditions: dict[str, ActiveCondition]) -> None:
        conditions.pop(e.condition, None)

    return _conditions(state, e.target, drop)


def _healed(state: PlayState, e: ev.Healed) -> PlayState:
    """Whoever heals is noticed: half of it, rounded down, is held against the healer by every foe that stands."""
    if state.encounter is None or e.target not in state.encounter.combatants:
        return set_points(state, e.target, hp=e.hp_after)
    state = set_points(state, e.target, hp=e.hp_after)
    encounter = state.encounter
    assert encounter is not None
    healer, noticed = encounter.combatants.get(e.source), e.amount // 2
    if healer is None or not noticed:
        return state
    combatants = dict(encounter.combatants)
    for other in encounter.combatants.values():
        if other.side != healer.side and other.standing:
            threat = {**other.threat, healer.id: other.threat.get(healer.id, 0) + noticed}
            combatants[other.id] = evolve(other, threat=threat)
    return evolve(state, encounter=evolve(encounter, combatants=combatants))


def _recovered(state: PlayState, e: ev.Recovered) -> PlayState:
    """Above 0 HP nothing is left of dying (R6)."""
    if state.encounter is not None and e.target in state.encounter.combatants:
        return set_points(state, e.target, hp=e.hp_after, dying=(0, 0), stable=False)
    return set_points(state, e.target, hp=e.hp_after)


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.DamageDealt: _damage,
    ev.Healed: _healed,
    ev.Recovered: _recovered,
    ev.ManaChanged: lambda s, e: set_points(s, e.actor, mp=e.mp_after),
    ev.WentDown: _went_down,
    ev.Revived: _revived,
    ev.ConditionGained: _gain_condition,
    ev.ConditionEnded: _end_condition,
}
