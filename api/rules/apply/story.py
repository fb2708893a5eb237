"""Events of accepted proposals: what has come of them is remembered with what was done in the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change
from api.rules.people import came_key
from api.rules.state import PlayState


def trouble_key(scene: str, encounter: str) -> str:
    """How `used` remembers that this fight has come upon the party in this scene."""
    return f"{scene}.trouble.{encounter}"


def hook_key(origin: str, hero: str) -> str:
    """How `used` remembers that a hero's origin has come due."""
    return f"hook.{origin}@{hero}"


def _noted(state: PlayState, key: str) -> PlayState:
    return replace(state, used=state.used | {key})


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.TroubleCame: lambda s, e: _noted(s, trouble_key(e.scene, e.encounter)),
    ev.PersonCame: lambda s, e: _noted(s, came_key(e.scene, e.person)),
    ev.HookCameDue: lambda s, e: _noted(s, hook_key(e.origin, e.actor)),
}
