"""A model client that pays: leave is taken before each call, and what it cost is written down after it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace

import structlog

from api.llm.budget.port import Budget, OverBudget, PromptTooLong, Reservation
from api.llm.model_client import (
    BadRequest,
    Charge,
    ModelAnswer,
    ModelClient,
    ModelDelta,
    ModelError,
    ModelRequest,
    Unavailable,
    Usage,
    unbilled,
)
from api.llm.models import MILLION, Choice, Price
from api.store.port import StoreError

log = structlog.get_logger()

BYTES_A_TOKEN = 3  # of a prompt: no language needs fewer, so that a guess is never too low

Refused = Callable[[Charge, OverBudget], None]


@dataclass(slots=True)
class _Call:
    """One call under way: what was reserved for it, and what is known of its end."""

    request: ModelRequest
    reservation: Reservation
    price: Price
    answered: Usage | None = None
    error: ModelError | None = None


class MeteredClient:
    """A model client behind a budget; itself a `ModelClient`.

    The outermost of all decorators, so that a call that an inner one refuses is given back. A call that is aborted, or
    whose end nobody knows, costs the most that the provider may have billed.
    """

    def __init__(
        self,
        client: ModelClient,
        budget: Budget,
        terms: Mapping[str, Choice],
        usual: str,
        on_refused: Refused = lambda charge, error: None,
    ) -> None:
        """`terms` by model id: price and limits. `usual` is the model of a request that names none. `on_refused` is
        told of each call that the budget refuses, in a thread; what it raises is logged."""
        self.name = client.name
        self.supports_tools = client.supports_tools
        self._client = client
        self._budget = budget
        self._terms = terms
        self._usual = usual
        self._on_refused = on_refused

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        async with self._metered(request) as call:
            answer = await self._client.complete(call.request)
            call.answered = answer.usage
            return answer

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        async with self._metered(request) as call, aclosing(self._client.stream(call.request)) as deltas:
            async for delta in deltas:
                if delta.answer is not None:
                    call.answered = delta.answer.usage
                yield delta

    async def aclose(self) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def _metered(self, request: ModelRequest) -> AsyncIterator[_Call]:
        call = await self._open(request)
        try:
            yield call
        except ModelError as error:
            call.error = error
            raise
        finally:
            await self._close(call)

    async def _open(self, request: ModelRequest) -> _Call:
        """Take leave. Raises PromptTooLong, OverBudget, BadRequest; Unavailable when the store is away."""
        model = request.model or self._usual
        terms = self._terms.get(model)
        if terms is None:
            raise BadRequest(self.name, f"no price is known for the model {model}, so it is not asked")
        tokens = prompt_tokens(request)
        if tokens > terms.max_input:
            log.error("prompt_too_long", provider=self.name, context=request.charge.context, tokens=tokens)
            raise PromptTooLong(self.name, f"a prompt of about {tokens} tokens; at most {terms.max_input}")
        asked = replace(request, max_tokens=min(request.max_tokens, terms.max_tokens))
        kept = any(part.keep for part in request.system)
        worst = Usage(
            0 if kept else tokens, asked.max_tokens, 0, tokens if kept else 0, estimated=True
        )  # fmt: skip
        try:
            reservation = await self._reserved(asked.charge, model, worst, micros(terms.price, worst))
        except OverBudget as error:
            await self._refused(asked.charge, error)
            raise
        except StoreError as error:
            log.warning("budget_not_asked", provider=self.name, error=str(error))
            raise unbilled(Unavailable(self.name, "the budget cannot be asked")) from None
        return _Call(asked, reservation, terms.price)

    async def _reserved(self, charge: Charge, model: str, worst: Usage, cost: int) -> Reservation:
        """Take leave in a thread; whoever is cancelled meanwhile gives it back."""
        taking = asyncio.create_task(
            asyncio.to_thread(self._budget.reserve, self.name, charge, model, worst, cost)
        )
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            with suppress(ModelError, StoreError):  # then there is nothing to give back
                await asyncio.to_thread(self._budget.give_back, await taking)
            raise

    async def _refused(self, charge: Charge, error: OverBudget) -> None:
        try:
            await asyncio.to_thread(self._on_refused, charge, error)
        except Exception:  # whoever cannot be told loses no turn by it
            log.exception("limit_not_told", session_id=charge.session)

    async def _close(self, call: _Call) -> None:
        """Write down what the call cost. What cannot be written expires, and is then booked at its worst."""
        usage = call.answered or (call.error.usage if call.error else None)
        nothing = usage is None and call.error is not None and not call.error.may_be_billed
        try:
            if nothing:
                await asyncio.to_thread(self._budget.give_back, call.reservation)
                return
            usage = usage or call.reservation.worst
            await asyncio.to_thread(self._budget.settle, call.reservation, usage, micros(call.price, usage))
        except StoreError as error:
            log.warning("call_not_settled", provider=self.name, error=str(error))


def micros(price: Price, usage: Usage) -> int:
    """The cost of a call in millionths of a dollar, rounded up."""
    return math.ceil(price.of(usage) * MILLION - 1e-6)


def prompt_tokens(request: ModelRequest) -> int:
    """At most so many tokens has the prompt of this request, tools included; guessed from its bytes."""
    size = sum(len(part.text.encode()) for part in request.system)
    for tool in request.tools:
        size += len(tool.name) + len(tool.description.encode()) + len(json.dumps(dict(tool.schema)))
    for message in request.messages:
        size += len(message.text.encode()) + sum(len(r.text.encode()) for r in message.results)
        size += sum(len(c.name) + len(json.dumps(dict(c.arguments))) for c in message.calls)
    return math.ceil(size / BYTES_A_TOKEN)
