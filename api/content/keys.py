"""What checks of references share: whether a key names a file, and whether one stands twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.content.catalogue import did_you_mean, near_keys
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources

NOUNS = {
    "classes": "class",
    "skills": "skill",
    "origins": "origin",
    "abilities": "ability",
    "conditions": "condition",
    "items": "item",
    "affixes": "affix",
    "item_sets": "item set",
    "loot_tables": "loot table",
    "shops": "shop",
    "heroes": "hero",
    "creatures": "creature",
    "encounters": "encounter",
    "encounter_tables": "encounter table",
    "scenes": "scene",
    "npcs": "person",
    "factions": "faction",
    "regions": "region",
    "locations": "location",
    "quests": "quest",
    "downtime": "downtime activity",
    "campaigns": "campaign",
    "safety": "topic",
}


def missing(sources: Sources, source: Source, kind: str, key: str | None, path: Path) -> Iterator[Problem]:
    """A problem at `path` when no file of the kind has this key. None is no reference."""
    if key is not None and key not in sources.names(kind):
        near = did_you_mean(near_keys(key, sources.names(kind)))
        yield source.problem(path, f"there is no {NOUNS[kind]} '{key}'{near}")


def all_missing(
    sources: Sources, source: Source, kind: str, keys: Iterable[str], path: Path
) -> Iterator[Problem]:
    """As `missing`, for each key of a list at `path`."""
    for index, key in enumerate(keys):
        yield from missing(sources, source, kind, key, (*path, index))


def twice(source: Source, keys: Iterable[str], path: Path, noun: str) -> Iterator[Problem]:
    """A problem for each key of a list that stood there before."""
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield source.problem((*path, index, "key"), f"the {noun} '{key}' stands here twice")
        seen.add(key)
