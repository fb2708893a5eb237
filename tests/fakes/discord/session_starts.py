"""How often bots may identify: a thousand times a day, and one shard after the other."""

from tests.fakes.discord.clock import Clock

DAY = 24 * 3600.0
BETWEEN_IDENTIFIES = 5.0


class SessionStarts:
    """The budget of identifies that `GET /gateway/bot` tells, and with `spaced` the five seconds between."""

    def __init__(self, clock: Clock, total: int = 1000, concurrency: int = 1, spaced: bool = False) -> None:
        self._clock = clock
        self._total = total
        self._concurrency = concurrency
        self._spaced = spaced
        self._opened = float("-inf")
        self._used = 0
        self._last: dict[int, float] = {}

    def take(self) -> bool:
        """Use one identify up; False when none is left today."""
        self._renew()
        if self._used >= self._total:
            return False
        if not self._used:
            self._opened = self._clock.time()
        self._used += 1
        return True

    def comes_too_soon(self, shard: int) -> bool:
        """Whether a shard of the same group has identified within the last five seconds."""
        now, group = self._clock.time(), shard % self._concurrency
        too_soon = self._spaced and now - self._last.get(group, float("-inf")) < BETWEEN_IDENTIFIES
        if not too_soon:
            self._last[group] = now
        return too_soon

    def json(self) -> dict[str, int]:
        """The `session_start_limit` object."""
        self._renew()
        left = self._opened + DAY - self._clock.time() if self._used else DAY
        return {
            "total": self._total,
            "remaining": self._total - self._used,
            "reset_after": int(left * 1000),
            "max_concurrency": self._concurrency,
        }

    def _renew(self) -> None:
        if self._clock.time() - self._opened >= DAY:
            self._used = 0
