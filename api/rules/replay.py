"""A session resolved again from its log (`docs/rules.md`, Log): what was asked, by which rules, and what it came to.

A log is a snapshot and the steps after it. A step says which commands were resolved in which way, and where in the
turn's dice that began; commands, seed, turn number and dice index are all that a result depends on. Each turn is sealed
with the hash of the state that it left. Replaying resolves the commands again (not the events), so a changed rule or a
changed piece of content shows as another hash, and names the first turn that came out differently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from api.content.catalogue import Content
from api.rules import engine
from api.rules.commands import command_from_json
from api.rules.dice import KeyedDice
from api.rules.errors import RuleError
from api.rules.sheet import resolve_sheet
from api.rules.state import Hero, PlayState

# Grows whenever the same commands and dice may come to another result than before.
RULES_VERSION = 2

How = Literal["deed", "close", "intent", "sheet", "seated", "left"]


class BrokenLog(ValueError):
    """Raised for a log that cannot be read or that holds what the rules refuse."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that changed the state.

    `how`: `deed` (one hero's command, resolved ahead of its beat), `close` (the rest of a turn together), `intent` (a
    hero locks or takes back what to do in the own turn of a fight: `engine.resolve`), `sheet` (a command of
    `resolve_sheet`, standing orders too), `seated` (a hero joins with the sheet in `hero`), `left` (the hero `who`
    leaves). `index` is the dice index before the step, `spent` the minutes of deeds already resolved in the same beat.
    """

    how: How
    index: int = 0
    commands: tuple[Mapping[str, Any], ...] = ()
    spent: int = 0
    hero: Mapping[str, Any] | None = None
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
    def from_json(cls, raw: Mapping[str, Any]) -> Step:
        """Raises BrokenLog."""
        try:
            return cls(**{**raw, "commands": tuple(raw.get("commands", ()))})
        except TypeError as error:
            raise BrokenLog(f"a step cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn's steps in order and the `seal`: the hash of the state after them (empty: the turn is still open)."""

    number: int
    steps: tuple[Step, ...]
    seal: str = ""
    rules: int = RULES_VERSION
    content: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first turn that came out differently."""

    turn: int
    logged: str
    replayed: str
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """`turns` is the number of sealed turns that were played again; `state` the one after the last of them."""

    state: PlayState
    turns: int
    actions: int
    mismatch: Mismatch | None = None
    foreign: tuple[int, ...] = field(default=())  # turns that were made by other rules or other content


def state_hash(state: PlayState) -> str:
    """A fingerprint of everything that the rules know: world and sheets, not the turn's number. 32 hex digits."""
    plain = {"world": state.world_to_json(), "heroes": {k: h.to_json() for k, h in state.heroes.items()}}
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def snapshot_of(state: PlayState) -> dict[str, Any]:
    """The state as JSON, to start a replay from."""
    return {
        "turn_number": state.turn_number,
        "world": state.world_to_json(),
        "heroes": {k: h.to_json() for k, h in state.heroes.items()},
    }


def state_of(snapshot: Mapping[str, Any]) -> PlayState:
    """The state of a `snapshot_of`. Raises BrokenLog."""
    try:
        heroes = {k: Hero.from_json(h) for k, h in snapshot["heroes"].items()}
        return PlayState.from_json(snapshot["world"], snapshot["turn_number"], heroes)
    except (KeyError, TypeError) as error:
        raise BrokenLog(f"the snapshot cannot be read: {error!r}") from error


def play_step(state: PlayState, step: Step, dice: KeyedDice, content: Content) -> PlayState:
    """The state after one step. Raises RuleError, UnknownCommand, BrokenLog."""
    match step.how:
        case "seated":
            if step.hero is None:
                raise BrokenLog("a hero was seated without a sheet")
            return state.with_hero(Hero.from_json(step.hero))
        case "left":
            return replace(state, heroes={k: h for k, h in state.heroes.items() if k != step.who})
        case "deed":
            command = command_from_json(dict(step.commands[0]))
            return engine.resolve_one_deed(state, command, dice, content).state
        case "intent":
            return engine.resolve(state, command_from_json(dict(step.commands[0])), dice, content).state
        case "sheet":
            return resolve_sheet(state, command_from_json(dict(step.commands[0])), dice, content).state
        case "close":
            commands = [command_from_json(dict(c)) for c in step.commands]
            done = engine.resolve_together(state, commands, dice, content, tolerant=True, spent=step.spent)
            return done.state
    raise BrokenLog(f"a step of the kind {step.how!r} is not known")


def replay(snapshot: Mapping[str, Any], turns: Iterable[LoggedTurn], seed: str, content: Content) -> Replayed:
    """Play the turns again from a snapshot, and stop at the first one whose seal does not fit.

    Turns of other rules or other content are played too, and named in `foreign`: they may differ with good reason.
    Raises BrokenLog.
    """
    state = state_of(snapshot)
    played = actions = 0
    foreign: list[int] = []
    for turn in turns:
        state = replace(state, turn_number=turn.number)
        if turn.rules != RULES_VERSION or turn.content != content.content_hash[:16]:
            foreign.append(turn.number)
        try:
            for step in turn.steps:
                dice = KeyedDice(seed, turn.number, step.index)
                state = play_step(state, step, dice, content)
                actions += len(step.commands)
        except (RuleError, ValueError, KeyError) as error:
            why = f"a step cannot be played again: {error}"
            return Replayed(state, played, actions, Mismatch(turn.number, turn.seal, "", why), tuple(foreign))
        if not turn.seal:
            break  # the turn under way is not sealed yet
        found = state_hash(state)
        if found != turn.seal:
            why = "the same commands and dice came to another state"
            return Replayed(
                state, played, actions, Mismatch(turn.number, turn.seal, found, why), tuple(foreign)
            )
        played += 1
    return Replayed(state, played, actions, None, tuple(foreign))
