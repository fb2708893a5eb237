"""The API client: envelopes, refusals, retries that do no harm, and a stream that comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.api_client import ApiClient, ApiError, Player
from bot.errors import SENTENCES, sentence_for
from tests.bot.canned_api import SERVICE_TOKEN, CannedApi
from tests.bot.canned_stage import Refusal

pytestmark = pytest.mark.asyncio
ANA = Player("discord:1", "Ana Müller ✨")


class Naps:
    """Instead of sleeping: notes how long it would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps() -> Naps:
    return Naps()


def client_of(api: CannedApi, naps: Naps, **more: Any) -> ApiClient:
    return ApiClient(api.url, SERVICE_TOKEN, sleep=naps, **more)


async def test_a_player_is_named_in_the_headers(api: CannedApi, naps: Naps) -> None:
    async with client_of(api, naps) as client:
        await client.characters(ANA)
    call = api.calls[-1]
    assert call.acting == "discord:1" and call.headers["X-Act-Name"] == "Ana%20M%C3%BCller%20%E2%9C%A8"
    assert 8 <= len(call.headers["X-Request-ID"]) <= 64


async def test_a_refusal_keeps_code_sentence_and_details(api: CannedApi, naps: Naps) -> None:
    session = api.add_session("5", "6", [("1", "Ana")])
    api.refusals["POST action"] = Refusal(409, "not_your_turn", "It is Bo's turn.", legal=[{"kind": "pass"}])
    async with client_of(api, naps) as client:
        with pytest.raises(ApiError) as caught:
            await client.act(ANA, session.view["id"], {"kind": "pass"}, key="k1")
    error = caught.value
    assert (error.code, error.message, error.status) == ("not_your_turn", "It is Bo's turn.", 409)
    assert error.details["legal"] == [{"kind": "pass"}] and naps.taken == []


async def test_a_read_is_tried_again_and_a_bare_write_is_not(api: CannedApi, naps: Naps) -> None:
    api.fail("GET", "heroes", 503, times=2)
    api.fail("POST", "sessions/x/begin", 503)
    async with client_of(api, naps) as client:
        assert len(await client.heroes()) == 2
        with pytest.raises(ApiError) as caught:
            await client.call("POST", "sessions/x/begin", body={})
    assert len(naps.taken) == 2 and naps.taken[1] > naps.taken[0] and caught.value.code == "unavailable"
    assert len(api.calls_to("POST", "sessions/x/begin")) == 1


async def test_d4_a_write_whose_answer_was_lost_is_sent_again_with_the_same_key_and_runs_once(
    api: CannedApi, naps: Naps
) -> None:
    session = api.add_session("5", "6", [("1", "Ana")])
    await api.begin(session)
    member = session.view["party"][0]["character_id"]
    api.fail("POST", ".*/action", 0)
    async with client_of(api, naps) as client:
        action = {"character_id": member, "kind": "free", "text": "I look", "seen_turn": 1}
        answer = await client.act(ANA, session.view["id"], action, key="9001")
    calls = api.calls_to("POST", ".*/action")
    assert [c.key for c in calls] == ["9001", "9001"] and api.acted == 1 and answer["state"] == "accepted"


async def test_no_api_at_all_is_said_soon_and_clearly(api: CannedApi, naps: Naps) -> None:
    await api.stop()
    async with client_of(api, naps) as client:
        with pytest.raises(ApiError) as caught:
            await client.heroes()
    assert caught.value.code == "unreachable" and caught.value.is_passing and len(naps.taken) == 2


async def test_a_slow_answer_is_given_up(api: CannedApi, naps: Naps) -> None:
    api.lag = 5
    async with client_of(api, naps, timeout=0.05) as client:
        with pytest.raises(ApiError) as caught:
            await client.heroes()
    assert caught.value.code == "unreachable"


async def test_a_wait_that_the_api_asks_for_is_kept(api: CannedApi, naps: Naps) -> None:
    api.refusals["GET heroes"] = Refusal(429, "rate_limited", "slow", retry_after=2)
    async with client_of(api, naps) as client:
        with pytest.raises(ApiError) as caught:
            await client.heroes()
    assert naps.taken == [2.0, 2.0]
    assert sentence_for(caught.value.code, "", caught.value.details).endswith("2 seconds.")


async def test_the_stream_comes_back_with_the_last_id_it_saw(api: CannedApi, naps: Naps) -> None:
    session = api.add_session("5", "6", [("1", "Ana")])
    seen: list[tuple[str, Any]] = []

    async def listen(client: ApiClient) -> None:
        async for event in client.follow("stream", params={"kind": "discord"}):
            seen.append((event.event, event.data))

    async with client_of(api, naps) as client:
        task = asyncio.create_task(listen(client))
        await api.until(lambda: api.followers == 1)
        api.publish("feed", {"a": 1}, ident="41")
        await api.feed(session, {"type": "session_begun", "turn_id": "t"})
        await api.until(lambda: len(seen) >= 3 or api.calls is None, what="the events", poll=True)
        api.drop_streams()
        await api.until(
            lambda: api.followers == 1 and api.stream_heads[-1].get("Last-Event-ID") == "41", poll=True
        )
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [kind for kind, _ in seen] == ["open", "feed", "wake", "open"]


async def test_a_stream_that_refuses_the_token_says_so(api: CannedApi, naps: Naps) -> None:
    api.stream_status = 401
    async with client_of(api, naps) as client:
        with pytest.raises(ApiError) as caught:
            async for _ in client.follow("stream"):
                raise AssertionError("nothing may arrive")
    assert caught.value.status == 401


@pytest.mark.parametrize("code", [*SENTENCES, "never_heard_of"])
async def test_every_error_code_becomes_a_sentence_without_machinery(code: str) -> None:
    for message in ("", "Traceback (most recent call last): boom", "KeyError"):
        sentence = sentence_for(code, message)
        assert sentence.endswith((".", "!")) and "Traceback" not in sentence and "KeyError" not in sentence
