"""Events of fights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change, set_points
from api.rules.state import Combatant, Encounter, Hero, PlayState


def _damage(state: PlayState, e: ev.DamageDealt) -> PlayState:
    state = set_points(state, e.target, hp=e.hp_after)
    if e.source and state.encounter is not None:
        return state.with_combatant(replace(state.encounter.get(e.target), hurt_by=e.source))
    return state


def _conditions(state: PlayState, who: str, change: Callable[[dict[str, int]], None]) -> PlayState:
    if state.encounter is None:
        return state
    combatant = state.encounter.get(who)
    conditions = dict(combatant.conditions)
    change(conditions)
    return state.with_combatant(replace(combatant, conditions=conditions))


def _gain_condition(state: PlayState, e: ev.ConditionGained) -> PlayState:
    def add(conditions: dict[str, int]) -> None:
        conditions[e.condition] = max(e.rounds, conditions.get(e.condition, 0))

    return _conditions(state, e.target, add)


def _end_condition(state: PlayState, e: ev.ConditionEnded) -> PlayState:
    def drop(conditions: dict[str, int]) -> None:
        conditions.pop(e.condition, None)

    return _conditions(state, e.target, drop)


def _encounter_started(state: PlayState, e: ev.EncounterStarted) -> PlayState:
    combatants = {str(raw["id"]): Combatant.from_json(raw) for raw in e.combatants}
    return replace(state, encounter=Encounter(e.encounter, e.encounter_name, 1, e.order, 0, combatants))


def _combat_turn_started(state: PlayState, e: ev.CombatTurnStarted) -> PlayState:
    assert state.encounter is not None
    return replace(state, encounter=replace(state.encounter, index=e.index))


def _combat_turn_ended(state: PlayState, e: ev.CombatTurnEnded) -> PlayState:
    assert state.encounter is not None
    actor = state.encounter.get(e.actor)
    return state.with_combatant(
        replace(
            actor,
            conditions={k: n - 1 for k, n in actor.conditions.items()},
            cooldowns={k: n - 1 for k, n in actor.cooldowns.items() if n > 1},
        )
    )


def _cooldown(state: PlayState, e: ev.CooldownStarted) -> PlayState:
    assert state.encounter is not None
    actor = state.encounter.get(e.actor)
    return state.with_combatant(replace(actor, cooldowns={**actor.cooldowns, e.ability: e.rounds}))


def _round(state: PlayState, e: ev.RoundStarted) -> PlayState:
    assert state.encounter is not None
    return replace(state, encounter=replace(state.encounter, round=e.round))


def _encounter_ended(state: PlayState, e: ev.EncounterEnded) -> PlayState:
    """HP and MP return to the sheets with the final blow."""
    assert state.encounter is not None
    for combatant in state.encounter.combatants.values():
        if combatant.is_hero and combatant.id in state.heroes:
            state = state.with_hero(replace(state.heroes[combatant.id], hp=combatant.hp, mp=combatant.mp))
    return replace(state, encounter=None)


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.DamageDealt: _damage,
    ev.Healed: lambda s, e: set_points(s, e.target, hp=e.hp_after),
    ev.Recovered: lambda s, e: set_points(s, e.target, hp=e.hp_after),
    ev.ManaChanged: lambda s, e: set_points(s, e.actor, mp=e.mp_after),
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
        mp=hero.mp, mp_max=hero.mp_max, evade=hero.evade,
    )  # fmt: skip
