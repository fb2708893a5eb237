"""Rest: an hour for oneself, a night for the party (`docs/rules.md`, Rest)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.rules import events as ev
from api.rules import world
from api.rules.commands import Rest
from api.rules.errors import DoneAlready, NoRest, NotEnoughGold, RuleError, Wasted
from api.rules.figures import refreshed
from api.rules.state import Hero, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

SHORT_REST_MINUTES = 60
LONG_REST_MINUTES = 8 * 60
NIGHT_LABEL = "Rest here for the night"


def why_not_short(state: PlayState, hero: Hero, content: Content) -> RuleError | None:
    """The refusal that an hour's rest would meet now; None when it is possible."""
    place = content.locations.get(state.location) if state.location else None
    if place is None:
        rested = f"{state.scene}.rest@{hero.id}" in state.used
    else:
        if place.rest == "none":
            return NoRest(f"There is no rest to be had at {place.name}.")
        rested = state.days.get(f"rest.{state.location}.{hero.id}") == world.day_of(state.clock)
    if rested:
        return DoneAlready(f"{hero.name} has rested here already{' today' if place else ''}.")
    if hero.hp == hero.hp_max and hero.mp == hero.mp_max:
        return Wasted(f"{hero.name} is fresh and needs no rest.")
    return None


def rest_short(res: Resolution, command: Rest) -> None:
    """Half of what is missing returns, at least 1. Raises NoRest, DoneAlready, Wasted."""
    hero = res.state.hero(command.actor)
    refusal = why_not_short(res.state, hero, res.content)
    if refusal is not None:
        raise refusal
    hp = hero.hp + (hero.hp_max - hero.hp + 1) // 2
    mp = hero.mp + (hero.mp_max - hero.mp + 1) // 2
    day = world.day_of(res.state.clock) if res.state.location else 0
    res.emit(ev.Rested(hero.id, hero.name, hp, mp, "short", res.state.location or "", day))
    res.pass_time(SHORT_REST_MINUTES)


def offers_night(state: PlayState, content: Content) -> bool:
    """Whether a long rest is to be had where the party stands."""
    place = world.here(state, content)
    return place is not None and place.rest == "long"


def night_price(state: PlayState, content: Content) -> int:
    """Gold for each hero's bed here."""
    place = world.here(state, content)
    return place.rest_price if place is not None else 0


def why_not_long(state: PlayState, hero: Hero, content: Content) -> RuleError | None:
    """The refusal that a night here at this hero's word would meet; None when it is possible."""
    if not offers_night(state, content):
        return NoRest("There are no beds for a night here.")
    today = world.day_of(state.clock)
    slept = next((h for h in state.heroes.values() if state.days.get(f"night.{h.id}") == today), None)
    if slept is not None:
        return DoneAlready(f"{slept.name} has had this day's long rest already.")
    price = night_price(state, content)
    if hero.gold - price < _owed_for_friends(state, hero, price):
        return NotEnoughGold(
            f"A bed costs {price} gold for each, and {hero.name} cannot make up what is lacking."
        )
    return None


def _owed_for_friends(state: PlayState, hero: Hero, price: int) -> int:
    return sum(max(0, price - h.gold) for h in state.heroes.values() if h.id != hero.id)


def lie_down(res: Resolution, command: Rest) -> int:
    """The party goes to bed and pays; returns the day that counts. `wake` is the morning. Raises NoRest, DoneAlready,
    NotEnoughGold.
    """
    hero = res.state.hero(command.actor)
    refusal = why_not_long(res.state, hero, res.content)
    if refusal is not None:
        raise refusal
    price = night_price(res.state, res.content)
    location = res.state.location or ""
    name = res.content.locations[location].name
    res.emit(ev.NightSpent(hero.id, hero.name, location, name, price))
    lacking = _owed_for_friends(res.state, hero, price)
    for each in list(res.state.heroes.values()):
        own = price + lacking if each.id == hero.id else min(price, each.gold)
        res.change_gold(each.id, -own)
    res.pass_time(LONG_REST_MINUTES)
    return world.day_of(res.state.clock)


def wake(res: Resolution, day: int) -> None:
    """Wounds close, and everyone has all HP and MP."""
    place = res.state.location or ""
    for key in list(res.state.heroes):
        hero = res.state.hero(key)
        if hero.wounds:
            well = refreshed(replace(hero, wounds=0), res.content)
            res.emit(ev.WoundsHealed(hero.id, hero.name, hero.wounds, well.hp_max, well.mp_max, well.evade))
            hero = res.state.hero(key)
        res.emit(ev.Rested(hero.id, hero.name, hero.hp_max, hero.mp_max, "long", place, day))
