"""What one sentence tells: a strike with its damage, an aid with all whom it reaches, what somebody gains."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.rules import events as ev


@dataclass(slots=True)
class Strike:
    """One attack on one target and all that it did."""

    source: str
    source_name: str
    target: str
    target_name: str
    means_key: str
    hit: bool
    critical: bool = False
    amount: int = 0
    damage_type: str = ""
    hp_after: int = -1
    downed: bool = False
    blows: int = 1
    lying: bool = False  # whether it struck somebody who lay fallen already
    conditions: list[str] = field(default_factory=list)
    resisted: list[ev.ConditionResisted] = field(default_factory=list)
    ended: list[ev.ConditionEnded] = field(default_factory=list)


@dataclass(slots=True)
class Reached:
    """What an aid did to one target."""

    id: str
    name: str
    healed: int = 0
    restored: int = 0
    harmed: int = 0
    hp_after: int = -1
    damage_type: str = ""
    downed: bool = False
    recovered: bool = False
    revived: bool = False
    conditions: list[str] = field(default_factory=list)
    resisted: list[ev.ConditionResisted] = field(default_factory=list)
    ended: list[ev.ConditionEnded] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether nothing came of it that can be told."""
        return not (
            self.healed or self.restored or self.harmed or self.conditions or self.recovered or self.revived
            or self.resisted or self.ended
        )  # fmt: skip


@dataclass(slots=True)
class Aid:
    """An ability or item used without an attack roll, on one or many."""

    source: str
    source_name: str
    means: str
    means_key: str
    is_item: bool
    reached: list[Reached] = field(default_factory=list)
    more: bool = False  # whether it did something else, which is told by itself: a summons, a push, a taunt

    def target(self, who: str) -> Reached | None:
        return next((r for r in self.reached if r.id == who), None)


@dataclass(slots=True)
class Gain:
    """What one hero got: `things` are (key, name, quantity); gold may be negative (paid or lost)."""

    actor: str
    actor_name: str
    things: list[tuple[str, str, int]] = field(default_factory=list)
    gold: int = 0


@dataclass(slots=True)
class Single:
    """An event that is told by itself; `degree` is the check before it, if any."""

    event: ev.Event
    degree: str = ""
    helper: tuple[str, str] = ("", "")  # who lent a hand with that check, by id and name


@dataclass(slots=True)
class Grown:
    """Everybody who gained a level here, by id and name: they learn together, and it is told once."""

    people: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class TimePassed:
    minutes: int


Unit = Strike | Aid | Gain | Single | Grown | TimePassed


SPENT = "spent"  # the degree of a stunning that cost its bearer a turn
