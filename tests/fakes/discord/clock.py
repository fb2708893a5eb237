"""The stand-in's sense of time: real time that a test may push forward, or time that stands still."""

import datetime
import time

DISCORD_EPOCH_MS = 1_420_070_400_000


class RunningClock:
    """Real time; `advance` makes the rest of the world believe that more of it has passed."""

    def __init__(self) -> None:
        self._started = time.time()
        self._monotonic = time.monotonic()
        self._pushed = 0.0

    def time(self) -> float:
        """Seconds since 1970, never going back."""
        return self._started + (time.monotonic() - self._monotonic) + self._pushed

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._pushed += seconds


class FrozenClock:
    """Time that passes only when a test says so."""

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start

    def time(self) -> float:
        """Seconds since 1970, never going back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._now += seconds


Clock = RunningClock | FrozenClock


def timestamp(seconds: float) -> str:
    """Seconds since 1970 in the form that Discord writes into its JSON."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


def born_at(snowflake: str) -> float:
    """When the thing with this id was made, in seconds since 1970."""
    return ((int(snowflake) >> 22) + DISCORD_EPOCH_MS) / 1000


class Snowflakes:
    """Gives out Discord ids: unique, rising, with the time of their making in the upper bits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """A fresh id."""
        now_ms = int(self._clock.time() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, now_ms << 22)
        return str(self._last)

    def next_apart(self) -> str:
        """A fresh id with a time part of its own, so that guilds spread over shards."""
        self._last = ((self._last >> 22) + 1) << 22
        return self.next()
