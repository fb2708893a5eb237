"""The stand-in's time: the real one, which a test may move forward."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus what `advance` added, in Appwrite's form: milliseconds and an explicit offset."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def reset(self) -> None:
        self._ahead = timedelta()

    def stamp(self, ahead: float = 0.0) -> str:
        """The time in `ahead` seconds as text; texts compare as their times do."""
        return (self.now() + timedelta(seconds=ahead)).isoformat(timespec="milliseconds")
