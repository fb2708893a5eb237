"""Requirements: when something is offered, and what is missing where that is fair to know."""

from __future__ import annotations

from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import Requirement
from api.rules import people
from api.rules.errors import Closed, DoneAlready, IllegalAction
from api.rules.figures import item_key
from api.rules.state import Hero, PlayState
from api.rules.world import time_of_day

SECRET = "The moment for that has not come."


@dataclass(frozen=True, slots=True)
class Lack:
    """Why something is closed, as a sentence. What is `secret` is not even offered: knowing of it would tell.

    `done`: it is not closed but over, since it was done or tried before.
    """

    reason: str
    secret: bool
    done: bool = False

    @property
    def refusal(self) -> IllegalAction:
        """What it raises when it is tried all the same."""
        return DoneAlready(self.reason) if self.done else Closed(self.reason)


def meets(requires: Requirement, state: PlayState, hero: Hero, content: Content) -> bool:
    """Whether every part holds for this hero now (`docs/rules.md`, World)."""
    return lacking(requires, state, hero, content) is None


def lacking(requires: Requirement, state: PlayState, hero: Hero, content: Content) -> Lack | None:
    """The first part that does not hold; None when all do. Story flags, quests and things stay secret."""
    if not _story_holds(requires, state, hero):
        return Lack(SECRET, True)
    reason = (
        _hero_lacks(requires, hero, content)
        or _opinion_lacks(requires, state, content)
        or _time_lacks(requires, state)
    )
    return Lack(reason, False) if reason else None


def carries(hero: Hero, item: str) -> int:
    """How many of an item a hero carries, those found with affixes included."""
    return sum(n for key, n in hero.inventory.items() if item_key(key) == item)


def _story_holds(requires: Requirement, state: PlayState, hero: Hero) -> bool:
    return (
        all(flag in state.notes for flag in requires.flags)
        and not any(flag in state.notes for flag in requires.without)
        and (requires.item is None or carries(hero, requires.item) > 0)
        and (requires.quest is None or _status(state, requires.quest) == "active")
        and (requires.quest_done is None or _status(state, requires.quest_done) == "done")
    )


def _status(state: PlayState, quest: str) -> str:
    known = state.quests.get(quest)
    return known.status if known else ""


def _hero_lacks(requires: Requirement, hero: Hero, content: Content) -> str:
    if hero.level < requires.level:
        return f"{hero.name} must be of level {requires.level} for that, and is of level {hero.level}."
    if requires.classes and hero.character_class not in requires.classes:
        names = " or ".join(content.classes[key].name for key in requires.classes)
        return f"Only {names} can do that."
    return ""


def _opinion_lacks(requires: Requirement, state: PlayState, content: Content) -> str:
    for faction, least in requires.reputation.items():
        now = people.reputation_of(state, content, faction)
        if now < least:
            name = content.factions[faction].name
            return f"{name}: a reputation of {least} is wanted, and the party has {now}."
    for person, least in requires.disposition.items():
        if people.disposition_of(state, content, person) < least:
            return f"{content.npcs[person].name} does not like the party well enough for that."
    return ""


def _time_lacks(requires: Requirement, state: PlayState) -> str:
    if requires.time is not None and time_of_day(state.clock) != requires.time:
        return "That waits for daylight." if requires.time == "day" else "That waits for the night."
    return ""
