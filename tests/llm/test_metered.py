"""What a call costs, however it ends, and that none goes round the budget."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import CellType
from typing import Any

import pytest

from api.llm.anthropic import AnthropicClient
from api.llm.budget import metered as module
from api.llm.budget.metered import MeteredClient, micros, prompt_tokens
from api.llm.budget.port import OverBudget, PromptTooLong, Reservation
from api.llm.circuit import CircuitOpen
from api.llm.model_client import (
    BadRequest,
    Charge,
    Interrupted,
    Message,
    ModelAnswer,
    ModelDelta,
    ModelError,
    ModelRequest,
    Overloaded,
    PromptPart,
    RateLimited,
    TimedOut,
    ToolSpec,
    Unavailable,
    Usage,
    unbilled,
)
from api.llm.models import Price, load_models
from api.llm.replicate import ReplicateClient
from api.store.port import StoreError
from api.wiring import wire
from tests.fakes.anthropic import KEY, Answer, AnthropicStandin
from tests.fakes.game import settings_for
from tests.fakes.noted import noted
from tests.fakes.replicate import TOKEN

HAIKU = "claude-haiku-5-5"
TERMS = load_models().dearest()
ASK = ModelRequest(
    (PromptPart("x" * 300),), (Message("user", "y" * 300),), 100, charge=Charge("combat", "ann", "s", "FREE")
)
ANSWER = ModelAnswer("Rain.", (), Usage(80, 20), "end", "some", HAIKU)


class Book:
    """A budget that writes down what is asked of it."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.refuses = refuses
        self.taken: list[Reservation] = []
        self.ends: list[Any] = []

    def reserve(self, provider: str, charge: Charge, model: str, worst: Usage, micros: int) -> Reservation:
        if self.refuses is not None:
            raise self.refuses
        self.taken.append(Reservation(str(len(self.taken)), "today", charge, model, worst, micros))
        return self.taken[-1]

    def settle(self, reservation: Reservation, usage: Usage, micros: int) -> None:
        self.ends.append((usage, micros))

    def give_back(self, reservation: Reservation) -> None:
        self.ends.append("given back")


class Model:
    """A model client that ends as it is told."""

    name = "some"
    supports_tools = False

    def __init__(self, ends: ModelError | ModelAnswer | None) -> None:
        self.ends = ends
        self.asked: list[ModelRequest] = []
        self.was_asked = asyncio.Event()

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.asked.append(request)
        self.was_asked.set()
        if self.ends is None:
            await asyncio.Event().wait()
        if isinstance(self.ends, ModelAnswer):
            return self.ends
        raise self.ends  # type: ignore[misc]

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        yield ModelDelta(text="Ra")
        yield ModelDelta(text="in.")
        yield ModelDelta(answer=await self.complete(request))

    async def aclose(self) -> None:
        """Nothing to close."""


def client(book: Book, model: Any, **more: Any) -> MeteredClient:
    return MeteredClient(model, book, TERMS, HAIKU, **more)


def test_a_call_costs_what_the_provider_counted() -> None:
    book = Book()
    assert asyncio.run(client(book, Model(ANSWER)).complete(ASK)) == ANSWER
    (leave,) = book.taken
    assert (leave.charge, leave.model) == (ASK.charge, HAIKU)
    assert book.ends == [(Usage(80, 20), 18)]  # 80 at 0.10 and 20 at 0.50 dollars a million


def test_before_the_call_the_worst_is_held() -> None:
    book = Book()
    asyncio.run(client(book, Model(ANSWER)).complete(ASK))
    assert book.taken[0].worst == Usage(200, 100, estimated=True)
    assert book.taken[0].micros == 20 + 50
    kept = replace(ASK, system=(PromptPart("x" * 300, keep="5m"),))
    asyncio.run(client(book, Model(ANSWER)).complete(kept))
    assert book.taken[1].micros == 25 + 50  # writing to the provider's cache costs a quarter more


async def _all(model: MeteredClient) -> list[ModelDelta]:
    async with aclosing(model.stream(ASK)) as deltas:
        return [delta async for delta in deltas]


def test_a_stream_costs_the_same() -> None:
    book = Book()
    assert asyncio.run(_all(client(book, Model(ANSWER))))[-1].answer == ANSWER
    assert book.ends == [(Usage(80, 20), 18)]


