"""A circuit breaker per provider: after repeated failures nobody waits for it any more until one trial call succeeds.

closed: calls pass. open: calls are refused at once. half-open: one call at a time is let through; its success closes
the circuit, its failure opens it again for twice as long.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import structlog

from api.llm.model_client import (
    BadRequest,
    Interrupted,
    ModelAnswer,
    ModelClient,
    ModelDelta,
    ModelError,
    ModelRequest,
    RateLimited,
    Unauthorised,
    Unavailable,
)

log = structlog.get_logger()

State = Literal["closed", "open", "half_open"]
REMEMBERED = 500  # outcomes at most, so that a busy minute costs bounded memory


class Now(Protocol):
    """The one thing that a circuit needs of `api.clock.Clock`."""

    def now(self) -> datetime: ...


class CircuitOpen(Unavailable):
    """The call was not made: the provider failed lately. `retry_after` in seconds."""

    may_be_billed = False

    def __init__(self, provider: str, retry_after: float) -> None:
        super().__init__(provider, f"left alone for another {retry_after:.0f} s after failures")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class CircuitLimits:
    """Opens when at least `failures` calls of the last `window` seconds failed and they are at least `share` of all.

    Stays open for `open_for` seconds, doubled with each failed trial up to `longest`; a wrong key opens it for
    `longest`, a rate limit for as long as the provider asks.
    """

    failures: int = 5
    window: float = 60
    share: float = 0.5
    open_for: float = 15
    longest: float = 300


@dataclass(frozen=True, slots=True)
class Trial:
    """Leave to make one call. `era` tells results of calls that began before the state last changed."""

    era: int
    probe: bool


class Circuit:
    """Counts one provider's outcomes. Safe to share between threads and event loops."""

    def __init__(self, provider: str, clock: Now, limits: CircuitLimits | None = None) -> None:
        self.provider = provider
        self._clock = clock
        self._limits = limits or CircuitLimits()
        self._lock = threading.Lock()
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=REMEMBERED)
        self._open_until: float | None = None
        self._open_for = self._limits.open_for
        self._probing = False
        self._era = 0

    @property
    def state(self) -> State:
        with self._lock:
            return self._state()

    def enter(self) -> Trial:
        """Leave for one call. Raises CircuitOpen. End it with exactly one of `succeeded`, `failed`, `given_up`."""
        with self._lock:
            state = self._state()
            if state == "closed":
                return Trial(self._era, probe=False)
            if state == "open" or self._probing:
                wait = (self._open_until or 0) - self._seconds()
                raise CircuitOpen(self.provider, max(0.0, wait))
            self._probing = True
            return Trial(self._era, probe=True)

    def succeeded(self, trial: Trial) -> None:
        with self._lock:
            if trial.era != self._era:
                return
            if trial.probe:
                self._change(None)
                self._open_for = self._limits.open_for
                log.info("circuit_closed", provider=self.provider)
            else:
                self._outcomes.append((self._seconds(), True))

    def failed(self, trial: Trial, error: ModelError) -> None:
        """Count a failure. A request that the provider rightly refused shows that the provider works."""
        cause = error.cause if isinstance(error, Interrupted) else error
        if isinstance(cause, BadRequest):
            self.succeeded(trial)
            return
        with self._lock:
            if trial.era != self._era:
                return
            limits = self._limits
            if isinstance(cause, Unauthorised):
                self._open(limits.longest, cause)
            elif isinstance(cause, RateLimited) and cause.retry_after is not None:
                self._open(min(max(cause.retry_after, 1.0), limits.longest), cause)
            elif trial.probe:
                self._open_for = min(self._open_for * 2, limits.longest)
                self._open(self._open_for, cause)
            else:
                now = self._seconds()
                self._outcomes.append((now, False))
                recent = [ok for at, ok in self._outcomes if now - at <= limits.window]
                bad = recent.count(False)
                if bad >= limits.failures and bad >= limits.share * len(recent):
                    self._open(self._open_for, cause)

    def given_up(self, trial: Trial) -> None:
        """The call was cancelled before anything could be said about the provider."""
        with self._lock:
            if trial.era == self._era and trial.probe:
                self._probing = False

    def _state(self) -> State:
        if self._open_until is None:
            return "closed"
        return "open" if self._seconds() < self._open_until else "half_open"

    def _open(self, seconds: float, cause: ModelError) -> None:
        self._change(self._seconds() + seconds)
        log.warning("circuit_opened", provider=self.provider, seconds=round(seconds, 1), why=cause.why)

    def _change(self, open_until: float | None) -> None:
        self._open_until = open_until
        self._probing = False
        self._outcomes.clear()
        self._era += 1

    def _seconds(self) -> float:
        return self._clock.now().timestamp()


class GuardedClient:
    """A model client behind a circuit; itself a `ModelClient`."""

    def __init__(self, client: ModelClient, circuit: Circuit) -> None:
        self.name = client.name
        self.supports_tools = client.supports_tools
        self.circuit = circuit
        self._client = client

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        trial = self.circuit.enter()
        outcome = self._gave_up(trial)
        try:
            answer = await self._client.complete(request)
            outcome = self._succeeded(trial)
            return answer
        except ModelError as error:
            outcome = self._failed(trial, error)
            raise
        finally:
            outcome()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        trial = self.circuit.enter()
        outcome = self._gave_up(trial)
        try:
            async with aclosing(self._client.stream(request)) as deltas:
                async for delta in deltas:
                    outcome = self._succeeded(
                        trial
                    )  # whoever stops listening now has heard a working provider
                    yield delta
        except ModelError as error:
            outcome = self._failed(trial, error)
            raise
        finally:
            outcome()

    async def aclose(self) -> None:
        await self._client.aclose()

    def _gave_up(self, trial: Trial) -> Callable[[], None]:
        return lambda: self.circuit.given_up(trial)

    def _succeeded(self, trial: Trial) -> Callable[[], None]:
        return lambda: self.circuit.succeeded(trial)

    def _failed(self, trial: Trial, error: ModelError) -> Callable[[], None]:
        return lambda: self.circuit.failed(trial, error)
