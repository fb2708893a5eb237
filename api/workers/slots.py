"""The places for jobs in flight: how many in all, for one sponsor and for one session."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

MEMORY = 0.1  # weight of the newest job in the mean duration


@dataclass(frozen=True, slots=True)
class Limits:
    """`share` of all slots is the most that one sponsor gets; `per_session` jobs of a session work at once."""

    slots: int
    share: float = 1.0
    per_session: int = 1

    @property
    def per_sponsor(self) -> int:
        return max(1, int(self.slots * self.share))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A slot that a job holds."""

    sponsor_id: str
    session_id: str
    since: float


class Slots:
    """Counts what is in flight. One thread reserves and fills, any thread gives back."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._changed = threading.Condition()
        self._taken = 0  # reserved before the dequeue, filled or not
        self._sponsors: Counter[str] = Counter()
        self._sessions: Counter[str] = Counter()
        self._mean_seconds = 0.0

    def reserve(self, at_most: int, stopping: Callable[[], bool], patience: float = 0.5) -> int:
        """Take slots before anything is dequeued. Waits for at least one; 0 when it should stop instead."""
        with self._changed:
            while self._taken >= self.limits.slots:
                if stopping():
                    return 0
                self._changed.wait(patience)
            if stopping():
                return 0
            count = min(at_most, self.limits.slots - self._taken)
            self._taken += count
            return count

    def give_back(self, count: int) -> None:
        """So many of the reserved slots were not needed."""
        with self._changed:
            self._taken -= count
            self._changed.notify_all()

    def admits(self, sponsor_id: str, session_id: str) -> bool:
        with self._changed:
            session_free = not session_id or self._sessions[session_id] < self.limits.per_session
            return session_free and (not sponsor_id or self._sponsors[sponsor_id] < self.limits.per_sponsor)

    def fill(self, sponsor_id: str, session_id: str) -> Ticket:
        """The reserved slot now belongs to a job."""
        with self._changed:
            self._sponsors[sponsor_id] += 1
            self._sessions[session_id] += 1
        return Ticket(sponsor_id, session_id, time.monotonic())

    def done(self, ticket: Ticket) -> None:
        with self._changed:
            self._taken -= 1
            for counter, key in (
                (self._sponsors, ticket.sponsor_id),
                (self._sessions, ticket.session_id),
            ):
                counter[key] -= 1
                if counter[key] <= 0:
                    del counter[key]
            seconds = time.monotonic() - ticket.since
            weight = MEMORY if self._mean_seconds else 1.0
            self._mean_seconds += weight * (seconds - self._mean_seconds)
            self._changed.notify_all()

    def wait_for_change(self, seconds: float) -> None:
        """Sleep until a job ends, or for so long."""
        with self._changed:
            self._changed.wait(seconds)

    @property
    def in_flight(self) -> int:
        with self._changed:
            return sum(self._sponsors.values())

    @property
    def mean_seconds(self) -> float:
        """How long a job took lately; 0 before the first has ended."""
        with self._changed:
            return self._mean_seconds

    def view(self) -> str:
        """What the pick has to know, as JSON: jobs in flight by sponsor and by session, and the limits of both."""
        with self._changed:
            seen = {
                "sponsors": dict(self._sponsors),
                "sessions": {s: n for s, n in self._sessions.items() if s},
                "per_sponsor": self.limits.per_sponsor,
                "per_session": self.limits.per_session,
            }
        return json.dumps(seen)