WORST = (Usage(200, 100, estimated=True), 70)


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (Overloaded("some", "full"), "given back"),
        (RateLimited("some", "too often"), "given back"),
        (BadRequest("some", "bad"), "given back"),
        (CircuitOpen("some", 5), "given back"),
        (unbilled(Unavailable("some", "refused the connection")), "given back"),
        (Unavailable("some", "the connection broke"), WORST),
        (TimedOut("some", "silence"), WORST),
        (Interrupted(TimedOut("some", "silence"), "Rain", usage=Usage(90, 7)), (Usage(90, 7), 13)),
        (Interrupted(TimedOut("some", "silence"), "Rain"), WORST),
    ],
)
def test_a_failed_call_costs_what_the_provider_may_have_billed(error: ModelError, cost: Any) -> None:
    for ask in (lambda c: c.complete(ASK), _all):
        book = Book()
        with pytest.raises(type(error)):
            asyncio.run(ask(client(book, Model(error))))
        assert book.ends == [cost]


def test_a_call_that_is_given_up_costs_the_most_that_may_have_been_billed() -> None:
    async def cancelled(book: Book) -> None:
        model = Model(None)
        task = asyncio.create_task(client(book, model).complete(ASK))
        await model.was_asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def closed(book: Book) -> None:
        async with aclosing(client(book, Model(ANSWER)).stream(ASK)) as deltas:
            async for _ in deltas:
                return

    for giving_up in (cancelled, closed):
        book = Book()
        asyncio.run(giving_up(book))
        assert book.ends == [WORST]


def test_who_is_cancelled_while_taking_leave_gives_it_back() -> None:
    class Slow(Book):
        def __init__(self) -> None:
            super().__init__()
            self.began, self.may_end = threading.Event(), threading.Event()

        def reserve(self, *asked: Any) -> Reservation:
            self.began.set()
            assert self.may_end.wait(30)
            return super().reserve(*asked)

    async def cancelled(book: Slow, model: Model) -> None:
        task = asyncio.create_task(client(book, model).complete(ASK))
        await asyncio.to_thread(book.began.wait)
        task.cancel()
        book.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    book, model = Slow(), Model(ANSWER)
    asyncio.run(cancelled(book, model))
    assert (model.asked, book.ends) == ([], ["given back"])


def test_a_prompt_that_is_too_long_is_not_sent() -> None:
    book, model = Book(), Model(ANSWER)
    long = replace(ASK, messages=(Message("user", "z" * 3 * TERMS[HAIKU].max_input),))
    with pytest.raises(PromptTooLong, match="at most 12000"):
        asyncio.run(client(book, model).complete(long))
    assert (model.asked, book.taken) == ([], [])


def test_no_call_asks_for_more_than_the_table_allows() -> None:
    book, model = Book(), Model(ANSWER)
    asyncio.run(client(book, model).complete(replace(ASK, max_tokens=5000)))
    assert model.asked[0].max_tokens == TERMS[HAIKU].max_tokens == 512


def test_tools_and_other_scripts_count_in_a_prompt() -> None:
    tool = ToolSpec("rule", "Say what it means.", {"type": "object"})
    assert prompt_tokens(replace(ASK, tools=(tool,))) > prompt_tokens(ASK) == 200
    assert prompt_tokens(ModelRequest((), (Message("user", "書" * 30),), 10)) == 30


def test_a_model_without_a_price_is_not_asked() -> None:
    book, model = Book(), Model(ANSWER)
    with pytest.raises(BadRequest, match="no price"):
        asyncio.run(client(book, model).complete(replace(ASK, model="claude-mystery")))
    assert (model.asked, book.taken) == ([], [])


def test_over_budget_nobody_is_asked_and_the_table_is_told() -> None:
    told: list[Any] = []
    refusal = OverBudget("some", "quota", "2026-11-26T00:00:00.000Z", 50)
    model = Model(ANSWER)
    metered = client(Book(refusal), model, on_refused=lambda charge, error: told.append((charge, error)))
    with pytest.raises(OverBudget):
        asyncio.run(metered.complete(ASK))
    assert (model.asked, told) == ([], [(ASK.charge, refusal)])


def test_who_cannot_tell_the_table_loses_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(charge: Charge, error: OverBudget) -> None:
        raise RuntimeError("no table")

    lines = noted(monkeypatch, module)
    metered = client(Book(OverBudget("some", "quota", "", 50)), Model(ANSWER), on_refused=breaks)
    with pytest.raises(OverBudget):
        asyncio.run(metered.complete(ASK))
    assert [line["event"] for line in lines] == ["limit_not_told"]


