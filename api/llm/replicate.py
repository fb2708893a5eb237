"""Models hosted by Replicate behind the model port, through the official SDK 1.x: run, stream, cancel.

The SDK's own `run()` may return an unfinished answer as final, polls without a time limit and forgets which prediction
it started. So the prediction is made and followed here with the SDK's own calls: an answer counts only when its
prediction succeeded, everything has a time limit, and a prediction that nobody waits for is cancelled, as it costs.
A POST is never repeated: nobody knows whether a lost one has started a paid prediction.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from replicate.client import Client
from replicate.exceptions import ReplicateException
from replicate.prediction import Prediction
from replicate.stream import ServerSentEvent

from api.llm.model_client import (
    BadRequest,
    Deadline,
    Interrupted,
    Message,
    ModelAnswer,
    ModelDelta,
    ModelError,
    ModelRequest,
    Overloaded,
    Patience,
    PerLoop,
    RateLimited,
    TimedOut,
    Unauthorised,
    Unavailable,
    Usage,
    checked_key,
    guessed_tokens,
    safe_text,
    seconds_or_none,
    unbilled,
)

Json = dict[str, Any]
log = structlog.get_logger()

POLL_SECONDS = 0.5
LONGEST_HOLD = 60  # seconds for which the provider keeps a "Prefer: wait" request open at most
CANCEL_SECONDS = 1.0
FIGURES_SECONDS = 1.0
STATUSES: dict[int, type[ModelError]] = {
    400: BadRequest,
    401: Unauthorised,
    402: Unauthorised,
    403: Unauthorised,
    404: BadRequest,
    413: BadRequest,
    422: BadRequest,
    503: Overloaded,
    504: TimedOut,
    529: Overloaded,
}


@dataclass(frozen=True, slots=True)
class _Link:
    """An SDK client and the transport that holds its connections."""

    client: Client
    transport: httpx.AsyncHTTPTransport


class ReplicateClient:
    """Implements `api.llm.model_client.ModelClient` for instruct models of the Llama 3 family. It knows no tools."""

    name = "replicate"
    supports_tools = False

    def __init__(
        self,
        api_token: str,
        model: str,
        *,
        base_url: str | None = None,
        patience: Patience | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Raises ValueError for a token that cannot be one."""
        self.model = model
        self._key = checked_key(api_token, "the Replicate API token")
        self._base_url = base_url
        self._patience = patience or Patience(first=30)
        self._poll_seconds = poll_seconds
        self._links = PerLoop(self._build, lambda link: link.transport.aclose())

    def _build(self) -> _Link:
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1000))
        patience = self._patience
        client = Client(
            api_token=self._key,
            base_url=self._base_url,
            timeout=httpx.Timeout(
                patience.gap, connect=patience.connect, read=max(patience.first, patience.gap)
            ),
            transport=transport,
            event_hooks={"response": [self._check]},
        )
        client.poll_interval = self._poll_seconds
        return _Link(client, transport)

    async def aclose(self) -> None:
        """Close this event loop's connections; without it they close with the loop."""
        await self._links.aclose()

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        settings = self._input(request)
        client = (await self._links.get()).client
        deadline = Deadline(self._patience, request.seconds)
        hold = max(1, min(LONGEST_HOLD, int(deadline.left)))
        async with self._followed(deadline, None, client, request, settings, wait=hold) as prediction:
            await deadline.whole(prediction.async_wait())
            text = _text(prediction.output)
            if prediction.status != "succeeded":
                raise self._ended(prediction.status, prediction.error)
            return self._answer(request, settings, prediction, text)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        settings = self._input(request)
        client = (await self._links.get()).client
        deadline = Deadline(self._patience, request.seconds)
        told: list[str] = []
        async with (
            self._followed(deadline, told, client, request, settings, stream=True) as prediction,
            aclosing(deadline.each(prediction.async_stream())) as events,
        ):
            async for event in events:
                if event.event == ServerSentEvent.EventType.OUTPUT:
                    # The SDK takes text that begins with "https:" or "data:" for a file; its str() is that text.
                    text = str(event.data)
                    told.append(text)
                    yield ModelDelta(text=text)
                elif event.event == ServerSentEvent.EventType.DONE:
                    reason = _reason(event.data)
                    if reason:
                        raise self._ended(reason, None)
                    break
            else:
                raise Unavailable(self.name, "the stream ended before the answer did")
            await self._fetch_figures(prediction)
            yield ModelDelta(answer=self._answer(request, settings, prediction, "".join(told)))

    @asynccontextmanager
    async def _followed(
        self,
        deadline: Deadline,
        told: list[str] | None,
        client: Client,
        request: ModelRequest,
        settings: Json,
        **how: Any,
    ) -> AsyncGenerator[Prediction, None]:
        """A prediction that is cancelled when we stop following it, with all errors as errors of the port.

        `told`: what a stream has given out so far; None when nothing is given out before the end.
        """
        prediction: Prediction | None = None
        model = request.model or self.model
        _, _, version = model.partition(":")
        try:
            if version:
                made = client.predictions.async_create(version=version, input=settings, **how)
            else:
                made = client.models.predictions.async_create(model=model, input=settings, **how)
            opening = deadline.whole(made) if how.get("wait") else deadline.opening(made)
            prediction = await opening
            yield prediction
        except (asyncio.CancelledError, GeneratorExit):
            await self._cancel(prediction)
            raise
        except Exception as error:
            # Whatever the SDK raises: the caller knows the errors of the port only.
            partial = _text(prediction.output) if prediction is not None else ""
            text = partial if told is None else "".join(told)
            await self._cancel(prediction)
            raise self._interrupted(self._mapped(error), text, settings) from None

    async def _cancel(self, prediction: Prediction | None) -> None:
        """Ask the provider to stop working for nobody. Best effort: it must not hold up whoever gave up."""
        if prediction is None or prediction.status in ("succeeded", "failed", "canceled"):
            return
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await prediction.async_cancel()
        except Exception as error:  # we are giving up already; the first error is the one that counts
            log.info("prediction_not_cancelled", prediction=prediction.id, why=type(error).__name__)

    async def _fetch_figures(self, prediction: Prediction) -> None:
        """Token counts stand in the finished prediction, not in its stream; without them they are estimated."""
        try:
            async with asyncio.timeout(FIGURES_SECONDS):
                await prediction.async_reload()
        except Exception as error:  # the answer is whole; its figures are a nicety
            log.info("prediction_without_figures", prediction=prediction.id, why=type(error).__name__)
        if prediction.status not in ("failed", "canceled"):
            prediction.status = "succeeded"  # its stream is done, so there is nothing left to cancel

    async def _check(self, response: httpx.Response) -> None:
        """Turn an error status into an error of the port while its headers are at hand: the SDK drops them, and it
        does not look at the status of a stream at all."""
        if response.status_code < 400:
            return
        await response.aread()
        try:
            body = response.json()
        except ValueError:
            body = {}
        said = safe_text(
            (body.get("detail") or body.get("title")) if isinstance(body, dict) else "", self._key
        )
        why = f"status {response.status_code}" + (f": {said}" if said and said != "None" else "")
        if response.status_code == 429:
            asked = seconds_or_none(response.headers.get("retry-after"))
            raise RateLimited(self.name, why, retry_after=asked)
        raise unbilled(STATUSES.get(response.status_code, Unavailable)(self.name, why))

    def _input(self, request: ModelRequest) -> Json:
        """The model's input. Raises BadRequest for what this provider cannot do."""
        if request.tools or any(m.calls or m.results for m in request.messages):
            raise BadRequest(self.name, "this provider knows no tools")
        settings: Json = {
            "prompt": llama3_prompt([p.text for p in request.system], request.messages),
            "prompt_template": "{prompt}",
            "max_tokens": request.max_tokens,
            "stop_sequences": ",".join(("<|end_of_text|>", "<|eot_id|>", *request.stop)),
        }
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        return settings

    def _answer(
        self, request: ModelRequest, settings: Json, prediction: Prediction, text: str
    ) -> ModelAnswer:
        figures = prediction.metrics or {}
        counted = isinstance(figures.get("output_token_count"), int)
        usage = (
            Usage(int(figures.get("input_token_count") or 0), int(figures["output_token_count"]))
            if counted
            else _guess(settings, text)
        )
        full = usage.output_tokens >= request.max_tokens
        return ModelAnswer(
            text=text,
            calls=(),
            usage=usage,
            ending="length" if full else "end",
            provider=self.name,
            model=request.model or self.model,
            request_id=prediction.id,
        )

    def _ended(self, status: str, error: str | None) -> ModelError:
        said = safe_text(error, self._key) if error else ""
        return Unavailable(self.name, f"the prediction ended as {status}" + (f": {said}" if said else ""))

    def _interrupted(self, cause: ModelError, text: str, settings: Json) -> ModelError:
        if not text:
            return cause
        return Interrupted(cause, text, usage=_guess(settings, text))

    def _mapped(self, error: Exception) -> ModelError:
        if isinstance(error, ModelError):
            return error
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return TimedOut(self.name, "no answer in time")
        if isinstance(error, httpx.HTTPError):
            failed = Unavailable(self.name, f"the connection failed: {type(error).__name__}")
            return unbilled(failed) if isinstance(error, httpx.ConnectError) else failed
        if isinstance(error, ReplicateException | RuntimeError):
            return Unavailable(self.name, f"the provider reports: {safe_text(error, self._key)}")
        return Unavailable(self.name, f"the answer cannot be read: {type(error).__name__}")


