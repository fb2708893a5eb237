"""Checks of what heroes grow by and own: skill trees, items, affixes, sets, loot tables and shops."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.definitions import (
    AffixDef,
    ClassDef,
    CreatureDef,
    EncounterDef,
    ItemDef,
    ItemSetDef,
    LootLine,
    LootTableDef,
    ShopDef,
    SkillDef,
)
from api.content.keys import all_missing, missing
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources

LAST_LEVEL = 20
POINTS = LAST_LEVEL - 1  # a hero gains one with each level after the first


def check_gear(sources: Sources) -> list[Problem]:
    """Every key that leads nowhere, every node that nobody can learn, everything that could never be had or worn."""
    return [
        *_starting_gear(sources),
        *_skills(sources),
        *_items(sources),
        *_affixes(sources),
        *_item_sets(sources),
        *_loot_tables(sources),
        *_givers_of_loot(sources),
        *_shops(sources),
    ]


def _starting_gear(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("classes", ClassDef):
        for index, name in enumerate(one.starting_items):
            item = sources.definition("items", name, ItemDef)
            if item is None or item.worn_in is None:
                continue
            weak = [score for score, least in item.needs.items() if getattr(one.stats, score) < least]
            if item.min_level > 1 or weak or (item.classes and key not in item.classes):
                reason = f"a {one.name} of level 1 may not wear '{name}'"
                yield source.problem(("starting_items", index), reason)


def _skills(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("skills", SkillDef):
        yield from missing(sources, source, "classes", one.character_class, ("character_class",))
        yield from all_missing(sources, source, "abilities", one.abilities, ("abilities",))
        yield from all_missing(sources, source, "skills", one.requires, ("requires",))
        if not one.abilities and not one.bonuses:
            yield source.problem((), f"'{key}' gives nothing: it needs abilities or bonuses")
        for index, name in enumerate(one.requires):
            other = sources.definition("skills", name, SkillDef)
            if other is not None and other.character_class != one.character_class:
                reason = f"'{name}' is a skill of another class, so nobody can learn '{key}'"
                yield source.problem(("requires", index), reason)
        needed = _ancestors(sources, key)
        if key in needed:
            yield source.problem(("requires",), f"'{key}' requires itself, by way of others")
        else:
            nodes = (sources.definition("skills", name, SkillDef) for name in {key, *needed})
            price = sum(node.cost for node in nodes if node is not None)
            if price > POINTS:
                reason = (
                    f"'{key}' and what it requires cost {price} points; no hero ever has more than {POINTS}"
                )
                yield source.problem(("cost",), reason)


def _ancestors(sources: Sources, key: str) -> set[str]:
    """Every skill that this one requires, directly or not; itself only in a circle."""
    found: set[str] = set()
    ahead = [key]
    while ahead:
        one = sources.definition("skills", ahead.pop(), SkillDef)
        for name in one.requires if one is not None else ():
            if name not in found:
                found.add(name)
                ahead.append(name)
    return found


def _items(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("items", ItemDef):
        yield from all_missing(sources, source, "abilities", one.abilities, ("abilities",))
        yield from all_missing(sources, source, "classes", one.classes, ("classes",))
        yield from missing(sources, source, "item_sets", one.item_set, ("item_set",))
        if one.worn_in is None:
            for field in ("bonuses", "affinities", "abilities", "item_set", "needs"):
                if getattr(one, field):
                    yield source.problem(
                        (field,), f"'{key}' is never worn (no slot), so this would never count"
                    )


def _affixes(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("affixes", AffixDef):
        yield from _band(source, one.levels, ("levels",))
        if one.pattern.count("{item}") != 1:
            yield source.problem(("pattern",), "the pattern needs {item} once, where the item's name stands")
        if not one.bonuses and not one.affinities:
            yield source.problem((), f"'{key}' makes nothing better: it needs bonuses or affinities")


def _band(source: Source, levels: tuple[int, int], path: Path) -> Iterator[Problem]:
    if not 1 <= levels[0] <= levels[1] <= LAST_LEVEL:
        yield source.problem(path, f"levels are [first, last], from 1 to {LAST_LEVEL}")


def _item_sets(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("item_sets", ItemSetDef):
        pieces = [item for _key, item, _source in sources.each("items", ItemDef) if item.item_set == key]
        slots = {item.worn_in for item in pieces if item.worn_in is not None}
        # A two-handed weapon leaves no hand for the offhand piece, unless the set also has a one-handed one.
        weapons = [item for item in pieces if item.worn_in == "weapon"]
        if "offhand" in slots and weapons and all(item.two_handed for item in weapons):
            slots.discard("offhand")
        counts = [step.pieces for step in one.steps]
        if counts != sorted(set(counts)):
            yield source.problem(("steps",), "steps stand in rising order of pieces, each number once")
        for index, step in enumerate(one.steps):
            if step.pieces > len(slots):
                reason = f"{step.pieces} pieces can never be worn together: the set has {len(slots)}"
                yield source.problem(("steps", index), reason)


def _loot_tables(sources: Sources) -> Iterator[Problem]:
    for key, one, source in sources.each("loot_tables", LootTableDef):
        for index, line in enumerate(one.lines):
            path: Path = ("lines", index)
            yield from missing(sources, source, "items", line.item, (*path, "item"))
            yield from _band(source, line.levels, (*path, "levels"))
            for name, bounds in (("quantity", line.quantity), ("gold", line.gold)):
                if not 0 <= bounds[0] <= bounds[1]:
                    yield source.problem((*path, name), f"{name} is [least, most], neither below 0")
            if not line.guaranteed and (line.weight == 0 or one.draws == 0):
                yield source.problem(
                    path, "this line is never drawn: it has no weight, or the table no draws"
                )
        empty = [level for level in range(1, LAST_LEVEL + 1) if not _draws_at(one, level)]
        if empty:
            reason = f"at level {empty[0]} '{key}' has no line to draw; widen the levels of one"
            yield source.problem(("lines",), reason)


def _draws_at(table: LootTableDef, level: int) -> bool:
    def counts(line: LootLine) -> bool:
        return line.guaranteed or (line.weight > 0 and table.draws > 0)

    return any(counts(line) and line.levels[0] <= level <= line.levels[1] for line in table.lines)


def _givers_of_loot(sources: Sources) -> Iterator[Problem]:
    for _key, creature, source in sources.each("creatures", CreatureDef):
        yield from missing(sources, source, "loot_tables", creature.loot_table, ("loot_table",))
    for _key, encounter, source in sources.each("encounters", EncounterDef):
        yield from missing(sources, source, "loot_tables", encounter.loot_table, ("loot_table",))


def _shops(sources: Sources) -> Iterator[Problem]:
    for _key, one, source in sources.each("shops", ShopDef):
        yield from missing(sources, source, "factions", one.faction, ("faction",))
        sold: set[str] = set()
        for index, line in enumerate(one.stock):
            path: Path = ("stock", index)
            yield from missing(sources, source, "items", line.item, (*path, "item"))
            if line.item in sold:
                yield source.problem((*path, "item"), f"'{line.item}' stands here twice")
            sold.add(line.item)
            item = sources.definition("items", line.item, ItemDef)
            if item is not None and item.kind == "key":
                yield source.problem(
                    (*path, "item"), f"'{line.item}' is a key of the story; keys are not for sale"
                )
            if item is not None and item.value == 0:
                yield source.problem((*path, "item"), f"'{line.item}' has no value, so it has no price")
            if one.faction is None and line.min_reputation > 0:
                yield source.problem(
                    (*path, "min_reputation"), "without a faction nobody's reputation ever reaches this"
                )
