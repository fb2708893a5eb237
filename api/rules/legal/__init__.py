"""What is legal now, with targets, costs and reasons, so that no client needs a rule."""

from __future__ import annotations

from api.content.catalogue import Content
from api.rules.legal.base import LegalAction as LegalAction
from api.rules.legal.base import Target as Target
from api.rules.legal.fight import in_encounter
from api.rules.legal.scene import in_scene
from api.rules.legal.scene import suggested_actions as suggested_actions
from api.rules.state import PlayState


def legal_actions(state: PlayState, hero_id: str, content: Content) -> list[LegalAction]:
    """Everything that this hero could choose now, the possible first; empty when the story is over."""
    if state.ending is not None or hero_id not in state.heroes:
        return []
    hero = state.heroes[hero_id]
    found = in_encounter(state, hero, content) if state.encounter else in_scene(state, hero, content)
    return sorted(found, key=lambda a: not a.enabled)
