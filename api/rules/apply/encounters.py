"""Events of the flow of fights: rounds and turns, rows, threat, newcomers, phases, death, intents, the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.rules import events as ev
from api.rules.apply.base import Change, set_hero
from api.rules.state import ActiveCondition, Combatant, Encounter, PlayState, evolve

WON = ("victory", "parley")


def _of(state: PlayState) -> Encounter:
    assert state.encounter is not None
    return state.encounter


def _set(state: PlayState, who: str, **values: Any) -> PlayState:
    return state.with_combatant(evolve(_of(state).get(who), **values))


def _started(state: PlayState, e: ev.EncounterStarted) -> PlayState:
    combatants = {str(raw["id"]): Combatant.from_json(raw) for raw in e.combatants}
    return evolve(state, encounter=Encounter(e.encounter, e.encounter_name, 1, e.order, 0, combatants))


def _renewed(state: PlayState, e: ev.FightersRenewed) -> PlayState:
    combatants = {str(raw["id"]): Combatant.from_json(raw) for raw in e.combatants}
    return evolve(state, encounter=evolve(_of(state), combatants={**_of(state).combatants, **combatants}))


def _round(state: PlayState, e: ev.RoundStarted) -> PlayState:
    """With a new round everybody can react again."""
    encounter = _of(state)
    combatants = encounter.combatants
    if any(c.reacted for c in combatants.values()):
        combatants = {k: evolve(c, reacted=False) if c.reacted else c for k, c in combatants.items()}
    return evolve(state, encounter=evolve(encounter, round=e.round, combatants=combatants))


def _turn_started(state: PlayState, e: ev.CombatTurnStarted) -> PlayState:
    return evolve(state, encounter=evolve(_of(state), index=e.index))


def _turn_ended(state: PlayState, e: ev.CombatTurnEnded) -> PlayState:
    actor = _of(state).get(e.actor)
    changes: dict[str, Any] = {}
    if actor.conditions:
        # Built anew rather than by `replace`, which takes four times as long; this happens in every turn.
        changes["conditions"] = {
            k: ActiveCondition(c.rounds - 1, c.stacks, c.source, c.shield_left)
            for k, c in actor.conditions.items()
        }
    if actor.cooldowns:
        changes["cooldowns"] = {k: n - 1 for k, n in actor.cooldowns.items() if n > 1}
    return state.with_combatant(evolve(actor, **changes)) if changes else state


def _cooldown(state: PlayState, e: ev.CooldownStarted) -> PlayState:
    actor = _of(state).get(e.actor)
    return state.with_combatant(evolve(actor, cooldowns={**actor.cooldowns, e.ability: e.rounds}))


def _threat(state: PlayState, e: ev.ThreatChanged) -> PlayState:
    holder = _of(state).get(e.holder)
    return state.with_combatant(evolve(holder, threat={**holder.threat, e.against: e.threat_after}))


def _summoned(state: PlayState, e: ev.Summoned) -> PlayState:
    encounter = _of(state)
    joined = {str(raw["id"]): Combatant.from_json(raw) for raw in e.combatants}
    combatants = {**encounter.combatants, **joined}
    return evolve(state, encounter=evolve(encounter, order=e.order, index=e.index, combatants=combatants))


def _death_checked(state: PlayState, e: ev.DeathChecked) -> PlayState:
    return _set(state, e.actor, dying=(e.successes, e.failures), stable=False)


def _talked(state: PlayState, e: ev.ParleyTried) -> PlayState:
    encounter = _of(state)
    return evolve(state, encounter=evolve(encounter, talked=(*encounter.talked, e.actor)))


def _yielded(state: PlayState, e: ev.SurrenderOffered) -> PlayState:
    encounter = _of(state)
    return evolve(state, encounter=evolve(encounter, yielding=(*encounter.yielding, e.actor)))


def _intent_locked(state: PlayState, e: ev.IntentLocked) -> PlayState:
    encounter = _of(state)
    return evolve(state, encounter=evolve(encounter, intents={**encounter.intents, e.actor: e.action}))


def _intent_cleared(state: PlayState, e: ev.IntentCleared) -> PlayState:
    encounter = _of(state)
    intents = {k: i for k, i in encounter.intents.items() if k != e.actor}
    return evolve(state, encounter=evolve(encounter, intents=intents))


def _carried_back(state: PlayState, e: ev.CarriedBack) -> PlayState:
    return set_hero(
        state, e.actor, wounds=e.wounds, hp=e.hp_after, hp_max=e.hp_max, mp_max=e.mp_max, evade=e.evade,
        mp=min(state.hero(e.actor).mp, e.mp_max),
    )  # fmt: skip


def _ended(state: PlayState, e: ev.EncounterEnded) -> PlayState:
    """HP and MP return to the sheets with the final blow; quests count fights won and creatures that fell in them."""
    encounter = _of(state)
    heroes, tally = dict(state.heroes), dict(state.tally)
    for combatant in encounter.combatants.values():
        if combatant.is_hero and combatant.id in heroes:
            heroes[combatant.id] = replace(heroes[combatant.id], hp=combatant.hp, mp=combatant.mp)
        elif combatant.side == "foes" and combatant.down and not combatant.summoned_by:
            what = f"defeat.{combatant.key}"
            tally[what] = tally.get(what, 0) + 1
    if e.outcome in WON:
        what = f"win.{encounter.key}"
        tally[what] = tally.get(what, 0) + 1
    return evolve(state, encounter=None, heroes=heroes, tally=tally)


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.EncounterStarted: _started,
    ev.FightersRenewed: _renewed,
    ev.RoundStarted: _round,
    ev.CombatTurnStarted: _turn_started,
    ev.CombatTurnEnded: _turn_ended,
    ev.CooldownStarted: _cooldown,
    ev.RowChanged: lambda s, e: _set(s, e.actor, row=e.row),
    ev.ThreatChanged: _threat,
    ev.Summoned: _summoned,
    ev.PhaseStarted: lambda s, e: _set(s, e.actor, phase=e.phase, figures=dict(e.figures)),
    ev.ReactionUsed: lambda s, e: _set(s, e.actor, reacted=True),
    ev.DeathChecked: _death_checked,
    ev.Stabilised: lambda s, e: _set(s, e.actor, stable=True, dying=(0, 0)),
    ev.Died: lambda s, e: _set(s, e.actor, dead=True),
    ev.CarriedBack: _carried_back,
    ev.Fled: lambda s, e: _set(s, e.actor, gone=True),
    ev.ParleyTried: _talked,
    ev.SurrenderOffered: _yielded,
    ev.IntentLocked: _intent_locked,
    ev.IntentCleared: _intent_cleared,
    ev.EncounterEnded: _ended,
}
