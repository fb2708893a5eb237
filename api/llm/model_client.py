"""The model port: what the game asks of a language model, whoever runs it, what comes back and what may go wrong.

Adapters (`anthropic.py`, `replicate.py`) turn these shapes into a provider's protocol and a provider's errors into the
small set here. The text of an error is safe to log: it holds no key and no prompt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

Effort = Literal["low", "medium", "high", "xhigh", "max"]
Ending = Literal["end", "length", "tool", "refusal", "other"]
Keep = Literal["", "5m", "1h"]

# --- what is asked -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A piece of the system prompt. `keep` marks the end of a stable prefix that the provider may cache that long."""

    text: str
    keep: Keep = ""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call; `schema` is JSON Schema of an object."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A finished call: `arguments` are as the model wrote them, not yet checked against the tool's schema."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Our answer to a call."""

    call_id: str
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation: a user's text and tool results, or the assistant's text and tool calls."""

    role: Literal["user", "assistant"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call is for and who pays: a context of the table of models or `repair`, the sponsor's account and session.
    `tier` is the column of that table. Without a sponsor only the operator's ceiling counts."""

    context: str = "other"
    sponsor: str = ""
    session: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call. What a provider does not know (effort, temperature, caching) its adapter leaves out.

    `model` empty: the client's own. `tool_choice`: auto, any, none, or the name of the one tool that must be called.
    `think` lets a model reason before it answers; its reasoning counts towards `max_tokens`. `seconds`: at most so
    long in all, the client's own patience when None. `user` is an opaque id for the provider's abuse reports.
    `charge` says who pays (`api/llm/budget/`).
    """

    system: tuple[PromptPart, ...]
    messages: tuple[Message, ...]
    max_tokens: int
    model: str = ""
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    effort: Effort | None = None
    think: bool = False
    seconds: float | None = None
    user: str = ""
    charge: Charge = Charge()


# --- what comes back ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input_tokens` were neither read from a cache nor written to it; `estimated` when the
    provider named no figures and they are guessed from the characters."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A whole answer. A tool call that was cut short by the token limit is left out."""

    text: str
    calls: tuple[ToolCall, ...]
    usage: Usage
    ending: Ending
    provider: str
    model: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ModelDelta:
    """One step of a stream: some text, a finished tool call, or, last, the whole answer."""

    text: str = ""
    call: ToolCall | None = None
    answer: ModelAnswer | None = None


class ModelClient(Protocol):
    """A language model. Both methods raise only ModelError (and asyncio.CancelledError)."""

    name: str
    supports_tools: bool

    async def complete(self, request: ModelRequest) -> ModelAnswer: ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        """Ends with a delta that holds the answer. Close it (`contextlib.aclosing`) when you stop early."""
        ...

    async def aclose(self) -> None: ...


# --- what may go wrong -------------------------------------------------------------------------------------------


class ModelError(Exception):
    """A call that brought no whole answer. `usage` is what it may have cost all the same; where it is None,
    `may_be_billed` says whether the provider may have worked for it."""

    may_be_billed = False

    def __init__(self, provider: str, why: str, *, request_id: str = "", usage: Usage | None = None) -> None:
        super().__init__(f"{provider}: {why}" + (f" (request {request_id})" if request_id else ""))
        self.provider = provider
        self.why = why
        self.request_id = request_id
        self.usage = usage


class Overloaded(ModelError):
    """The provider has no capacity now."""


class RateLimited(ModelError):
    """We ask too often; `retry_after` in seconds when the provider named it."""

    def __init__(
        self, provider: str, why: str, *, retry_after: float | None = None, request_id: str = ""
    ) -> None:
        super().__init__(provider, why, request_id=request_id)
        self.retry_after = retry_after


class BadRequest(ModelError):
    """The provider will never answer this request: a fault of ours, or an unknown or retired model."""


class Unauthorised(ModelError):
    """The key is wrong, may not do this, or has no credit."""


class TimedOut(ModelError):
    """No answer in time."""

    may_be_billed = True


class Unavailable(ModelError):
    """The provider failed, cannot be reached, or answered nonsense. An adapter that knows that the provider did no work
    clears `may_be_billed`."""

    may_be_billed = True


class Interrupted(ModelError):
    """The answer broke off. `text` came before, `cause` says why."""

    may_be_billed = True

    def __init__(self, cause: ModelError, text: str, *, usage: Usage | None = None) -> None:
        super().__init__(
            cause.provider,
            f"broke off after {len(text)} characters: {cause.why}",
            request_id=cause.request_id,
            usage=usage,
        )
        self.cause = cause
        self.text = text


# --- what adapters share -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits of one call, in seconds: to connect, to the first sign of an answer, between two signs, in all."""

    connect: float = 5
    first: float = 20
    gap: float = 10
    total: float = 45


@dataclass(slots=True)
class Deadline:
    """Keeps one call to its patience. Raises TimeoutError."""

    patience: Patience
    seconds: float | None = None
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = asyncio.get_running_loop().time() + (self.seconds or self.patience.total)

    @property
    def left(self) -> float:
        return max(0.0, self._end - asyncio.get_running_loop().time())

    async def opening(self, work: Awaitable[T]) -> T:
        """Wait for the first sign of an answer."""
        async with asyncio.timeout(min(self.patience.first, self.left)):
            return await work

    async def whole(self, work: Awaitable[T]) -> T:
        """Wait for all of it."""
        async with asyncio.timeout(self.left):
            return await work

    async def each(self, source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """The items of `source`, none of them later than patience allows.

        The limit is set around each wait: a time-out that spanned a `yield` would hit the consumer instead.
        """
        limit = self.patience.first
        while True:
            try:
                async with asyncio.timeout(min(limit, self.left)):
                    item = await anext(source)
            except StopAsyncIteration:
                return
            yield item
            limit = self.patience.gap


async def drain(rest: AsyncIterator[object], provider: str, seconds: float = 0.5) -> None:
    """Read what follows a finished answer, normally nothing, so that its connection can serve the next call. One that
    does not end soon is closed with its stream."""
    try:
        async with asyncio.timeout(seconds):
            async for _ in rest:
                continue
    except Exception as error:  # the answer is whole; only the connection is lost
        log.info("stream_not_drained", provider=provider, why=type(error).__name__)


class PerLoop(Generic[T]):
    """One client per running event loop, shared by all its calls, closed when the loop shuts down.

    Connections belong to the loop that opened them. The client is held by an async generator: a loop closes its
    async generators before it ends (as `asyncio.run` does), so that nobody has to remember to close clients.
    """

    def __init__(self, build: Callable[[], T], close: Callable[[T], Coroutine[Any, Any, None]]) -> None:
        self._build = build
        self._close = close
        self._lock = threading.Lock()
        self._held: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[T, None]]] = {}

    async def get(self) -> T:
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is not None:
            return held[0]
        keeper = self._keep(loop)
        # This does not suspend before the generator yields, so no second caller can come between.
        client = await anext(keeper)
        with self._lock:
            for gone in [other for other in self._held if other.is_closed()]:
                del self._held[gone]
            self._held[loop] = (client, keeper)
        return client

    async def aclose(self) -> None:
        """Close this loop's client, if it has one."""
        held = self._held.get(asyncio.get_running_loop())
        if held is not None:
            await held[1].aclose()

    async def _keep(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[T, None]:
        client = self._build()
        try:
            yield client
        finally:
            with self._lock:
                self._held.pop(loop, None)
            await self._close(client)


def checked_key(key: str, what: str) -> str:
    """The key without surrounding blanks. Raises ValueError, without showing it, when no header could carry it."""
    bare = key.strip()
    if not bare or not bare.isascii() or not bare.isprintable() or " " in bare:
        raise ValueError(f"{what} is empty or holds characters that no key has")
    return bare


def safe_text(text: object, secret: str) -> str:
    """A provider's words on one line, short and without our key."""
    line = " ".join(str(text).split()).replace(secret, "[key]")
    return line if len(line) <= 200 else line[:199] + "…"


def seconds_or_none(header: str | None) -> float | None:
    """A Retry-After header in seconds; None for a missing one, a date or nonsense."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 24 * 3600 else None


def unbilled(error: ModelError) -> ModelError:
    """The error, marked as one for which the provider did no work."""
    error.may_be_billed = False
    return error


def guessed_tokens(text: str) -> int:
    """Tokens of an English text, roughly: four characters each."""
    return (len(text) + 3) // 4
