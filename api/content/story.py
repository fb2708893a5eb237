"""Walks each campaign from its first scene and finds what no party could ever reach, leave, or have done.

The walk is generous: every roll goes either way, and every flag and item that can be had is had. What it
cannot reach is therefore certainly out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from api.content.definitions import (
    AffordanceDef,
    CampaignDef,
    ClassDef,
    CreatureDef,
    EncounterDef,
    OriginDef,
    Outcome,
    Requirement,
    SceneDef,
)
from api.content.problems import Problem
from api.content.reading import Path
from api.content.references import outcomes_of_encounter, outcomes_of_scene
from api.content.sources import Source, Sources


@dataclass(slots=True)
class Reach:
    """What a party can come to in one campaign."""

    scenes: set[str] = field(default_factory=set)
    encounters: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)

    def size(self) -> int:
        return sum(map(len, (self.scenes, self.encounters, self.endings, self.flags, self.items)))

    def allows(self, requirement: Requirement) -> bool:
        """Whether some party can meet the requirement."""
        wanted = set(requirement.flags)
        has_item = requirement.item is None or requirement.item in self.items
        return has_item and wanted <= self.flags and not wanted & set(requirement.without)

    def take(self, outcome: Outcome) -> None:
        self.flags.update(outcome.flags)
        self.items.update(outcome.give)
        for key, reached in (
            (outcome.goto, self.scenes),
            (outcome.encounter, self.encounters),
            (outcome.ending, self.endings),
        ):
            if key is not None:
                reached.add(key)


def reach(sources: Sources, campaign: CampaignDef) -> Reach:
    """Everything that can be reached in a campaign, from its first scene and the items heroes start with."""
    found = Reach(scenes={campaign.start})
    for _key, one, _source in sources.each("classes", ClassDef):
        found.items.update(one.starting_items)
    for _key, origin, _source in sources.each("origins", OriginDef):
        found.items.update(origin.starting_items)
    before = -1
    while before != found.size():
        before = found.size()
        for key in sorted(found.scenes):
            scene = sources.definition("scenes", key, SceneDef)
            for affordance in scene.affordances if scene else ():
                if found.allows(affordance.requires):
                    for outcome in _outcomes(affordance):
                        found.take(outcome)
        for key in sorted(found.encounters):
            _fight(sources, key, found)
    return found


def check_stories(sources: Sources) -> list[Problem]:
    """Every unreachable scene or ending, dead end, flag that nothing sets and need that nobody can meet."""
    problems: list[Problem] = []
    for _key, campaign, source in sources.each("campaigns", CampaignDef):
        found = reach(sources, campaign)
        problems += _destinations(sources, campaign, found)
        problems += _unreached(campaign, source, found)
        problems += _remembered(campaign, source, found)
        for key in sorted(found.scenes & set(campaign.scenes)):
            scene = sources.definition("scenes", key, SceneDef)
            if scene is not None:
                problems += _scene(sources, scene, sources.of("scenes")[key], found, key)
    return problems


def _outcomes(affordance: AffordanceDef) -> Iterator[Outcome]:
    yield affordance.success
    if affordance.failure is not None:
        yield affordance.failure


def _fight(sources: Sources, key: str, found: Reach) -> None:
    encounter = sources.definition("encounters", key, EncounterDef)
    if encounter is None:
        return
    for _path, outcome in outcomes_of_encounter(encounter):
        found.take(outcome)
    if encounter.victory.ending is not None:
        return  # spoils that nobody can use any more
    for group in encounter.groups:
        creature = sources.definition("creatures", group.creature, CreatureDef)
        found.items.update(entry.item for entry in (creature.loot if creature else ()))


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


def _scene(sources: Sources, scene: SceneDef, source: Source, found: Reach, key: str) -> Iterator[Problem]:
    for index, affordance in enumerate(scene.affordances):
        path: Path = ("affordances", index, "requires")
        yield from _requirement(source, path, affordance.requires, found)
    if not any(_sure_exit(sources, affordance, found, key) for affordance in scene.affordances):
        yield source.problem(
            ("affordances",),
            f"a party can be stuck in '{key}': it needs an affordance that moves the party away, whatever is "
            "rolled, and that is not used up (once: false) where the party can come back",
        )


def _requirement(source: Source, path: Path, requirement: Requirement, found: Reach) -> Iterator[Problem]:
    for name, flags in (("flags", requirement.flags), ("without", requirement.without)):
        for index, flag in enumerate(flags):
            if flag not in found.flags:
                yield source.problem((*path, name, index), f"nothing in this campaign sets the flag '{flag}'")
    if set(requirement.flags) & set(requirement.without):
        yield source.problem(path, "a flag is both required and forbidden")
    if requirement.item is not None and requirement.item not in found.items:
        yield source.problem((*path, "item"), f"nothing in this campaign gives '{requirement.item}'")


def _sure_exit(sources: Sources, affordance: AffordanceDef, found: Reach, here: str) -> bool:
    """Whether this leads away from `here` however the roll falls, each time that it is needed."""
    if not found.allows(affordance.requires):
        return False
    outcomes = list(_outcomes(affordance))
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
    return False


def _next_scenes(sources: Sources, outcome: Outcome, here: str) -> set[str]:
    """Where the party can be after the outcome; a fight that moves nobody leaves it `here`."""
    encounter = sources.definition("encounters", outcome.encounter or "", EncounterDef)
    if encounter is not None:
        return {each.goto or here for _path, each in outcomes_of_encounter(encounter) if each.ending is None}
    return {outcome.goto} if outcome.goto is not None else set()
