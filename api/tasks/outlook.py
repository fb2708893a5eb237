"""How long a turn will wait for the game master: read rarely, from what the workers say with their heartbeats."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import redis
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

FRESH_SECONDS = 1.0
WORTH_SAYING = 3.0  # seconds; a shorter wait is no news


@dataclass(frozen=True, slots=True)
class Outlook:
    """`waiting` turns in the queue, `in_flight` of `slots` being told; `seconds` until a new one begins, None when no
    worker is there to begin it."""

    waiting: int
    in_flight: int
    slots: int
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        seconds = None if self.seconds is None else round(self.seconds, 1)
        return {"waiting": self.waiting, "in_flight": self.in_flight, "slots": self.slots, "seconds": seconds}

    def notice(self) -> dict[str, Any] | None:
        """What a player should be told, or None when there is nothing to tell."""
        if self.seconds is None:
            message = "The game master is away for a moment; your turn is kept and will be told."
        elif self.seconds >= WORTH_SAYING:
            message = (
                f"Many tables are playing: {self.waiting} turns wait; "
                f"the game master comes to yours in about {self.seconds:.0f} s."
            )
        else:
            return None
        return {
            "waiting": self.waiting,
            "seconds": None if self.seconds is None else round(self.seconds),
            "message": message,
        }


def estimate(waiting: int, workers: list[tuple[int, int, float]]) -> Outlook:
    """From the waiting turns and (slots, in flight, mean seconds of a job) of each worker that is alive."""
    slots = sum(w[0] for w in workers)
    in_flight = sum(w[1] for w in workers)
    if not slots:
        return Outlook(waiting, in_flight, slots, None)
    mean = sum(w[0] * w[2] for w in workers) / slots
    queued = max(0, waiting - max(0, slots - in_flight))
    return Outlook(waiting, in_flight, slots, queued * mean / slots)


class Probe:
    """The outlook of one queue. Whoever asks when it has become old reads it anew, the others get the old one."""

    def __init__(self, connection: redis.Redis, queue: str, queue_key: str) -> None:
        self._redis = connection
        self._queue_key = queue_key
        self._workers_key = WORKERS_BY_QUEUE_KEY % queue
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._last: Outlook | None = None

    def look(self) -> Outlook | None:
        """At most `FRESH_SECONDS` old, or None when Redis is away. Costs two round trips a second, no more."""
        if time.monotonic() - self._read_at > FRESH_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._read_at = time.monotonic()
                self._last = self._read()
            except redis.RedisError:
                self._last = None
            finally:
                self._lock.release()
        return self._last

    def _read(self) -> Outlook:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.llen(self._queue_key)
            pipe.smembers(self._workers_key)
            waiting, keys = pipe.execute()
            for key in keys:
                pipe.hmget(key, "slots", "in_flight", "mean_seconds", "death")
            rows = pipe.execute() if keys else []
        alive = [(int(s), int(f or 0), float(m or 0)) for s, f, m, death in rows if s and not death]
        return estimate(waiting, alive)
