"""Takes jobs from one queue for the slots that are free, one or a few at a time."""

from __future__ import annotations

import redis
import structlog
from rq import Queue

from api.workers.fair_pick import FairPick, Picked
from api.workers.guarded_job import GuardedJob
from api.workers.slots import Slots

log = structlog.get_logger()


class Intake:
    """`wait_seconds` is the longest sleep in Redis; `look_again_seconds` how often it looks while all must wait."""

    def __init__(
        self,
        queue: Queue,
        job_class: type[GuardedJob],
        slots: Slots,
        *,
        wait_seconds: int,
        look_again_seconds: float,
    ) -> None:
        self._queue = queue
        self._job_class = job_class
        self._slots = slots
        self._wait_seconds = wait_seconds
        self._look_again_seconds = look_again_seconds
        self._pick = FairPick(queue.connection, queue.key)

    def take(self, count: int, *, block: bool) -> list[GuardedJob] | None:
        """At most `count` jobs; none when those that wait must wait on; None when nothing waits. With `block` it
        sleeps for what may come. Raises redis.RedisError."""
        found = self._pick.choose(self._slots.view(), count)
        if found is None and block:
            arrived = self._pick.next_arrival(self._wait_seconds)
            found = None if arrived is None else [arrived]
        if found is None:
            return None
        jobs = [job for job in map(self._read, found) if job is not None]
        # What arrived in an empty queue has not been looked at yet.
        late = [j for j in jobs if len(jobs) == 1 and not self._slots.admits(j.sponsor_id, j.session_id)]
        for job in late:
            self._pick.put_back(job.id)
        taken = [j for j in jobs if j not in late]
        if not taken:
            self._slots.wait_for_change(self._look_again_seconds)
        return taken

    def _read(self, picked: Picked) -> GuardedJob | None:
        job = self._job_class(picked.id, connection=self._queue.connection, serializer=self._queue.serializer)
        try:
            job.restore(picked.fields)
        except redis.RedisError:
            raise
        except Exception as error:
            # Anybody may have written it, or it has expired: one unreadable job must not stop the others.
            log.error("job_unreadable", job_id=picked.id, error=repr(error))
            self._pick.drop(picked.id)
            return None
        return job
