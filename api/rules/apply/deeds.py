"""Events of deeds: what was used up, said and rested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change
from api.rules.state import PlayState


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


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.AffordanceUsed: _used,
    ev.Spoke: _spoke,
    ev.Rested: _rested,
}
