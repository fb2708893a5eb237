"""What a walk has met: the properties are worth what they have seen."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from api.content.catalogue import Content
from api.rules import events as ev
from api.rules.figures import item_key
from tests.rules.proving.walk import Step
from tests.rules.proving.worlds import fields_set


@dataclass
class Seen:
    """Sets of what was exercised, by kind."""

    steps: int = 0
    events: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    abilities: set[str] = field(default_factory=set)
    effects: set[str] = field(default_factory=set)
    reactions: set[str] = field(default_factory=set)
    conditions: set[str] = field(default_factory=set)
    traits: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    worn: set[str] = field(default_factory=set)
    affixes: set[str] = field(default_factory=set)
    skills: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    levels: set[int] = field(default_factory=set)
    creatures: set[str] = field(default_factory=set)
    encounters: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    degrees: set[str] = field(default_factory=set)
    scenes: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)
    quests: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def join(self, other: Seen) -> None:
        """Add what another walk has met."""
        self.steps += other.steps
        for each in fields(self)[1:]:
            getattr(self, each.name).update(getattr(other, each.name))

    def add(self, step: Step, content: Content) -> None:
        self.steps += 1
        self.commands |= {type(c).__name__ for c in step.commands}
        self.classes |= {h.character_class for h in step.after.heroes.values()}
        self.levels |= {h.level for h in step.after.heroes.values()}
        self.scenes.add(step.after.scene)
        for hero in step.after.heroes.values():
            self.worn |= {item_key(carried) for carried in hero.equipment.values()}
            self.affixes |= {key for find in hero.rolled.values() for key in find.affixes}
            self.skills |= set(hero.skills)
        for event in step.events:
            self.events.add(event.type_name())
            self._look_into(event, content)

    def _look_into(self, event: ev.Event, content: Content) -> None:
        match event:
            case ev.AttackHit() | ev.AttackMissed() | ev.AbilityUsed():
                self._used(event.means_key, content, hit=not isinstance(event, ev.AttackMissed))
            case ev.ReactionUsed():
                self.abilities.add(event.ability)
                self.reactions.add(event.does)
            case ev.ConditionGained():
                self.conditions.add(event.condition)
                self.traits |= set(content.conditions[event.condition].traits)
            case ev.EncounterStarted():
                self.encounters.add(event.encounter)
                self.creatures |= {str(c["key"]) for c in event.combatants if not c["is_hero"]}
            case ev.Summoned():
                self.creatures |= {str(c["key"]) for c in event.combatants}
            case ev.EncounterEnded():
                self.outcomes.add(event.outcome)
            case ev.CheckRolled() | ev.ContestRolled():
                self.degrees.add(event.degree)
            case ev.LocationReached():
                self.locations.add(event.location)
            case ev.QuestCompleted():
                self.quests.add(event.quest)

    def _used(self, key: str, content: Content, *, hit: bool) -> None:
        if key in content.abilities:
            self.abilities.add(key)
            ability = content.abilities[key]
            if hit:
                self.effects |= fields_set(ability.effect) | fields_set(ability.on_self)
        elif key in content.items:
            self.used.add(key)
            self.effects |= fields_set(content.items[key].use)