def llama3_prompt(system: Iterable[str], messages: Iterable[Message]) -> str:
    """A conversation in the model's own form, open where the assistant is to speak. Nothing that a player wrote can
    open or close a turn in it: the marks of that form are broken up in all texts."""
    turns = [("system", "\n\n".join(system)), *((m.role, m.text) for m in messages)]
    written = [
        f"<|start_header_id|>{role}<|end_header_id|>\n\n{text.replace('<|', '< |')}<|eot_id|>"
        for role, text in turns
        if text
    ]
    return "<|begin_of_text|>" + "".join(written) + "<|start_header_id|>assistant<|end_header_id|>\n\n"


def _text(output: object) -> str:
    """What a prediction has put out so far: pieces of text, or one text, or nothing."""
    if isinstance(output, list | tuple):
        return "".join(str(piece) for piece in output)
    return "" if output is None else str(output)


def _reason(data: str) -> str:
    """Why a stream is done; empty when because the answer is whole."""
    try:
        parsed = json.loads(data or "{}")
    except ValueError:
        return ""
    return str(parsed.get("reason") or "") if isinstance(parsed, dict) else ""


def _guess(settings: Json, text: str) -> Usage:
    return Usage(guessed_tokens(settings["prompt"]), guessed_tokens(text), estimated=True)
