"""API, worker, stream and Redis as real processes, killed in mid-turn."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis
import rq
from rq.serializers import JSONSerializer

from tests.e2e.stack import Player, Stack

pytestmark = pytest.mark.e2e


async def begin(player: Player) -> tuple[str, str]:
    hero = (await player.call("POST", "/characters", {"hero": "aldo_fisk"}))["id"]
    wish = {"campaign": "low_water_ledger", "character_id": hero}
    session = (await player.call("POST", "/sessions", wish))["id"]
    await player.call("POST", f"/sessions/{session}/begin", {})
    return session, hero


async def act(player: Player, session: str, hero: str, text: str) -> str:
    done = await player.call(
        "POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "free", "text": text}
    )
    return str(done["turn_id"])


async def feed_until(player: Player, session: str, wanted: Any, seconds: float = 30) -> list[dict[str, Any]]:
    """Long-poll the feed until an event satisfies `wanted`; returns all events."""
    events: list[dict[str, Any]] = []
    after = 0
    async with asyncio.timeout(seconds):
        while True:
            page = await player.call("GET", f"/sessions/{session}/events?after={after}&wait=5")
            for row in page["items"]:
                after = row["seq"]
                events += row["events"]
            if any(wanted(e) for e in events):
                return events


def narrated(turn_id: str) -> Any:
    return lambda e: e["type"] == "turn_narrated" and turn_id in e["turn_ids"]


def told(events: list[dict[str, Any]]) -> list[str]:
    return [i for e in events if e["type"] == "turn_narrated" for i in e["turn_ids"]]


async def server_sent(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str | None, str, Any]]:
    """(id, event, data) of each server-sent event."""
    event_id, kind, data = None, "", ""
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and kind:
            yield event_id, kind, json.loads(data)
            event_id, kind, data = None, "", ""


@pytest.mark.asyncio
async def test_a_free_text_turn_goes_all_the_way(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        turn = await act(player, session, hero, "I look at the ceiling")
        events = await feed_until(player, session, narrated(turn))
        kinds = [e["type"] for e in events if e.get("turn_id") == turn]
        assert kinds == ["turn_opened", "action_stated", "turn_ruled", "turn_resolved", "turn_narrated"]


@pytest.mark.asyncio
@pytest.mark.parametrize("moment", ["before the ruling", "in mid-sentence"])
async def test_a_worker_killed_in_mid_turn_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    pause = "0.4" if moment == "in mid-sentence" else "0"
    async with Stack(tmp_path, STORYTELLER_PAUSE_SECONDS=pause) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        await feed_until(player, session, lambda e: e["type"] == "turn_narrated")
        if moment == "before the ruling":
            stack.signal("worker", signal.SIGSTOP)
            turn = await act(player, session, hero, "I look at the ceiling")
        else:
            async with player.follow(session, after=1000) as answer:
                turn = await act(player, session, hero, "I look at the ceiling")
                async for _, kind, payload in server_sent(answer):
                    if kind == "narration_delta" and payload["turn_id"] == turn:
                        break
        await stack.kill("worker")
        await stack.start("worker", STORYTELLER_PAUSE_SECONDS="0")
        await feed_until(player, session, narrated(turn))
        later = await act(player, session, hero, "I listen at the wall")
        events = await feed_until(player, session, narrated(later))
        assert told(events).count(turn) == 1
        assert told(events)[-2:] == [turn, later]


@pytest.mark.asyncio
async def test_redis_down_accepts_turns_and_the_sweeper_brings_them_home(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        await feed_until(player, session, lambda e: e["type"] == "turn_narrated")
        await stack.kill("worker")
        stack.stop_redis()
        status, envelope = await player.send(
            "POST", f"/sessions/{session}/action", {"character_id": hero, "kind": "pass"}
        )
        assert (status, envelope["result"]["status"]) == (202, "queued")
        stack.start_redis()
        await stack.start("worker")
        events = await feed_until(player, session, narrated(envelope["result"]["turn_id"]))
        assert told(events).count(envelope["result"]["turn_id"]) == 1


@pytest.mark.asyncio
async def test_a_worker_outlives_redis_and_rules_on_free_text_meanwhile(tmp_path: Path) -> None:
    async with Stack(tmp_path, RULING_SECONDS="1") as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        await feed_until(player, session, lambda e: e["type"] == "turn_narrated")
        stack.stop_redis()
        turn = await act(player, session, hero, "I look at the ceiling")
        await feed_until(player, session, lambda e: e["type"] == "turn_ruled" and e["turn_id"] == turn)
        assert stack.processes["worker"].returncode is None
        stack.start_redis()
        events = await feed_until(player, session, narrated(turn))
        assert told(events).count(turn) == 1


@pytest.mark.asyncio
async def test_a_job_that_is_none_of_ours_is_refused_and_the_worker_lives(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        connection = redis.Redis.from_url(stack.env["REDIS_URL"])
        marker = tmp_path / "ran"
        queue = rq.Queue("ai_tasks", connection=connection, serializer=JSONSerializer)
        job = queue.enqueue("os.mkdir", str(marker))
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        turn = await act(player, session, hero, "I look at the ceiling")
        await feed_until(player, session, narrated(turn))
        assert not marker.exists()
        assert job.get_status(refresh=True) == "failed"
        assert stack.processes["worker"].returncode is None


@pytest.mark.asyncio
async def test_one_request_id_goes_through_every_hop(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        body = {"character_id": hero, "kind": "free", "text": "I look at the ceiling"}
        status, envelope = await player.send(
            "POST", f"/sessions/{session}/action", body, X_Request_ID="trace-me-0001"
        )
        assert (status, envelope["request_id"]) == (202, "trace-me-0001")
        await feed_until(player, session, narrated(envelope["result"]["turn_id"]))
        assert "trace-me-0001" in stack.log("api")
        assert "trace-me-0001" in stack.log("worker")


@pytest.mark.asyncio
async def test_the_stream_resumes_after_it_was_killed(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, hero = await begin(player)
        await feed_until(player, session, lambda e: e["type"] == "turn_narrated")
        seen: list[int] = []
        async with player.follow(session) as answer:
            async for event_id, kind, payload in server_sent(answer):
                if kind == "feed":
                    seen.append(int(event_id or 0))
                    if any(e["type"] == "turn_narrated" for e in payload["events"]):
                        break
        await stack.kill("stream")
        turn = await act(player, session, hero, "I look at the ceiling")
        await stack.start("stream")
        async with player.follow(session, after=seen[-1]) as answer, asyncio.timeout(20):
            async for event_id, kind, payload in server_sent(answer):
                if kind == "feed":
                    seen.append(int(event_id or 0))
                    if any(narrated(turn)(e) for e in payload["events"]):
                        break
        assert seen == list(range(1, len(seen) + 1))


@pytest.mark.asyncio
async def test_the_stream_is_closed_to_strangers(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        session, _ = await begin(Player(stack, http, 1))
        async with Player(stack, http, 2).follow(session) as answer:
            assert answer.status == 404
        async with http.get(f"{stack.stream_url}/api/v1/stream") as answer:
            assert answer.status == 401


@pytest.mark.asyncio
async def test_an_overdue_turn_is_served_without_anybody_asking(tmp_path: Path) -> None:
    env = {"BEAT_SECONDS_LIVE": "5", "CLOCK_GRACE_SECONDS": "0"}
    async with Stack(tmp_path, **env) as stack, aiohttp.ClientSession() as http:
        host, guest = Player(stack, http, 1), Player(stack, http, 2)
        heroes = [(await p.call("POST", "/characters", {"hero": "pim_cardew"}))["id"] for p in (host, guest)]
        session = (
            await host.call("POST", "/sessions", {"campaign": "low_water_ledger", "character_id": heroes[0]})
        )["id"]
        await guest.call("POST", f"/sessions/{session}/join", {"character_id": heroes[1]})
        await host.call("POST", f"/sessions/{session}/begin", {})
        turn = await act(host, session, heroes[0], "I look at the ceiling")
        events = await feed_until(host, session, narrated(turn))
        resolved = next(e for e in events if e["type"] == "turn_resolved" and e["turn_id"] == turn)
        assert [d["events"][0]["type"] for d in resolved["deeds"] if d["character_id"] == heroes[1]] == [
            "turn_passed"
        ]
