"""The state that rules read and change: frozen values that serialise to JSON and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.rules.errors import UnknownTarget

START_CLOCK = 18 * 60  # the story begins at dusk


@dataclass(frozen=True, slots=True)
class RolledItem:
    """A thing found with affixes: which item it is, how rare, and the keys of its affixes."""

    item: str
    rarity: str
    affixes: tuple[str, ...]
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"item": self.item, "rarity": self.rarity, "affixes": list(self.affixes), "name": self.name}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> RolledItem:
        return cls(raw["item"], raw["rarity"], tuple(raw["affixes"]), raw["name"])


@dataclass(frozen=True, slots=True)
class Hero:
    """A player's character as the rules see it. hp 0..hp_max, mp 0..mp_max, gold >= 0.

    `inventory` counts things by carried id: the item's key, or `key~token` for one found with affixes, which
    `rolled` describes. `equipment` maps a slot to a carried id, which stays in the inventory. `stats` are the own
    scores; what gear, skills and conditions add is in `effective_stats`. `orders` are standing orders (tactics).
    """

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
    evade: int
    gold: int
    abilities: tuple[str, ...]
    inventory: Mapping[str, int]
    rolled: Mapping[str, RolledItem] = field(default_factory=dict)
    equipment: Mapping[str, str] = field(default_factory=dict)
    skills: tuple[str, ...] = ()
    skill_points: int = 0
    row: str = "front"
    wounds: int = 0
    orders: tuple[Mapping[str, Any], ...] = ()

    def modifier(self, stat: str) -> int:
        return (self.stats[stat] - 10) // 2

    def to_json(self) -> dict[str, Any]:
        return {
            **{n: getattr(self, n) for n in self.__slots__},
            "stats": dict(self.stats),
            "abilities": list(self.abilities),
            "inventory": dict(self.inventory),
            "rolled": {k: r.to_json() for k, r in self.rolled.items()},
            "equipment": dict(self.equipment),
            "skills": list(self.skills),
            "orders": [dict(o) for o in self.orders],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Hero:
        """A sheet from a document, which may hold more. What an older rules version did not write gets its default."""
        known = {n: raw[n] for n in cls.__slots__ if n in raw}
        if "evade" not in known:  # written before armour had its own figure
            known["evade"] = raw["defence"]
        known["rolled"] = {k: RolledItem.from_json(r) for k, r in raw.get("rolled", {}).items()}
        for name in ("abilities", "skills", "orders"):
            known[name] = tuple(raw.get(name, ()))
        return cls(**known)


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
    evade: int
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
class QuestState:
    """A quest that has begun. `status` is active, done or failed; `stage` the index of the stage under way."""

    stage: int
    status: str = "active"

    def to_json(self) -> dict[str, Any]:
        return {"stage": self.stage, "status": self.status}


@dataclass(frozen=True, slots=True)
class NpcState:
    """What a person thinks of the party (-100 to 100) and remembers of it, oldest first."""

    disposition: int
    memories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"disposition": self.disposition, "memories": list(self.memories)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> NpcState:
        return cls(raw["disposition"], tuple(raw["memories"]))


@dataclass(frozen=True, slots=True)
class PlayState:
    """One session's world.

    `used` holds `scene.affordance` (done) and `scene.affordance@hero` (that hero failed it). `tally` counts what quests
    ask for: `defeat.<creature>`, `win.<encounter>`, `visit.<location>`, `talk.<person>`. `regions` maps a region to the
    number of stages passed. `cache` holds what the party left behind for want of room. `days` maps `<what>.<hero>` to
    the day of the world's clock on which it was last done (downtime, long rest).
    """

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
    location: str | None = None
    quests: Mapping[str, QuestState] = field(default_factory=dict)
    npcs: Mapping[str, NpcState] = field(default_factory=dict)
    reputation: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[str, int] = field(default_factory=dict)
    cache: Mapping[str, int] = field(default_factory=dict)
    cached_rolls: Mapping[str, RolledItem] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)

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
            "location": self.location,
            "quests": {k: q.to_json() for k, q in self.quests.items()},
            "npcs": {k: n.to_json() for k, n in self.npcs.items()},
            "reputation": dict(self.reputation),
            "tally": dict(self.tally),
            "regions": dict(self.regions),
            "cache": dict(self.cache),
            "cached_rolls": {k: r.to_json() for k, r in self.cached_rolls.items()},
            "days": dict(self.days),
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
            location=world.get("location"),
            quests={k: QuestState(**q) for k, q in world.get("quests", {}).items()},
            npcs={k: NpcState.from_json(n) for k, n in world.get("npcs", {}).items()},
            reputation=dict(world.get("reputation", {})),
            tally=dict(world.get("tally", {})),
            regions=dict(world.get("regions", {})),
            cache=dict(world.get("cache", {})),
            cached_rolls={k: RolledItem.from_json(r) for k, r in world.get("cached_rolls", {}).items()},
            days=dict(world.get("days", {})),
        )
