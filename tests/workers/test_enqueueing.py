"""A narration's job as our script writes it, beside what RQ's own `enqueue` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis
import structlog
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from api.publishing.feed import WAKE_CHANNEL
from api.tasks.queue import JOB_SECONDS, RESULT_SECONDS, JobQueue, narration_job_id

FUNCTION = "api.tasks.ai_tasks.generate_dm_response"
DIFFER = {b"created_at", b"enqueued_at", b"data"}  # two moments, and compressed: compared as the job reads it


@pytest.fixture
def connection(redis_url: str) -> redis.Redis:
    made = redis.Redis.from_url(redis_url)
    made.flushall()
    return made


@pytest.fixture
def jobs(connection: redis.Redis) -> JobQueue:
    return JobQueue(connection)


@pytest.fixture
def listener(connection: redis.Redis) -> Iterator[redis.client.PubSub]:
    with connection.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(WAKE_CHANNEL)
        listening.get_message(timeout=5)  # the confirmation
        yield listening


def test_a_narrations_job_is_what_rq_would_write(jobs: JobQueue, connection: redis.Redis) -> None:
    queue = Queue("ai_tasks", connection=connection, serializer=JSONSerializer)
    structlog.contextvars.bind_contextvars(request_id="r1")
    meta = {"request_id": "r1", "session_id": "s1", "sponsor_id": "u1"}
    queue.enqueue(
        FUNCTION, "t1", job_id="by-rq", meta=meta, description=narration_job_id("t1", 1),
        result_ttl=RESULT_SECONDS, failure_ttl=RESULT_SECONDS, job_timeout=JOB_SECONDS,
    )  # fmt: skip
    assert jobs.narrate("t1", 1, session_id="s1", sponsor_id="u1")
    structlog.contextvars.unbind_contextvars("request_id")
    theirs, ours = (connection.hgetall(Job.key_for(one)) for one in ("by-rq", narration_job_id("t1", 1)))
    assert set(ours) == set(theirs)
    assert {k: v for k, v in ours.items() if k not in DIFFER} == {
        k: v for k, v in theirs.items() if k not in DIFFER
    }
    job = Job.fetch(narration_job_id("t1", 1), connection=connection, serializer=JSONSerializer)
    assert (job.func_name, list(job.args), job.kwargs, job.meta) == (FUNCTION, ["t1"], {}, meta)
    assert job.created_at is not None and job.enqueued_at is not None
    assert queue.get_job_ids() == ["by-rq", narration_job_id("t1", 1)]
    assert queue in Queue.all(connection=connection)


def test_the_wake_up_goes_out_with_the_job(jobs: JobQueue, listener: redis.client.PubSub) -> None:
    jobs.narrate("t1", 1, session_id="s1", sponsor_id="u1", seq=7)
    heard = listener.get_message(timeout=5)
    assert heard is not None and json.loads(heard["data"]) == {"session_id": "s1", "seq": 7}


def test_a_job_without_news_wakes_nobody(jobs: JobQueue, listener: redis.client.PubSub) -> None:
    jobs.narrate("t1", 1, session_id="s1")
    jobs.narrate("t2", 1, session_id="s2", seq=3)
    heard = listener.get_message(timeout=5)
    assert heard is not None and json.loads(heard["data"]) == {"session_id": "s2", "seq": 3}


def test_a_redis_that_lost_everything_takes_the_next_job(jobs: JobQueue, connection: redis.Redis) -> None:
    jobs.narrate("t1", 1, session_id="s1")
    connection.flushall()
    connection.script_flush()
    assert jobs.narrate("t2", 1, session_id="s1")
    assert connection.lrange("rq:queue:ai_tasks", 0, -1) == [narration_job_id("t2", 1).encode()]
