"""Events of fights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.rules import events as ev
from api.rules.apply.base import Change, set_points
from api.rules.state import ActiveCondition, Combatant, Encounter, Hero, PlayState, evolve


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


def _conditions(state: PlayState, who: str, change: Callable[[dict[str, ActiveCondition]], None]) -> PlayState:
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


def _encounter_started(state: PlayState, e: ev.EncounterStarted) -> PlayState:
    combatants = {str(raw["id"]): Combatant.from_json(raw) for raw in e.combatants}
    return evolve(state, encounter=Encounter(e.encounter, e.encounter_name, 1, e.order, 0, combatants))


def _combat_turn_started(state: PlayState, e: ev.CombatTurnStarted) -> PlayState:
    assert state.encounter is not None
    return evolve(state, encounter=evolve(state.encounter, index=e.index))


def _combat_turn_ended(state: PlayState, e: ev.CombatTurnEnded) -> PlayState:
    assert state.encounter is not None
    actor = state.encounter.get(e.actor)
    return state.with_combatant(
        evolve(
            actor,
            conditions={k: replace(c, rounds=c.rounds - 1) for k, c in actor.conditions.items()},
            cooldowns={k: n - 1 for k, n in actor.cooldowns.items() if n > 1},
        )
    )


def _cooldown(state: PlayState, e: ev.CooldownStarted) -> PlayState:
    assert state.encounter is not None
    actor = state.encounter.get(e.actor)
    return state.with_combatant(evolve(actor, cooldowns={**actor.cooldowns, e.ability: e.rounds}))


def _round(state: PlayState, e: ev.RoundStarted) -> PlayState:
    assert state.encounter is not None
    return evolve(state, encounter=evolve(state.encounter, round=e.round))


def _encounter_ended(state: PlayState, e: ev.EncounterEnded) -> PlayState:
    """HP and MP return to the sheets with the final blow."""
    assert state.encounter is not None
    for combatant in state.encounter.combatants.values():
        if combatant.is_hero and combatant.id in state.heroes:
            state = state.with_hero(replace(state.heroes[combatant.id], hp=combatant.hp, mp=combatant.mp))
    return evolve(state, encounter=None)


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.DamageDealt: _damage,
    ev.Healed: lambda s, e: set_points(s, e.target, hp=e.hp_after),
    ev.Recovered: lambda s, e: set_points(s, e.target, hp=e.hp_after),
    ev.ManaChanged: lambda s, e: set_points(s, e.actor, mp=e.mp_after),
    ev.WentDown: _went_down,
    ev.Revived: _revived,
    ev.ConditionGained: _gain_condition,
    ev.ConditionEnded: _end_condition,
    ev.EncounterStarted: _encounter_started,
    ev.RoundStarted: _round,
    ev.CombatTurnStarted: _combat_turn_started,
    ev.CombatTurnEnded: _combat_turn_ended,
    ev.CooldownStarted: _cooldown,
    ev.EncounterEnded: _encounter_ended,
}


def hero_as_combatant(hero: Hero) -> Combatant:
    """A hero enters a fight with the sheet's current HP and MP, not the maximum."""
    return Combatant(
        id=hero.id, name=hero.name, is_hero=True, key=hero.id, hp=hero.hp, hp_max=hero.hp_max,
        mp=hero.mp, mp_max=hero.mp_max, figures={"evade": hero.evade}, side="party",
    )  # fmt: skip
