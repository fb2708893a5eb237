"""Downtime: what a hero does with a free day (`docs/rules.md`, Downtime)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.rules import checks, outcomes, world
from api.rules import events as ev
from api.rules.commands import Downtime
from api.rules.errors import DoneAlready, NotEnoughGold, NotHere, RuleError
from api.rules.state import Hero, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def offered(state: PlayState, content: Content) -> tuple[str, ...]:
    """The activities of this location; none without a map or in a side scene."""
    place = world.here(state, content)
    return place.downtime if place is not None else ()


def why_not(state: PlayState, hero: Hero, activity: str, content: Content) -> RuleError | None:
    """The refusal that spending the day so would meet; None when it is possible."""
    if activity not in offered(state, content):
        return NotHere(f"'{activity}' is nothing that a day can be spent on here.")
    if state.days.get(f"downtime.{hero.id}") == world.day_of(state.clock):
        return DoneAlready(f"{hero.name} has spent this day already.")
    cost = content.downtime[activity].cost
    if hero.gold < cost:
        return NotEnoughGold(f"That costs {cost} gold, and {hero.name} has {hero.gold}.")
    return None


def spend(res: Resolution, command: Downtime, helper: Hero | None) -> None:
    """Pay, roll where a score is asked for, and take what comes of it. Raises NotHere, DoneAlready, NotEnoughGold."""
    hero = res.state.hero(command.actor)
    refusal = why_not(res.state, hero, command.activity, res.content)
    if refusal is not None:
        raise refusal
    activity = res.content.downtime[command.activity]
    res.change_gold(hero.id, -activity.cost)
    degree = "success"
    if activity.stat is not None:
        degree = checks.check(res, hero, activity.stat, activity.band, helper=helper).degree
    outcome = activity.success
    if degree not in checks.WORKED and activity.failure is not None:
        outcome = activity.failure
    day, tell = world.day_of(res.state.clock), res.pick(len(outcome.tell))
    res.emit(ev.DowntimeSpent(hero.id, hero.name, command.activity, activity.name, degree, tell, day))
    before = res.minutes
    outcomes.grant(res, outcome, hero.id)
    res.minutes = before + activity.minutes  # the activity says how long it takes, whatever comes of it
