"""The Anthropic adapter: the unmodified SDK, real sockets, and a provider that misbehaves on command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio

from api.llm.anthropic import AnthropicClient
from api.llm.model_client import (
    BadRequest,
    Interrupted,
    Message,
    ModelAnswer,
    ModelDelta,
    ModelError,
    ModelRequest,
    Overloaded,
    Patience,
    PromptPart,
    RateLimited,
    TimedOut,
    ToolCall,
    ToolResult,
    ToolSpec,
    Unauthorised,
    Unavailable,
)
from tests.fakes.anthropic import KEY, PASSAGE, Answer, AnthropicStandin

pytestmark = pytest.mark.asyncio

HAIKU = "claude-haiku-5-5"
QUICK = Patience(connect=2, first=0.8, gap=0.5, total=5)
ROLL = ToolSpec(
    "rule_check",
    "Ask for a check.",
    {"type": "object", "properties": {"stat": {"type": "string"}}, "required": ["stat"]},
)


def ask(text: str = "Tell it.", **values: Any) -> ModelRequest:
    plain: dict[str, Any] = {
        "system": (PromptPart("You tell stories.", keep="5m"),),
        "messages": (Message("user", text),),
        "max_tokens": 200,
    }
    return ModelRequest(**{**plain, **values})


class Naps:
    """Notes how long somebody wanted to sleep, and does not."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def provider() -> Iterator[AnthropicStandin]:
    with AnthropicStandin() as standin:
        yield standin


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest_asyncio.fixture
async def client(provider: AnthropicStandin, naps: Naps) -> AsyncIterator[AnthropicClient]:
    made = AnthropicClient(KEY, HAIKU, base_url=provider.base_url, patience=QUICK, sleep=naps)
    yield made
    await made.aclose()


async def whole(client: AnthropicClient, request: ModelRequest) -> tuple[str, ModelAnswer]:
    """A stream's pieces joined, and the answer at its end."""
    deltas: list[ModelDelta] = [delta async for delta in client.stream(request)]
    assert deltas[-1].answer is not None
    return "".join(d.text for d in deltas), deltas[-1].answer


async def failure(client: AnthropicClient, how: str, request: ModelRequest | None = None) -> ModelError:
    with pytest.raises(ModelError) as caught:
        if how == "complete":
            await client.complete(request or ask())
        else:
            await whole(client, request or ask())
    return caught.value


both_ways = pytest.mark.parametrize("how", ["complete", "stream"])


# --- answers -----------------------------------------------------------------------------------------------------


async def test_an_answer_brings_text_usage_ending_and_request_id(client: AnthropicClient) -> None:
    answer = await client.complete(ask())
    assert (answer.text, answer.ending, answer.model) == (PASSAGE, "end", HAIKU)
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0 and not answer.usage.estimated
    assert answer.request_id == "req_1"


async def test_a_stream_brings_the_text_in_pieces_and_then_the_whole_answer(client: AnthropicClient) -> None:
    deltas = [delta async for delta in client.stream(ask())]
    assert [d.text for d in deltas[:3]] == ["The", " lamp", " goes"]
    answer = deltas[-1].answer
    assert answer is not None and answer.text == PASSAGE == "".join(d.text for d in deltas)
    assert (answer.ending, answer.request_id) == ("end", "req_1")


async def test_a_repeated_prefix_is_reported_as_read_from_the_cache(client: AnthropicClient) -> None:
    request = ask(system=(PromptPart("The rules. " * 50, keep="1h"), PromptPart("And this turn.")))
    first, (_, second) = await client.complete(request), await whole(client, request)
    assert first.usage.cache_written_tokens == second.usage.cached_tokens > 100
    assert second.usage.cache_written_tokens == 0


