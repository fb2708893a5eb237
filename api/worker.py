"""The worker: `python -m api.worker ai_tasks …`, or `rq worker ai_tasks -S json -w api.worker.Worker`.

It runs only our own job functions, with JSON on the wire, and keeps the sweeper beside it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

import redis
import structlog
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

from api.services.sweeper import sweep
from api.settings import BadSettings, load_settings
from api.tasks.context import wired
from api.tasks.queue import QUEUES
from api.wiring import CannotStart, configure_logging

log = structlog.get_logger()

REDIS_RETRY_SECONDS = 1.0

ALLOWED = frozenset(
    {"api.tasks.ai_tasks.generate_dm_response", "api.tasks.combat_tasks.process_combat_round"}
)


class JobNotAllowed(Exception):
    """A job names a function that is none of ours: who can write to Redis must not choose what runs."""


class Worker(SimpleWorker):
    """RQ's in-process worker with a whitelist. The store's leases make its death harmless, so its own
    registries may be slow to notice."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        if job.func_name not in ALLOWED:
            log.error("job_refused", job_id=job.id, function=job.func_name)
            refused = JobNotAllowed(job.func_name)
            self.handle_job_failure(job, queue, execution, exc_string=repr(refused))
            return False
        bound = {"job_id": job.id, "request_id": job.meta.get("request_id", "")}
        with structlog.contextvars.bound_contextvars(**bound):
            done: bool = super().perform_job(job, queue, execution)
            return done


class Sweeper(threading.Thread):
    """Sweeps at a steady beat until told to stop. Many may run: every mend is a conditional commit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._seconds = seconds
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(self._seconds):
            try:
                done = {k: n for k, n in sweep(wired().deps).items() if n}
                if done:
                    log.info("swept", **done)
            except Exception:
                # The sweeper is the safety net: whatever went wrong now, the next pass must come.
                log.exception("sweep_failed")

    def stop(self) -> None:
        self._stop_asked.set()


def main(arguments: list[str]) -> int:
    names = arguments or list(QUEUES)
    unknown = [n for n in names if n not in QUEUES]
    if unknown:
        print(f"Unknown queue {', '.join(unknown)}; known are {', '.join(QUEUES)}.", file=sys.stderr)
        return 2
    try:
        settings = load_settings()
        configure_logging(settings.log_level, "worker")
        wired()
    except (BadSettings, CannotStart) as error:
        print(f"The worker cannot start:\n{error}", file=sys.stderr)
        return 4
    sweeper = Sweeper(settings.sweep_seconds)
    sweeper.start()
    log.info("worker_started", queues=names, pid=os.getpid())
    try:
        _work(settings.redis_url, names)
    finally:
        sweeper.stop()
    return 0


def _work(redis_url: str, names: list[str]) -> None:
    """Work until asked to stop. While Redis is away the sweeper goes on alone, and we look for Redis again."""
    pause = threading.Event()
    while True:
        # No read time-out here: a blocking pop waits longer than any that fits ordinary calls.
        connection = redis.Redis.from_url(redis_url, socket_connect_timeout=5)
        try:
            worker = Worker(
                [Queue(n, connection=connection, serializer=JSONSerializer) for n in names],
                connection=connection,
                serializer=JSONSerializer,
                worker_ttl=60,
                job_monitoring_interval=5,
            )
            worker.max_connection_wait_time = REDIS_RETRY_SECONDS  # RQ would sleep up to a minute
            worker.work(with_scheduler=False, logging_level="WARNING")
            return  # a warm shutdown was asked for
        except redis.RedisError as error:
            log.warning("worker_waits_for_redis", error=str(error))
            pause.wait(REDIS_RETRY_SECONDS)


def _stop(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
