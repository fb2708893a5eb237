"""One budget of writes for each channel: what players wait for is never held up by what merely looks nice."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Literal

Kind = Literal["mechanics", "prose", "table", "stream"]
WRITES, SECONDS = 5, 5.0  # what Discord's headers allow a channel's messages at the time of writing
# So many of the writes are left to the kinds before: a streamed edit never takes the last places of a channel.
RESERVED: dict[Kind, int] = {"mechanics": 0, "prose": 0, "table": 1, "stream": 2}
KEPT = 2000  # channels remembered; a forgotten one merely has its whole budget


class WriteBudget:
    """Counts sends and edits by channel, and says how long the unimportant ones should wait.

    Mechanics and final prose are never asked to wait here: for them Discord's own limit is the limit.
    """

    def __init__(self, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._writes: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, channel_id: str) -> None:
        """A write goes out to this channel now."""
        writes = self._writes.setdefault(channel_id, deque(maxlen=WRITES))
        writes.append(self._clock())
        self._writes.move_to_end(channel_id)
        while len(self._writes) > KEPT:
            self._writes.popitem(last=False)

    def wait(self, channel_id: str, kind: Kind) -> float:
        """Seconds until a write of this kind may go to this channel; 0 for now."""
        if RESERVED[kind] == 0:
            return 0.0
        now = self._clock()
        recent = [at for at in self._writes.get(channel_id, ()) if now - at < self._seconds]
        over = len(recent) - (WRITES - RESERVED[kind])
        return max(0.0, recent[over] + self._seconds - now) if over >= 0 else 0.0
