"""Events of deeds: what was used up, said, helped, rested and spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change, set_hero
from api.rules.people import heard_key
from api.rules.state import PlayState


def counted(state: PlayState, what: str) -> PlayState:
    """One more of what quests ask for."""
    return replace(state, tally={**state.tally, what: state.tally.get(what, 0) + 1})


def _used(state: PlayState, e: ev.AffordanceUsed) -> PlayState:
    key = f"{e.scene}.{e.affordance}"
    worked = e.degree in ("critical", "success", "partial")
    return replace(state, used=state.used | {key if worked else f"{key}@{e.actor}"})


def _spoke(state: PlayState, e: ev.Spoke) -> PlayState:
    if not e.person:
        return state
    heard = heard_key(state.scene, e.person, e.line, npc=e.npc)
    return counted(replace(state, used=state.used | {heard}), f"talk.{e.person}")


def _rested(state: PlayState, e: ev.Rested) -> PlayState:
    if e.kind == "long":
        state = replace(state, days={**state.days, f"night.{e.actor}": e.day})
    elif e.place:
        state = replace(state, days={**state.days, f"rest.{e.place}.{e.actor}": e.day})
    else:
        state = replace(state, used=state.used | {f"{state.scene}.rest@{e.actor}"})
    return state.with_hero(replace(state.hero(e.actor), hp=e.hp_after, mp=e.mp_after))


def _wounds_healed(state: PlayState, e: ev.WoundsHealed) -> PlayState:
    return set_hero(state, e.actor, wounds=0, hp_max=e.hp_max, mp_max=e.mp_max, evade=e.evade)


def _downtime(state: PlayState, e: ev.DowntimeSpent) -> PlayState:
    return replace(state, days={**state.days, f"downtime.{e.actor}": e.day})


def _helped(state: PlayState, e: ev.Helped) -> PlayState:
    if state.encounter is not None:  # in a fight help is a condition
        return state
    return replace(state, helped={**state.helped, e.target: e.actor})


def _help_gone(state: PlayState, who: str) -> PlayState:
    if who not in state.helped:
        return state
    return replace(state, helped={k: helper for k, helper in state.helped.items() if k != who})


def _check(state: PlayState, e: ev.CheckRolled | ev.ContestRolled) -> PlayState:
    """Help is for one check."""
    return _help_gone(state, e.actor) if e.helper else state


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.AffordanceUsed: _used,
    ev.CheckRolled: _check,
    ev.ContestRolled: _check,
    ev.Spoke: _spoke,
    ev.Rested: _rested,
    ev.WoundsHealed: _wounds_healed,
    ev.DowntimeSpent: _downtime,
    ev.Helped: _helped,
    ev.HelpLapsed: lambda s, e: _help_gone(s, e.target),
}
