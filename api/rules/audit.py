"""A log played again (`docs/rules.md`, Log): which turns come out the same, and where the first other one differs.

The commands are resolved, not the events folded, so a changed rule, a changed definition, another seed or an altered
command shows as another state; the events that were told are compared with those that the commands come to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from api.content.catalogue import Content
from api.rules.apply import fold
from api.rules.dice import KeyedDice
from api.rules.differences import Difference, differences
from api.rules.errors import RuleError
from api.rules.events import Event
from api.rules.replay import (
    RULES_VERSION,
    BrokenLog,
    Json,
    LoggedTurn,
    Step,
    plain,
    play_step,
    state_hash,
    state_of,
)
from api.rules.state import PlayState

# What old or altered commands and events can set off in rules that expect sound ones.
_WRONG = (RuleError, ValueError, KeyError, TypeError, AttributeError, AssertionError, IndexError)


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn played again: `state_hash` is what it came to, `foreign` that other rules or content had made it.

    `rules` and `content` are those that had; the content of a turn made by several is empty.
    """

    number: int
    actions: int
    state_hash: str
    sealed: bool
    same: bool
    rules: int
    content: str
    foreign: bool


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A turn that came out differently: why, the two hashes (empty where there is none), and where they differ."""

    turn: int
    logged: str
    replayed: str
    reason: str
    places: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """`state` is the one after the last turn that was played.

    `mismatch` is where the replay stopped. `estranged` are turns made by other rules or content that came out
    differently, which is no fault: the replay went on from their events or from the next snapshot (`skipped` are the
    turns in between; `lost`: no snapshot came any more, so `state` is not how it ended).
    """

    state: PlayState
    played: tuple[PlayedTurn, ...]
    mismatch: Mismatch | None = None
    estranged: tuple[Mismatch, ...] = ()
    skipped: tuple[int, ...] = ()
    lost: bool = False

    @property
    def turns(self) -> int:
        """How many sealed turns came out the same."""
        return sum(t.sealed and t.same for t in self.played)

    @property
    def actions(self) -> int:
        return sum(t.actions for t in self.played)

    @property
    def foreign(self) -> tuple[int, ...]:
        """Turns that were made by other rules or other content: they may differ with good reason."""
        return tuple(t.number for t in self.played if t.foreign)


def replay(turns: Iterable[LoggedTurn], seed: str, content: Content) -> Replayed:
    """Play the turns again and stop at the first one that came out differently.

    The first has a snapshot, from which the replay starts; later ones that have one are compared with it. Raises
    BrokenLog.
    """
    turns = iter(turns)
    first = next(turns, None)
    if first is None or first.snapshot is None:
        raise BrokenLog("there is no snapshot to begin with")
    return _Replay(state_of(first.snapshot), seed, content).run(chain((first,), turns))


class _Replay:
    def __init__(self, state: PlayState, seed: str, content: Content) -> None:
        self.state = state
        self.seed = seed
        self.content = content
        self.lost = False  # after a foreign turn whose outcome is not known: the next snapshot mends it
        self.played: list[PlayedTurn] = []
        self.estranged: list[Mismatch] = []
        self.skipped: list[int] = []

    def run(self, turns: Iterable[LoggedTurn]) -> Replayed:
        mismatch = None
        for turn in turns:
            mismatch = self._begin(turn) or self._play(turn)
            if mismatch is not None:
                break
        return Replayed(
            self.state, tuple(self.played), mismatch, tuple(self.estranged), tuple(self.skipped), self.lost
        )

    def _begin(self, turn: LoggedTurn) -> Mismatch | None:
        """Compare with the snapshot that was taken here, or go on from it after a gap."""
        if turn.snapshot is None:
            return None
        taken = state_of(turn.snapshot)
        if self.lost:
            self.state, self.lost = taken, False
            return None
        logged, found = state_hash(taken), state_hash(self.state)
        if logged == found:
            return None
        why = "the snapshot taken before this turn is not the state in which the one before it ended"
        return Mismatch(turn.number, logged, found, why, _places(taken, self.state))

    def _play(self, turn: LoggedTurn) -> Mismatch | None:
        if self.lost:
            self.skipped.append(turn.number)
            return None
        again = _Again(replace(self.state, turn_number=turn.number), turn, self.seed, self.content)
        wrong = again.judged()
        foreign = turn.rules != RULES_VERSION or turn.content != self.content.content_hash[:16]
        self.played.append(
            PlayedTurn(
                turn.number, again.actions, again.hash, bool(turn.seal), wrong is None, turn.rules, turn.content,
                foreign,
            )
        )  # fmt: skip
        self.state = again.state
        if wrong is None or not foreign:
            return wrong
        self.estranged.append(wrong)
        if again.as_told is not None and state_hash(again.as_told) == turn.seal:
            self.state = again.as_told
        else:
            self.lost = True
        return None


class _Again:
    """One turn played again. `as_told` is the state by the events that were told, None while that is not known."""

    def __init__(self, before: PlayState, turn: LoggedTurn, seed: str, content: Content) -> None:
        self.turn = turn
        self.state = before
        self.as_told: PlayState | None = before
        self.actions = 0
        self.refused = ""
        self.misfit: tuple[Difference, ...] = ()
        for step in turn.steps:
            self._step(step, KeyedDice(seed, turn.number, step.index), content)
        self.hash = state_hash(self.state)
        self.misfit = self.misfit or self._unlogged()

    def _step(self, step: Step, dice: KeyedDice, content: Content) -> None:
        told = self.turn.told.of(step) if self.turn.told is not None else None
        done = None
        if not self.refused:
            try:
                done = play_step(self.state, step, dice, content)
            except BrokenLog:
                raise
            except _WRONG as error:
                self.refused = str(error) or repr(error)
        if done is not None:
            self.state = done.state
            self.actions += len(step.commands)
            if told is not None and done.told is not None and not self.misfit:
                self.misfit = _misfit(told, done.told)
        if step.how in ("deed", "close", "story"):
            self.as_told = self._folded(step)
        else:
            self.as_told = self._beside(step, dice, content)

    def _unlogged(self) -> tuple[Difference, ...]:
        """Deeds that were told, and that no step did."""
        told = self.turn.told.deeds if self.turn.told is not None else {}
        deeds = [step for step in self.turn.steps if step.how in ("deed", "close")]
        done = {str(command.get("actor")) for step in deeds for command in step.commands}
        more = {actor: list(events) for actor, events in told.items() if events and actor not in done}
        return tuple(differences({"deeds": more}, {"deeds": {}}))

    def _folded(self, step: Step) -> PlayState | None:
        """`as_told` after the events of this step; None when they cannot be read or are not kept."""
        if self.as_told is None or self.turn.told is None:
            return None
        try:
            return fold(self.as_told, self.turn.told.in_order(step))
        except _WRONG:
            return None

    def _beside(self, step: Step, dice: KeyedDice, content: Content) -> PlayState | None:
        """`as_told` after a step that told nothing in its turn: it is resolved there, too."""
        if self.as_told is None:
            return None
        try:
            return play_step(self.as_told, step, dice, content).state
        except _WRONG:
            return None

    def judged(self) -> Mismatch | None:
        """What is wrong with the turn, if anything."""
        turn, found = self.turn, self.hash
        if self.refused:
            return Mismatch(turn.number, turn.seal, "", f"the rules refuse what was done: {self.refused}")
        if turn.seal in ("", found):
            why = "the events told are not those that the commands and dice come to"
            return Mismatch(turn.number, turn.seal, found, why, self.misfit) if self.misfit else None
        if self.as_told is not None and state_hash(self.as_told) == turn.seal:
            why = "the commands and dice come to another state than was told and sealed"
            return Mismatch(turn.number, turn.seal, found, why, _places(self.as_told, self.state))
        if self.misfit:
            why = "neither the commands nor the events told come to the sealed state"
            return Mismatch(turn.number, turn.seal, found, why, self.misfit)
        return Mismatch(turn.number, turn.seal, found, "what was done does not come to the sealed state")


def _misfit(told: list[Sequence[Json]], found: list[Sequence[Event]]) -> tuple[Difference, ...]:
    """Where the told events of the first deed that differs are not those that its command comes to.

    Words for people are left out: a sentence that was mended is no rule that changed.
    """
    for logged, events in zip(told, found, strict=True):
        again = json.loads(json.dumps([e.to_json() for e in events]))
        places = differences({"events": _wordless(list(logged))}, {"events": _wordless(again)})
        if places:
            return tuple(places)
    return ()


def _wordless(value: Any) -> Any:
    """Without what only people read: every text with a space in it, such as names, labels and refusals."""
    if isinstance(value, dict):
        return {key: _wordless(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_wordless(one) for one in value]
    return "(words)" if isinstance(value, str) and " " in value else value


def _places(logged: PlayState, replayed: PlayState) -> tuple[Difference, ...]:
    return tuple(differences(plain(logged), plain(replayed)))
