"""A clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.clock import Clock


class MovableClock(Clock):
    """Starts at a fixed moment and stands still until `advance`."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
