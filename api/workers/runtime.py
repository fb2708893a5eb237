"""What all workers of one process share: the event loop, the threads for blocking work, and the heartbeat."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")
FINALISERS = 2
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """`store_threads` run blocking store calls of coroutines; `plain_threads` run jobs that are no coroutines."""

    store_threads: int = 4
    plain_threads: int = 4
    beat_seconds: float = 5.0


class Alive(Protocol):
    def beat(self) -> None: ...


class Runtime:
    """Start it before the first worker, stop it after the last. Threads of the pools start when they are needed."""

    def __init__(self, sizes: Sizes | None = None) -> None:
        self.sizes = sizes or Sizes()
        self.loop = asyncio.new_event_loop()
        self._store = ThreadPoolExecutor(self.sizes.store_threads, thread_name_prefix="store")
        self._plain = ThreadPoolExecutor(self.sizes.plain_threads, thread_name_prefix="plain-job")
        self._finalisers = ThreadPoolExecutor(FINALISERS, thread_name_prefix="finalise")
        self.loop.set_default_executor(self._store)  # what asyncio.to_thread uses
        self._members: list[Alive] = []
        self._members_lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run_loop, name="job-loop", daemon=True),
            threading.Thread(target=self._beat_for_all, name="heartbeat", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; it sees the caller's context variables."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def in_plain_thread(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a job that is no coroutine; it sees the caller's context variables."""
        context = contextvars.copy_context()
        return await self.loop.run_in_executor(
            self._plain, lambda: context.run(lambda: function(*args, **kwargs))
        )

    async def in_finaliser(self, function: Callable[..., T], *args: Any) -> T:
        """Tell RQ how a job ended; a pool of its own, so that it never waits behind the store."""
        context = contextvars.copy_context()
        return await self.loop.run_in_executor(self._finalisers, lambda: context.run(function, *args))

    def join(self, member: Alive) -> None:
        with self._members_lock:
            self._members.append(member)

    def leave(self, member: Alive) -> None:
        with self._members_lock:
            self._members = [m for m in self._members if m is not member]

    def stop(self) -> None:
        """End the loop (which closes the providers' connections) and the threads."""
        self._stopping.set()
        self.loop.call_soon_threadsafe(self.loop.stop)
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        for pool in (self._store, self._plain, self._finalisers):
            pool.shutdown(wait=False, cancel_futures=True)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def _beat_for_all(self) -> None:
        while not self._stopping.wait(self.sizes.beat_seconds):
            with self._members_lock:
                members = list(self._members)
            for member in members:
                try:
                    member.beat()
                except Exception:
                    # One worker's trouble must not let the jobs of the others be taken for dead.
                    log.exception("heartbeat_failed")
