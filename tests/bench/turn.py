"""What a turn costs: accepting it beside a bare Flask route, resolving, telling, and whether a long story is dearer.

`python -m tests.bench.turn [--json]`. Real processes: Redis, API and worker as they are deployed (`api/serve.py`:
one process, eight threads) on SQLite. The narrator is the built-in storyteller, which waits for nothing. The bare route
(`bare.py`) runs under the same settings; both are asked in turns within one run, and requests per second are compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from api.publishing.feed import WAKE_CHANNEL
from api.serve import command
from api.services import characters, sessions
from api.services.deps import Actor
from api.services.idempotency import IdempotencyKey
from api.store.sql import SqlStore
from api.wiring import Wired, wire
from tests.bench.age import old_over_young
from tests.bench.bare import login
from tests.bench.crowd import Line, post, rush
from tests.bench.report import figure, percentile, tell, wants_json
from tests.bench.statements import statements_per_turn
from tests.e2e.stack import ROOT, Stack, free_port
from tests.fakes.game import settings_for

SESSIONS = 50
CALLERS = 8
ROUNDS, ROUND_ACTIONS = 12, 200
TIMED_TURNS = 300
CAMPAIGN = "low_water_ledger"


@dataclass(slots=True)
class Seat:
    """A player alone at a table, with a sign-in of their own."""

    token: str
    session: str
    hero: str
    actions: int = 0
    seq: int = 0  # the latest feed row, once everything is told

    def request(self) -> bytes:
        """The next structured action: passing and talking in turns, under a key of its own."""
        self.actions += 1
        wish = {"kind": "pass"} if self.actions % 2 else {"kind": "talk", "target": ""}
        body = json.dumps({"character_id": self.hero, **wish}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(12)}
        return post(f"/api/v1/sessions/{self.session}/action", body, headers)

    def bare_request(self) -> bytes:
        body = json.dumps({"character_id": self.hero, "kind": "pass"}).encode()
        return post(
            "/act", body, {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(12)}
        )


@dataclass(slots=True)
class Times:
    """Milliseconds from sending an action to its outcome and to its narration."""

    resolved: list[float] = field(default_factory=list)
    narrated: list[float] = field(default_factory=list)


def seats(parts: Wired, count: int) -> list[Seat]:
    """Players with accounts, uncached sign-ins and a story that has begun."""
    found = []
    for number in range(count):
        account = parts.identity.add_account(
            f"p{number}@example.org", secrets.token_hex(8), f"Player {number}"
        )
        token, _ = parts.identity.open_login(account, remember=False)
        actor = Actor("web", account.id, account.name, f"web:{account.id}")
        key = IdempotencyKey(actor, "bench", None, {})
        wish = characters.NewCharacter(hero="aldo_fisk")
        hero = characters.create_character(parts.deps, actor, wish, key)["id"]
        made = sessions.create_session(parts.deps, actor, sessions.NewSession(CAMPAIGN, hero), key)
        sessions.begin_session(parts.deps, actor, made["id"], key)
        found.append(Seat(token, made["id"], hero))
    return found


async def start_bare(stack: Stack, known: list[Seat], folder: Path) -> tuple[asyncio.subprocess.Process, int]:
    database = folder / "bare.sqlite3"
    store = SqlStore(f"sqlite:///{database}")
    store.commit([login(seat.token, seat.hero) for seat in known])
    store.close()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command(stack.env | {"API_PORT": str(port)}, "tests.bench.bare:app"),
        cwd=ROOT, env=stack.env | {"BARE_DATABASE": str(database)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(600):
        with contextlib.suppress(OSError):
            Line(port).close()
            return process, port
        await asyncio.sleep(0.05)
    raise AssertionError("the bare route did not start")


def accept_ratios(api_port: int, bare_port: int, known: list[Seat]) -> tuple[list[float], float, float]:
    """Our actions per second over the bare route's, in each round; and the medians of both."""
    ours, bare = [], []
    for number in range(ROUNDS + 1):
        shares = [known[i::CALLERS] for i in range(CALLERS)]
        each = ROUND_ACTIONS // CALLERS
        our_work = [[s[n % len(s)].request() for n in range(each)] for s in shares]
        bare_work = [[s[n % len(s)].bare_request() for n in range(each)] for s in shares]
        our_rate = ROUND_ACTIONS / rush(api_port, our_work, 202)
        bare_rate = ROUND_ACTIONS / rush(bare_port, bare_work, 202)
        if number:  # the first round warms both
            ours.append(our_rate)
            bare.append(bare_rate)
    return [a / b for a, b in zip(ours, bare, strict=True)], statistics.median(ours), statistics.median(bare)


