"""One worker keeps many jobs in flight, and each of them is safe from the others."""

from __future__ import annotations

import time

import pytest
from rq import Callback, Queue
from rq.command import send_stop_job_command
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import DefaultSerializer, JSONSerializer

from api.workers.concurrent import ConcurrentWorker
from api.workers.runtime import Sizes
from api.workers.slots import Limits
from tests.workers.conftest import Bench, ends, status
from tests.workers.house import wait_until
from tests.workers.jobs import seen


def test_jobs_wait_side_by_side(bench: Bench) -> None:
    jobs = [bench.put("nap", str(i), 0.5) for i in range(40)]
    began = time.monotonic()
    bench.worker()
    ends(*jobs)
    assert seen.peak == 40
    assert time.monotonic() - began < 40 * 0.5 / 4


def test_a_slot_is_taken_before_a_job_is_dequeued(bench: Bench) -> None:
    jobs = [bench.put("nap", str(i), 0.6) for i in range(5)]
    bench.worker(Limits(2))
    wait_until(lambda: len(seen.started) == 2)
    time.sleep(0.2)
    intermediate = IntermediateQueue(bench.queue.key, bench.redis)
    assert (bench.queue.count, intermediate.get_job_ids()) == (3, [])
    ends(*jobs)
    assert seen.peak == 2


def test_coroutines_and_plain_functions_both_run_and_leave_their_results(bench: Bench) -> None:
    bench.worker()
    plain, coroutine = bench.put("add", 2, 3), bench.put("nap", "short", 0)
    ends(plain, coroutine)
    assert (plain.return_value(), coroutine.return_value()) == (5, "short")
    assert all(name.startswith("plain-job") for name in seen.threads)


def test_one_job_out_of_time_does_not_disturb_the_others(bench: Bench) -> None:
    bench.worker()
    late, others = bench.put("nap", "late", 30, job_timeout=1), [bench.put("nap", "x", 2) for _ in range(5)]
    ends(*others)
    ends(late, as_="failed")
    assert "JobTimeoutException" in str(late.latest_result().exc_string)
    assert len(seen.ended) == 6, "the late one was cancelled"


def test_what_a_job_raises_is_recorded(bench: Bench) -> None:
    bench.worker()
    job, later = bench.put("stumble"), bench.put("nap", "later", 0)
    ends(job, as_="failed")
    assert "LookupError: no such door" in str(job.latest_result().exc_string)
    assert job.id in bench.queue.failed_job_registry
    ends(later)


def test_a_function_that_is_none_of_ours_does_not_run(bench: Bench) -> None:
    bench.worker()
    job = bench.put("forbidden")
    ends(job, as_="failed")
    assert "JobNotAllowed" in str(job.latest_result().exc_string)
    assert seen.started == []


def test_a_job_of_ours_brings_no_foreign_callbacks(bench: Bench) -> None:
    bench.worker()
    good = bench.put("add", 1, 1, on_success=Callback("tests.workers.jobs.forbidden"))
    bad = bench.put("stumble", on_failure=Callback("tests.workers.jobs.forbidden"))
    ends(good)
    ends(bad, as_="failed")
    assert seen.started == []


def test_pickle_is_not_read_whatever_the_command_line_says(bench: Bench) -> None:
    pickled = Queue("practice", connection=bench.redis, serializer=DefaultSerializer)
    job = pickled.enqueue("tests.workers.jobs.add", 1, 1)
    bench.worker()
    ends(job, as_="failed")
    assert seen.threads == set()


def test_a_job_that_cannot_be_read_does_not_stop_the_queue(bench: Bench) -> None:
    bench.redis.hset("rq:job:broken", mapping={"data": b"x", "created_at": b"yesterday", "status": b"?"})
    bench.redis.rpush(bench.queue.key, "broken", "gone")
    job = bench.put("nap", "after", 0)
    bench.worker()
    ends(job)
    assert IntermediateQueue(bench.queue.key, bench.redis).get_job_ids() == []


def test_heartbeats_keep_live_jobs_from_being_taken_for_dead(bench: Bench) -> None:
    worker = bench.worker(sizes=Sizes(beat_seconds=0.2))
    job = bench.put("nap", "long", 60)
    registry, dead_at = due(bench, worker, job)
    wait_until(lambda: _due(bench, registry) > dead_at)
    registry.cleanup(timestamp=dead_at)
    assert status(job) == "started"


def test_without_heartbeats_they_would_be(bench: Bench) -> None:
    worker = bench.worker(sizes=Sizes(beat_seconds=60))
    job = bench.put("nap", "long", 60)
    registry, dead_at = due(bench, worker, job)
    registry.cleanup(timestamp=dead_at)
    assert status(job) == "failed"


def due(bench: Bench, worker: ConcurrentWorker, job: Job) -> tuple[StartedJobRegistry, float]:
    """RQ's list of running jobs, and the second at which the job counts as dead if nobody says that it lives."""
    wait_until(lambda: status(job) == "started")
    registry = StartedJobRegistry(queue=bench.queue, job_class=worker.job_class, serializer=JSONSerializer)
    return registry, _due(bench, registry)


def _due(bench: Bench, registry: StartedJobRegistry) -> float:
    ((_, dead_at),) = bench.redis.zrange(registry.key, 0, -1, withscores=True)
    return float(dead_at)


def test_rq_can_stop_one_job_among_many(bench: Bench) -> None:
    bench.worker()
    doomed, other = bench.put("nap", "doomed", 30), bench.put("nap", "other", 1)
    wait_until(lambda: status(doomed) == "started" and len(seen.started) == 2)
    send_stop_job_command(bench.redis, doomed.id, serializer=JSONSerializer)
    ends(doomed, as_="stopped")
    ends(other)


def test_a_worker_has_one_queue(bench: Bench) -> None:
    with pytest.raises(ValueError, match="one queue"):
        ConcurrentWorker(["a", "b"], connection=bench.redis)


def test_a_worker_that_is_told_to_drain_takes_nothing_new(bench: Bench) -> None:
    worker = bench.worker()
    running = bench.put("nap", "running", 1)
    wait_until(lambda: status(running) == "started")
    worker.request_drain()
    time.sleep(worker.wait_seconds + 0.3)
    late = bench.put("nap", "late", 0)
    ends(running)
    time.sleep(0.5)
    assert status(late) == "queued"
