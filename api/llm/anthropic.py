"""Anthropic's models behind the model port, through the official SDK: streaming, tools, caching, effort.

The SDK retries by itself and waits ten minutes; here it does neither: one short retry where nothing was generated, and
time limits of our own. Sampling settings (temperature) are gone from this API and never sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any, TypeVar

import anthropic
import httpx2
import structlog
from anthropic.types import Message as SdkMessage

from api.llm.model_client import (
    BadRequest,
    Deadline,
    Ending,
    Interrupted,
    Message,
    ModelAnswer,
    ModelDelta,
    ModelError,
    ModelRequest,
    Overloaded,
    Patience,
    PerLoop,
    PromptPart,
    RateLimited,
    TimedOut,
    ToolCall,
    Unauthorised,
    Unavailable,
    Usage,
    checked_key,
    drain,
    guessed_tokens,
    safe_text,
    seconds_or_none,
    unbilled,
)

T = TypeVar("T")
Json = dict[str, Any]
log = structlog.get_logger()

ENDINGS: dict[str, Ending] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool",
    "refusal": "refusal",
}
# By the error's own type first: an overload in mid-stream comes with status 200.
KINDS: dict[str, type[ModelError]] = {
    "overloaded_error": Overloaded,
    "rate_limit_error": RateLimited,
    "invalid_request_error": BadRequest,
    "not_found_error": BadRequest,
    "request_too_large": BadRequest,
    "authentication_error": Unauthorised,
    "permission_error": Unauthorised,
    "billing_error": Unauthorised,
    "timeout_error": TimedOut,
}
STATUSES: dict[int, type[ModelError]] = {
    400: BadRequest,
    401: Unauthorised,
    402: Unauthorised,
    403: Unauthorised,
    404: BadRequest,
    408: TimedOut,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
    503: Overloaded,
    504: TimedOut,
    529: Overloaded,
}
# These know neither the effort setting nor adaptive thinking, and do not think unless asked.
OLDER = ("claude-haiku-4", "claude-sonnet-4-5")


class AnthropicClient:
    """Implements `api.llm.model_client.ModelClient`. One SDK client per event loop, shared by all calls."""

    name = "anthropic"
    supports_tools = True

    def __init__(
        self,
        api_key: str,
        model: str,
        *,
        base_url: str | None = None,
        patience: Patience | None = None,
        retries: int = 1,
        longest_wait: float = 2.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`retries` are made only where the provider generated nothing, after at most `longest_wait` seconds; a
        provider that asks for more patience gets none here. Raises ValueError for a key that cannot be one."""
        self.model = model
        self._key = checked_key(api_key, "the Anthropic API key")
        self._base_url = base_url
        self._patience = patience or Patience()
        self._retries = retries
        self._longest_wait = longest_wait
        self._sleep = sleep
        self._clients = PerLoop(self._build, lambda client: client.close())

    def _build(self) -> anthropic.AsyncAnthropic:
        limits = anthropic.Timeout(self._patience.total, connect=self._patience.connect)
        return anthropic.AsyncAnthropic(
            api_key=self._key, base_url=self._base_url, max_retries=0, timeout=limits
        )

    async def aclose(self) -> None:
        """Close this event loop's connections; without it they close with the loop."""
        await self._clients.aclose()

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        client = await self._clients.get()
        deadline = Deadline(self._patience, request.seconds)
        settings = self._settings(request)

        async def once() -> SdkMessage:
            answer: SdkMessage = await deadline.whole(client.messages.create(**settings))
            if not isinstance(answer, SdkMessage):  # the SDK hands any text through that is no JSON
                raise Unavailable(self.name, "the answer is no message")
            return answer

        return self._answer(await self._patiently(once, deadline))

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        client = await self._clients.get()
        deadline = Deadline(self._patience, request.seconds)
        settings = self._settings(request)
        text: list[str] = []
        snapshot: SdkMessage | None = None
        async with AsyncExitStack() as stack:
            events = await self._patiently(
                lambda: deadline.opening(stack.enter_async_context(client.messages.stream(**settings))),
                deadline,
            )
            steps = await stack.enter_async_context(aclosing(deadline.each(events)))
            answer: ModelAnswer | None = None
            while answer is None:
                try:
                    event = await anext(steps)
                    if event.type == "message_start":
                        snapshot = events.current_message_snapshot
                    elif event.type == "message_stop":
                        answer = self._answer(event.message, events.request_id)
                except StopAsyncIteration:
                    broken: ModelError = Unavailable(self.name, "the stream ended before the answer did")
                    raise self._interrupted(broken, text, snapshot) from None
                except Exception as error:
                    # Whatever an SDK raises on a broken stream: the caller knows the errors of the port only.
                    raise self._interrupted(self._mapped(error), text, snapshot) from None
                if event.type == "text" and event.text:
                    text.append(event.text)
                    yield ModelDelta(text=event.text)
            for call in answer.calls:
                yield ModelDelta(call=call)
            yield ModelDelta(answer=answer)
            await drain(steps, self.name)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        """Run `attempt`, again after a short pause where the provider surely generated nothing."""
        for tried in range(self._retries + 1):
            try:
                return await attempt()
            except Exception as error:
                mapped = self._mapped(error)
                wait = self._pause(error, mapped, tried)
                if tried == self._retries or wait is None or wait >= deadline.left:
                    raise mapped from None
                log.info("model_call_retried", provider=self.name, why=mapped.why, seconds=wait)
            await self._sleep(wait)
        raise AssertionError("the loop returns or raises")

    def _pause(self, error: Exception, mapped: ModelError, tried: int) -> float | None:
        """Seconds before another attempt; None when there must be none. A time-out may have been paid for."""
        never_sent = isinstance(error, anthropic.APIConnectionError) and isinstance(
            error.__cause__, httpx2.ConnectError
        )
        refused = isinstance(error, anthropic.APIStatusError) and isinstance(
            mapped, Overloaded | RateLimited | Unavailable
        )
        if not never_sent and not refused:
            return None
        wait = 0.25 * 2**tried
        if isinstance(error, anthropic.APIStatusError):
            asked = seconds_or_none(error.response.headers.get("retry-after"))
            wait = wait if asked is None else asked
        return wait if wait <= self._longest_wait else None

    def _settings(self, request: ModelRequest) -> Json:
        model = request.model or self.model
        settings: Json = {
            "model": model,
            "max_tokens": request.max_tokens,
            "messages": [_message(m) for m in request.messages],
        }
        if request.system:
            settings["system"] = [_part(p) for p in request.system]
        if not model.startswith(OLDER):
            # The newer models think unless told otherwise, and their thoughts count towards max_tokens.
            settings["thinking"] = {"type": "adaptive" if request.think else "disabled"}
            if request.effort:
                settings["output_config"] = {"effort": request.effort}
        if request.tools:
            settings["tools"] = [
                {"name": t.name, "description": t.description, "input_schema": dict(t.schema)}
                for t in request.tools
            ]
            named = request.tool_choice not in ("auto", "any", "none")
            settings["tool_choice"] = (
                {"type": "tool", "name": request.tool_choice} if named else {"type": request.tool_choice}
            )
        if request.stop:
            settings["stop_sequences"] = list(request.stop)
        if request.user:
            settings["metadata"] = {"user_id": request.user}
        return settings

    def _answer(self, message: SdkMessage, request_id: str | None = None) -> ModelAnswer:
        try:
            ending = ENDINGS.get(message.stop_reason or "", "other")
            blocks = list(message.content)
            if ending == "length" and blocks and blocks[-1].type == "tool_use":
                blocks.pop()
            return ModelAnswer(
                text="".join(b.text for b in blocks if b.type == "text"),
                calls=tuple(ToolCall(b.id, b.name, dict(b.input)) for b in blocks if b.type == "tool_use"),
                usage=_usage(message),
                ending=ending,
                provider=self.name,
                model=message.model,
                request_id=request_id or message._request_id or "",
            )
        except (AttributeError, TypeError, ValueError) as error:  # the SDK does not validate what it builds
            raise Unavailable(self.name, f"the answer is malformed: {type(error).__name__}") from None

    def _interrupted(self, cause: ModelError, text: list[str], snapshot: SdkMessage | None) -> ModelError:
        """The cause itself while nothing was shown; with the text so far afterwards."""
        told = "".join(text)
        usage = None
        if snapshot is not None:
            known = _usage(snapshot)
            usage = Usage(
                known.input_tokens,
                max(known.output_tokens, guessed_tokens(told)),
                known.cached_tokens,
                known.cache_written_tokens,
                estimated=True,
            )
        cause.usage = usage
        return Interrupted(cause, told, usage=usage) if told else cause

    def _mapped(self, error: Exception) -> ModelError:
        """An error of the port for whatever the SDK raised; never with its text where that could hold our key."""
        if isinstance(error, ModelError):
            return error
        if isinstance(error, anthropic.APIStatusError):
            kind = KINDS.get(str(error.type)) or STATUSES.get(error.status_code) or Unavailable
            said = safe_text(error.api_message or "", self._key)
            why = f"{error.status_code} {error.type or 'error'}" + (f": {said}" if said else "")
            request_id = error.request_id or ""
            if kind is RateLimited:
                asked = seconds_or_none(error.response.headers.get("retry-after"))
                return RateLimited(self.name, why, retry_after=asked, request_id=request_id)
            return unbilled(kind(self.name, why, request_id=request_id))
        if isinstance(error, TimeoutError | anthropic.APITimeoutError | httpx2.TimeoutException):
            return TimedOut(self.name, "no answer in time")
        cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error
        if isinstance(error, anthropic.APIConnectionError | httpx2.HTTPError):
            failed = Unavailable(self.name, f"the connection failed: {type(cause).__name__}")
            return unbilled(failed) if isinstance(cause, httpx2.ConnectError) else failed
        return Unavailable(self.name, f"the answer cannot be read: {type(error).__name__}")


def _part(part: PromptPart) -> Json:
    block: Json = {"type": "text", "text": part.text}
    if part.keep:
        block["cache_control"] = {"type": "ephemeral", "ttl": part.keep}
    return block


def _message(message: Message) -> Json:
    blocks: list[Json] = [
        {"type": "tool_result", "tool_use_id": r.call_id, "content": r.text, "is_error": r.failed}
        for r in message.results
    ]
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    blocks += [
        {"type": "tool_use", "id": c.id, "name": c.name, "input": dict(c.arguments)} for c in message.calls
    ]
    return {"role": message.role, "content": blocks}


def _usage(message: SdkMessage) -> Usage:
    usage = message.usage
    return Usage(
        int(usage.input_tokens or 0),
        int(usage.output_tokens or 0),
        int(usage.cache_read_input_tokens or 0),
        int(usage.cache_creation_input_tokens or 0),
    )
