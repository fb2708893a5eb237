"""Job functions for the tests, and what they saw."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Seen:
    """Kept by the jobs of this process; `clear` before each test."""

    started: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    peak: int = 0
    peak_by_session: Counter[str] = field(default_factory=Counter)
    _now: Counter[str] = field(default_factory=Counter)

    def enter(self, name: str, session: str) -> None:
        self.started.append(name)
        self._now[session] += 1
        self.peak = max(self.peak, self._now.total())
        self.peak_by_session[session] = max(self.peak_by_session[session], self._now[session])

    def leave(self, name: str, session: str) -> None:
        self._now[session] -= 1
        self.ended.append(name)


seen = Seen()


def clear() -> None:
    seen.__init__()  # type: ignore[misc]


async def nap(name: str, seconds: float, session: str = "") -> str:
    seen.enter(name, session)
    try:
        await asyncio.sleep(seconds)
    finally:
        seen.leave(name, session)
    return name


async def stumble() -> None:
    await asyncio.sleep(0)
    raise LookupError("no such door")


def add(a: int, b: int) -> int:
    seen.threads.add(threading.current_thread().name)
    return a + b


def forbidden(*_: object) -> None:
    seen.started.append("forbidden")
