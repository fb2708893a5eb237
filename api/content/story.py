"""Finds what no party could ever reach, leave, or have done in a campaign, by the walk of `api.content.reach`."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.definitions import (
    AffordanceDef,
    CampaignDef,
    EncounterDef,
    LocationDef,
    Outcome,
    QuestDef,
    RegionDef,
    Requirement,
    SceneDef,
)
from api.content.problems import Problem
from api.content.reach import Reach, map_of, outcomes_of, reach
from api.content.reading import Path
from api.content.references import outcomes_of_encounter, outcomes_of_scene
from api.content.sources import Source, Sources


def check_stories(sources: Sources) -> list[Problem]:
    """Every unreachable scene or ending, dead end, flag that nothing sets and need that nobody can meet."""
    problems: list[Problem] = []
    mapped: set[str] = set()
    for _key, campaign, source in sources.each("campaigns", CampaignDef):
        found = reach(sources, campaign)
        mapped |= found.locations
        problems += _destinations(sources, campaign, found)
        problems += _unreached(campaign, source, found)
        problems += _remembered(campaign, source, found)
        for key in sorted(found.scenes & set(campaign.scenes)):
            scene = sources.definition("scenes", key, SceneDef)
            if scene is not None:
                ways = _ways_out(sources, campaign, found, key)
                problems += _scene(sources, scene, sources.of("scenes")[key], found, key, ways)
        problems += _map(sources, campaign, found)
        problems += _quests(sources, campaign, source, found)
    for key, _one, source in sources.each("locations", LocationDef):
        if key not in mapped:
            problems.append(source.problem((), f"no campaign's party can reach the location '{key}'"))
    return problems


def _destinations(sources: Sources, campaign: CampaignDef, found: Reach) -> Iterator[Problem]:
    for kind, keys in (("scenes", found.scenes), ("encounters", found.encounters)):
        for key in sorted(keys):
            source = sources.of(kind).get(key)
            if source is None:
                continue
            one = source.definition
            outcomes = outcomes_of_scene(one) if isinstance(one, SceneDef) else outcomes_of_encounter(one)
            for path, outcome in outcomes:
                yield from _destination(source, path, outcome, campaign)


def _destination(source: Source, path: Path, outcome: Outcome, campaign: CampaignDef) -> Iterator[Problem]:
    if outcome.goto is not None and outcome.goto not in campaign.scenes:
        yield source.problem((*path, "goto"), f"'{outcome.goto}' is not a scene of '{campaign.name}'")
    if outcome.ending is not None and outcome.ending not in campaign.endings:
        known = ", ".join(sorted(campaign.endings))
        yield source.problem(
            (*path, "ending"), f"'{campaign.name}' has no ending '{outcome.ending}'; it has {known}"
        )


def _unreached(campaign: CampaignDef, source: Source, found: Reach) -> Iterator[Problem]:
    for index, key in enumerate(campaign.scenes):
        if key not in found.scenes:
            yield source.problem(
                ("scenes", index), f"the scene '{key}' cannot be reached from '{campaign.start}'"
            )
    for key in campaign.endings:
        if key not in found.endings:
            yield source.problem(("endings", key), f"no path leads to the ending '{key}'")


def _remembered(campaign: CampaignDef, source: Source, found: Reach) -> Iterator[Problem]:
    lists: list[tuple[Path, tuple[str, ...]]] = [
        (("callbacks",), tuple(one.flag for one in campaign.callbacks))
    ]
    for key, ending in campaign.endings.items():
        lists.append((("endings", key, "remembers"), tuple(one.flag for one in ending.remembers)))
    for path, flags in lists:
        for index, flag in enumerate(flags):
            if flag not in found.flags:
                yield source.problem(
                    (*path, index, "flag"), f"nothing in this campaign sets the flag '{flag}'"
                )


def _scene(
    sources: Sources, scene: SceneDef, source: Source, found: Reach, key: str, ways: bool
) -> Iterator[Problem]:
    for index, affordance in enumerate(scene.affordances):
        path: Path = ("affordances", index, "requires")
        yield from _requirement(source, path, affordance.requires, found)
    for name, offered in (("clues", scene.clues), ("visitors", scene.visitors), ("hooks", scene.hooks)):
        for index, one in enumerate(offered):
            yield from _requirement(source, (name, index, "requires"), one.requires, found)
    if scene.close is not None:
        yield from _requirement(source, ("close", "requires"), scene.close.requires, found)
    if not ways and not any(_sure_exit(sources, affordance, found, key) for affordance in scene.affordances):
        yield source.problem(
            ("affordances",),
            f"a party can be stuck in '{key}': it needs an affordance that moves the party away, whatever is "
            "rolled, and that is not used up (once: false) where the party can come back",
        )


def _requirement(source: Source, path: Path, requirement: Requirement, found: Reach) -> Iterator[Problem]:
    for name, flags in (("flags", requirement.flags), ("without", requirement.without)):
        for index, flag in enumerate(flags):
            if flag not in found.flags | found.world_flags:
                yield source.problem((*path, name, index), f"nothing in this campaign sets the flag '{flag}'")
    if set(requirement.flags) & set(requirement.without):
        yield source.problem(path, "a flag is both required and forbidden")
    if requirement.item is not None and requirement.item not in found.items:
        yield source.problem((*path, "item"), f"nothing in this campaign gives '{requirement.item}'")
    for name, quest, reached in (
        ("quest", requirement.quest, found.quests),
        ("quest_done", requirement.quest_done, found.quests_done),
    ):
        if quest is not None and quest not in reached:
            never = "begins" if name == "quest" else "finishes"
            yield source.problem((*path, name), f"no party {never} the quest '{quest}' in this campaign")


def _ways_out(sources: Sources, campaign: CampaignDef, found: Reach, scene: str) -> bool:
    """Whether the scene is a location's own, and a way leads on from there."""
    place = sources.definition("locations", map_of(sources, campaign).get(scene, ""), LocationDef)
    return place is not None and any(found.allows(way.requires) for way in place.ways)


