"""Whoever comes back gets exactly what was missed: the feed, in order, once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import aiohttp
import pytest

from api.services.history import read_feed
from api.streaming.limits import Limits
from tests.stream.stage import Stage, feed_of, next_of, server_sent, until

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]


async def test_a_stream_resumes_without_gap_or_duplicate_under_200_random_disconnects(tmp_path: Path) -> None:
    rolls = random.Random(4)
    followers, cuts = 8, 25
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        finished = asyncio.Event()

        async def write() -> None:
            while not finished.is_set():
                await asyncio.to_thread(stage.say, session, f"line {rolls.random()}")

        async def follow() -> list[tuple[int, str]]:
            seen: list[tuple[int, str]] = []
            for _ in range(cuts):
                enough = rolls.randrange(1, 6)
                async with stage.follow(session, after=seen[-1][0] if seen else 0) as answer:
                    async for sent in server_sent(answer):
                        if sent.kind == "feed":
                            seen.append((int(sent.id), sent.data["events"][0].get("text", "")))
                            enough -= 1
                        if enough == 0:
                            break
                    answer.close()  # a cut in the middle, not a farewell
            return seen

        writing = asyncio.create_task(write())
        async with asyncio.timeout(120):
            results = await asyncio.gather(*(follow() for _ in range(followers)))
        finished.set()
        await writing
        rows = await asyncio.to_thread(read_feed, stage.deps, session, 0, 200)
        while more := await asyncio.to_thread(read_feed, stage.deps, session, rows[-1]["seq"], 200):
            rows += more
        feed = [(r["seq"], r["events"][0].get("text", "")) for r in rows]
        assert [r == feed[: len(r)] for r in results] == [True] * followers
        await stage.followers(0)


async def test_redis_killed_and_started_again_loses_no_row(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session, after=0) as answer:
            reading = asyncio.create_task(feed_of(answer, 31))
            for number in range(30):
                if number == 10:
                    stage.stop_redis()
                if number == 20:
                    # Deaf, it looks by itself, and sooner than the regular look would come.
                    await until(lambda: stage.hub.channels[session].head == 21, seconds=8)
                    stage.start_redis()
                await asyncio.to_thread(stage.say, session, f"line {number}")
            found = await reading
        assert [int(s.id) for s in found] == list(range(1, 32))


async def test_a_service_is_told_to_look_at_everything_when_redis_was_away(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, stage.follow_all() as answer:
        sent = server_sent(answer)
        assert (await next_of(sent, "resync")).data == {"reason": "open"}
        stage.stop_redis()
        await until(lambda: not stage.hub.hears)
        assert (await next_of(sent, "resync")).data == {"reason": "redis"}
        stage.start_redis()
        await until(lambda: stage.hub.hears)
        assert (await next_of(sent, "resync")).data == {"reason": "redis"}
        session = await asyncio.to_thread(stage.table)
        assert (await next_of(sent, "wake")).data == {"session_id": session, "seq": 1}


async def test_without_a_number_a_follower_hears_only_what_comes(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        await asyncio.to_thread(stage.say, session, "before")
        async with stage.follow(session) as answer:
            await stage.followers(1)
            await asyncio.to_thread(stage.say, session, "after")
            assert [s.data["events"][0]["text"] for s in await feed_of(answer, 3)] == ["after"]


async def test_a_number_still_to_come_is_waited_for(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session, after=3) as answer:
            await stage.followers(1)
            for number in range(4):
                await asyncio.to_thread(stage.say, session, f"line {number}")
            assert [int(s.id) for s in await feed_of(answer, 5)] == [4, 5]


async def test_after_in_the_address_counts_until_the_browser_knows_better(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for number in range(4):
            await asyncio.to_thread(stage.say, session, f"line {number}")
        url = f"{stage.url}/api/v1/sessions/{session}/stream?after=2"
        async with stage.http.get(url, headers=stage.headers()) as answer:
            assert [int(s.id) for s in await feed_of(answer, 5)] == [3, 4, 5]
        async with stage.http.get(url, headers=stage.headers() | {"Last-Event-ID": "4"}) as answer:
            assert [int(s.id) for s in await feed_of(answer, 5)] == [5]


async def test_a_history_longer_than_every_page_comes_whole(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for number in range(260):
            await asyncio.to_thread(stage.say, session, f"{number} " + "x" * 400)
        async with stage.follow(session, after=0) as answer:
            assert [int(s.id) for s in await feed_of(answer, 261)] == list(range(1, 262))


async def test_a_long_poll_and_the_stream_tell_the_same(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        for number in range(120):
            await asyncio.to_thread(stage.say, session, f"line “{number}” \n of talk")
        async with stage.follow(session, after=0) as answer:
            streamed = [s.data for s in await feed_of(answer, 121)]
        polled: list[dict] = []
        while len(polled) < 121:
            status, envelope = await stage.poll(session, f"after={len(polled)}&limit=50&wait=1")
            assert (status, envelope["error"], envelope["result"]["last_seq"]) == (200, None, 121)
            polled += envelope["result"]["items"]
        assert polled == streamed


async def test_a_long_poll_answers_as_soon_as_there_is_something_and_holds_no_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        waiting = [asyncio.create_task(stage.poll(session, "after=1&wait=25")) for _ in range(50)]
        await stage.followers(50)
        # The first look, by which they know that they must wait.
        await until(lambda: stage.hub.source.reads >= 1)
        reads = stage.hub.source.reads
        await asyncio.to_thread(stage.say, session, "hello")
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*waiting)
        assert {a["result"]["items"][0]["events"][0]["text"] for _, a in answers} == {"hello"}
        assert stage.hub.source.reads == reads + 1


async def test_a_long_poll_ends_empty_when_its_time_is_up(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        assert (await stage.poll(session, "after=1&wait=0.2"))[1]["result"] == {"items": [], "last_seq": 1}
        assert (await stage.poll(session, "after=1"))[1]["result"] == {"items": [], "last_seq": 1}


async def test_one_look_into_the_store_serves_all_followers_of_a_session(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        answers = [await stage.follow(session, after=1) for _ in range(40)]
        await stage.followers(40)
        await until(lambda: stage.hub.source.reads >= 1)
        reads = stage.hub.source.reads
        for number in range(5):
            await asyncio.to_thread(stage.say, session, f"line {number}")
            await until(lambda: stage.hub.channels[session].head == number + 2)  # noqa: B023
        for answer in answers:
            assert [int(s.id) for s in await feed_of(answer, 6)] == [2, 3, 4, 5, 6]
            answer.close()
        assert stage.hub.source.reads == reads + 5


async def test_those_who_miss_the_same_rows_share_one_read(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        await asyncio.to_thread(stage.say, session, "missed")
        source = stage.hub.source
        pages = await asyncio.gather(*(source.page(session, 0, 50) for _ in range(30)))
        assert [[r.seq for r in p.rows] for p in pages] == [[1, 2]] * 30
        assert source.reads == 1


async def test_a_redis_that_hangs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streaming.subscription.SILENCE", 0.3)
    async with Stage(tmp_path) as stage:
        redis = int(stage.parts.redis.info("server")["process_id"])
        os.kill(redis, signal.SIGSTOP)
        try:
            await until(lambda: not stage.hub.hears)
        finally:
            os.kill(redis, signal.SIGCONT)
        await until(lambda: stage.hub.hears)


async def test_a_follower_that_comes_back_soon_is_served_from_memory(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session, after=1) as answer:
            await stage.followers(1)
            for number in range(3):
                await asyncio.to_thread(stage.say, session, f"line {number}")
            await feed_of(answer, 4)
        reads = stage.hub.source.reads
        async with stage.follow(session, after=2) as answer:
            assert [int(s.id) for s in await feed_of(answer, 4)] == [3, 4]
        assert stage.hub.source.reads == reads


async def test_a_stream_that_ends_sends_its_followers_home_with_a_hint(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            stage.server.should_exit = True
            last = await next_of(server_sent(answer), "resync")
            assert last.data == {"reason": "restart"}
            with pytest.raises(aiohttp.ClientConnectionError):
                await stage.poll(session, "after=0")


async def test_a_crash_of_the_subscription_deafens_the_process_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Stage(tmp_path) as stage:
        session = await asyncio.to_thread(stage.table)

        def surprised(*_given: object) -> None:
            raise RuntimeError("nobody thought of this")

        monkeypatch.setattr(stage.hub.providers, "hear", surprised)
        async with stage.follow(session) as answer:
            await stage.followers(1)
            await asyncio.to_thread(stage.say, session, "this ends the subscription")
            await until(lambda: not stage.hub.hears)
            monkeypatch.undo()
            await until(lambda: stage.hub.hears)
            await asyncio.to_thread(stage.say, session, "and this is heard again")
            assert [s.id for s in await feed_of(answer, 3)] == ["2", "3"]


async def test_a_crash_of_the_clock_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Stage(tmp_path, Limits(keep_alive_seconds=0.2)) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session):
            await stage.followers(1)
            channel = stage.hub.channels[session]
            struck = asyncio.Event()

            def surprised(*_given: object, **_named: object) -> None:
                struck.set()
                raise RuntimeError("nobody thought of this")

            monkeypatch.setattr(channel, "tick", surprised)
            await struck.wait()
            monkeypatch.undo()
            beaten = asyncio.Event()
            monkeypatch.setattr(channel, "beat", beaten.set)
            async with asyncio.timeout(20):
                await beaten.wait()