class Ears:
    """Hears the wake-ups that follow each commit, as the stream does, with the moment of each."""

    def __init__(self, redis_url: str) -> None:
        self._pubsub = redis.Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(**{WAKE_CHANNEL: self._hear})
        self._heard: dict[tuple[str, int], float] = {}
        self._news = threading.Condition()
        self._listening = self._pubsub.run_in_thread(sleep_time=1, daemon=True)

    def _hear(self, message: dict[str, Any]) -> None:
        now = time.perf_counter()
        wake = json.loads(message["data"])
        with self._news:
            self._heard[wake["session_id"], wake["seq"]] = now
            self._news.notify_all()

    def close(self) -> None:
        self._listening.stop()
        self._listening.join()

    def heard(self, session: str, seq: int) -> float:
        """When this row was committed; waits for it."""
        with self._news:
            assert self._news.wait_for(lambda: (session, seq) in self._heard, 20), f"row {seq} never came"
            return self._heard[session, seq]


def times(api_port: int, redis_url: str, known: list[Seat]) -> Times:
    """One turn at a time, through the durable queue and a worker process."""
    found, ears, line = Times(), Ears(redis_url), Line(api_port)
    for number in range(TIMED_TURNS + SESSIONS):
        seat = known[number % len(known)]
        request = seat.request()
        began = time.perf_counter()
        status, body = line.send(request)
        resolved = time.perf_counter()
        assert status == 202, body[:300]
        told = ears.heard(seat.session, seat.seq + 2)  # a row for the outcome and one for its narration
        seat.seq += 2
        if told - began > 1:
            line.renew()
        if number >= SESSIONS:  # each session's first turn warms it
            found.resolved.append(1000 * (resolved - began))
            found.narrated.append(1000 * (told - began))
    ears.close()
    return found


async def told_everything(parts: Wired, known: list[Seat]) -> None:
    """Wait until the worker has told the backlog that the accepting left, and note where each feed stands."""
    for seat in known:
        while True:
            head = await asyncio.to_thread(sessions.get_session, parts.deps, _service(), seat.session, None)
            latest = (head["last_narration"] or {}).get("turn_number", -1)
            if latest >= head["turn_number"] - 1:
                seat.seq = head["seq"]
                break
            await asyncio.sleep(0.1)


def _service() -> Actor:
    return Actor("web", None, "bench")


async def measure(folder: Path) -> tuple[list[float], float, float, Times]:
    stack = Stack(folder, FLASK_ENV="production", NARRATION_LEASE_SECONDS="60", SWEEP_SECONDS="1")
    stack.start_redis()
    bare: asyncio.subprocess.Process | None = None
    parts = wire(
        settings_for(folder, database_url=stack.env["DATABASE_URL"], redis_url=stack.env["REDIS_URL"])
    )
    try:
        known = await asyncio.to_thread(seats, parts, SESSIONS)
        await stack.start("api")
        bare, bare_port = await start_bare(stack, known, folder)
        ratios, ours, theirs = await asyncio.to_thread(accept_ratios, stack.ports["api"], bare_port, known)
        bare.terminate()
        await bare.wait()
        await stack.start("worker")
        await told_everything(parts, known)
        took = await asyncio.to_thread(times, stack.ports["api"], stack.env["REDIS_URL"], known)
    finally:
        if bare is not None and bare.returncode is None:
            bare.kill()
        for name in list(stack.processes):
            await stack.kill(name)
        stack.stop_redis()
        parts.deps.store.close()
    return ratios, ours, theirs, took


def main() -> int:
    as_json = wants_json("turn", __doc__)
    with tempfile.TemporaryDirectory(prefix="coc-bench-") as folder:
        ratios, ours, theirs, took = asyncio.run(measure(Path(folder)))
    statements = statements_per_turn()
    age = old_over_young()
    ratio = statistics.median(ratios)
    baseline = f"bare Flask route, {theirs:.0f} requests/s in the same run; ours {ours:.0f}"
    figures: dict[str, Any] = {
        "accept_ratio": figure(
            round(ratio, 3), "of the bare", baseline=baseline, gate=">= 0.3", goal=">= 0.6"
        ),
        "accept_ratio_low": figure(round(min(ratios), 3), "of the bare"),
        "accept_ratio_high": figure(round(max(ratios), 3), "of the bare"),
    }
    for name, values, goal in (("resolved", took.resolved, "<= 10"), ("narrated", took.narrated, "<= 15")):
        for share in (50, 95, 99):
            value = round(percentile(values, share / 100), 2)
            figures[f"{name}_ms_p{share}"] = figure(value, "ms", goal=goal if share == 50 else None)
    figures["turn5000_over_turn10"] = figure(
        round(age.ratio, 3), "of turn 10", baseline=f"{age.young_ms:.2f} ms", gate="<= 1.5", goal="<= 1.2"
    )
    figures["statements_accept"] = figure(statements.accept, "statements")
    figures["statements_narrate"] = figure(statements.narrate, "statements")
    ok = ratio >= 0.3 and age.ratio <= 1.5
    return tell("turn", figures, ok=ok, as_json=as_json)


if __name__ == "__main__":
    sys.exit(main())
