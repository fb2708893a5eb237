"""Time and ids at the edge: what the rules must not have, in one place that tests can replace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ulid import ULID


class Clock:
    """The real clock. Times are UTC; stored as ISO text that sorts as time does."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def iso(self, *, after: float = 0) -> str:
        return iso(self.now() + timedelta(seconds=after))

    def new_id(self) -> str:
        """A fresh ULID: 26 characters that sort by time."""
        return str(ULID.from_datetime(self.now()))


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_until(text: str, now: datetime) -> float:
    return (datetime.fromisoformat(text) - now).total_seconds()
