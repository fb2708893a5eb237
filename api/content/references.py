"""Checks that every key which one file writes is the name of another, and that figures fit their kind."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.atlas import check_atlas
from api.content.consequences import outcome as check_outcome
from api.content.consequences import requirement
from api.content.definitions import (
    AbilityDef,
    AffordanceDef,
    CampaignDef,
    ClassDef,
    CreatureDef,
    EncounterDef,
    HeroDef,
    ItemDef,
    LootTableDef,
    OriginDef,
    Outcome,
    SceneDef,
)
from api.content.fights import check_fights
from api.content.gear import check_gear
from api.content.keys import all_missing as _all_missing
from api.content.keys import missing as _missing
from api.content.keys import twice as _twice
from api.content.offers import check_offers
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources


def check_references(sources: Sources) -> list[Problem]:
    """Every cross-reference that leads nowhere, every double key, every figure that contradicts its kind."""
    return [
        *_classes(sources),
        *_origins_and_heroes(sources),
        *_items(sources),
        *_exclusive(sources),
        *_creatures(sources),
        *check_fights(sources),
        *_encounters(sources),
        *_scenes(sources),
        *_campaigns(sources),
        *check_gear(sources),
        *check_atlas(sources),
        *check_offers(sources),
    ]


def outcomes_of_scene(scene: SceneDef) -> Iterator[tuple[Path, Outcome]]:
    """Every outcome of a scene's affordances, with its path in the file."""
    for index, affordance in enumerate(scene.affordances):
        yield ("affordances", index, "success"), affordance.success
        if affordance.failure is not None:
            yield ("affordances", index, "failure"), affordance.failure


def outcomes_of_encounter(encounter: EncounterDef) -> Iterator[tuple[Path, Outcome]]:
    """The two to five outcomes of an encounter, with their paths in the file."""
    yield ("victory",), encounter.victory
    yield ("defeat",), encounter.defeat
    for name in ("flight", "parley", "surrender"):
        outcome = getattr(encounter, name)
        if outcome is not None:
            yield (name,), outcome


