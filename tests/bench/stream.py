"""How many followers the stream serves, how late the last one hears, and what each costs in memory.

`python -m tests.bench.stream [--json]`: real processes (Redis, API, stream) and 1,000 sockets, first all on one
session, then on 50. Each row is timed from before its commit until the last follower has read it.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from api.services.table import Table
from api.settings import Settings
from api.wiring import Wired, wire
from tests.bench.report import Figures, figure, percentile, tell, wants_json
from tests.e2e.stack import Player, Stack

FOLLOWERS, SESSIONS = 1000, 50
ROWS, PAUSE = 150, 0.15
WARM = 20
TEXT = "The tide is out, the bell has not rung, and nobody at the table says what all of them think. " * 3


@dataclass(frozen=True, slots=True)
class Heard:
    """Of each row, how long the last follower waited for it, in milliseconds; and how many were never heard."""

    last_ms: list[float]
    missed: int

    @property
    def p50(self) -> float:
        return percentile(self.last_ms, 0.5)

    @property
    def p99(self) -> float:
        return percentile(self.last_ms, 0.99)


class Ears:
    """Many followers in one thread: sockets under one selector, which only look for `id: <seq>`."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._address, self._headers = ("127.0.0.1", port), headers
        self._selector = selectors.DefaultSelector()
        self._rest: dict[socket.socket, bytes] = {}
        self._session: dict[socket.socket, str] = {}
        self.heard: dict[tuple[str, int], list[float]] = {}
        self.open = 0

    def follow(self, session: str, after: int) -> None:
        ear = socket.create_connection(self._address)
        head = self._headers | {"Host": "bench", "Last-Event-ID": str(after)}
        lines = "".join(f"{k}: {v}\r\n" for k, v in head.items())
        ear.sendall(f"GET /api/v1/sessions/{session}/stream HTTP/1.1\r\n{lines}\r\n".encode())
        ear.setblocking(False)
        self._session[ear], self._rest[ear] = session, b""
        self._selector.register(ear, selectors.EVENT_READ)

    def listen(self, seconds: float) -> None:
        """Read whatever comes for at most so long."""
        for key, _ in self._selector.select(seconds):
            ear = key.fileobj
            assert isinstance(ear, socket.socket)
            data = ear.recv(65536)
            now = time.perf_counter()
            if not data:
                raise RuntimeError("the stream hung up")
            data = self._rest[ear] + data
            self.open += data.count(b": following\n\n")
            *lines, rest = data.split(b"\n")
            self._rest[ear] = rest if len(rest) < 64 else rest[:64]
            for line in lines:
                if line.startswith(b"id: "):
                    self.heard.setdefault((self._session[ear], int(line[4:])), []).append(now)

    def close(self) -> None:
        for ear in self._session:
            self._selector.unregister(ear)
            ear.close()
        self._selector.close()


