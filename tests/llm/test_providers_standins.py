"""The stand-ins are as strict as the providers: what these refuse, they refuse, in the same shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest
import replicate
from anthropic.types import message_create_params
from replicate.exceptions import ModelError as ReplicateModelError
from replicate.exceptions import ReplicateError

from tests.fakes.anthropic import FIELDS, KEY, MODELS, PASSAGE, Answer, AnthropicStandin
from tests.fakes.replicate import TOKEN, ReplicateStandin
from tests.fakes.replicate import Answer as Prediction

HAIKU = "claude-haiku-5-5"
LLAMA = "/v1/models/meta/meta-llama-3-70b-instruct/predictions"
GOOD: dict[str, Any] = {
    "model": HAIKU,
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Tell it."}],
}
TOOL = {"name": "roll", "description": "Roll.", "input_schema": {"type": "object"}}
USE = {"type": "tool_use", "id": "t1", "name": "roll", "input": {}}


@pytest.fixture(scope="module")
def claude() -> Iterator[AnthropicStandin]:
    with AnthropicStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def llama() -> Iterator[ReplicateStandin]:
    with ReplicateStandin() as standin:
        yield standin


def post(standin: AnthropicStandin, body: Any, **headers: str) -> httpx.Response:
    usual = {"authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21", **headers}
    return httpx.post(
        f"{standin.base_url}/v1/messages", json=body, headers={k: v for k, v in usual.items() if v}
    )


# --- Anthropic ---------------------------------------------------------------------------------------------------


def test_the_known_fields_are_those_of_the_sdk() -> None:
    named = set(message_create_params.MessageCreateParamsStreaming.__annotations__)
    named |= set(message_create_params.MessageCreateParamsBase.__annotations__)
    headers = {"user_profile_id", "workspace_id"}
    assert named - headers == FIELDS


def test_the_known_models_are_known_to_the_sdk() -> None:
    from anthropic.types.model_param import ModelParam

    known = {name for part in ModelParam.__args__ for name in getattr(part, "__args__", ())}
    assert known >= MODELS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temperature": 0.7}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 0.7}, "Extra inputs"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": 200_000}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "first message"),
        ({"messages": [{"role": "tool", "content": "Hi"}]}, "role"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-whitespace"),
        ({"messages": [{"role": "user", "content": []}]}, "non-empty content"),
        ({"messages": [{"role": "user", "content": "a", "name": "Ann"}]}, "name: Extra inputs"),
        ({"messages": [{"role": "user", "content": [{"type": "poem", "text": "a"}]}]}, "poem"),
        ({"messages": [*GOOD["messages"], {"role": "assistant", "content": "The"}]}, "prefill"),
        ({"messages": [*GOOD["messages"], {"role": "assistant", "content": [USE]}, *GOOD["messages"]]}, "tool_result"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t9"}]}]}, "unexpected"),
        ({"system": [{"type": "text", "text": ""}]}, "system.0"),
        ({"system": [{"type": "text", "text": "a", "cache_control": {"type": "forever"}}]}, "cache_control"),
        ({"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "9m"}}]}, "ttl"),
        ({"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5}, "maximum of 4"),
        ({"tools": [{**TOOL, "name": "roll the dice"}]}, "tools.0.name"),
        ({"tools": [TOOL, TOOL]}, "unique"),
        ({"tools": [{"name": "roll", "input_schema": {}}]}, "input_schema"),
        ({"tool_choice": {"type": "auto"}}, "providing tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "fly"}}, "'fly' not found"),
        ({"output_config": {"effort": "heroic"}}, "effort"),
        ({"output_config": {"effort": "max"}, "thinking": {"type": "disabled"}}, "thinking"),
        ({"model": "claude-haiku-4-5", "output_config": {"effort": "low"}}, "effort parameter"),
        ({"thinking": {"type": "enabled", "budget_tokens": 50}}, "thinking"),
        ({"stop_sequences": [" "]}, "stop_sequences.0"),
        ({"metadata": {"name": "Ann"}}, "metadata.name"),
        ({"stream": "yes"}, "stream"),
    ],
)  # fmt: skip
def test_a_faulty_request_is_refused_in_the_providers_shape(
    claude: AnthropicStandin, change: dict[str, Any], words: str
) -> None:
    answer = post(claude, {**GOOD, **change})
    body = answer.json()
    assert answer.status_code == 400 and body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error" and words in body["error"]["message"]
    assert claude.calls[-1].outcome == "refused"


@pytest.mark.parametrize("missing", ["model", "max_tokens", "messages"])
def test_what_is_required_is_required(claude: AnthropicStandin, missing: str) -> None:
    answer = post(claude, {k: v for k, v in GOOD.items() if k != missing})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, f"{missing}: Field required")


def test_keys_versions_and_models_are_checked(claude: AnthropicStandin) -> None:
    assert post(claude, GOOD).status_code == 200
    assert post(claude, GOOD, authorization="", **{"x-api-key": KEY}).status_code == 200
    assert post(claude, GOOD, authorization="").status_code == 401
    assert (
        post(claude, GOOD, authorization="Bearer sk-wrong").json()["error"]["type"] == "authentication_error"
    )
    assert post(claude, GOOD, **{"anthropic-version": ""}).status_code == 400
    unknown = post(claude, {**GOOD, "model": "claude-3-opus-20240229"})
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "not_found_error")


def test_answers_and_streams_pass_the_sdks_own_validation(claude: AnthropicStandin) -> None:
    client = anthropic.Anthropic(
        api_key=KEY, base_url=claude.base_url, max_retries=0, _strict_response_validation=True
    )
    claude.behave(*[Answer(tools=(("roll", {"sides": 20, "why": "a long reason"}),))] * 2)
    asked: dict[str, Any] = {**GOOD, "tools": [TOOL]}
    message = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    shown = [m.to_dict()["content"] for m in (message, streamed)]
    for blocks in shown:
        for block in blocks:  # type: ignore[attr-defined]
            block.pop("id", None)
    assert shown[0] == shown[1] and message.usage.output_tokens == streamed.usage.output_tokens
    client.close()


def test_it_serves_clients_without_asyncio_and_records_them(claude: AnthropicStandin) -> None:
    before = len(claude.calls)
    client = anthropic.Anthropic(api_key=KEY, base_url=claude.base_url, max_retries=0)
    claude.behave(Answer(error="overloaded_error", message="too many"))
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(**GOOD)
    assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
    assert client.messages.create(**GOOD).to_dict()["content"] == [{"type": "text", "text": PASSAGE}]
    assert [c.outcome for c in claude.calls[before:]] == ["failed", "answered"]
    assert claude.calls[-1].body == GOOD
    client.close()


def test_no_more_comes_than_was_allowed(claude: AnthropicStandin) -> None:
    body = post(claude, {**GOOD, "max_tokens": 2}).json()
    assert (body["content"][0]["text"], body["stop_reason"]) == ("The lamp", "max_tokens")


# --- Replicate ---------------------------------------------------------------------------------------------------


def create(standin: ReplicateStandin, body: Any, path: str = LLAMA, **headers: str) -> httpx.Response:
    usual = {"authorization": f"Bearer {TOKEN}", **headers}
    return httpx.post(standin.base_url + path, json=body, headers={k: v for k, v in usual.items() if v})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "input is required"),
        ({"input": {}}, "input.prompt"),
        ({"input": {"prompt": "a", "mode": "x"}}, "input.mode"),
        ({"input": {"prompt": "a", "temperature": 9}}, "input.temperature"),
        ({"input": {"prompt": "a", "temperature": "hot"}}, "input.temperature"),
        ({"input": {"prompt": "a", "max_tokens": True}}, "input.max_tokens"),
        ({"input": {"prompt": "a", "max_tokens": 0}}, "input.max_tokens"),
        ({"input": {"prompt": "a", "prompt_template": "b"}}, "prompt_template"),
        ({"input": {"prompt": "a"}, "model": "x"}, "model"),
    ],
)
def test_a_faulty_prediction_is_refused_as_a_problem(llama: ReplicateStandin, body: Any, words: str) -> None:
    answer = create(llama, body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422 and words in problem["detail"] and problem["title"]


def test_tokens_models_and_prefer_are_checked(llama: ReplicateStandin) -> None:
    good = {"input": {"prompt": "a"}}
    assert create(llama, good).status_code == 201
    assert create(llama, good, authorization="").status_code == 401
    assert create(llama, good, authorization="Bearer r8_wrong").status_code == 401
    assert create(llama, good, path="/v1/models/meta/unknown/predictions").status_code == 404
    assert create(llama, good, prefer="wait=99").status_code == 400
    assert create(llama, good, prefer="wait=5").json()["status"] == "succeeded"


def test_it_serves_the_sdks_own_run_and_stream(llama: ReplicateStandin) -> None:
    client = replicate.client.Client(api_token=TOKEN, base_url=llama.base_url)
    model, given = "meta/meta-llama-3-70b-instruct", {"prompt": "Tell it."}
    assert "".join(client.run(model, input=given)) == PASSAGE
    assert "".join(str(event) for event in client.stream(model, input=given)) == PASSAGE
    llama.behave(Prediction(fails="out of memory"), Prediction(status=402, detail="no credit"))
    with pytest.raises(ReplicateModelError, match="out of memory"):
        client.run(model, input=given)
    with pytest.raises(ReplicateError, match="no credit"):
        client.run(model, input=given)


def test_the_sdks_run_does_take_a_partial_answer_for_the_whole(llama: ReplicateStandin) -> None:
    """The reason why our adapter does not use it; should this fail, `run` has become safe."""
    client = replicate.client.Client(api_token=TOKEN, base_url=llama.base_url)
    llama.behave(Prediction(polls=3, partial="The lamp"))
    assert client.run("meta/meta-llama-3-70b-instruct", input={"prompt": "Tell it."}) == ["The lamp"]


def test_a_stream_is_there_only_for_those_who_asked(llama: ReplicateStandin) -> None:
    without = create(llama, {"input": {"prompt": "a"}}).json()
    assert "stream" not in without["urls"]
    with_one = create(llama, {"input": {"prompt": "a"}, "stream": True}).json()
    auth = {"authorization": f"Bearer {TOKEN}"}
    assert httpx.get(with_one["urls"]["stream"], headers=auth).status_code == 404
    streamed = httpx.get(with_one["urls"]["stream"], headers={**auth, "accept": "text/event-stream"})
    assert streamed.text.endswith("data: {}\n\n")
    events = [block.split("\n") for block in streamed.text.strip().split("\n\n")]
    assert all(e[1].startswith("id: ") for e in events) and json.loads(events[-1][2][6:]) == {}
