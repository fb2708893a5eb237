"""Publishes from a thread of its own, in order, so that a slow Redis never holds up the event loop."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from api.services.deps import Publishing

log = structlog.get_logger()

DELTAS_WAITING = (
    2_000  # more than that and Redis is in trouble: deltas are dropped, the text comes with its turn
)
DELTA_SECONDS = 5.0  # an older sentence has been overtaken


@dataclass(frozen=True, slots=True)
class _Parcel:
    send: Callable[[], None]
    stale_at: float | None = None  # None: a wake-up, which is never stale


class Pump:
    """Wraps a publisher; its methods return at once. Losing either costs latency, never an event."""

    def __init__(self, publisher: Publishing) -> None:
        self._publisher = publisher
        self._parcels: queue.SimpleQueue[_Parcel | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)
        self._thread.start()

    def wake(self, session_id: str, seq: int) -> None:
        self._parcels.put(_Parcel(lambda: self._publisher.wake(session_id, seq)))

    def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None:
        if self._parcels.qsize() >= DELTAS_WAITING:
            log.warning("delta_dropped", session_id=session_id, turn_id=turn_id)
            return
        self._parcels.put(
            _Parcel(
                lambda: self._publisher.delta(session_id, turn_id, attempt, offset, text),
                time.monotonic() + DELTA_SECONDS,
            )
        )

    def forget(self, session_id: str, turn_id: str, attempt: int) -> None:
        self._parcels.put(_Parcel(lambda: self._publisher.forget(session_id, turn_id, attempt)))

    def close(self, seconds: float = 2.0) -> None:
        """Send what waits, for at most so long."""
        self._parcels.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (parcel := self._parcels.get()) is not None:
            if parcel.stale_at is not None and time.monotonic() > parcel.stale_at:
                continue
            try:
                parcel.send()
            except Exception:
                # The publisher logs what Redis does wrong; whatever else happens, the next parcel must go out.
                log.exception("parcel_not_published")
