"""What the appliers share: one function for each event that changes something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from api.rules.state import PlayState

Change = Callable[[PlayState, Any], PlayState]


def set_points(state: PlayState, who: str, **points: Any) -> PlayState:
    """Set hp or mp where they live now: on the combatant inside an encounter, else on the hero."""
    if state.encounter is not None and who in state.encounter.combatants:
        return state.with_combatant(replace(state.encounter.combatants[who], **points))
    return state.with_hero(replace(state.hero(who), **points))


def set_hero(state: PlayState, who: str, **values: Any) -> PlayState:
    return state.with_hero(replace(state.hero(who), **values))
