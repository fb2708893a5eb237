"""Events of the world and the sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.rules import events as ev
from api.rules.apply.base import Change, set_hero
from api.rules.state import Note, PlayState


def _carry(state: PlayState, who: str, item: str, change: int) -> PlayState:
    hero = state.hero(who)
    left = hero.inventory.get(item, 0) + change
    inventory = {k: n for k, n in {**hero.inventory, item: left}.items() if n > 0}
    return state.with_hero(replace(hero, inventory=inventory))


def _flag(state: PlayState, e: ev.FlagSet) -> PlayState:
    if e.flag in state.notes:
        return state
    return replace(state, notes={**state.notes, e.flag: Note(e.actor, e.actor_name, state.turn_number)})


def _scene(state: PlayState, e: ev.SceneEntered) -> PlayState:
    visited = state.visited if e.scene in state.visited else (*state.visited, e.scene)
    return replace(state, scene=e.scene, visited=visited)


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.ItemGained: lambda s, e: _carry(s, e.actor, e.item, e.quantity),
    ev.ItemLost: lambda s, e: _carry(s, e.actor, e.item, -e.quantity),
    ev.GoldChanged: lambda s, e: set_hero(s, e.actor, gold=e.gold_after),
    ev.XpGained: lambda s, e: set_hero(s, e.actor, xp=e.xp_after),
    ev.FlagSet: _flag,
    ev.ClueFound: lambda s, e: s if e.clue in s.clues else replace(s, clues=(*s.clues, e.clue)),
    ev.ClockAdvanced: lambda s, e: replace(s, clock=e.clock),
    ev.SceneEntered: _scene,
    ev.CampaignEnded: lambda s, e: replace(s, ending=e.ending),
}
