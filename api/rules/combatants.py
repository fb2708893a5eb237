"""Who fights: combatants with what sits on them, and the encounter that holds them. Part of the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.rules.errors import UnknownTarget

Value = TypeVar("Value")
_new, _set = object.__new__, object.__setattr__


def evolve(value: Value, **changes: Any) -> Value:
    """`value`, a frozen dataclass without slots, with `changes`: `dataclasses.replace`, some five times as fast.

    Every event of a fight makes the combatant, the encounter and the state anew, so these three keep a `__dict__`,
    which copies in one step.
    """
    fresh = _new(type(value))
    _set(fresh, "__dict__", value.__dict__ | changes)
    return fresh


@dataclass(frozen=True, slots=True)
class ActiveCondition:
    """A condition on a combatant: the own turns that it still lasts, how often it is stacked, who put it on, and what
    its shield can still absorb.
    """

    rounds: int
    stacks: int = 1
    source: str = ""
    shield_left: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "rounds": self.rounds,
            "stacks": self.stacks,
            "source": self.source,
            "shield_left": self.shield_left,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any] | int) -> ActiveCondition:
        """An older rules version wrote only the number of turns."""
        return cls(raw) if isinstance(raw, int) else cls(**raw)


@dataclass(frozen=True)
class Combatant:
    """A hero or creature inside one encounter. `key` is the creature's key, or the hero's id.

    `figures` are the six scores and the figures of `effective_stats`, or of the creature, as they stood when the
    combatant came in; conditions and boss phases add to them. `side` is party or foes, `row` front or back.
    `cooldowns` maps an ability to own turns. `threat` is what it holds against whom. `phase` counts the phases of a
    boss that have begun; `reacted`: its reaction of this round is spent. `dying` are a fallen hero's death checks
    (successes, failures); `stable` needs none any more, `dead` is beyond ordinary healing. `summoned_by` is the id of
    whoever called it, or empty. `abilities` are all that it knows, `reactions` those of them that go off by themselves.
    A combatant that is `gone` has fled: it neither stands nor has fallen.
    """

    id: str
    name: str
    is_hero: bool
    key: str
    hp: int
    hp_max: int
    mp: int
    mp_max: int
    figures: Mapping[str, int]
    side: str = "foes"
    row: str = "front"
    conditions: Mapping[str, ActiveCondition] = field(default_factory=dict)
    cooldowns: Mapping[str, int] = field(default_factory=dict)
    hurt_by: str = ""
    threat: Mapping[str, int] = field(default_factory=dict)
    phase: int = 0
    reacted: bool = False
    dying: tuple[int, int] = (0, 0)
    dead: bool = False
    stable: bool = False
    summoned_by: str = ""
    affinities: Mapping[str, str] = field(default_factory=dict)
    abilities: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    initiative: int = 0
    gone: bool = False

    @property
    def evade(self) -> int:
        """What an attack must reach, before conditions."""
        return self.figures.get("evade", 10)

    @property
    def down(self) -> bool:
        return self.hp <= 0

    @property
    def standing(self) -> bool:
        return self.hp > 0 and not self.gone

    def modifier(self, stat: str) -> int:
        """Of a score, before conditions: (score - 10) // 2."""
        return (self.figures.get(stat, 10) - 10) // 2

    def to_json(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            "figures": dict(self.figures),
            "conditions": {k: c.to_json() for k, c in self.conditions.items()},
            "cooldowns": dict(self.cooldowns),
            "threat": dict(self.threat),
            "dying": list(self.dying),
            "affinities": dict(self.affinities),
            "abilities": list(self.abilities),
            "reactions": list(self.reactions),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Combatant:
        """What an older rules version wrote (no figures, sides or rows) is completed as far as the value itself tells;
        `encounters.renew` takes the rest from sheets and content when the fight goes on.
        """
        known = {n: raw[n] for n in cls.__dataclass_fields__ if n in raw}
        if "figures" not in known:
            known["figures"] = {"evade": raw["evade"] if "evade" in raw else raw["defence"]}
        if "side" not in known:
            known["side"] = "party" if raw["is_hero"] else "foes"
        known["conditions"] = {k: ActiveCondition.from_json(c) for k, c in raw.get("conditions", {}).items()}
        known["dying"] = tuple(raw.get("dying", (0, 0)))
        for name in ("abilities", "reactions"):
            known[name] = tuple(raw.get(name, ()))
        return cls(**known)


@dataclass(frozen=True)
class Encounter:
    """A fight in progress. `order` are combatant ids by initiative; `index` points at whose turn it is.

    `intents` maps a hero to the command (as JSON) that is locked for the hero's next turn; `yielding` are the heroes
    who have laid their weapons down, `talked` those who have tried to talk the foes out of it.
    """

    key: str
    name: str
    round: int
    order: tuple[str, ...]
    index: int
    combatants: Mapping[str, Combatant]
    intents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    yielding: tuple[str, ...] = ()
    talked: tuple[str, ...] = ()

    @property
    def actor(self) -> Combatant:
        return self.combatants[self.order[self.index]]

    def get(self, combatant_id: str) -> Combatant:
        """Raises UnknownTarget."""
        found = self.combatants.get(combatant_id)
        if found is None:
            raise UnknownTarget(f"nobody here is '{combatant_id}'; choose one of the targets shown")
        return found

    def members(self, side: str) -> list[Combatant]:
        """Everybody of a side by initiative, the fallen too."""
        return [c for i in self.order if (c := self.combatants[i]).side == side]

    def standing(self, side: str = "", *, heroes: bool | None = None) -> list[Combatant]:
        """Who of `side` (party or foes) can fight, by initiative. `heroes` true or false names the side instead."""
        if heroes is not None:
            side = "party" if heroes else "foes"
        combatants = self.combatants
        return [c for i in self.order if (c := combatants[i]).hp > 0 and c.side == side and not c.gone]

    def with_combatant(self, changed: Combatant) -> Encounter:
        return evolve(self, combatants={**self.combatants, changed.id: changed})

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": self.name,
            "round": self.round,
            "order": list(self.order),
            "index": self.index,
            "combatants": {k: c.to_json() for k, c in self.combatants.items()},
            "intents": {k: dict(i) for k, i in self.intents.items()},
            "yielding": list(self.yielding),
            "talked": list(self.talked),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Encounter:
        return cls(
            key=raw["key"],
            name=raw["name"],
            round=raw["round"],
            order=tuple(raw["order"]),
            index=raw["index"],
            combatants={k: Combatant.from_json(c) for k, c in raw["combatants"].items()},
            intents={k: dict(i) for k, i in raw.get("intents", {}).items()},
            yielding=tuple(raw.get("yielding", ())),
            talked=tuple(raw.get("talked", ())),
        )
