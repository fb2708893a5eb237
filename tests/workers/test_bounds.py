"""Bounds around the outside world: providers' slots, a publisher that never blocks, store calls off the loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.llm.port import NarratorUnavailable
from api.publishing.feed import NullPublisher
from api.services.deps import Deps
from api.services.narration import serve_turn
from api.workers.provider_limits import LimitedNarrator, ProviderSlots
from api.workers.pump import Pump
from tests.fakes.game import Game


class Thinker:
    """A narrator that thinks for a moment; `peak` counts calls at once."""

    def __init__(self, name: str = "anthropic") -> None:
        self.name = name
        self.peak = self._now = 0

    async def narrate(self, _request: Any) -> AsyncIterator[str]:
        self._now += 1
        self.peak = max(self.peak, self._now)
        await asyncio.sleep(0.05)
        self._now -= 1
        yield "So it is."


async def tell(narrator: LimitedNarrator) -> list[str]:
    return [sentence async for sentence in narrator.narrate(None)]  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_a_provider_gets_no_more_calls_than_it_has_slots() -> None:
    thinker = Thinker()
    narrator = LimitedNarrator(thinker, ProviderSlots({"anthropic": 3}, wait_seconds=5))
    assert await asyncio.gather(*(tell(narrator) for _ in range(12))) == [["So it is."]] * 12
    assert thinker.peak == 3


@pytest.mark.asyncio
async def test_who_waits_too_long_for_a_provider_goes_to_the_next_narrator() -> None:
    slots = ProviderSlots({"anthropic": 1}, wait_seconds=0.01)
    async with slots.call("anthropic"):
        with pytest.raises(NarratorUnavailable):
            await tell(LimitedNarrator(Thinker(), slots))
    assert await tell(LimitedNarrator(Thinker(), slots)) == ["So it is."]


@pytest.mark.asyncio
async def test_a_provider_that_is_not_listed_has_no_limit() -> None:
    thinker = Thinker("storyteller")
    narrator = LimitedNarrator(thinker, ProviderSlots({"anthropic": 1}, wait_seconds=0.01))
    await asyncio.gather(*(tell(narrator) for _ in range(12)))
    assert thinker.peak == 12


class Recorder(NullPublisher):
    """Remembers what was published, after a pause."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.sent: list[object] = []

    def wake(self, session_id: str, seq: int) -> None:
        time.sleep(self.seconds)
        self.sent.append(seq)

    def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None:
        time.sleep(self.seconds)
        self.sent.append(text)


def test_the_pump_keeps_the_order() -> None:
    recorder = Recorder()
    pump = Pump(recorder)
    for number in range(50):
        pump.delta("s", "t", 1, number, f"sentence {number}")
        pump.wake("s", number)
    pump.close()
    assert recorder.sent == [x for n in range(50) for x in (f"sentence {n}", n)]


def test_the_pump_never_makes_its_caller_wait() -> None:
    pump = Pump(Recorder(seconds=0.2))
    began = time.monotonic()
    for number in range(3_000):
        pump.delta("s", "t", 1, number, "x")
    assert time.monotonic() - began < 0.2 * 10, "3,000 deltas that take 0.2 s each"


class WatchedStore:
    """Passes calls on and notes from which threads they came."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.threads: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.threads.add(threading.current_thread().name)
            return getattr(self._store, name)(*args, **kwargs)

        return call


def test_no_store_call_of_a_turn_runs_on_the_event_loop(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    turn = table.act(1, "free", text="I look at the ceiling")["turn_id"]
    watched = WatchedStore(game.store)
    deps = Deps(watched, game.content, game.clock, NullPublisher(), game.jobs, game.settings)
    asyncio.run(serve_turn(deps, game.ruler, game.narrators, turn))
    assert table.turns()[1]["state"] == "narrated"
    assert watched.threads and threading.current_thread().name not in watched.threads
