"""One worker a queue, as threads of one process: made again when they end, drained when the process is told to stop."""

from __future__ import annotations

import contextvars
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import redis
import structlog

from api.workers.concurrent import ConcurrentWorker

log = structlog.get_logger()

RETRY_SECONDS = 1.0
TWICE_SECONDS = 1.0  # the terminal and a supervisor may both pass on one Ctrl-C


class QueueThread(threading.Thread):
    """Keeps a worker at one queue. `make` builds a fresh one and may raise redis.RedisError while Redis is away."""

    def __init__(self, queue: str, make: Callable[[str], ConcurrentWorker]) -> None:
        super().__init__(name=f"worker-{queue}", daemon=True)
        self._queue = queue
        self._make = make
        self._stop_asked = threading.Event()
        self._worker: ConcurrentWorker | None = None
        self._lock = threading.Lock()
        self._context = contextvars.copy_context()

    def run(self) -> None:
        self._context.run(self._work)

    def _work(self) -> None:
        while not self._stop_asked.is_set():
            try:
                worker = self._make(self._queue)
                with self._lock:
                    self._worker = worker
                    if self._stop_asked.is_set():
                        return
                worker.work(with_scheduler=False, logging_level="WARNING")
            except redis.RedisError as error:
                log.warning("worker_waits_for_redis", queue=self._queue, error=str(error))
            except Exception:
                # Whatever it was, a queue without a worker is worse.
                log.exception("worker_failed", queue=self._queue)
            self._stop_asked.wait(RETRY_SECONDS)

    def stop(self, *, abandon: bool = False) -> None:
        """Drain, or with `abandon` leave at once what runs. Safe in a signal handler."""
        self._stop_asked.set()
        worker = self._worker
        if worker is not None and abandon:
            worker.request_abandon()
        elif worker is not None:
            worker.request_drain()


class StopSignals:
    """SIGTERM and SIGINT: the first drains, a later one abandons."""

    def __init__(self, threads: list[QueueThread]) -> None:
        self._threads = threads
        self._first_at: float | None = None

    def install(self) -> None:
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)

    def _hear(self, _signum: int, _frame: FrameType | None) -> None:
        again = self._first_at is not None and time.monotonic() - self._first_at > TWICE_SECONDS
        self._first_at = self._first_at or time.monotonic()
        for thread in self._threads:
            thread.stop(abandon=again)


def serve(queues: list[str], make: Callable[[str], ConcurrentWorker]) -> None:
    """Work until a signal says stop; returns when all have drained. Call it from the main thread."""
    threads = [QueueThread(q, make) for q in queues]
    StopSignals(threads).install()
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # a join without end would keep signals from being heard
            thread.join(0.5)
