"""`apply(state, event) -> state`: the only place where an event changes the world. Replaying folds it over a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.rules import events as ev
from api.rules.apply import deeds, encounters, fights, sheet, story, world
from api.rules.apply.base import Change
from api.rules.state import PlayState

_CHANGES: Mapping[type[ev.Event], Change] = {
    **deeds.CHANGES,
    **world.CHANGES,
    **fights.CHANGES,
    **encounters.CHANGES,
    **sheet.CHANGES,
    **story.CHANGES,
}


def apply(state: PlayState, event: ev.Event) -> PlayState:
    """The state after `event`. Events that only tell (a check, a miss) leave it as it is."""
    change = _CHANGES.get(type(event))
    return change(state, event) if change else state


def fold(state: PlayState, log: Iterable[ev.Event]) -> PlayState:
    for event in log:
        state = apply(state, event)
    return state
