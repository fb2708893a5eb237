"""What heroes attempted: checks, affordances, talk, help, rest, downtime, passing."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class CheckRolled(Event):
    """A roll against a difficulty. `rolls` are all dice thrown, `kept` the one that counts; degree by margin.

    `reasons` name what helped and hindered the roll: `+Inspired`, `-Blinded`. `helper` is a hero who lent a hand.
    """

    actor: str
    actor_name: str
    stat: str
    band: str
    difficulty: int
    rolls: tuple[int, ...]
    kept: int
    modifier: int
    total: int
    degree: str
    margin: int = 0
    reasons: tuple[str, ...] = ()
    helper: str = ""
    helper_name: str = ""


@register
@dataclass(frozen=True, slots=True)
class ContestRolled(Event):
    """A hero against somebody, d20 and modifier each: `margin` is the difference, a tie goes to the hero."""

    actor: str
    actor_name: str
    stat: str
    rolls: tuple[int, ...]
    kept: int
    modifier: int
    total: int
    rival_name: str
    rival_roll: int
    rival_modifier: int
    rival_total: int
    margin: int
    degree: str
    reasons: tuple[str, ...] = ()
    helper: str = ""
    helper_name: str = ""


@register
@dataclass(frozen=True, slots=True)
class GroupChecked(Event):
    """Everyone rolled (a CheckRolled each, before this): it works when at least `needed` of the rolls worked.

    `actors`, `names` and `degrees` stand in the same order; `degree` and `margin` are those of the roll that decides.
    """

    stat: str
    band: str
    difficulty: int
    actors: tuple[str, ...]
    names: tuple[str, ...]
    degrees: tuple[str, ...]
    worked: int
    needed: int
    margin: int
    degree: str


@register
@dataclass(frozen=True, slots=True)
class AffordanceUsed(Event):
    """A hero did one of the scene's own things; `degree` is success for those that need no roll."""

    actor: str
    actor_name: str
    scene: str
    affordance: str
    label: str
    degree: str
    tell: int  # which sentence of the outcome's `tell` the narrator uses


@register
@dataclass(frozen=True, slots=True)
class Spoke(Event):
    """A hero talked to someone of the scene (`person` key) or, with an empty `person`, to the company."""

    actor: str
    actor_name: str
    person: str
    person_name: str
    line: int  # which of the person's lines answers; -1 when nobody does
    npc: bool = False  # somebody of the world (`data/npcs`), whose lines are heard once wherever they are met


@register
@dataclass(frozen=True, slots=True)
class Improvised(Event):
    """Free text that needs a roll or none but is no affordance: something is tried, the world does not change.

    `kind` is look, move, force, sneak, wait or other, or follow (going along with what the party chose); the degree
    is as rolled, `none` where nothing was rolled. In an encounter it is a stunt that may leave a foe marked.
    """

    actor: str
    actor_name: str
    kind: str
    degree: str


@register
@dataclass(frozen=True, slots=True)
class ClaimRefused(Event):
    """Free text asserted what is not so, or tried what cannot be: nothing happened. `reason` is a sentence."""

    actor: str
    actor_name: str
    reason: str


@register
@dataclass(frozen=True, slots=True)
class TurnPassed(Event):
    """`reason` is chosen, deadline, stunned, down, left, outvoted (the party went another way) or alone
    (wanted to lead the party on, and too few came along).
    """

    actor: str
    actor_name: str
    reason: str


@register
@dataclass(frozen=True, slots=True)
class Rested(Event):
    """`kind` is short or long. `place` is the location of a world with a map, `day` its day; empty without one."""

    actor: str
    actor_name: str
    hp_after: int
    mp_after: int
    kind: str = "short"
    place: str = ""
    day: int = 0


@register
@dataclass(frozen=True, slots=True)
class NightSpent(Event):
    """The party takes a long rest here; `price` is what each hero's bed costs. Rested follows for everyone."""

    actor: str
    actor_name: str
    location: str
    location_name: str
    price: int


@register
@dataclass(frozen=True, slots=True)
class WoundsHealed(Event):
    """A long rest closes the wounds of dying; the maxima are as they are without them."""

    actor: str
    actor_name: str
    wounds: int
    hp_max: int
    mp_max: int
    evade: int


@register
@dataclass(frozen=True, slots=True)
class DowntimeSpent(Event):
    """A hero used a free day of the world's clock (`day`); `tell` is which sentence of the outcome is used."""

    actor: str
    actor_name: str
    activity: str
    activity_name: str
    degree: str
    tell: int
    day: int


@register
@dataclass(frozen=True, slots=True)
class Helped(Event):
    """A hero helps another: outside fights the other's next check has advantage."""

    actor: str
    actor_name: str
    target: str
    target_name: str


@register
@dataclass(frozen=True, slots=True)
class HelpLapsed(Event):
    """The help came to nothing: the hero acted and rolled no check."""

    target: str
    target_name: str
