"""What the game master proposes beside the prose; players have no such commands (`api/rules/proposals.py`)."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.commands.base import Command, register


@register
@dataclass(frozen=True, slots=True)
class StartEncounter(Command):
    """A fight of this scene's encounter table comes upon the party."""

    encounter: str


@register
@dataclass(frozen=True, slots=True)
class RevealClue(Command):
    """One of the scene's own clues comes to light, by its key."""

    clue: str


@register
@dataclass(frozen=True, slots=True)
class AdvanceQuest(Command):
    """The stage under way of a quest counts as done, where its conditions allow it."""

    quest: str


@register
@dataclass(frozen=True, slots=True)
class SwayPerson(Command):
    """A person of the world who is here likes the party a little more or less."""

    person: str
    amount: int


@register
@dataclass(frozen=True, slots=True)
class BringPerson(Command):
    """A person of the world comes into the scene, where its visitors name them."""

    person: str


@register
@dataclass(frozen=True, slots=True)
class EndScene(Command):
    """The scene is over; the party goes on to where its `close` leads."""
