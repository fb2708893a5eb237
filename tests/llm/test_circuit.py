"""The circuit breaker: when a provider is left alone, for how long, and what brings it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from api.llm.circuit import Circuit, CircuitLimits, CircuitOpen, GuardedClient
from api.llm.model_client import (
    BadRequest,
    Interrupted,
    Message,
    ModelAnswer,
    ModelDelta,
    ModelError,
    ModelRequest,
    Overloaded,
    RateLimited,
    TimedOut,
    Unauthorised,
    Unavailable,
    Usage,
)
from tests.fakes.clock import MovableClock

LIMITS = CircuitLimits(failures=3, window=60, share=0.5, open_for=10, longest=100)
REQUEST = ModelRequest((), (Message("user", "Tell it."),), 100)
ANSWER = ModelAnswer("Rain.", (), Usage(), "end", "some", "model")
DOWN = Unavailable("some", "down")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def circuit(clock: MovableClock) -> Circuit:
    return Circuit("some", clock, LIMITS)


def fail(circuit: Circuit, error: ModelError = DOWN, times: int = 1) -> None:
    for _ in range(times):
        circuit.failed(circuit.enter(), error)


def succeed(circuit: Circuit, times: int = 1) -> None:
    for _ in range(times):
        circuit.succeeded(circuit.enter())


def test_a_few_failures_leave_it_closed(circuit: Circuit) -> None:
    fail(circuit, times=2)
    assert circuit.state == "closed"


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        Overloaded("some", "busy"),
        TimedOut("some", "slow"),
        RateLimited("some", "often"),
        Interrupted(DOWN, "It"),
    ],
)
def test_repeated_failures_open_it(circuit: Circuit, error: ModelError) -> None:
    fail(circuit, error, times=3)
    assert circuit.state == "open"
    with pytest.raises(CircuitOpen) as caught:
        circuit.enter()
    assert caught.value.retry_after == 10


def test_failures_far_apart_do_not_add_up(circuit: Circuit, clock: MovableClock) -> None:
    for _ in range(5):
        fail(circuit, times=2)
        clock.advance(61)
    assert circuit.state == "closed"


def test_failures_that_are_rare_among_many_calls_do_not_open_it(circuit: Circuit) -> None:
    succeed(circuit, times=20)
    fail(circuit, times=5)
    assert circuit.state == "closed"
    fail(circuit, times=15)
    assert circuit.state == "open"


def test_bad_requests_are_no_failures_of_the_provider(circuit: Circuit) -> None:
    fail(circuit, BadRequest("some", "unknown model"), times=10)
    assert circuit.state == "closed"


def test_a_wrong_key_opens_it_at_once_and_for_long(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, Unauthorised("some", "wrong key"))
    clock.advance(99)
    assert circuit.state == "open"


def test_a_rate_limit_opens_it_for_as_long_as_asked(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, RateLimited("some", "often", retry_after=37))
    clock.advance(36)
    assert circuit.state == "open"
    clock.advance(1)
    assert circuit.state == "half_open"


def test_what_broke_an_answer_off_decides(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, Interrupted(RateLimited("some", "often", retry_after=37), "It"))
    clock.advance(36)
    assert circuit.state == "open"


def test_a_provider_cannot_ask_to_be_left_alone_for_a_day(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, RateLimited("some", "often", retry_after=86_000))
    clock.advance(100)
    assert circuit.state == "half_open"


def test_half_open_lets_one_call_through_at_a_time(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, times=3)
    clock.advance(10)
    circuit.enter()
    with pytest.raises(CircuitOpen):
        circuit.enter()


def test_a_trial_that_succeeds_closes_it(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, times=3)
    clock.advance(10)
    succeed(circuit)
    assert circuit.state == "closed"
    fail(circuit, times=2)
    assert circuit.state == "closed"  # the old failures are forgotten


def test_trials_that_fail_open_it_for_twice_as_long_each_time_up_to_a_limit(
    circuit: Circuit, clock: MovableClock
) -> None:
    fail(circuit, times=3)
    for seconds in (10, 20, 40, 80, 100, 100):
        clock.advance(seconds - 1)
        assert circuit.state == "open"
        clock.advance(1)
        assert circuit.state == "half_open"
        fail(circuit)
    clock.advance(100)
    succeed(circuit)
    fail(circuit, times=3)
    clock.advance(10)
    assert circuit.state == "half_open"  # after a success it begins anew


def test_a_trial_that_is_given_up_leaves_room_for_another(circuit: Circuit, clock: MovableClock) -> None:
    fail(circuit, times=3)
    clock.advance(10)
    circuit.given_up(circuit.enter())
    succeed(circuit)
    assert circuit.state == "closed"


def test_calls_that_began_before_say_nothing_about_now(circuit: Circuit, clock: MovableClock) -> None:
    early = [circuit.enter() for _ in range(5)]
    fail(circuit, times=3)
    clock.advance(10)
    circuit.enter()
    for trial in early[:3]:
        circuit.failed(trial, DOWN)
    circuit.succeeded(early[3])
    circuit.given_up(early[4])
    assert circuit.state == "half_open"
    with pytest.raises(CircuitOpen):
        circuit.enter()


class Scripted:
    """A model client that does what it is told; counts its calls."""

    name = "some"
    supports_tools = True

    def __init__(self, *outcomes: ModelError | None, text: str = "Rain.") -> None:
        self.outcomes = list(outcomes)
        self.text = text
        self.calls = 0
        self.waits: asyncio.Event | None = None

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.calls += 1
        if self.waits is not None:
            await self.waits.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        return ANSWER

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        self.calls += 1
        if self.waits is not None:
            await self.waits.wait()
        if self.text:
            yield ModelDelta(text=self.text)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        yield ModelDelta(answer=ANSWER)

    async def aclose(self) -> None:
        return None


async def told(client: GuardedClient) -> str:
    return "".join([d.text async for d in client.stream(REQUEST)])


@pytest.mark.asyncio
@pytest.mark.parametrize("how", ["complete", "stream"])
async def test_an_open_circuit_asks_the_provider_nothing(
    circuit: Circuit, clock: MovableClock, how: str
) -> None:
    client = Scripted(DOWN, DOWN, DOWN)
    guarded = GuardedClient(client, circuit)

    async def call() -> object:
        return await (guarded.complete(REQUEST) if how == "complete" else told(guarded))

    for _ in range(3):
        with pytest.raises(Unavailable):
            await call()
    for _ in range(5):
        with pytest.raises(CircuitOpen):
            await call()
    assert client.calls == 3
    clock.advance(10)
    await call()
    assert client.calls == 4 and circuit.state == "closed"


@pytest.mark.asyncio
async def test_a_cancelled_trial_call_is_neither_success_nor_failure(
    circuit: Circuit, clock: MovableClock
) -> None:
    client = Scripted()
    client.waits = asyncio.Event()
    guarded = GuardedClient(client, circuit)
    fail(circuit, times=3)
    clock.advance(10)
    for work in (guarded.complete(REQUEST), told(guarded)):
        task = asyncio.ensure_future(work)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert circuit.state == "half_open"
    client.waits.set()
    await guarded.complete(REQUEST)
    assert circuit.state == "closed"


@pytest.mark.asyncio
async def test_a_stream_that_somebody_stopped_hearing_counts_as_a_success(
    circuit: Circuit, clock: MovableClock
) -> None:
    guarded = GuardedClient(Scripted(), circuit)
    fail(circuit, times=3)
    clock.advance(10)
    async with aclosing(guarded.stream(REQUEST)) as deltas:
        await anext(deltas)
    assert circuit.state == "closed"


@pytest.mark.asyncio
async def test_a_stream_that_breaks_in_its_middle_counts_as_a_failure(circuit: Circuit) -> None:
    guarded = GuardedClient(Scripted(*[Interrupted(DOWN, "Rain.")] * 3), circuit)
    for _ in range(3):
        with pytest.raises(Interrupted):
            await told(guarded)
    assert circuit.state == "open"
