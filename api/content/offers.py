"""Checks of what a scene has for the game master to propose, and of origin hooks: keys that name nothing, and offers
that could never come true or would always."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.consequences import requirement
from api.content.definitions import (
    EncounterDef,
    EncounterTableDef,
    NpcDef,
    QuestDef,
    Requirement,
    SceneDef,
)
from api.content.keys import missing, twice
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Source, Sources


def check_offers(sources: Sources) -> list[Problem]:
    """Every fault in what scenes have to propose, in their hooks, and in what may be eased or swayed."""
    return [*_scenes(sources), *_people(sources), *_quests(sources)]


def _scenes(sources: Sources) -> Iterator[Problem]:
    for key, scene, source in sources.each("scenes", SceneDef):
        yield from missing(sources, source, "encounter_tables", scene.dangers, ("dangers",))
        yield from _dangers(sources, source, scene)
        yield from twice(source, [c.key for c in scene.clues], ("clues",), "clue")
        found = {a.success.clue for a in scene.affordances} | {
            a.failure.clue for a in scene.affordances if a.failure
        }
        for index, clue in enumerate(scene.clues):
            yield from requirement(sources, source, ("clues", index, "requires"), clue.requires)
            if clue.text in found:
                yield source.problem(
                    ("clues", index, "text"), "an affordance of this scene gives the same clue"
                )
        for index, visitor in enumerate(scene.visitors):
            yield from missing(sources, source, "npcs", visitor.npc, ("visitors", index, "npc"))
            yield from requirement(sources, source, ("visitors", index, "requires"), visitor.requires)
            if visitor.npc in scene.npcs or visitor.npc in [v.npc for v in scene.visitors[:index]]:
                yield source.problem(("visitors", index, "npc"), f"'{visitor.npc}' is here already")
        yield from _close(sources, source, key, scene)
        for index, hook in enumerate(scene.hooks):
            yield from missing(sources, source, "origins", hook.origin, ("hooks", index, "origin"))
            yield from requirement(sources, source, ("hooks", index, "requires"), hook.requires)


def _dangers(sources: Sources, source: Source, scene: SceneDef) -> Iterator[Problem]:
    """A fight that comes of itself must leave the party where it was, or nobody could rely on being anywhere."""
    table = sources.definition("encounter_tables", scene.dangers or "", EncounterTableDef)
    for line in table.lines if table else ():
        fight = sources.definition("encounters", line.encounter or "", EncounterDef)
        if fight is None:
            continue
        outcomes = (fight.victory, fight.defeat, fight.flight, fight.parley, fight.surrender)
        if any(o is not None and o.moves for o in outcomes):
            reason = (
                f"'{line.encounter}' of the table '{scene.dangers}' leads away, so it may not come by itself"
            )
            yield source.problem(("dangers",), reason)
    if table is not None and not any(line.encounter for line in table.lines):
        yield source.problem(("dangers",), f"the table '{scene.dangers}' has no fight")


def _close(sources: Sources, source: Source, key: str, scene: SceneDef) -> Iterator[Problem]:
    if scene.close is None:
        return
    yield from missing(sources, source, "scenes", scene.close.goto, ("close", "goto"))
    yield from requirement(sources, source, ("close", "requires"), scene.close.requires)
    if scene.close.goto == key:
        yield source.problem(("close", "goto"), "a scene cannot close into itself")
    if not _asks(scene.close.requires):
        path: Path = ("close", "requires")
        yield source.problem(path, "a scene needs a flag, an item or a quest before it can be closed")


def _asks(one: Requirement) -> bool:
    return bool(one.flags or one.item or one.quest or one.quest_done)


def _people(sources: Sources) -> Iterator[Problem]:
    for _key, npc, source in sources.each("npcs", NpcDef):
        least, most = npc.swayed
        if not -100 <= least <= npc.disposition <= most <= 100:
            reason = (
                f"swayed is [least, most] within -100 to 100, with the disposition {npc.disposition} between"
            )
            yield source.problem(("swayed",), reason)


def _quests(sources: Sources) -> Iterator[Problem]:
    for _key, quest, source in sources.each("quests", QuestDef):
        for index, stage in enumerate(quest.stages):
            if stage.eased_by is None:
                continue
            path: Path = ("stages", index, "eased_by")
            yield from requirement(sources, source, path, stage.eased_by)
            if not _asks(stage.eased_by):
                yield source.problem(path, "a stage needs a flag, an item or a quest before it can be eased")
