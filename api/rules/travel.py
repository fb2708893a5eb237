"""Travel along the ways of the map, and what is met on them (`docs/rules.md`, Travel)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.content.definitions import EncounterTableDef, Way
from api.rules import events as ev
from api.rules import moves, world
from api.rules.commands import Travel
from api.rules.errors import NoWay, RuleError
from api.rules.outcomes import party_level
from api.rules.requirements import Lack, lacking, meets
from api.rules.state import Hero, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def ways(state: PlayState, content: Content) -> tuple[Way, ...]:
    """All ways from where the party stands; none without a map or in a side scene."""
    place = world.here(state, content)
    return place.ways if place is not None else ()


def way_to(state: PlayState, to: str, content: Content) -> Way:
    """The way that leads there. Raises NoWay, which names where one can go."""
    for way in ways(state, content):
        if way.to == to:
            return way
    names = ", ".join(content.locations[way.to].name for way in ways(state, content))
    raise NoWay(f"No way leads there from here{f'; ways lead to {names}' if names else ''}.")


def why_closed(state: PlayState, hero: Hero, way: Way, content: Content) -> Lack | None:
    """Why this hero cannot lead the party along a way now; None when it is open."""
    return lacking(way.requires, state, hero, content)


def why_not_travel(state: PlayState, hero: Hero, to: str, content: Content) -> RuleError | None:
    """The refusal that a journey would meet; None when the way is open. Raises NoWay."""
    lack = why_closed(state, hero, way_to(state, to, content), content)
    return lack.refusal if lack else None


def set_out(res: Resolution, command: Travel) -> Way:
    """Leave along a way; the rest of the journey is `on_the_road`, once the clock has moved. Raises NoWay, Closed."""
    hero = res.state.hero(command.actor)
    way = way_to(res.state, command.to, res.content)
    lack = why_closed(res.state, hero, way, res.content)
    if lack is not None:
        raise lack.refusal
    origin = res.state.location or ""
    res.emit(
        ev.JourneyBegan(
            hero.id, hero.name, origin, res.content.locations[origin].name, way.to,
            res.content.locations[way.to].name, way.minutes, res.pick(len(way.tell)),
        )
    )  # fmt: skip
    res.pass_time(way.minutes)
    return way


def on_the_road(res: Resolution, way: Way, leader: str) -> None:
    """Meet what the way holds, and arrive unless it is a fight."""
    if way.dangers is not None and way.danger_percent and res.dice.roll(100) <= way.danger_percent:
        table = res.content.encounter_tables[way.dangers]
        line = draw_line(res, table, leader)
        if line is not None:
            encounter = table.lines[line].encounter or ""
            res.emit(ev.MetOnTheWay(way.dangers, line, encounter, way.to))
            if encounter:
                moves.start_fight(res, encounter, leader)
                return
    moves.arrive(res, way.to)


def draw_line(res: Resolution, table: EncounterTableDef, leader: str) -> int | None:
    """Which line comes up, by weight among those that fit the party's level and hold for the leader; None when none."""
    level, hero = party_level(res.state), res.state.hero(leader)
    fitting = [
        (number, line.weight)
        for number, line in enumerate(table.lines)
        if line.levels[0] <= level <= line.levels[1] and meets(line.requires, res.state, hero, res.content)
    ]
    if not fitting:
        return None
    left = res.dice.roll(sum(weight for _, weight in fitting))
    for number, weight in fitting:
        left -= weight
        if left <= 0:
            return number
    return None