def _classes(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("classes", ClassDef):
        yield from _all_missing(sources, source, "abilities", one.abilities, ("abilities",))
        yield from _all_missing(sources, source, "items", one.starting_items, ("starting_items",))
        yield from _twice(source, one.abilities, ("abilities",), "ability")
        carried = [sources.definition("items", key, ItemDef) for key in one.starting_items]
        if any(item is None or item.kind == "weapon" for item in carried):
            continue
        for index, key in enumerate(one.abilities):
            ability = sources.definition("abilities", key, AbilityDef)
            if ability is not None and ability.uses_weapon:
                yield source.problem(("abilities", index), f"'{key}' needs a weapon in starting_items")


def _origins_and_heroes(sources: Sources) -> Iterator[Problem]:
    for _key, origin, source in sources.each("origins", OriginDef):
        yield from _all_missing(sources, source, "items", origin.starting_items, ("starting_items",))
    for _key, hero, source in sources.each("heroes", HeroDef):
        yield from _missing(sources, source, "classes", hero.character_class, ("character_class",))
        yield from _missing(sources, source, "origins", hero.origin, ("origin",))


def _items(sources: Sources) -> Iterator[Problem]:
    for _key, item, source in sources.each("items", ItemDef):
        weapon, consumable = item.kind == "weapon", item.kind == "consumable"
        if weapon != (item.damage is not None):
            yield source.problem(("damage",), "a weapon needs damage, and only a weapon has it")
        if consumable != (item.use is not None):
            yield source.problem(("use",), "a consumable needs use, and only a consumable has it")


def _exclusive(sources: Sources) -> Iterator[Problem]:
    """What only a tier may buy is not found, and nobody begins with it."""
    for kind, definition in (("classes", ClassDef), ("origins", OriginDef)):
        for _key, one, source in sources.each(kind, definition):
            for index, key in enumerate(one.starting_items):
                yield from _not_exclusive(sources, source, key, ("starting_items", index))
    for _key, creature, source in sources.each("creatures", CreatureDef):
        for index, entry in enumerate(creature.loot):
            yield from _not_exclusive(sources, source, entry.item, ("loot", index, "item"))
    for _key, table, source in sources.each("loot_tables", LootTableDef):
        for index, line in enumerate(table.lines):
            if line.item is not None:
                yield from _not_exclusive(sources, source, line.item, ("lines", index, "item"))


def _not_exclusive(sources: Sources, source: Source, key: str, path: Path) -> Iterator[Problem]:
    item = sources.definition("items", key, ItemDef)
    if item is not None and item.exclusive is not None:
        yield source.problem(path, f"'{key}' is exclusive to {item.exclusive}: only shops have it")


def _creatures(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("creatures", CreatureDef):
        for index, entry in enumerate(one.loot):
            yield from _missing(sources, source, "items", entry.item, ("loot", index, "item"))
        if not 0 <= one.gold[0] <= one.gold[1]:
            yield source.problem(("gold",), "gold is [least, most], neither below 0")


def _encounters(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("encounters", EncounterDef):
        for index, group in enumerate(one.groups):
            yield from _missing(sources, source, "creatures", group.creature, ("groups", index, "creature"))
        for path, outcome in outcomes_of_encounter(one):
            yield from check_outcome(sources, source, path, outcome)
            if outcome.encounter is not None:
                yield source.problem((*path, "encounter"), "a fight cannot lead straight into a fight")


def _scenes(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("scenes", SceneDef):
        yield from _twice(source, [each.key for each in one.affordances], ("affordances",), "affordance")
        yield from _twice(source, [each.key for each in one.people], ("people",), "person")
        yield from _word_lists(source, one)
        for index, affordance in enumerate(one.affordances):
            required: Path = ("affordances", index, "requires")
            yield from requirement(sources, source, required, affordance.requires)
            yield from _roll(source, ("affordances", index), affordance)
        for path, outcome in outcomes_of_scene(one):
            yield from check_outcome(sources, source, path, outcome)


def _roll(source: Source, path: Path, one: AffordanceDef) -> Iterator[Problem]:
    if (one.group or one.contest is not None) and one.stat is None:
        yield source.problem(path, f"'{one.key}' is rolled for, so it needs a stat")
    if one.group and one.contest is not None:
        yield source.problem((*path, "group"), "a contest is one hero's; it cannot be the group's")


def _word_lists(source: Source, scene: SceneDef) -> Iterator[Problem]:
    seen: dict[frozenset[str], str] = {}
    for index, affordance in enumerate(scene.affordances):
        path: Path = ("affordances", index, "words")
        for number, word in enumerate(affordance.words):
            if len(word) < 2 or word != word.lower() or not all(part.isalnum() for part in word.split(" ")):
                reason = f"'{word}' is neither a lower-case word stem nor a phrase of plain words"
                yield source.problem((*path, number), reason)
        words = frozenset(affordance.words)
        if words in seen:
            yield source.problem(path, f"'{affordance.key}' has the same words as '{seen[words]}'")
        seen.setdefault(words, affordance.key)


def _campaigns(sources: Sources) -> Iterator[Problem]:
    listed: set[str] = set()
    for _key, one, source in sources.each("campaigns", CampaignDef):
        listed.update(one.scenes)
        yield from _all_missing(sources, source, "scenes", one.scenes, ("scenes",))
        yield from _twice(source, one.scenes, ("scenes",), "scene")
        if one.start not in one.scenes:
            yield source.problem(("start",), f"'{one.start}' is not one of this campaign's scenes")
        if one.min_players > one.max_players:
            yield source.problem(("min_players",), "min_players is more than max_players")
    if any(kind == "campaigns" for kind, _ in sources.broken):
        return
    for key, _scene, source in sources.each("scenes", SceneDef):
        if key not in listed:
            yield source.problem((), f"no campaign lists the scene '{key}'")
