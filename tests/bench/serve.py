"""Gunicorn's threads beside granian: which of them serves our API better.

`python -m tests.bench.serve [--json]`. Both servers run the same app on the same store and Redis, one process and eight
threads each, and are asked in turns within one run, each first in every other round. Idle, a server costs nothing that
the other could feel. Ratios are granian's over gunicorn's; the figures of one server alone depend on the machine.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.wiring import wire
from tests.bench.crowd import Line, get, post, rush
from tests.bench.report import figure, percentile, tell, wants_json
from tests.bench.turn import CALLERS, ROUND_ACTIONS, SESSIONS, Seat, seats
from tests.e2e.stack import Stack, free_port
from tests.fakes.game import settings_for

ROUNDS = 12
READS = 400  # cheap GETs in a round
SLOW_CLIENTS = 16  # twice as many as there are threads
PATIENCE = 3.0  # seconds after which a GET beside slow clients counts as blocked
CHEAP = "/api/v1/origins"
SERVERS = ("gunicorn", "granian")  # the ratios are the second's over the first's

Make = Callable[[list[Seat]], list[bytes]]


@dataclass(slots=True)
class Seen:
    """One server's rounds of one kind: requests per second, CPU milliseconds of a request, seconds of each request."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Server:
    """One of the two, running: `processes` are its own."""

    name: str
    port: int
    processes: list[int]
    accept: Seen = field(default_factory=Seen)
    read: Seen = field(default_factory=Seen)

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.processes:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def pss_megabytes(self) -> float:
        """What its processes have in memory, shared pages by their share."""
        found = 0
        for pid in self.processes:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return found / 1024


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def round_of(server: Server, seen: Seen, shares: list[list[bytes]], expected: int) -> None:
    count = sum(map(len, shares))
    used = server.cpu_seconds()
    seen.rates.append(count / rush(server.port, shares, expected, seen.times))
    seen.cpu_ms.append(1000 * (server.cpu_seconds() - used) / count)


def rounds(servers: list[Server], known: list[Seat]) -> None:
    """All rounds, each server first in every other one; what warmed them up is forgotten."""
    for number in range(ROUNDS + 1):
        for server in servers if number % 2 else reversed(servers):
            shares = [known[i::CALLERS] for i in range(CALLERS)]
            each = ROUND_ACTIONS // CALLERS
            acts = [[s[n % len(s)].request() for n in range(each)] for s in shares]
            round_of(server, server.accept, acts, 202)
            round_of(server, server.read, [[get(CHEAP)] * (READS // CALLERS)] * CALLERS, 200)
        if not number:
            for server in servers:
                server.accept, server.read = Seen(), Seen()


def beside_slow_clients(server: Server, beginning: bytes) -> float | None:
    """The slowest of some GETs in milliseconds while many clients have sent `beginning` and stopped; None: blocked."""
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(SLOW_CLIENTS)]
    worst = 0.0
    try:
        for line in slow:
            line.sendall(beginning)
        for _ in range(20):  # the first ones may come before the slow ones have taken every thread
            asked = time.perf_counter()
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as line:
                line.sendall(get(CHEAP))
                line.recv(1)
            worst = max(worst, 1000 * (time.perf_counter() - asked))
    except TimeoutError:
        return None
    finally:
        for line in slow:
            line.close()
    return worst


async def start(stack: Stack, name: str) -> Server:
    """`api` is the stack's own name for it; the second is `api2` on a port of its own."""
    process, port = ("api", stack.ports["api"]) if name == SERVERS[0] else ("api2", free_port())
    await stack.spawn(process, API_SERVER=name, API_PORT=str(port))
    for _ in range(600):
        try:
            line = Line(port)
            status, _ = await asyncio.to_thread(line.send, get("/api/v1/health"))
            line.close()
        except OSError:
            await asyncio.sleep(0.05)
            continue
        assert status == 200
        return Server(name, port, family(stack.processes[process].pid))
    raise AssertionError(f"{name} did not start:\n{stack.log(process)[-2000:]}")


async def measure(folder: Path) -> tuple[list[Server], dict[str, float | None]]:
    stack = Stack(folder, FLASK_ENV="production")
    stack.start_redis()
    parts = wire(
        settings_for(folder, database_url=stack.env["DATABASE_URL"], redis_url=stack.env["REDIS_URL"])
    )
    try:
        known = await asyncio.to_thread(seats, parts, SESSIONS)
        servers = [await start(stack, name) for name in SERVERS]
        await asyncio.to_thread(rounds, servers, known)
        memory = {f"{s.name}_pss_mb": s.pss_megabytes() for s in servers}
        whole = post("/api/v1/auth/login", b" " * 600, {})
        slow = {
            f"{s.name}_beside_half_{part}_ms": await asyncio.to_thread(beside_slow_clients, s, whole[:length])
            for part, length in (("headers", 60), ("bodies", -300))
            for s in servers
        }
    finally:
        for name in list(stack.processes):
            await stack.kill(name)
        stack.stop_redis()
        parts.deps.store.close()
    return servers, {**memory, **slow}


def main() -> int:
    as_json = wants_json("serve", __doc__)
    with tempfile.TemporaryDirectory(prefix="coc-bench-") as folder:
        servers, others = asyncio.run(measure(Path(folder)))
    gunicorn, granian = servers
    figures: dict[str, Any] = {}
    for kind in ("accept", "read"):
        ours: Seen = getattr(gunicorn, kind)
        theirs: Seen = getattr(granian, kind)
        ratios = [b / a for a, b in zip(ours.rates, theirs.rates, strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4)
        both = (
            f"gunicorn {statistics.median(ours.rates):.0f}/s, granian {statistics.median(theirs.rates):.0f}/s"
        )
        figures[f"{kind}_rate_ratio"] = figure(
            round(statistics.median(ratios), 3),
            "of gunicorn",
            baseline=f"{both}; quartiles {low:.2f}, {high:.2f}",
        )
        for server, seen in ((gunicorn, ours), (granian, theirs)):
            for share in (50, 99):
                value = round(1000 * percentile(seen.times, share / 100), 2)
                figures[f"{server.name}_{kind}_ms_p{share}"] = figure(value, "ms")
            figures[f"{server.name}_{kind}_cpu_ms"] = figure(
                round(statistics.median(seen.cpu_ms), 3), "ms of CPU"
            )
    for name, value in others.items():
        unit = "MB (PSS)" if name.endswith("mb") else f"ms; none: {PATIENCE:.0f} s were not enough"
        figures[name] = figure(None if value is None else round(value, 1), unit)
    return tell("serve", figures, ok=True, as_json=as_json)


if __name__ == "__main__":
    sys.exit(main())
