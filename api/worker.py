"""The worker: `python -m api.worker ai_tasks …`, or `rq worker ai_tasks -S json -w api.worker.Worker`.

It runs only our own job functions, with JSON on the wire, many at once; `python -m` keeps the sweeper beside it.
"""

from __future__ import annotations

import os
import sys
from typing import Any, ClassVar

import redis
import structlog

from api.settings import BadSettings, load_settings
from api.tasks.context import unwire, wired
from api.tasks.queue import QUEUES
from api.wiring import CannotStart, configure_logging
from api.workers.concurrent import ConcurrentWorker
from api.workers.guarded_job import GuardedJob, JobNotAllowed
from api.workers.process import serve
from api.workers.runtime import Runtime, Sizes
from api.workers.slots import Limits
from api.workers.sweeping import Sweeper

__all__ = ["ALLOWED", "GameJob", "JobNotAllowed", "Worker", "main"]

log = structlog.get_logger()

ALLOWED = frozenset(
    {
        "api.tasks.ai_tasks.generate_dm_response",
        "api.tasks.ai_tasks.summarise_session",
        "api.tasks.combat_tasks.process_combat_round",
        "api.tasks.combat_tasks.finalize_combat",
        "api.tasks.mail_tasks.deliver_mail",
        "api.tasks.marketplace_tasks.cleanup_old_session_logs",
    }
)
PLAIN_SLOTS = 8  # jobs that are no coroutines: each needs a thread
WORKER_TTL = 60  # seconds after which RQ forgets a worker that is silent
MAINTENANCE_SECONDS = 30  # how often RQ looks for jobs that died with their worker


class GameJob(GuardedJob):
    allowed: ClassVar[frozenset[str]] = ALLOWED


class Worker(ConcurrentWorker):
    """Many turns in flight on one event loop. The store's leases make its death harmless, so RQ's own registries
    may be slow to notice."""

    job_class = GameJob

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(queues, *args, **kwargs)
        if kwargs.get("prepare_for_work", True):
            self.drain_seconds = wired().deps.settings.worker_drain_seconds

    def limits(self, queue_name: str) -> Limits:
        if queue_name != "ai_tasks":
            return Limits(PLAIN_SLOTS)
        settings = wired().deps.settings
        return Limits(settings.worker_slots, settings.worker_sponsor_share, settings.worker_jobs_per_session)

    def make_runtime(self) -> Runtime:
        return Runtime(Sizes(store_threads=wired().deps.settings.worker_store_threads))


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
    runtime = Runtime(Sizes(store_threads=settings.worker_store_threads))
    runtime.start()
    sweeper = Sweeper(settings.sweep_seconds)
    sweeper.start()
    log.info("worker_started", queues=names, pid=os.getpid())

    def make(queue: str) -> Worker:
        # A connection pool for each: RQ sets its time-outs. A blocking pop is never longer than a second.
        connection = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5)
        return Worker(
            [queue],
            connection=connection,
            worker_ttl=WORKER_TTL,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=5,
            runtime=runtime,
        )

    try:
        serve(names, make)
    finally:
        sweeper.stop()
        runtime.stop()
        unwire()
        log.info("worker_stopped", pid=os.getpid())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
