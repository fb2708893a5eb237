"""`apply(state, event) -> state`: the only place where an event changes the world. Replaying folds it over a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from api.rules import events as ev
from api.rules.state import Combatant, Encounter, Hero, Note, PlayState


def apply(state: PlayState, event: ev.Event) -> PlayState:
    """The state after `event`. Events that only tell (a check, a miss) leave it as it is."""
    change = _CHANGES.get(type(event))
    return change(state, event) if change else state


def fold(state: PlayState, log: Iterable[ev.Event]) -> PlayState:
    for event in log:
        state = apply(state, event)
    return state


def _with_points(state: PlayState, who: str, **points: Any) -> PlayState:
    """Set hp or mp where they live now: on the combatant inside an encounter, else on the hero."""
    if state.encounter is not None and who in state.encounter.combatants:
        return state.with_combatant(replace(state.encounter.combatants[who], **points))
    return state.with_hero(replace(state.hero(who), **points))


def _used(state: PlayState, e: ev.AffordanceUsed) -> PlayState:
    key = f"{e.scene}.{e.affordance}"
    worked = e.degree in ("critical", "success", "partial")
    return replace(state, used=state.used | {key if worked else f"{key}@{e.actor}"})


def _spoke(state: PlayState, e: ev.Spoke) -> PlayState:
    return (
        replace(state, used=state.used | {f"{state.scene}.talk.{e.person}.{e.line}"}) if e.person else state
    )


def _rested(state: PlayState, e: ev.Rested) -> PlayState:
    state = replace(state, used=state.used | {f"{state.scene}.rest@{e.actor}"})
    return state.with_hero(replace(state.hero(e.actor), hp=e.hp_after, mp=e.mp_after))


def _carry(state: PlayState, who: str, item: str, change: int) -> PlayState:
    hero = state.hero(who)
    left = hero.inventory.get(item, 0) + change
    inventory = {k: n for k, n in {**hero.inventory, item: left}.items() if n > 0}
    return state.with_hero(replace(hero, inventory=inventory))


def _hero(state: PlayState, who: str, **values: Any) -> PlayState:
    return state.with_hero(replace(state.hero(who), **values))


def _flag(state: PlayState, e: ev.FlagSet) -> PlayState:
    if e.flag in state.notes:
        return state
    return replace(state, notes={**state.notes, e.flag: Note(e.actor, e.actor_name, state.turn_number)})


def _scene(state: PlayState, e: ev.SceneEntered) -> PlayState:
    visited = state.visited if e.scene in state.visited else (*state.visited, e.scene)
    return replace(state, scene=e.scene, visited=visited)


def _damage(state: PlayState, e: ev.DamageDealt) -> PlayState:
    state = _with_points(state, e.target, hp=e.hp_after)
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


_CHANGES: Mapping[type[ev.Event], Callable[[PlayState, Any], PlayState]] = {
    ev.AffordanceUsed: _used,
    ev.Spoke: _spoke,
    ev.Rested: _rested,
    ev.ItemGained: lambda s, e: _carry(s, e.actor, e.item, e.quantity),
    ev.ItemLost: lambda s, e: _carry(s, e.actor, e.item, -e.quantity),
    ev.GoldChanged: lambda s, e: _hero(s, e.actor, gold=e.gold_after),
    ev.XpGained: lambda s, e: _hero(s, e.actor, xp=e.xp_after),
    ev.FlagSet: _flag,
    ev.ClueFound: lambda s, e: s if e.clue in s.clues else replace(s, clues=(*s.clues, e.clue)),
    ev.ClockAdvanced: lambda s, e: replace(s, clock=e.clock),
    ev.SceneEntered: _scene,
    ev.CampaignEnded: lambda s, e: replace(s, ending=e.ending),
    ev.DamageDealt: _damage,
    ev.Healed: lambda s, e: _with_points(s, e.target, hp=e.hp_after),
    ev.Recovered: lambda s, e: _with_points(s, e.target, hp=e.hp_after),
    ev.ManaChanged: lambda s, e: _with_points(s, e.actor, mp=e.mp_after),
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
        mp=hero.mp, mp_max=hero.mp_max, defence=hero.defence,
    )  # fmt: skip
