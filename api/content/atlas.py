"""Checks of the world's files: locations and ways, regions, encounter tables, people, quests, downtime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.content.consequences import band, requirement, still_outcome
from api.content.definitions import (
    CampaignDef,
    DowntimeDef,
    EncounterTableDef,
    Goal,
    LocationDef,
    NpcDef,
    QuestDef,
    RegionDef,
    SceneDef,
)
from api.content.keys import all_missing, missing, twice
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources

GOALS = {"item": "items", "defeat": "creatures", "visit": "locations", "win": "encounters"}


def check_atlas(sources: Sources) -> list[Problem]:
    """Every key that leads nowhere, every figure that contradicts another, everything that nothing leads to."""
    return [
        *_locations(sources),
        *_regions(sources),
        *_tables(sources),
        *_people(sources),
        *_quests(sources),
        *_downtime(sources),
        *_campaigns(sources),
        *_unused(sources),
    ]


def _locations(sources: Sources) -> Iterator[Problem]:
    scenes: dict[str, str] = {}
    for key, one, source in sources.each("locations", LocationDef):
        yield from missing(sources, source, "regions", one.region, ("region",))
        yield from missing(sources, source, "scenes", one.scene, ("scene",))
        yield from all_missing(sources, source, "shops", one.shops, ("shops",))
        yield from all_missing(sources, source, "downtime", one.downtime, ("downtime",))
        if one.scene in scenes:
            yield source.problem(("scene",), f"'{one.scene}' is the scene of '{scenes[one.scene]}' already")
        scenes.setdefault(one.scene, key)
        if one.rest_price and one.rest != "long":
            yield source.problem(("rest_price",), "only a long rest has a price")
        yield from _ways(sources, source, key, one)


def _ways(sources: Sources, source: Source, here: str, one: LocationDef) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, way in enumerate(one.ways):
        path: Path = ("ways", index)
        yield from missing(sources, source, "locations", way.to, (*path, "to"))
        yield from missing(sources, source, "encounter_tables", way.dangers, (*path, "dangers"))
        yield from requirement(sources, source, (*path, "requires"), way.requires)
        if way.to == here:
            yield source.problem((*path, "to"), "a way leads to another location")
        if way.to in seen:
            yield source.problem((*path, "to"), f"a way to '{way.to}' stands here twice")
        seen.add(way.to)
        if bool(way.dangers) != bool(way.danger_percent):
            yield source.problem(path, "dangers and danger_percent belong together")


def _regions(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("regions", RegionDef):
        before = -1
        for index, stage in enumerate(one.stages):
            if stage.hours <= before:
                reason = f"stages stand in rising order of hours: {stage.hours} does not follow {before}"
                yield source.problem(("stages", index, "hours"), reason)
            before = stage.hours


def _tables(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("encounter_tables", EncounterTableDef):
        for index, line in enumerate(one.lines):
            path: Path = ("lines", index)
            yield from missing(sources, source, "encounters", line.encounter, (*path, "encounter"))
            yield from requirement(sources, source, (*path, "requires"), line.requires)
            yield from band(source, (*path, "levels"), line.levels)
            if line.encounter is None and line.tell is None:
                yield source.problem(path, "a line needs an encounter, a tell or both")


def _people(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("npcs", NpcDef):
        yield from missing(sources, source, "factions", one.faction, ("faction",))
        if one.key != key:
            yield source.problem(("key",), f"the key of a person's file is its name: '{key}'")
    for _key, scene, source in sources.each("scenes", SceneDef):
        yield from all_missing(sources, source, "npcs", scene.npcs, ("npcs",))
        own = {person.key for person in scene.people}
        for index, npc in enumerate(scene.npcs):
            if npc in own or npc in scene.npcs[:index]:
                yield source.problem(("npcs", index), f"the person '{npc}' stands here twice")


def _quests(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("quests", QuestDef):
        if one.starts is not None:
            yield from requirement(sources, source, ("starts",), one.starts)
        yield from twice(source, [stage.key for stage in one.stages], ("stages",), "stage")
        for index, stage in enumerate(one.stages):
            path: Path = ("stages", index)
            for number, goal in enumerate(stage.goals):
                yield from _goal(sources, source, goal, (*path, "goals", number))
            if stage.reward is not None:
                yield from still_outcome(sources, source, (*path, "reward"), stage.reward, "a reward")


def _goal(sources: Sources, source: Source, goal: Goal, path: Path) -> Iterator[Problem]:
    if goal.kind in GOALS:
        yield from missing(sources, source, GOALS[goal.kind], goal.key, (*path, "key"))
    elif goal.kind == "talk" and goal.key not in _everybody(sources):
        yield source.problem((*path, "key"), f"there is nobody '{goal.key}' to talk to")
    elif goal.kind == "flag" and goal.count != 1:
        yield source.problem((*path, "count"), "a flag is set or not; it has no count")


def _everybody(sources: Sources) -> set[str]:
    found = sources.names("npcs")
    for _key, scene, _source in sources.each("scenes", SceneDef):
        found |= {person.key for person in scene.people}
    return found


def _downtime(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("downtime", DowntimeDef):
        if (one.stat is None) != (one.failure is None):
            yield source.problem(("failure",), "an activity needs a failure where it rolls, and only there")
        yield from still_outcome(sources, source, ("success",), one.success, "downtime")
        if one.failure is not None:
            yield from still_outcome(sources, source, ("failure",), one.failure, "downtime")


def _campaigns(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("campaigns", CampaignDef):
        yield from missing(sources, source, "locations", one.location, ("location",))
        yield from all_missing(sources, source, "quests", one.quests, ("quests",))
        place = sources.definition("locations", one.location or "", LocationDef)
        if place is not None and place.scene != one.start:
            reason = (
                f"the story starts in '{one.start}', but the scene of '{one.location}' is '{place.scene}'"
            )
            yield source.problem(("location",), reason)


def _unused(sources: Sources) -> Iterator[Problem]:
    """What no other file names can never be met."""
    locations = [one for _key, one, _source in sources.each("locations", LocationDef)]
    named: dict[str, tuple[str, set[str]]] = {
        "regions": ("no location lies in the region", {one.region for one in locations}),
        "encounter_tables": (
            "neither a way nor a scene has the encounter table",
            {way.dangers for one in locations for way in one.ways if way.dangers}
            | {scene.dangers for _key, scene, _source in sources.each("scenes", SceneDef) if scene.dangers},
        ),
        "downtime": ("no location offers", _keys(one.downtime for one in locations)),
        "npcs": (
            "no scene names the person",
            _keys(
                (*one.npcs, *(v.npc for v in one.visitors))
                for _key, one, _source in sources.each("scenes", SceneDef)
            ),
        ),
        "quests": (
            "no campaign lists the quest",
            _keys(one.quests for _key, one, _source in sources.each("campaigns", CampaignDef)),
        ),
    }
    broken = {kind for kind, _key in sources.broken}
    for kind, (reason, keys) in named.items():
        if broken & {"locations", "scenes", "campaigns"}:
            return  # the file that cannot be read may be the one that names it
        for key, source in sorted(sources.of(kind).items()):
            if key not in keys:
                yield source.problem((), f"{reason} '{key}'")


def _keys(lists: Iterable[Iterable[str]]) -> set[str]:
    return {key for keys in lists for key in keys}
