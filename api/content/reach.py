"""What a party can come to in one campaign, found by a generous walk from its first scene.

Every roll goes either way, every opinion can be won, every hour waited for, and every flag and item that can be had is
had. What the walk cannot reach is therefore certainly out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from api.content.definitions import (
    AffordanceDef,
    CampaignDef,
    ClassDef,
    CreatureDef,
    DowntimeDef,
    EncounterDef,
    EncounterTableDef,
    Goal,
    LocationDef,
    LootTableDef,
    OriginDef,
    Outcome,
    QuestDef,
    RegionDef,
    Requirement,
    SceneDef,
    ShopDef,
)
from api.content.references import outcomes_of_encounter
from api.content.sources import Sources


@dataclass(slots=True)
class Reach:
    """What a party can come to in one campaign. `world_flags` are set by a region's clock: nobody's deed."""

    scenes: set[str] = field(default_factory=set)
    encounters: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    world_flags: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    loot_tables: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)
    creatures: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    quests: set[str] = field(default_factory=set)
    quests_done: set[str] = field(default_factory=set)

    def size(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__slots__)

    def allows(self, requirement: Requirement) -> bool:
        """Whether some party can meet the requirement."""
        wanted = set(requirement.flags)
        return (
            (requirement.item is None or requirement.item in self.items)
            and wanted <= self.flags | self.world_flags
            and not wanted & set(requirement.without)
            and (requirement.quest is None or requirement.quest in self.quests)
            and (requirement.quest_done is None or requirement.quest_done in self.quests_done)
        )

    def reaches(self, goal: Goal) -> bool:
        """Whether some party can reach a quest's goal."""
        found = {
            "flag": self.flags | self.world_flags, "item": self.items, "defeat": self.creatures,
            "visit": self.locations, "talk": self.people, "win": self.encounters,
        }  # fmt: skip
        return goal.key in found[goal.kind]

    def take(self, outcome: Outcome) -> None:
        self.flags.update(outcome.flags)
        self.items.update(outcome.give)
        for key, reached in (
            (outcome.goto, self.scenes),
            (outcome.encounter, self.encounters),
            (outcome.ending, self.endings),
            (outcome.quest, self.quests),
            (outcome.loot_table, self.loot_tables),
        ):
            if key is not None:
                reached.add(key)


def reach(sources: Sources, campaign: CampaignDef) -> Reach:
    """Everything that can be reached in a campaign, from its first scene and the items heroes start with."""
    found = Reach(scenes={campaign.start})
    if campaign.location is not None:
        found.locations.add(campaign.location)
    for _key, one, _source in sources.each("classes", ClassDef):
        found.items.update(one.starting_items)
    for _key, origin, _source in sources.each("origins", OriginDef):
        found.items.update(origin.starting_items)
    before = -1
    while before != found.size():
        before = found.size()
        for key in sorted(found.scenes):
            _scene(sources, key, found)
        for key in sorted(found.encounters):
            _fight(sources, key, found)
        for key in sorted(found.locations):
            _location(sources, key, found)
        for key in sorted({*found.quests, *campaign.quests}):
            _quest(sources, key, found)
        for key in sorted(found.loot_tables):
            table = sources.definition("loot_tables", key, LootTableDef)
            found.items.update(line.item for line in (table.lines if table else ()) if line.item)
    return found


def outcomes_of(affordance: AffordanceDef) -> Iterator[Outcome]:
    yield affordance.success
    if affordance.failure is not None:
        yield affordance.failure


def map_of(sources: Sources, campaign: CampaignDef) -> dict[str, str]:
    """Scene -> location, for a campaign with a map: entering such a scene leads into the location."""
    if campaign.location is None:
        return {}
    return {one.scene: key for key, one, _source in sources.each("locations", LocationDef)}


def _scene(sources: Sources, key: str, found: Reach) -> None:
    scene = sources.definition("scenes", key, SceneDef)
    if scene is None:
        return
    if found.locations:  # there is a map
        found.locations.update(
            place for place, one, _ in sources.each("locations", LocationDef) if one.scene == key
        )
    found.people.update(person.key for person in scene.people)
    found.people.update(scene.npcs)
    found.people.update(v.npc for v in scene.visitors if found.allows(v.requires))
    table = sources.definition("encounter_tables", scene.dangers or "", EncounterTableDef)
    for line in table.lines if table else ():
        if line.encounter is not None and found.allows(line.requires):
            found.encounters.add(line.encounter)
    if scene.close is not None and found.allows(scene.close.requires):
        found.scenes.add(scene.close.goto)
    for affordance in scene.affordances:
        if found.allows(affordance.requires):
            for outcome in outcomes_of(affordance):
                found.take(outcome)


def _fight(sources: Sources, key: str, found: Reach) -> None:
    encounter = sources.definition("encounters", key, EncounterDef)
    if encounter is None:
        return
    for _path, outcome in outcomes_of_encounter(encounter):
        found.take(outcome)
    met = {group.creature for group in encounter.groups}
    found.creatures |= met
    if encounter.victory.ending is not None:
        return  # spoils that nobody can use any more
    for creature_key in sorted(met):
        creature = sources.definition("creatures", creature_key, CreatureDef)
        if creature is not None:
            found.items.update(entry.item for entry in creature.loot)
            found.loot_tables.update(_given(creature.loot_table))
    found.loot_tables.update(_given(encounter.loot_table))


def _given(key: str | None) -> Iterable[str]:
    return () if key is None else (key,)


def _location(sources: Sources, key: str, found: Reach) -> None:
    place = sources.definition("locations", key, LocationDef)
    if place is None:
        return
    found.scenes.add(place.scene)
    for way in place.ways:
        if found.allows(way.requires):
            found.locations.add(way.to)
            table = sources.definition("encounter_tables", way.dangers or "", EncounterTableDef)
            for line in table.lines if table else ():
                if line.encounter is not None and found.allows(line.requires):
                    found.encounters.add(line.encounter)
    for shop_key in place.shops:
        shop = sources.definition("shops", shop_key, ShopDef)
        found.items.update(line.item for line in (shop.stock if shop else ()))
    for activity in place.downtime:
        one = sources.definition("downtime", activity, DowntimeDef)
        for outcome in (one.success, one.failure) if one else ():
            if outcome is not None:
                found.take(outcome)
    region = sources.definition("regions", place.region, RegionDef)
    for stage in region.stages if region else ():
        found.world_flags.update(stage.flags)


def _quest(sources: Sources, key: str, found: Reach) -> None:
    """Begin it where it begins by itself, and go through the stages whose goals can be reached."""
    quest = sources.definition("quests", key, QuestDef)
    if quest is None:
        return
    if quest.starts is not None and found.allows(quest.starts):
        found.quests.add(key)
    if key not in found.quests:
        return
    for stage in quest.stages:
        if not all(found.reaches(goal) for goal in stage.goals):
            return
        if stage.reward is not None:
            found.take(stage.reward)
    found.quests_done.add(key)
