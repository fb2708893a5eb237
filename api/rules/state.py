"""The state that rules read and change: frozen values that serialise to JSON and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.rules.errors import UnknownTarget

START_CLOCK = 18 * 60  # the story begins at dusk


@dataclass(frozen=True, slots=True)
class Hero:
    """A player's character as the rules see it. hp 0..hp_max, mp 0..mp_max, gold >= 0."""

    id: str
    name: str
    pronouns: str
    character_class: str
    origin: str
    level: int
    xp: int
    stats: Mapping[str, int]
    hp: int
    hp_max: int
    mp: int
    mp_max: int
    defence: int
    gold: int
    abilities: tuple[str, ...]
    inventory: Mapping[str, int]

    def modifier(self, stat: str) -> int:
        return (self.stats[stat] - 10) // 2

    def to_json(self) -> dict[str, Any]:
        return {
            **{n: getattr(self, n) for n in self.__slots__},
            "stats": dict(self.stats),
            "abilities": list(self.abilities),
            "inventory": dict(self.inventory),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Hero:
        return cls(**{**{n: raw[n] for n in cls.__slots__}, "abilities": tuple(raw["abilities"])})


@dataclass(frozen=True, slots=True)
class Combatant:
    """A hero or creature inside one encounter. `key` is the creature's key, or the hero's id.

    `conditions` maps a condition to the own turns that it still lasts; `cooldowns` an ability to rounds.
    """

    id: str
    name: str
    is_hero: bool
    key: str
    hp: int
    hp_max: int
    mp: int
    mp_max: int
    defence: int
    conditions: Mapping[str, int] = field(default_factory=dict)
    cooldowns: Mapping[str, int] = field(default_factory=dict)
    hurt_by: str = ""

    @property
    def down(self) -> bool:
        return self.hp <= 0

    def to_json(self) -> dict[str, Any]:
        plain = {n: getattr(self, n) for n in self.__slots__}
        return {**plain, "conditions": dict(self.conditions), "cooldowns": dict(self.cooldowns)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Combatant:
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class Encounter:
    """A fight in progress. `order` are combatant ids by initiative; `index` points at whose turn it is."""

    key: str
    name: str
    round: int
    order: tuple[str, ...]
    index: int
    combatants: Mapping[str, Combatant]

    @property
    def actor(self) -> Combatant:
        return self.combatants[self.order[self.index]]

    def get(self, combatant_id: str) -> Combatant:
        """Raises UnknownTarget."""
        found = self.combatants.get(combatant_id)
        if found is None:
            raise UnknownTarget(f"nobody here is '{combatant_id}'; choose one of the targets shown")
        return found

    def standing(self, *, heroes: bool) -> list[Combatant]:
        return [c for i in self.order if (c := self.combatants[i]).is_hero == heroes and not c.down]

    def with_combatant(self, changed: Combatant) -> Encounter:
        return replace(self, combatants={**self.combatants, changed.id: changed})

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": self.name,
            "round": self.round,
            "order": list(self.order),
            "index": self.index,
            "combatants": {k: c.to_json() for k, c in self.combatants.items()},
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Encounter:
        combatants = {k: Combatant.from_json(c) for k, c in raw["combatants"].items()}
        return cls(raw["key"], raw["name"], raw["round"], tuple(raw["order"]), raw["index"], combatants)


@dataclass(frozen=True, slots=True)
class Note:
    """A story flag: who did it and in which turn."""

    actor: str
    actor_name: str
    turn_number: int

    def to_json(self) -> dict[str, Any]:
        return {"actor": self.actor, "actor_name": self.actor_name, "turn_number": self.turn_number}


@dataclass(frozen=True, slots=True)
class PlayState:
    """One session's world. `used` holds `scene.affordance` (done) and `scene.affordance@hero` (that hero failed it)."""

    campaign: str
    scene: str
    visited: tuple[str, ...]
    used: frozenset[str]
    notes: Mapping[str, Note]
    clues: tuple[str, ...]
    clock: int
    turn_number: int
    heroes: Mapping[str, Hero]
    encounter: Encounter | None = None
    ending: str | None = None

    def hero(self, hero_id: str) -> Hero:
        """Raises UnknownTarget."""
        found = self.heroes.get(hero_id)
        if found is None:
            raise UnknownTarget(f"no hero '{hero_id}' sits at this table")
        return found

    def with_hero(self, changed: Hero) -> PlayState:
        return replace(self, heroes={**self.heroes, changed.id: changed})

    def with_combatant(self, changed: Combatant) -> PlayState:
        assert self.encounter is not None
        return replace(self, encounter=self.encounter.with_combatant(changed))

    def world_to_json(self) -> dict[str, Any]:
        """All but the heroes, which live in documents of their own."""
        return {
            "campaign": self.campaign,
            "scene": self.scene,
            "visited": list(self.visited),
            "used": sorted(self.used),
            "notes": {k: n.to_json() for k, n in self.notes.items()},
            "clues": list(self.clues),
            "clock": self.clock,
            "encounter": self.encounter.to_json() if self.encounter else None,
            "ending": self.ending,
        }

    @classmethod
    def from_json(cls, world: Mapping[str, Any], turn_number: int, heroes: Mapping[str, Hero]) -> PlayState:
        return cls(
            campaign=world["campaign"],
            scene=world["scene"],
            visited=tuple(world["visited"]),
            used=frozenset(world["used"]),
            notes={k: Note(**n) for k, n in world["notes"].items()},
            clues=tuple(world["clues"]),
            clock=world["clock"],
            turn_number=turn_number,
            heroes=dict(heroes),
            encounter=Encounter.from_json(world["encounter"]) if world["encounter"] else None,
            ending=world["ending"],
        )
