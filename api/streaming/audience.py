"""Followers and what they are told: one shared backlog, and for each follower only a place in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.services.deps import Actor
from api.streaming.backlog import Backlog
from api.streaming.frames import Frame
from api.streaming.limits import Limits


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody showed at the door, kept so that it can be asked again whether it is still good."""

    authorization: str = field(repr=False)
    cookie: str = field(repr=False)
    act_for: str
    act_name: str


class Follower:
    """One open connection. Whoever changes something for it sets `signal`; only its own task reads."""

    __slots__ = ("actor", "credentials", "signal", "gone", "beat", "ending", "last_seq")

    def __init__(self, actor: Actor, credentials: Credentials) -> None:
        self.actor = actor
        self.credentials = credentials
        self.signal = asyncio.Event()
        self.gone = False  # the other side hung up
        self.beat = False  # a keep-alive is due
        self.ending: tuple[str, str] | None = None  # event and reason of the last words that are due
        self.last_seq: int | None = None  # a leaver gets the feed up to here

    def end(self, kind: str, reason: str) -> None:
        """Say so and hang up, `closed` for good or `resync` to come back."""
        self.ending = self.ending or (kind, reason)
        self.signal.set()

    def hang_up(self) -> None:
        self.gone = True
        self.signal.set()

    def leave_after(self, seq: int) -> None:
        self.last_seq = seq if self.last_seq is None else min(seq, self.last_seq)

    @property
    def is_leaving(self) -> bool:
        return self.last_seq is not None or self.ending is not None

    def is_done(self, seen: int) -> bool:
        """Nothing more is due: hung up, let go, or a leaver who has had the last row."""
        past = self.last_seq is not None and seen >= self.last_seq
        return self.gone or past or self.ending is not None

    def may_have(self, frame: Frame) -> bool:
        return self.last_seq is None or 0 < frame.seq <= self.last_seq


class Audience:
    """Those who get the same frames."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.followers: set[Follower] = set()
        self.backlog = Backlog(limits.backlog_frames, limits.backlog_bytes)
        self.empty_since = asyncio.get_running_loop().time()

    @contextmanager
    def joined(self, follower: Follower) -> Iterator[Follower]:
        self.followers.add(follower)
        try:
            yield follower
        finally:
            self.followers.discard(follower)
            if not self.followers:
                self.empty_since = asyncio.get_running_loop().time()

    def publish(self, frame: Frame) -> None:
        self.backlog.append(frame)
        self.rouse()

    def rouse(self) -> None:
        for follower in self.followers:
            follower.signal.set()

    def beat(self) -> None:
        """Everybody who has nothing else to hear gets a sign of life."""
        for follower in self.followers:
            follower.beat = True
        self.rouse()

    def end_all(self, kind: str, reason: str) -> None:
        for follower in self.followers:
            follower.end(kind, reason)