async def test_the_request_carries_effort_caching_and_no_temperature(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    await client.complete(ask(temperature=0.9, effort="low", stop=("THE END",), user="table-7"))
    body = provider.calls[0].body
    assert body["output_config"] == {"effort": "low"} and body["thinking"] == {"type": "disabled"}
    assert body["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}
    assert body["stop_sequences"] == ["THE END"] and body["metadata"] == {"user_id": "table-7"}
    assert not {"temperature", "top_p", "top_k"} & set(body)


async def test_older_models_get_no_effort_and_no_thinking_setting(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    await client.complete(ask(model="claude-haiku-4-5", effort="low", think=True))
    assert not {"output_config", "thinking"} & set(provider.calls[0].body)


@both_ways
async def test_tool_calls_come_typed_and_finished(
    client: AnthropicClient, provider: AnthropicStandin, how: str
) -> None:
    provider.behave(Answer(text="Let us see.", tools=(("rule_check", {"stat": "wisdom"}),)))
    request = ask(tools=(ROLL,), tool_choice="rule_check")
    answer = await client.complete(request) if how == "complete" else (await whole(client, request))[1]
    assert answer.calls == (ToolCall("toolu_1_0", "rule_check", {"stat": "wisdom"}),)
    assert answer.ending == "tool" and answer.text == "Let us see."
    assert provider.calls[0].body["tool_choice"] == {"type": "tool", "name": "rule_check"}


async def test_a_stream_hands_out_finished_calls_before_the_answer(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(text="", tools=(("rule_check", {"stat": "wisdom"}),)))
    deltas = [d async for d in client.stream(ask(tools=(ROLL,), tool_choice="any"))]
    assert [d.call.arguments for d in deltas if d.call] == [{"stat": "wisdom"}]


async def test_results_of_tools_go_back_in_the_providers_form(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    call = ToolCall("toolu_9", "rule_check", {"stat": "wisdom"})
    talk = (
        Message("user", "I look around."),
        Message("assistant", "Let us see.", calls=(call,)),
        Message("user", results=(ToolResult("toolu_9", "success"),)),
    )
    assert (await client.complete(ask(messages=talk, tools=(ROLL,)))).text == PASSAGE
    assert provider.outcomes == ["answered"]


@both_ways
async def test_a_call_that_was_cut_short_is_no_call(
    client: AnthropicClient, provider: AnthropicStandin, how: str
) -> None:
    provider.behave(Answer(tools=(("rule_check", {"stat": "wis"}),), stop_reason="max_tokens"))
    request = ask(tools=(ROLL,))
    answer = await client.complete(request) if how == "complete" else (await whole(client, request))[1]
    assert (answer.calls, answer.ending) == ((), "length")


@both_ways
@pytest.mark.parametrize(
    ("reason", "ending"), [("refusal", "refusal"), ("stop_sequence", "end"), ("pause_turn", "other")]
)
async def test_why_it_stopped_is_told(
    client: AnthropicClient, provider: AnthropicStandin, how: str, reason: str, ending: str
) -> None:
    provider.behave(Answer(stop_reason=reason))
    answer = await client.complete(ask()) if how == "complete" else (await whole(client, ask()))[1]
    assert answer.ending == ending


@both_ways
async def test_an_empty_answer_is_an_answer(
    client: AnthropicClient, provider: AnthropicStandin, how: str
) -> None:
    provider.behave(Answer(text=""))
    answer = await client.complete(ask()) if how == "complete" else (await whole(client, ask()))[1]
    assert (answer.text, answer.calls) == ("", ())


async def test_slow_tokens_arrive_as_they_come(client: AnthropicClient, provider: AnthropicStandin) -> None:
    provider.behave(Answer(text="One two three four.", seconds_between=0.02))
    text, _ = await whole(client, ask())
    assert text == "One two three four."


# --- refusals ----------------------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_request_error", BadRequest),
        ("request_too_large", BadRequest),
        ("not_found_error", BadRequest),
        ("authentication_error", Unauthorised),
        ("billing_error", Unauthorised),
        ("permission_error", Unauthorised),
    ],
)
async def test_a_final_refusal_is_not_tried_again(
    client: AnthropicClient, provider: AnthropicStandin, how: str, error: str, kind: type[ModelError]
) -> None:
    provider.always(Answer(error=error))
    caught = await failure(client, how)
    assert type(caught) is kind and error in str(caught) and caught.request_id == "req_1"
    assert len(provider.calls) == 1


@both_ways
async def test_an_unknown_model_is_a_bad_request(client: AnthropicClient, how: str) -> None:
    assert isinstance(await failure(client, how, ask(model="claude-3-haiku-20240307")), BadRequest)


@both_ways
async def test_a_wrong_key_is_unauthorised(provider: AnthropicStandin, how: str) -> None:
    client = AnthropicClient("sk-ant-wrong", HAIKU, base_url=provider.base_url, patience=QUICK)
    assert isinstance(await failure(client, how), Unauthorised)


@both_ways
async def test_a_long_rate_limit_is_reported_with_its_time_and_not_waited_for(
    client: AnthropicClient, provider: AnthropicStandin, naps: Naps, how: str
) -> None:
    provider.behave(Answer(error="rate_limit_error", retry_after="2.5"))  # our limit for a wait is 2 s
    caught = await failure(client, how)
    assert isinstance(caught, RateLimited) and caught.retry_after == 2.5
    assert naps.taken == [] and len(provider.calls) == 1


@both_ways
async def test_a_short_rate_limit_is_waited_for_as_long_as_asked(
    client: AnthropicClient, provider: AnthropicStandin, naps: Naps, how: str
) -> None:
    provider.behave(Answer(error="rate_limit_error", retry_after="1.5"))
    answer = await client.complete(ask()) if how == "complete" else (await whole(client, ask()))[1]
    assert answer.text == PASSAGE and naps.taken == [1.5]


@both_ways
@pytest.mark.parametrize("error", ["api_error", "overloaded_error"])
async def test_a_hiccup_is_tried_once_more(
    client: AnthropicClient, provider: AnthropicStandin, naps: Naps, how: str, error: str
) -> None:
    provider.behave(Answer(error=error))
    answer = await client.complete(ask()) if how == "complete" else (await whole(client, ask()))[1]
    assert answer.text == PASSAGE and provider.outcomes == ["failed", "answered"] and len(naps.taken) == 1


@both_ways
@pytest.mark.parametrize(("error", "kind"), [("api_error", Unavailable), ("overloaded_error", Overloaded)])
async def test_after_the_second_failure_it_gives_up(
    client: AnthropicClient, provider: AnthropicStandin, how: str, error: str, kind: type[ModelError]
) -> None:
    provider.always(Answer(error=error))
    assert type(await failure(client, how)) is kind
    assert len(provider.calls) == 2


# --- in mid-stream -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "cause"),
    [("drop", Unavailable), ("end", Unavailable), ("garbage", Unavailable), ("silence", TimedOut)],
)
async def test_a_stream_that_breaks_is_interrupted_with_the_text_so_far(
    client: AnthropicClient, provider: AnthropicStandin, how: Any, cause: type[ModelError]
) -> None:
    provider.behave(Answer(breaks_after=3, breaks_by=how))
    caught = await failure(client, "stream")
    assert isinstance(caught, Interrupted) and caught.text == "The lamp goes"
    assert type(caught.cause) is cause
    assert caught.usage is not None and caught.usage.estimated and caught.usage.input_tokens > 0
    assert len(provider.calls) == 1


async def test_an_overload_in_mid_stream_is_known_as_one(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(breaks_after=4, breaks_by="error", break_error="overloaded_error"))
    caught = await failure(client, "stream")
    assert isinstance(caught, Interrupted) and isinstance(caught.cause, Overloaded)
    assert caught.text == "The lamp goes out."


async def test_an_overload_before_the_first_word_is_a_plain_overload(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(breaks_after=0, breaks_by="error", break_error="overloaded_error"))
    assert type(await failure(client, "stream")) is Overloaded


async def test_tool_arguments_that_are_no_json_are_an_error_of_the_port(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.behave(
        Answer(text="", tools=(("rule_check", {"stat": "wisdom"}),), breaks_after=1, breaks_by="garbage")
    )
    assert type(await failure(client, "stream", ask(tools=(ROLL,)))) is Unavailable


# --- time and connections ----------------------------------------------------------------------------------------


async def test_a_stream_without_a_first_sign_times_out_and_is_not_repeated(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.always(Answer(hangs=True))
    assert type(await failure(client, "stream")) is TimedOut
    assert len(provider.calls) == 1


async def test_an_answer_that_never_comes_times_out_after_the_requests_own_limit(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.always(Answer(hangs=True))
    assert type(await failure(client, "complete", ask(seconds=0.2))) is TimedOut
    assert len(provider.calls) == 1


async def test_a_stream_that_never_ends_is_cut_at_its_limit(
    client: AnthropicClient, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(text="word " * 190, seconds_between=0.02))
    caught = await failure(client, "stream", ask(seconds=0.3))
    assert isinstance(caught, Interrupted) and isinstance(caught.cause, TimedOut)
    await provider.until(lambda: provider.outcomes == ["left"])


@both_ways
async def test_a_dropped_connection_is_not_repeated(
    client: AnthropicClient, provider: AnthropicStandin, how: str
) -> None:
    provider.always(Answer(drops=True))
    assert type(await failure(client, how)) is Unavailable
    assert len(provider.calls) == 1


@both_ways
async def test_where_nobody_listens_is_unavailable(naps: Naps, how: str) -> None:
    with AnthropicStandin() as gone:
        address = gone.base_url
    client = AnthropicClient(KEY, HAIKU, base_url=address, patience=QUICK, sleep=naps)
    assert type(await failure(client, how)) is Unavailable
    assert len(naps.taken) == 1  # nothing was sent, so it may be tried again
    await client.aclose()


@both_ways
async def test_a_page_of_html_is_no_answer(
    client: AnthropicClient, provider: AnthropicStandin, how: str
) -> None:
    provider.behave(Answer(raw="<h1>Bad gateway</h1>"))
    assert type(await failure(client, how)) is Unavailable


async def test_a_cancelled_call_hangs_up(client: AnthropicClient, provider: AnthropicStandin) -> None:
    provider.always(Answer(breaks_after=2, breaks_by="silence"))
    task = asyncio.create_task(whole(client, ask(seconds=30)))
    await provider.until(lambda: len(provider.calls) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await provider.until(lambda: provider.outcomes == ["left"] and provider.open_connections == 0)


async def test_whoever_stops_listening_hangs_up(client: AnthropicClient, provider: AnthropicStandin) -> None:
    provider.always(Answer(breaks_after=2, breaks_by="silence"))
    async with aclosing(client.stream(ask())) as deltas:
        assert (await anext(deltas)).text == "The"
    await provider.until(lambda: provider.outcomes == ["left"] and provider.open_connections == 0)


async def test_calls_at_once_do_not_mix(provider: AnthropicStandin) -> None:
    client = AnthropicClient(KEY, HAIKU, base_url=provider.base_url)  # patient: forty at once take their time
    provider.always(Answer(seconds_before=0.02))
    answers = await asyncio.gather(*(whole(client, ask(f"Number {i}.")) for i in range(40)))
    assert {text for text, _ in answers} == {PASSAGE}
    assert len({answer.request_id for _, answer in answers}) == 40
    await client.aclose()