def _map(sources: Sources, campaign: CampaignDef, found: Reach) -> Iterator[Problem]:
    """Ways, and what the regions' clocks do, as far as this campaign's party comes."""
    for key in sorted(found.locations):
        place = sources.definition("locations", key, LocationDef)
        if place is None:
            continue
        source = sources.of("locations")[key]
        if place.scene not in campaign.scenes:
            yield source.problem(("scene",), f"'{place.scene}' is not a scene of '{campaign.name}'")
        for index, way in enumerate(place.ways):
            yield from _requirement(source, ("ways", index, "requires"), way.requires, found)
        region = sources.definition("regions", place.region, RegionDef)
        region_source = sources.of("regions").get(place.region)
        for index, stage in enumerate(region.stages if region else ()):
            for number, flag in enumerate(stage.without):
                if region_source is not None and flag not in found.flags:
                    path: Path = ("stages", index, "without", number)
                    yield region_source.problem(path, f"nothing in this campaign sets the flag '{flag}'")


def _quests(sources: Sources, campaign: CampaignDef, source: Source, found: Reach) -> Iterator[Problem]:
    """Quests that never begin, goals that nobody reaches, and quests that the campaign does not list."""
    for index, key in enumerate(campaign.quests):
        if key not in found.quests:
            yield source.problem(("quests", index), f"nothing begins the quest '{key}'")
    for key in sorted(found.quests):
        quest, file = sources.definition("quests", key, QuestDef), sources.of("quests").get(key)
        if quest is None or file is None:
            continue
        if key not in campaign.quests:
            yield source.problem(("quests",), f"the quest '{key}' begins in this campaign, but is not listed")
        for number, stage in enumerate(quest.stages):
            if stage.eased_by is not None:
                yield from _requirement(file, ("stages", number, "eased_by"), stage.eased_by, found)
            for place, goal in enumerate(stage.goals):
                if not found.reaches(goal):
                    path: Path = ("stages", number, "goals", place, "key")
                    yield file.problem(
                        path, f"no party of '{campaign.name}' can reach: {goal.kind} {goal.key}"
                    )
        for number, flag in enumerate(quest.fails_with):
            if flag not in found.flags | found.world_flags:
                yield file.problem(("fails_with", number), f"nothing in this campaign sets the flag '{flag}'")


def _sure_exit(sources: Sources, affordance: AffordanceDef, found: Reach, here: str) -> bool:
    """Whether this leads away from `here` however the roll falls, each time that it is needed."""
    if not found.allows(affordance.requires):
        return False
    outcomes = list(outcomes_of(affordance))
    if not all(_leads_away(sources, outcome, here) for outcome in outcomes):
        return False
    return not affordance.once or not any(_may_return(sources, outcome, here) for outcome in outcomes)


def _leads_away(sources: Sources, outcome: Outcome, here: str) -> bool:
    """Whether the party leaves `here`; a fight leads where its victory leads."""
    if outcome.encounter is not None:
        encounter = sources.definition("encounters", outcome.encounter, EncounterDef)
        return encounter is not None and _leads_away(sources, encounter.victory, here)
    return outcome.ending is not None or (outcome.goto is not None and outcome.goto != here)


def _may_return(sources: Sources, outcome: Outcome, here: str) -> bool:
    """Whether the party can stand in `here` again after this outcome, requirements aside."""
    seen: set[str] = set()
    ahead = _next_scenes(sources, outcome, here)
    while ahead:
        key = ahead.pop()
        if key == here:
            return True
        scene = sources.definition("scenes", key, SceneDef)
        if key not in seen and scene is not None:
            seen.add(key)
            for _path, each in outcomes_of_scene(scene):
                ahead |= _next_scenes(sources, each, key)
            ahead |= _by_ways(sources, key)
    return False


def _by_ways(sources: Sources, scene: str) -> set[str]:
    """The scenes of the locations to which ways lead from this scene."""
    places = {one.scene: one for _key, one, _source in sources.each("locations", LocationDef)}
    keys = {way.to for way in places[scene].ways} if scene in places else set()
    found = (sources.definition("locations", key, LocationDef) for key in keys)
    return {one.scene for one in found if one is not None}


def _next_scenes(sources: Sources, outcome: Outcome, here: str) -> set[str]:
    """Where the party can be after the outcome; a fight that moves nobody leaves it `here`."""
    encounter = sources.definition("encounters", outcome.encounter or "", EncounterDef)
    if encounter is not None:
        return {each.goto or here for _path, each in outcomes_of_encounter(encounter) if each.ending is None}
    return {outcome.goto} if outcome.goto is not None else set()
