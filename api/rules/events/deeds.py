"""What heroes attempted: checks, affordances, talk, rest, passing."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.events.base import Event, register


@register
@dataclass(frozen=True, slots=True)
class CheckRolled(Event):
    """A roll against a difficulty. `rolls` are all dice thrown, `kept` the one that counts; degree by margin."""

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
    actor: str
    actor_name: str
    hp_after: int
    mp_after: int