class Bench:
    """One stack and what is measured on it."""

    def __init__(self, stack: Stack, sessions: list[str], headers: dict[str, str]) -> None:
        self._stack, self._sessions, self._headers = stack, sessions, headers
        self._parts: Wired = wire(
            Settings(
                secret_key=stack.env["SECRET_KEY"],
                database_url=stack.env["DATABASE_URL"],
                redis_url=stack.env["REDIS_URL"],
            )
        )

    def pss_kib(self) -> int:
        """The stream process's proportional set size."""
        text = Path(f"/proc/{self._stack.processes['stream'].pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))

    def run(self, sessions: int, followers: int) -> tuple[Heard, float]:
        """How late the last of so many heard, and KiB for each beyond the first few."""
        chosen = self._sessions[:sessions]
        after = {s: Table.load(self._parts.deps, s).body["seq"] for s in chosen}
        ears = Ears(self._stack.ports["stream"], self._headers)
        self._let_in(ears, chosen, after, WARM)
        before = self.pss_kib()
        self._let_in(ears, chosen, after, followers)
        sent = self._play(ears, chosen)
        each = (self.pss_kib() - before) / (followers - WARM)
        expected = {s: sum(1 for i in range(followers) if chosen[i % sessions] == s) for s in chosen}
        last, missed = [], 0
        for (session, seq), start in sent.items():
            times = ears.heard.get((session, seq), [])
            missed += expected[session] - len(times)
            last.append((max(times) - start) * 1000 if times else float("inf"))
        ears.close()
        return Heard(last, missed), each

    def _let_in(self, ears: Ears, chosen: list[str], after: dict[str, int], count: int) -> None:
        started = len(ears._session)
        for number in range(started, count):
            ears.follow(chosen[number % len(chosen)], after[chosen[number % len(chosen)]])
            if number % 50 == 0:
                ears.listen(0.01)
        end = time.monotonic() + 60
        while ears.open < count and time.monotonic() < end:
            ears.listen(0.2)
        if ears.open < count:
            raise RuntimeError(f"only {ears.open} of {count} followers came in")

    def _play(self, ears: Ears, chosen: list[str]) -> dict[tuple[str, int], float]:
        """Commit rows one by one while the followers listen; returns when each began."""
        sent: dict[tuple[str, int], float] = {}

        def write() -> None:
            for number in range(ROWS):
                table = Table.load(self._parts.deps, chosen[number % len(chosen)])
                table.emit("chat_said", user_id="", name="Bench", character_name="", text=TEXT, source="web")
                start = time.perf_counter()
                table.commit()
                sent[(table.id, table.body["seq"])] = start
                time.sleep(PAUSE)

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            ears.listen(0.05)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            ears.listen(0.1)
        return sent


async def prepare(stack: Stack) -> tuple[list[str], dict[str, str]]:
    """A host with a hero and a lobby for each session."""
    async with aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        sessions = []
        for _ in range(SESSIONS):
            hero = (await player.call("POST", "/characters", {"hero": "aldo_fisk"}))["id"]
            wish = {"campaign": "low_water_ledger", "character_id": hero}
            sessions.append((await player.call("POST", "/sessions", wish))["id"])
        return sessions, dict(player.headers)


async def measure() -> Figures:
    with tempfile.TemporaryDirectory(prefix="coc-bench-") as folder:
        stack = Stack(Path(folder))
        stack.start_redis()
        try:
            await stack.start("api")
            await stack.start("stream")
            bench = Bench(stack, *await prepare(stack))
            one, each = await asyncio.to_thread(bench.run, 1, FOLLOWERS)
            await stack.kill("stream")
            await stack.start("stream")
            spread, spread_each = await asyncio.to_thread(bench.run, SESSIONS, FOLLOWERS)
        finally:
            for name in list(stack.processes):
                await stack.kill(name)
            stack.stop_redis()
    heard_by = FOLLOWERS if one.missed == spread.missed == 0 else 0
    return {
        "followers": figure(heard_by, "followers", gate=f">= {FOLLOWERS}", goal=f">= {FOLLOWERS}"),
        "last_ms_p99": figure(round(max(one.p99, spread.p99), 1), "ms", goal="<= 250"),
        "kib_per_follower": figure(round(max(each, spread_each), 1), "KiB (PSS)", goal="<= 64"),
        "one_session_last_ms_p50": figure(round(one.p50, 1), "ms"),
        "one_session_last_ms_p99": figure(round(one.p99, 1), "ms"),
        "fifty_sessions_last_ms_p50": figure(round(spread.p50, 1), "ms"),
        "fifty_sessions_last_ms_p99": figure(round(spread.p99, 1), "ms"),
        "rows_missed": figure(one.missed + spread.missed, "rows", gate="0"),
    }


def main() -> int:
    as_json = wants_json("stream", __doc__)
    figures = asyncio.run(measure())
    ok = figures["followers"]["value"] == FOLLOWERS and figures["rows_missed"]["value"] == 0
    return tell("stream", figures, ok=ok, as_json=as_json)


if __name__ == "__main__":
    sys.exit(main())
