"""Chooses the next job of a queue: the least served sponsor first, no session twice, atomically as RQ's own pop."""

from __future__ import annotations

import redis
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.utils import as_text

WINDOW = 2_000  # how far into the queue the pick looks

# The job goes to RQ's intermediate list in the same step, so that a crash after it loses nothing that RQ cannot find.
# KEYS: queue, intermediate list. ARGV: job key prefix, window, JSON of Slots.view(). Returns false when the queue is
# empty, "" when all that wait must go on waiting, else the job's id.
_PICK = """
local ids = redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)
if #ids == 0 then return false end
local view = cjson.decode(ARGV[3])
local best, least = '', nil
for _, id in ipairs(ids) do
    local sponsor, session = '', ''
    local raw = redis.pcall('HGET', ARGV[1] .. id, 'meta')
    if type(raw) == 'string' then
        local readable, meta = pcall(cjson.decode, raw)
        if readable and type(meta) == 'table' then
            if type(meta.sponsor_id) == 'string' then sponsor = meta.sponsor_id end
            if type(meta.session_id) == 'string' then session = meta.session_id end
        end
    end
    local load = view.sponsors[sponsor] or 0
    local open = not view.full[session] and (sponsor == '' or load < view.per_sponsor)
    if open and (least == nil or load < least) then
        best, least = id, load
        if load == 0 then break end
    end
end
if best ~= '' then
    redis.call('LREM', KEYS[1], 1, best)
    redis.call('RPUSH', KEYS[2], best)
end
return best
"""


class FairPick:
    """The pop of one queue. All three methods may raise redis.RedisError."""

    def __init__(self, connection: redis.Redis, queue_key: str) -> None:
        self._redis = connection
        self._queue_key = queue_key
        self._intermediate_key = IntermediateQueue.get_intermediate_queue_key(queue_key)
        self._script = connection.register_script(_PICK)

    def choose(self, view: str) -> str | None:
        """The id of the job that should come next; "" when none of those waiting may; None when none waits."""
        found = self._script(
            keys=[self._queue_key, self._intermediate_key],
            args=[Job.redis_job_namespace_prefix, WINDOW, view],
        )
        return None if found is None else str(as_text(found))

    def next_arrival(self, seconds: float) -> str | None:
        """Wait for a job to arrive in the empty queue and take it."""
        found = self._redis.blmove(self._queue_key, self._intermediate_key, seconds)
        return None if found is None else str(as_text(found))

    def put_back(self, job_id: str) -> None:
        """Return a job to the head of the queue, where it was taken from."""
        with self._redis.pipeline() as pipe:
            pipe.lrem(self._intermediate_key, 1, job_id)
            pipe.lpush(self._queue_key, job_id)
            pipe.execute()

    def drop(self, job_id: str) -> None:
        """Forget a job that cannot be read."""
        self._redis.lrem(self._intermediate_key, 1, job_id)
