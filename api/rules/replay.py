"""A session's log (`docs/rules.md`, Log): what was asked, by which rules, and what it came to.

A log is a snapshot and the steps after it. A step says which commands were resolved in which way, and where in the
turn's dice that began; commands, seed, turn number and dice index are all that a result depends on. Each turn is sealed
with the hash of the state that it left. `api/rules/audit.py` plays it all again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from api.content.catalogue import Content
from api.rules import engine, proposals
from api.rules.commands import Command, command_from_json
from api.rules.dice import KeyedDice
from api.rules.events import Event, event_from_json
from api.rules.sheet import resolve_sheet
from api.rules.state import Hero, PlayState

# Grows whenever the same commands and dice may come to another result (state or events) than before; the golden logs
# in tests/replays/ fail when it was forgotten.
RULES_VERSION = 2

How = Literal["deed", "close", "intent", "sheet", "story", "seated", "left"]
Json = Mapping[str, Any]


class BrokenLog(ValueError):
    """Raised for a log that cannot be read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that changed the state.

    `how`: `deed` (one hero's command, resolved ahead of its beat), `close` (the rest of a turn together), `intent` (a
    hero locks or takes back what to do in the own turn of a fight: `engine.resolve`), `sheet` (a command of
    `resolve_sheet`, standing orders too), `story` (what the game master proposed and was accepted:
    `proposals.take_up`), `seated` (a hero joins with the sheet in `hero`), `left` (the hero `who`
    leaves). `index` is the dice index before the step, `spent` the minutes of deeds already resolved in the same beat.
    """

    how: How
    index: int = 0
    commands: tuple[Json, ...] = ()
    spent: int = 0
    hero: Json | None = None
    who: str = ""

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the default, since every turn keeps its steps."""
        out: dict[str, Any] = {"how": self.how}
        if self.commands:
            out |= {"index": self.index, "commands": [dict(c) for c in self.commands]}
        if self.spent:
            out["spent"] = self.spent
        if self.hero is not None:
            out["hero"] = dict(self.hero)
        if self.who:
            out["who"] = self.who
        return out

    @classmethod
    def from_json(cls, raw: Json) -> Step:
        """Raises BrokenLog."""
        try:
            return cls(**{**raw, "commands": tuple(raw.get("commands", ()))})
        except TypeError as error:
            raise BrokenLog(f"a step cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Told:
    """The events that a turn told, as JSON: those of each deed by its actor, the closing ones, and those of accepted
    proposals (`meanwhile`), which came first."""

    deeds: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    closing: Sequence[Json] = ()
    meanwhile: Sequence[Json] = ()

    def of(self, step: Step) -> list[Sequence[Json]] | None:
        """What a step told: one list for each command and, for a `close`, the closing; None where it told nothing."""
        if step.how == "story":
            return [self.meanwhile]
        if step.how not in ("deed", "close"):
            return None
        deeds = [self.deeds.get(actor, ()) for actor in _actors(step)]
        return [*deeds, self.closing] if step.how == "close" else deeds

    def in_order(self, step: Step) -> Iterator[Event]:
        """The same as events and as they happened, for `deeds` stands in that order. Raises UnknownEvent."""
        if step.how == "story":
            yield from (event_from_json(dict(raw)) for raw in self.meanwhile)
            return
        actors = set(_actors(step))
        deeds = [events for actor, events in self.deeds.items() if actor in actors]
        for events in [*deeds, self.closing] if step.how == "close" else deeds:
            yield from (event_from_json(dict(raw)) for raw in events)


def _actors(step: Step) -> list[str]:
    return [str(command.get("actor")) for command in step.commands]


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn's steps in order and the `seal`: the hash of the state after them (empty: the turn is still open).

    `told` is absent when its events are no longer kept; then only the state is compared. `snapshot` is the state before
    the first step, where one was taken.
    """

    number: int
    steps: tuple[Step, ...]
    seal: str = ""
    rules: int = RULES_VERSION
    content: str = ""
    told: Told | None = None
    snapshot: Json | None = None


def plain(state: PlayState) -> dict[str, Any]:
    """Everything that the rules know as JSON has it: world and sheets, not the turn's number."""
    raw = {"world": state.world_to_json(), "heroes": {k: h.to_json() for k, h in state.heroes.items()}}
    clean: dict[str, Any] = json.loads(json.dumps(raw))
    return clean


def state_hash(state: PlayState) -> str:
    """A fingerprint of `plain(state)`, whatever the order of its keys. 32 hex digits."""
    raw = {"world": state.world_to_json(), "heroes": {k: h.to_json() for k, h in state.heroes.items()}}
    canonical = json.dumps(raw, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def snapshot_of(state: PlayState) -> dict[str, Any]:
    """The state as JSON, to start a replay from. Heroes are a list: their order decides ties, and a store may sort."""
    return {
        "turn_number": state.turn_number,
        "world": state.world_to_json(),
        "heroes": [h.to_json() for h in state.heroes.values()],
    }


def state_of(snapshot: Json) -> PlayState:
    """The state of a `snapshot_of`. Raises BrokenLog."""
    try:
        heroes = [Hero.from_json(h) for h in snapshot["heroes"]]
        return PlayState.from_json(snapshot["world"], snapshot["turn_number"], {h.id: h for h in heroes})
    except (KeyError, TypeError, AttributeError) as error:
        raise BrokenLog(f"a snapshot cannot be read: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step came to; `told` as in `Told.of`."""

    state: PlayState
    told: list[Sequence[Event]] | None = None


def play_step(state: PlayState, step: Step, dice: KeyedDice, content: Content) -> Stepped:
    """Resolve one step. Raises RuleError, UnknownCommand, BrokenLog."""
    match step.how:
        case "seated":
            if step.hero is None:
                raise BrokenLog("a hero was seated without a sheet")
            return Stepped(state.with_hero(Hero.from_json(step.hero)))
        case "left":
            return Stepped(replace(state, heroes={k: h for k, h in state.heroes.items() if k != step.who}))
        case "deed":
            done = engine.resolve_one_deed(state, _only(step), dice, content)
            return Stepped(done.state, list(done.deeds))
        case "intent":
            return Stepped(engine.resolve(state, _only(step), dice, content).state)
        case "sheet":
            return Stepped(resolve_sheet(state, _only(step), dice, content).state)
        case "story":
            commands = [command_from_json(dict(c)) for c in step.commands]
            taken = proposals.take_up(state, commands, dice, content)
            for _command, refusal in taken.refused:
                raise refusal
            return Stepped(taken.state, [taken.events])
        case "close":
            commands = [command_from_json(dict(c)) for c in step.commands]
            done = engine.resolve_together(state, commands, dice, content, tolerant=True, spent=step.spent)
            return Stepped(done.state, [*done.deeds, done.closing])
    raise BrokenLog(f"a step of the kind {step.how!r} is not known")


def _only(step: Step) -> Command:
    if len(step.commands) != 1:
        raise BrokenLog(f"a step of the kind {step.how!r} has {len(step.commands)} commands, not one")
    return command_from_json(dict(step.commands[0]))
