"""Bounds around the outside world: providers' slots, a publisher that never blocks, store calls off the loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from api.llm.model_client import Message, ModelAnswer, ModelDelta, ModelRequest, Overloaded, Usage
from api.publishing.feed import NullPublisher
from api.services.deps import Deps
from api.services.narration import serve_turn
from api.workers.provider_limits import LimitedClient, ProviderSlots
from api.workers.pump import Pump
from tests.fakes.game import Game

ASK = ModelRequest((), (Message("user", "Tell it."),), 100)


class Thinker:
    """A model that thinks for a moment; `peak` counts calls at once."""

    supports_tools = True

    def __init__(self, name: str = "anthropic") -> None:
        self.name = name
        self.peak = self._now = 0

    async def complete(self, _request: ModelRequest) -> ModelAnswer:
        self._now += 1
        self.peak = max(self.peak, self._now)
        await asyncio.sleep(0.05)
        self._now -= 1
        return ModelAnswer("So it is.", (), Usage(), "end", self.name, "some")

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        answer = await self.complete(request)
        yield ModelDelta(text=answer.text)

    async def aclose(self) -> None:
        self.peak = 0


async def tell(client: LimitedClient) -> list[str]:
    return [delta.text async for delta in client.stream(ASK)]


@pytest.mark.asyncio
async def test_a_provider_gets_no_more_calls_than_it_has_slots_whatever_they_are_for() -> None:
    thinker = Thinker()
    client = LimitedClient(thinker, ProviderSlots({"anthropic": 3}, wait_seconds=5))
    told = await asyncio.gather(*(tell(client) for _ in range(8)), *(client.complete(ASK) for _ in range(4)))
    assert told[:8] == [["So it is."]] * 8 and len(told) == 12
    assert thinker.peak == 3


@pytest.mark.asyncio
async def test_who_waits_too_long_for_a_provider_is_told_so_as_by_the_provider() -> None:
    slots = ProviderSlots({"anthropic": 1}, wait_seconds=0.01)
    client = LimitedClient(Thinker(), slots)
    async with slots.call("anthropic"):
        with pytest.raises(Overloaded):
            await tell(client)
        with pytest.raises(Overloaded):
            await client.complete(ASK)
    assert await tell(client) == ["So it is."]


@pytest.mark.asyncio
async def test_a_stream_that_is_left_gives_its_slot_back() -> None:
    client = LimitedClient(Thinker(), ProviderSlots({"anthropic": 1}, wait_seconds=0.01))
    async with aclosing(client.stream(ASK)) as deltas:
        await anext(deltas)
    assert await tell(client) == ["So it is."]


@pytest.mark.asyncio
async def test_a_provider_that_is_not_listed_has_no_limit() -> None:
    thinker = Thinker("storyteller")
    client = LimitedClient(thinker, ProviderSlots({"anthropic": 1}, wait_seconds=0.01))
    await asyncio.gather(*(tell(client) for _ in range(12)))
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