def test_without_the_store_no_call_is_made_and_the_next_narrator_tells() -> None:
    model = Model(ANSWER)
    with pytest.raises(Unavailable, match="budget"):
        asyncio.run(client(Book(StoreError("away")), model).complete(ASK))
    assert model.asked == []


def test_an_answer_counts_although_its_price_cannot_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Book):
        def settle(self, reservation: Reservation, usage: Usage, micros: int) -> None:
            raise StoreError("away")

    lines = noted(monkeypatch, module)
    assert asyncio.run(client(Away(), Model(ANSWER)).complete(ASK)) == ANSWER
    assert [line["event"] for line in lines] == ["call_not_settled"]


def test_a_fraction_of_a_millionth_is_rounded_up() -> None:
    price = Price(input=0.1, output=0.5)
    assert (micros(price, Usage(1, 0)), micros(price, Usage(10, 0)), micros(price, Usage())) == (1, 1, 0)


def test_a_named_model_of_the_table_keeps_its_own_price() -> None:
    table = load_models().with_ids(anthropic=HAIKU)
    assert table.dearest()[HAIKU].price.output == 0.5
    unknown = load_models().with_ids(anthropic="claude-mystery")
    assert unknown.dearest()["claude-mystery"].price.output == 10


# --- the adapters say what was billed ---------------------------------------------------------------------------


@pytest.fixture
def provider() -> Iterator[AnthropicStandin]:
    with AnthropicStandin() as standin:
        yield standin


@pytest.mark.parametrize(
    ("answer", "billed"),
    [(Answer(error="overloaded_error"), False), (Answer(error="api_error"), False), (Answer(drops=True), True),
     (Answer(raw="<html>"), True)],
)  # fmt: skip
def test_an_error_that_the_provider_answers_with_is_not_billed(
    provider: AnthropicStandin, answer: Answer, billed: bool
) -> None:
    provider.behave(answer)
    asked = AnthropicClient(KEY, HAIKU, base_url=provider.base_url, retries=0)
    with pytest.raises(ModelError) as raised:
        asyncio.run(asked.complete(ModelRequest((), (Message("user", "Tell."),), 50)))
    assert raised.value.may_be_billed is billed


@pytest.mark.parametrize("adapter", [AnthropicClient, ReplicateClient])
def test_a_provider_that_cannot_be_reached_bills_nothing(adapter: Any) -> None:
    asked = adapter(KEY if adapter is AnthropicClient else TOKEN, "m/m", base_url="http://127.0.0.1:1")
    with pytest.raises(Unavailable) as raised:
        asyncio.run(asked.complete(ModelRequest((), (Message("user", "Tell."),), 50)))
    assert not raised.value.may_be_billed


# --- no way round ------------------------------------------------------------------------------------------------


def test_nothing_that_is_wired_holds_an_adapter_but_through_the_budget(tmp_path: Path) -> None:
    """Every object that can be reached from the wired parts: whoever holds an adapter is one of its decorators, and
    whoever holds one of these is metered."""
    parts = wire(settings_for(tmp_path, anthropic_api_key=KEY, replicate_api_token=TOKEN))
    metered, others = _holders(parts)
    assert sorted(metered) == ["anthropic", "replicate"]
    assert others == []
    parts.deps.store.close()  # type: ignore[attr-defined]


def _holders(start: Any) -> tuple[set[str], list[str]]:
    """The names of the clients that are metered, and who else but a decorator inside one holds a client."""
    found: set[str] = set()
    others: list[str] = []
    seen: set[int] = set()
    todo = [start]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | str | bytes | int):
            continue
        seen.add(id(thing))
        if isinstance(thing, MeteredClient):
            found.add(thing.name)
            continue  # what is inside it is reached through it
        if hasattr(thing, "supports_tools") and hasattr(thing, "complete"):
            others.append(type(thing).__name__)
        todo += [v for v in _parts(thing) if str(type(v).__module__).startswith(("api.", "builtins"))]
    return found, others


def _parts(thing: Any) -> list[Any]:
    """What an object holds: items, attributes, slots, and what a function closes over."""
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if type(thing).__module__.startswith("api.content"):
        return []
    held = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    if type(thing).__module__.startswith("api."):
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        held += [getattr(thing, name) for name in slots if hasattr(thing, name)]
    held += [c.cell_contents for c in getattr(thing, "__closure__", None) or () if c != CellType()]
    bound = getattr(thing, "__self__", None)
    return held if bound is None else [*held, bound]
