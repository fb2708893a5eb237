"""Where content holds the author's own sentences for an event, for whoever tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef, DowntimeDef, EncounterDef, Outcome, PersonDef, SceneDef
from api.rules import events as ev

WORKED = frozenset({"critical", "success", "partial", "none"})  # degrees that are told by the success
Lines = tuple[str, ...]


def outcome_of(tried: AffordanceDef | DowntimeDef, degree: str) -> Outcome:
    """Success at a cost is told by the success; failures by the failure where there is one."""
    return tried.success if degree in WORKED else tried.failure or tried.success


def fight_outcome(encounter: EncounterDef | None, result: str) -> Outcome | None:
    """What a fight's end leads to; surrender without an outcome of its own ends as a defeat."""
    if encounter is None:
        return None
    if result == "surrender":
        return encounter.surrender or encounter.defeat
    outcomes = {
        "victory": encounter.victory, "defeat": encounter.defeat, "flight": encounter.flight,
        "parley": encounter.parley,
    }  # fmt: skip
    return outcomes.get(result)


def people_of(content: Content, scene: SceneDef, came: Iterable[str] = ()) -> list[PersonDef]:
    """The scene's own people, those of the world who are here, and of its visitors those who `came`."""
    there = set(came)
    visitors = [v.npc for v in scene.visitors if v.npc in there]
    keys = dict.fromkeys((*scene.npcs, *visitors))
    return [*scene.people, *(content.npcs[key] for key in keys if key in content.npcs)]


def person_of(content: Content, scene: SceneDef | None, key: str) -> PersonDef | None:
    """Somebody of a scene, or of the world, by key."""
    here = {p.key: p for p in people_of(content, scene)} if scene is not None else {}
    return here.get(key) or content.npcs.get(key)


def lines_for(content: Content, event: ev.Event) -> tuple[Lines, int]:
    """The author's sentences for an event and which of them was drawn; no sentences where the author wrote none.

    Never raises: what an event names may be gone from the content since it was stored.
    """
    found: Sequence[str] = ()
    drawn = getattr(event, "tell", 0)
    match event:
        case ev.JourneyBegan():
            origin = content.locations.get(event.origin)
            found = next((w.tell for w in origin.ways if w.to == event.to), ()) if origin else ()
        case ev.MetOnTheWay():
            table = content.encounter_tables.get(event.table)
            line = table.lines[event.line] if table and 0 <= event.line < len(table.lines) else None
            found = (line.tell,) if line and line.tell else ()
        case ev.RegionStageReached() if not event.averted:
            region = content.regions.get(event.region)
            found = region.stages[event.stage].tell if region and _has(region.stages, event.stage) else ()
        case ev.QuestStageDone():
            quest = content.quests.get(event.quest)
            found = quest.stages[event.stage].tell if quest and _has(quest.stages, event.stage) else ()
        case ev.DowntimeSpent():
            activity = content.downtime.get(event.activity)
            found = outcome_of(activity, event.degree).tell if activity else ()
        case ev.PhaseStarted():
            creature = content.creatures.get(event.actor.rpartition(".")[0])
            known = creature is not None and _has(creature.phases, event.phase - 1)
            found = creature.phases[event.phase - 1].tell if creature and known else ()
        case ev.TroubleCame():
            table = content.encounter_tables.get(event.table)
            line = table.lines[event.line] if table and _has(table.lines, event.line) else None
            found = (line.tell,) if line and line.tell else ()
        case ev.PersonCame():
            scene = content.scenes.get(event.scene)
            found = next((v.tell for v in scene.visitors if v.npc == event.person), ()) if scene else ()
        case ev.SceneClosed():
            scene = content.scenes.get(event.scene)
            found = scene.close.tell if scene and scene.close else ()
        case ev.HookCameDue():
            scene = content.scenes.get(event.scene)
            found = next((h.tell for h in scene.hooks if h.origin == event.origin), ()) if scene else ()
        case ev.EncounterEnded():
            ended = fight_outcome(content.encounters.get(event.encounter), event.outcome)
            found = ended.tell if ended else ()
    return tuple(found), drawn if 0 <= drawn < len(found) else 0


def _has(stages: Sequence[object], number: int) -> bool:
    return 0 <= number < len(stages)
