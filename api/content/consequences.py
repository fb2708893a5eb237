"""Checks of what every kind of story file writes: requirements, outcomes, level bands."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.definitions import Outcome, Requirement
from api.content.keys import all_missing, missing
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources


def outcome(sources: Sources, source: Source, path: Path, one: Outcome) -> Iterator[Problem]:
    """Every key of an outcome that names nothing."""
    yield from all_missing(sources, source, "items", one.give, (*path, "give"))
    yield from all_missing(sources, source, "items", one.take, (*path, "take"))
    for faction in one.reputation:
        yield from missing(sources, source, "factions", faction, (*path, "reputation", faction))
    for name, people in (("disposition", one.disposition), ("remember", one.remember)):
        for person in people:
            yield from missing(sources, source, "npcs", person, (*path, name, person))
    for kind, key, name in (
        ("loot_tables", one.loot_table, "loot_table"),
        ("quests", one.quest, "quest"),
        ("scenes", one.goto, "goto"),
        ("encounters", one.encounter, "encounter"),
    ):
        yield from missing(sources, source, kind, key, (*path, name))


def still_outcome(sources: Sources, source: Source, path: Path, one: Outcome, noun: str) -> Iterator[Problem]:
    """As `outcome`, for one that must not move the party."""
    yield from outcome(sources, source, path, one)
    for name in ("goto", "encounter", "ending"):
        if getattr(one, name) is not None:
            yield source.problem((*path, name), f"{noun} cannot move the party")


def requirement(sources: Sources, source: Source, path: Path, one: Requirement) -> Iterator[Problem]:
    """Every key of a requirement that names nothing."""
    yield from missing(sources, source, "items", one.item, (*path, "item"))
    yield from all_missing(sources, source, "classes", one.classes, (*path, "classes"))
    for faction in one.reputation:
        yield from missing(sources, source, "factions", faction, (*path, "reputation", faction))
    for person in one.disposition:
        yield from missing(sources, source, "npcs", person, (*path, "disposition", person))
    yield from missing(sources, source, "quests", one.quest, (*path, "quest"))
    yield from missing(sources, source, "quests", one.quest_done, (*path, "quest_done"))


def band(source: Source, path: Path, levels: tuple[int, int]) -> Iterator[Problem]:
    """A level band that no party fits."""
    if not 1 <= levels[0] <= levels[1] <= 20:
        yield source.problem(path, "levels are [least, most], from 1 to 20")
