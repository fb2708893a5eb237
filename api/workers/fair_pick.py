"""Chooses the next jobs of a queue: the least served sponsor first, no session twice, atomically as RQ's own pop."""

from __future__ import annotations

from dataclasses import dataclass

import redis
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.utils import as_text

WINDOW = 2_000  # how far into the queue the pick looks

# The jobs go to RQ's intermediate list in the same step, so that a crash after it loses nothing that RQ cannot find.
# KEYS: queue, intermediate list. ARGV: job key prefix, window, JSON of Slots.view(), how many at most. Returns false
# when the queue is empty, else for each chosen job its id and its hash; none when all that wait must go on waiting.
_PICK = """
local ids = redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)
if #ids == 0 then return false end
local view, wanted = cjson.decode(ARGV[3]), tonumber(ARGV[4])
local load, busy = view.sponsors, view.sessions

local function open(job)
    local session_free = job.session == '' or (busy[job.session] or 0) < view.per_session
    return session_free and (job.sponsor == '' or (load[job.sponsor] or 0) < view.per_sponsor)
end

local candidates, unserved, seen = {}, 0, {}
for _, id in ipairs(ids) do
    local job = {id = id, sponsor = '', session = ''}
    local raw = redis.pcall('HGET', ARGV[1] .. id, 'meta')
    if type(raw) == 'string' then
        local readable, meta = pcall(cjson.decode, raw)
        if readable and type(meta) == 'table' then
            if type(meta.sponsor_id) == 'string' then job.sponsor = meta.sponsor_id end
            if type(meta.session_id) == 'string' then job.session = meta.session_id end
        end
    end
    if open(job) then
        candidates[#candidates + 1] = job
        if (load[job.sponsor] or 0) == 0 and not seen[job.sponsor] then
            seen[job.sponsor] = true
            unserved = unserved + 1
            if unserved == wanted then break end
        end
    end
end

local chosen = {}
while wanted > 0 do
    local best, least = nil, nil
    for place, job in ipairs(candidates) do
        local here = load[job.sponsor] or 0
        if not job.taken and open(job) and (least == nil or here < least) then
            best, least = job, here
            if here == 0 then break end
        end
    end
    if best == nil then break end
    best.taken = true
    load[best.sponsor] = least + 1
    busy[best.session] = (busy[best.session] or 0) + 1
    redis.call('LREM', KEYS[1], 1, best.id)
    redis.call('RPUSH', KEYS[2], best.id)
    local fields = redis.pcall('HGETALL', ARGV[1] .. best.id)
    chosen[#chosen + 1] = best.id
    chosen[#chosen + 1] = fields.err and {} or fields
    wanted = wanted - 1
end
return chosen
"""


@dataclass(frozen=True, slots=True)
class Picked:
    """A job's id and its hash as RQ wrote it; no fields when it is gone."""

    id: str
    fields: dict[bytes, bytes]


class FairPick:
    """The pop of one queue. Its methods may raise redis.RedisError."""

    def __init__(self, connection: redis.Redis, queue_key: str) -> None:
        self._redis = connection
        self._queue_key = queue_key
        self._intermediate_key = IntermediateQueue.get_intermediate_queue_key(queue_key)
        self._script = connection.register_script(_PICK)

    def choose(self, view: str, count: int) -> list[Picked] | None:
        """At most `count` jobs that should come next; none when all that wait must wait on; None when none waits."""
        found = self._script(
            keys=[self._queue_key, self._intermediate_key],
            args=[Job.redis_job_namespace_prefix, WINDOW, view, count],
        )
        if found is None:
            return None
        pairs = zip(found[::2], found[1::2], strict=True)
        return [
            Picked(as_text(job_id), dict(zip(flat[::2], flat[1::2], strict=True))) for job_id, flat in pairs
        ]

    def next_arrival(self, seconds: int) -> Picked | None:
        """Wait for a job to arrive in the empty queue and take it."""
        found = self._redis.blmove(self._queue_key, self._intermediate_key, seconds)
        if found is None:
            return None
        job_id = as_text(found)
        return Picked(job_id, self._redis.hgetall(Job.redis_job_namespace_prefix + job_id))

    def put_back(self, job_id: str) -> None:
        """Return a job to the head of the queue, where it was taken from."""
        with self._redis.pipeline() as pipe:
            pipe.lrem(self._intermediate_key, 1, job_id)
            pipe.lpush(self._queue_key, job_id)
            pipe.execute()

    def drop(self, job_id: str) -> None:
        """Forget a job that cannot be read."""
        self._redis.lrem(self._intermediate_key, 1, job_id)
