"""An RQ worker that keeps many jobs in flight on one event loop, one queue each.

It stands on private parts of RQ 3.0 (`_finalize_*`, `_current_job`, the steps in `_start`), so `rq` is pinned below
3.1: see ADR 0004.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, ClassVar

import redis
import structlog
from rq import Queue, worker_registration
from rq.command import parse_payload
from rq.executions import Execution
from rq.job import Job, _current_job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty
from rq.utils import now
from rq.worker import WorkerStatus
from rq.worker.base import BaseWorker

from api.workers.guarded_job import GuardedJob, JobNotAllowed
from api.workers.intake import Intake
from api.workers.runtime import Runtime
from api.workers.slots import Limits, Slots, Ticket

log = structlog.get_logger()

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
ABANDON_SECONDS = 3.0


class JobAbandoned(Exception):
    """The worker was told to stop and the job did not end in time."""


class JobStopped(Exception):
    """Somebody asked RQ to stop this job."""


@dataclass(eq=False, slots=True)
class Live:
    """A job in flight."""

    job: GuardedJob
    execution: Execution
    ticket: Ticket
    future: Future[None] | None = None
    stopped: bool = False


class ConcurrentWorker(BaseWorker):
    """Runs coroutine jobs on the runtime's loop and plain functions in its threads.

    `rq worker QUEUE -w module.Class` makes a runtime of its own; workers of one process share one (`runtime=`).
    """

    job_class: ClassVar[type[GuardedJob]]
    death_penalty_class = TimerDeathPenalty  # SIGALRM reaches the main thread only
    wait_seconds: ClassVar[int] = 1  # longest sleep in Redis, and so the longest before a stop is noticed
    look_again_seconds: ClassVar[float] = 0.05  # while all that wait in the queue must go on waiting
    redis_retry_seconds: ClassVar[float] = 1.0
    job_alive_seconds: ClassVar[int] = 30  # after so long without a heartbeat RQ takes a job for dead
    default_timeout: ClassVar[int] = 180
    batch = 16  # jobs taken in one round trip, as far as slots are free

    def __init__(self, queues: Any, *args: Any, runtime: Runtime | None = None, **kwargs: Any) -> None:
        names = [
            q.name if isinstance(q, Queue) else q
            for q in ([queues] if isinstance(queues, str | Queue) else queues)
        ]
        if kwargs.get("prepare_for_work", True) and len(names) != 1:
            raise ValueError("one queue for each worker: only then is RQ's pop safe against crashes")
        connection = kwargs.get("connection") or queues[0].connection
        # Whatever the command line says: JSON, because pickle runs what it reads, and our own guarded jobs.
        kwargs |= {"connection": connection, "serializer": JSONSerializer, "job_class": type(self).job_class}
        own = [
            Queue(n, connection=connection, serializer=JSONSerializer, job_class=type(self).job_class)
            for n in names
        ]
        super().__init__(own, *args, **kwargs)
        self.drain_seconds = 20.0
        self.slots = Slots(self.limits(names[0]) if names else Limits(1))
        self._given_runtime = runtime
        self._taken: list[GuardedJob] = []
        self._live: dict[str, Live] = {}
        self._stop_lock = threading.Lock()
        self._hurry = threading.Event()
        self._suspension_seen = float("-inf")

    @property
    def dequeue_timeout(self) -> int:
        return self.wait_seconds

    def limits(self, queue_name: str) -> Limits:
        """How much of this queue may be in flight at once."""
        return Limits(slots=100)

    def make_runtime(self) -> Runtime:
        """For a worker that has a process of its own."""
        return Runtime()

    # --- life ---

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        self._intake = Intake(
            self.queues[0], type(self).job_class, self.slots,
            wait_seconds=self.wait_seconds, look_again_seconds=self.look_again_seconds,
        )  # fmt: skip
        self._runtime = self._given_runtime or self.make_runtime()
        super().bootstrap(*args, **kwargs)
        if self._given_runtime is None:
            self._runtime.start()
        self._runtime.join(self)
        self.beat()  # who asks how busy the workers are need not wait for the first heartbeat

    def teardown(self) -> None:
        self._drain()
        self._runtime.leave(self)
        if self._given_runtime is None:
            self._runtime.stop()
        with self._redis_may_be_away("register_death"):
            self.register_death()
        with self._redis_may_be_away("unsubscribe"):
            self.unsubscribe()

    def request_drain(self) -> None:
        """Take nothing new, let what runs end. From any thread or signal handler."""
        self._shutdown_requested_date = self._shutdown_requested_date or now()
        self._stop_requested = True

    def request_abandon(self) -> None:
        """Do not wait for what runs."""
        self.request_drain()
        self._hurry.set()

    def _install_signal_handlers(self) -> None:
        # In a thread the process that made us listens for signals, and calls `request_drain`.
        if threading.current_thread() is threading.main_thread():
            super()._install_signal_handlers()

    def _shutdown(self) -> None:
        # No exception from a signal handler: it could strike between a pop and its registration.
        self.request_drain()

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        # One Ctrl-C may arrive twice, from the terminal and from whoever watches over us.
        if (now() - (self._shutdown_requested_date or now())).total_seconds() > 1:
            self.request_abandon()

    def _drain(self) -> None:
        """Wait for what runs; what has not ended in time is left to the sweeper, which finds it in the store."""
        self._wait_for_the_last(self.drain_seconds, self._hurry)
        left = list(self._live.values())
        if left:
            log.warning("jobs_abandoned", jobs=[each.job.id for each in left])
        for each in left:
            if each.future is not None:
                each.future.cancel()
        self._wait_for_the_last(ABANDON_SECONDS, threading.Event())

    def _wait_for_the_last(self, seconds: float, hurry: threading.Event) -> None:
        end = time.monotonic() + seconds
        while self._live and not hurry.is_set() and time.monotonic() < end:
            hurry.wait(0.02)

    # --- taking jobs ---

    def work(self, *args: Any, **kwargs: Any) -> bool:
        if kwargs.get("max_jobs") is not None:
            self.batch = 1  # RQ's loop counts what it takes, not how much at a time
        done: bool = super().work(*args, **kwargs)
        return done

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[GuardedJob, Queue] | None:
        """Slots, then jobs for them; the first stands for all in RQ's loop. None when it is time to stop.

        `timeout` None means burst mode.
        """
        free = self.slots.reserve(self.batch, lambda: self._stop_requested)
        idle_since = time.monotonic()
        while free and not self._stop_requested:
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()
            try:
                jobs = self._intake.take(free, block=timeout is not None)
            except redis.RedisError as error:
                log.warning("worker_waits_for_redis", error=str(error))
                time.sleep(self.redis_retry_seconds)
                continue
            if jobs:
                self.slots.give_back(free - len(jobs))
                self._taken = jobs
                return jobs[0], self.queues[0]
            idle = jobs is None
            if idle and timeout is None:
                break
            if idle and max_idle_time is not None and time.monotonic() - idle_since >= max_idle_time:
                break
        self.slots.give_back(free)
        return None

    # --- running them ---

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Start what was taken."""
        jobs, self._taken = self._taken, []
        tickets = [self.slots.fill(j.sponsor_id, j.session_id) for j in jobs]
        try:
            executions = self._start(jobs)
        except redis.RedisError as error:
            log.warning("jobs_not_started", jobs=[j.id for j in jobs], error=str(error))
            for ticket in tickets:
                self.slots.done(ticket)
            return
        started = [Live(*each) for each in zip(jobs, executions, tickets, strict=True)]
        self._live |= {each.execution.id: each for each in started}
        for each in started:
            each.future = self._runtime.spawn(self._serve(each, queue))

    def _start(self, jobs: list[GuardedJob]) -> list[Execution]:
        """RQ's `prepare_execution` and `prepare_job_execution` in one round trip: the jobs are registered as started,
        beat, and leave the intermediate list. Raises redis.RedisError."""
        executions = []
        with self.connection.pipeline() as pipe:
            for job in jobs:
                executions.append(Execution.create(job, self.job_alive_seconds, pipe, worker_name=self.name))
                job.prepare_for_execution(self.name, pipeline=pipe)
                pipe.persist(job.key)
                pipe.lrem(self.queues[0].intermediate_queue_key, 1, job.id)
            pipe.execute()
        self.executions |= {each.id: each for each in executions}
        return executions

    async def _serve(self, live: Live, queue: Queue) -> None:
        job = live.job
        bound = {"job_id": job.id, "request_id": job.request_id}
        with structlog.contextvars.bound_contextvars(**bound):
            try:
                value, failure = await self._outcome(live)
                await self._runtime.in_finaliser(self._record, live, queue, value, failure)
            except redis.RedisError as error:
                # The store has the outcome; RQ will take the job for abandoned, and nobody minds.
                log.warning("outcome_not_recorded", error=str(error))
            except Exception:
                log.exception("outcome_not_recorded")
            finally:
                self.executions.pop(live.execution.id, None)
                self._live.pop(live.execution.id, None)
                self.slots.done(live.ticket)

    async def _outcome(self, live: Live) -> tuple[Any, ExcInfo | None]:
        """What the job returned, or how it failed. It never raises."""
        job = live.job
        try:
            return await self._perform(job), None
        except JobNotAllowed as error:
            log.error("job_refused", function=str(error))
            return None, sys.exc_info()
        except asyncio.CancelledError:
            error = (
                JobStopped("stopped on request") if live.stopped else JobAbandoned("the worker was stopped")
            )
            return None, (type(error), error, None)
        except BaseException as error:
            log.error("job_failed", error=repr(error))
            return None, sys.exc_info()

    async def _perform(self, job: GuardedJob) -> Any:
        seconds = job.timeout if job.timeout and job.timeout > 0 else self.default_timeout
        function = job.func
        _current_job.set(job)  # each job runs in a context of its own
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                if inspect.iscoroutinefunction(function):
                    return await function(*job.args, **job.kwargs)
                # A thread cannot be stopped: past its time the job has failed, though its last call may still end.
                return await self._runtime.in_plain_thread(function, *job.args, **job.kwargs)
        except TimeoutError as error:
            if scope.expired():
                raise JobTimeoutException(f"the job took longer than {seconds} seconds") from error
            raise

    def _record(self, live: Live, queue: Queue, value: Any, failure: ExcInfo | None) -> None:
        """Write the outcome where RQ looks for it. Raises redis.RedisError."""
        if failure is None:
            try:
                self._finalize_success(live.job, queue, live.execution, value)
                return
            except redis.RedisError:
                raise
            except Exception:
                failure = sys.exc_info()  # as in RQ: what cannot be recorded as a success is a failure
        with self._stop_lock if live.stopped else nullcontext():
            if live.stopped:
                self._stopped_job_id = live.job.id
            self._finalize_failure(live.job, queue, live.execution, failure)

    # --- what RQ asks of a worker meanwhile ---

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return self.job_alive_seconds

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ's loop calls this around each job; the heartbeat thread does it for all of them instead."""
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)

    def beat(self) -> None:
        """Tell Redis that this worker and its jobs are alive, and how busy it is. Logs when Redis is away."""
        with self._redis_may_be_away("heartbeat"):
            live = list(self._live.values())
            self._state = WorkerStatus.BUSY if live else WorkerStatus.IDLE
            self.last_heartbeat = now()
            busy = {
                "state": self._state.value,
                "slots": self.slots.limits.slots,
                "in_flight": len(live),
                "mean_seconds": round(self.slots.mean_seconds, 3),
            }
            with self.connection.pipeline() as pipe:
                pipe.hset(self.key, mapping={**self.serialize(), **busy})
                worker_registration.register(self, pipe)  # again, for a Redis that has lost everything
                super().heartbeat(pipeline=pipe)
                for each in live:
                    each.execution.heartbeat(each.job.started_job_registry, self.job_alive_seconds, pipe)
                pipe.execute()

    def check_for_suspension(self, burst: bool) -> None:
        if time.monotonic() < self._suspension_seen + self.wait_seconds:
            return
        self._suspension_seen = time.monotonic()
        with self._redis_may_be_away("check_for_suspension"):
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        self.last_cleaned_at = now()  # a failure is tried again at the next interval
        with self._redis_may_be_away("maintenance"):
            super().run_maintenance_tasks()

    def handle_payload(self, message: dict[str, Any]) -> None:
        """Commands sent through RQ. `stop-job` finds its job among many."""
        command = parse_payload(message)
        if command.get("command") not in ("stop-job", "stop-execution"):
            super().handle_payload(message)
            return
        for each in list(self._live.values()):
            if each.job.id == command.get("job_id") and each.future is not None:
                each.stopped = True
                each.future.cancel()

    def _pubsub_exception_handler(self, exc: Exception, pubsub: Any, pubsub_thread: Any) -> None:
        if not isinstance(exc, redis.RedisError):
            raise exc
        time.sleep(self.redis_retry_seconds)

    @contextmanager
    def _redis_may_be_away(self, step: str) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            log.warning("redis_away", step=step, error=str(error))
