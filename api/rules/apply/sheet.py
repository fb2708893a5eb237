"""Events of sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.rules import events as ev
from api.rules.apply.base import Change, set_hero
from api.rules.state import Hero, PlayState, RolledItem


def counted(counts: Mapping[str, int], item: str, change: int) -> dict[str, int]:
    """A bag or cache after `change` of one thing; every other row is left as it is."""
    left = {**counts, item: counts.get(item, 0) + change}
    if left[item] <= 0:
        del left[item]
    return left


def carry(hero: Hero, item: str, change: int, rolled: RolledItem | None = None) -> Hero:
    """The hero with more or less of one thing. What a thing found with affixes is goes and comes with it."""
    inventory = counted(hero.inventory, item, change)
    known = dict(hero.rolled)
    if item not in inventory:
        known.pop(item, None)
    elif rolled is not None:
        known[item] = rolled
    return replace(hero, inventory=inventory, rolled=known)


def gained(state: PlayState, e: ev.ItemGained) -> PlayState:
    rolled = RolledItem.from_json(e.rolled) if e.rolled else None
    return state.with_hero(carry(state.hero(e.actor), e.item, e.quantity, rolled))


def lost(state: PlayState, e: ev.ItemLost) -> PlayState:
    return state.with_hero(carry(state.hero(e.actor), e.item, -e.quantity))


def _figures(e: Any) -> dict[str, int]:
    return {"hp_max": e.hp_max, "mp_max": e.mp_max, "evade": e.evade, "hp": e.hp, "mp": e.mp}


def _level(state: PlayState, e: ev.LevelGained) -> PlayState:
    stats = {**state.hero(e.actor).stats, **e.stats}
    return set_hero(
        state, e.actor, level=e.level, stats=stats, skill_points=e.skill_points, **_figures(e)
    )  # fmt: skip


def _learned(state: PlayState, e: ev.SkillLearned) -> PlayState:
    hero = state.hero(e.actor)
    return set_hero(
        state, e.actor, skills=(*hero.skills, e.skill), abilities=(*hero.abilities, *e.abilities),
        skill_points=e.skill_points, **_figures(e),
    )  # fmt: skip


def _reset(state: PlayState, e: ev.SkillsReset) -> PlayState:
    return set_hero(
        state, e.actor, skills=(), abilities=e.abilities, skill_points=e.skill_points, gold=e.gold_after,
        **_figures(e),
    )  # fmt: skip


def _equipped(state: PlayState, e: ev.ItemEquipped) -> PlayState:
    kept = {s: i for s, i in state.hero(e.actor).equipment.items() if i not in e.replaces}
    return set_hero(state, e.actor, equipment={**kept, e.slot: e.item}, **_figures(e))


def _unequipped(state: PlayState, e: ev.ItemUnequipped) -> PlayState:
    kept = {s: i for s, i in state.hero(e.actor).equipment.items() if s != e.slot}
    return set_hero(state, e.actor, equipment=kept, **_figures(e))


def _handed(state: PlayState, e: ev.ItemHanded) -> PlayState:
    giver = state.hero(e.actor)
    rolled = giver.rolled.get(e.item)
    state = state.with_hero(carry(giver, e.item, -e.quantity))
    return state.with_hero(carry(state.hero(e.to), e.item, e.quantity, rolled))


def _gold_handed(state: PlayState, e: ev.GoldHanded) -> PlayState:
    return set_hero(set_hero(state, e.actor, gold=e.gold_after), e.to, gold=e.to_gold_after)


def _cache(state: PlayState, item: str, change: int, rolled: RolledItem | None = None) -> PlayState:
    cache = counted(state.cache, item, change)
    known = dict(state.cached_rolls)
    if item not in cache:
        known.pop(item, None)
    elif rolled is not None:
        known[item] = rolled
    return replace(state, cache=cache, cached_rolls=known)


def _cached(state: PlayState, e: ev.ItemCached) -> PlayState:
    return _cache(state, e.item, e.quantity, RolledItem.from_json(e.rolled) if e.rolled else None)


def _dropped(state: PlayState, e: ev.ItemDropped) -> PlayState:
    hero = state.hero(e.actor)
    state = _cache(state, e.item, e.quantity, hero.rolled.get(e.item))
    return state.with_hero(carry(hero, e.item, -e.quantity))


def _picked_up(state: PlayState, e: ev.ItemPickedUp) -> PlayState:
    rolled = state.cached_rolls.get(e.item)
    state = _cache(state, e.item, -e.quantity)
    return state.with_hero(carry(state.hero(e.actor), e.item, e.quantity, rolled))


def _traded(state: PlayState, e: ev.ItemBought | ev.ItemSold) -> PlayState:
    change = e.quantity if isinstance(e, ev.ItemBought) else -e.quantity
    return state.with_hero(replace(carry(state.hero(e.actor), e.item, change), gold=e.gold_after))


CHANGES: Mapping[type[ev.Event], Change] = {
    ev.ItemGained: gained,
    ev.ItemLost: lost,
    ev.LevelGained: _level,
    ev.SkillLearned: _learned,
    ev.SkillsReset: _reset,
    ev.ItemEquipped: _equipped,
    ev.ItemUnequipped: _unequipped,
    ev.ItemHanded: _handed,
    ev.GoldHanded: _gold_handed,
    ev.ItemCached: _cached,
    ev.ItemDropped: _dropped,
    ev.ItemPickedUp: _picked_up,
    ev.ItemBought: _traded,
    ev.ItemSold: _traded,
    ev.RowChosen: lambda s, e: set_hero(s, e.actor, row=e.row),
    ev.OrdersSet: lambda s, e: set_hero(s, e.actor, orders=tuple(dict(o) for o in e.orders)),
}
