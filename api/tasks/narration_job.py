"""A narration's job as RQ stores it, put into the queue together with the wake-up by one script.

RQ's `enqueue` builds each job anew and takes a transaction of eight commands, which was a quarter of what accepting a
turn costs. All narrations are alike but for their ids, so what RQ writes for one is the pattern for the others;
`tests/workers/test_enqueueing.py` compares both.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

import redis
from rq import Queue
from rq.job import Job
from rq.utils import now, utcformat

from api.publishing.feed import WAKE_CHANNEL, wake_message

_OWN = ("created_at", "enqueued_at", "description", "data", "meta")  # what differs from job to job
# In this order: who follows the feed hears of it first, and the id comes last, when its job is there to be taken.
_PUT = """
if ARGV[1] ~= '' then redis.call('PUBLISH', {channel}, ARGV[1]) end
redis.call('SADD', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[3], {common}, unpack(ARGV, 3))
return redis.call('RPUSH', KEYS[2], ARGV[2])
"""


class NarrationJobs:
    """Puts jobs for one function, which takes a turn's id, into one queue. `lives`: seconds that a result is kept."""

    def __init__(
        self, connection: redis.Redis, queue: Queue, function: str, *, seconds: int, lives: int
    ) -> None:
        self._queue = queue
        self._function = function
        sample = queue.create_job(
            function,
            ("",),
            job_id="pattern",
            description="",
            timeout=seconds,
            result_ttl=lives,
            failure_ttl=lives,
        )
        sample.origin = queue.name
        common = [part for pair in sample.to_dict().items() if pair[0] not in _OWN for part in pair]
        self._put = connection.register_script(
            _PUT.format(channel=_quoted(WAKE_CHANNEL), common=", ".join(map(_quoted, common)))
        )

    def put(self, job_id: str, turn_id: str, meta: Mapping[str, str], woken: tuple[str, int] | None) -> None:
        """`woken`: a session whose followers are told of this row first. Raises redis.RedisError."""
        serializer, at = self._queue.serializer, utcformat(now())
        data = zlib.compress(serializer.dumps((self._function, None, (turn_id,), {})))
        values = (at, at, job_id, data, serializer.dumps(dict(meta)))
        self._put(
            keys=[self._queue.redis_queues_keys, self._queue.key, Job.key_for(job_id)],
            args=[
                wake_message(*woken) if woken else "",
                job_id,
                *(part for pair in zip(_OWN, values, strict=True) for part in pair),
            ],
        )


def _quoted(value: object) -> str:
    """A plain word or number as a string of Lua, which for ASCII is one of JSON."""
    return json.dumps(value if isinstance(value, str) else str(value))
