"""The X-card over real processes: the passage goes, and no log, key or row says who asked, whatever one looks for."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis

from tests.e2e.stack import Player, Stack
from tests.e2e.test_party_in_discord import evening
from tests.e2e.test_workers_and_stream import begin, server_sent
from tests.fakes.discord import DiscordStandin

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]
PROCESSES = ("api", "stream", "worker", "bot")


def redis_dump(stack: Stack) -> dict[str, str]:
    """Every key with what it holds."""
    connection = redis.Redis.from_url(stack.env["REDIS_URL"])
    readers: dict[bytes, Any] = {
        b"string": connection.get, b"hash": connection.hgetall, b"set": connection.smembers,
        b"list": lambda key: connection.lrange(key, 0, -1),
        b"zset": lambda key: connection.zrange(key, 0, -1, withscores=True),
        b"stream": lambda key: connection.xrange(key),
    }  # fmt: skip
    found = {}
    for key in connection.scan_iter(count=1000):
        kind = connection.type(key)
        if kind in readers:
            found[key.decode()] = repr(readers[kind](key))
    connection.close()
    return found


def store_dump(folder: Path) -> dict[tuple[str, str], str]:
    """Every row of the store's file, by table and id."""
    with sqlite3.connect(folder / "stack.sqlite3") as store:
        tables = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
        return {(t, str(row[0])): repr(row) for t in tables for row in store.execute(f'select * from "{t}"')}


def changed(before: dict[Any, str], after: dict[Any, str]) -> dict[Any, str]:
    return {k: v for k, v in after.items() if before.get(k) != v}


async def test_nobody_can_find_out_who_played_the_card(tmp_path: Path) -> None:
    limits = {"RATE_LIMIT_FACTOR": "100"}  # so that the limiter counts in Redis as it does in earnest
    async with (
        Stack(tmp_path, **limits) as stack, DiscordStandin() as discord, aiohttp.ClientSession() as http
    ):  # fmt: skip
        made = await evening(stack, discord, http)
        bob = made.party.friends[1]
        opening = await discord.message(lambda m: "X" in m.labels, made.party.thread, timeout=30)
        words = (await made.view())["last_narration"]["text"]
        account = next(
            m["user_id"] for m in (await made.view())["party"] if m["act_for"] == f"discord:{bob.id}"
        )
        marks = {name: len(stack.log(name)) for name in PROCESSES}
        keys, rows = redis_dump(stack), store_dump(tmp_path)

        pressed = await bob.click(opening, "X")
        await pressed.settled()
        played = await bob.slash("x", channel=made.party.thread, topic="spiders and insects")
        await played.settled()
        await discord.until(
            lambda: "The story goes on" in opening.text or "What do you do next?" in opening.text,
            timeout=30, what="the bare words in place of the passage",
        )  # fmt: skip

        first = words.split(".")[0]
        assert first not in " ".join(m.text for m in discord.messages(made.party.thread))
        assert first not in repr(store_dump(tmp_path).values()) and first not in repr(redis_dump(stack))
        secrets = [str(bob.id), account, *(str(r.interaction.id) for r in (pressed, played))]
        for name in PROCESSES:
            log = stack.log(name)[marks[name] :]
            assert [s for s in secrets if s in log] == [], name
            assert "Traceback" not in log
        counted = changed(keys, redis_dump(stack))
        assert any(f"table:{made.party.session}" in key for key in counted), (
            "the limiter does count the table"
        )
        assert [key for key in counted if key not in keys and any(s in key for s in secrets)] == []
        assert _named(counted, keys, secrets) == []
        assert _named(changed(rows, store_dump(tmp_path)), rows, secrets) == []
        made.assert_clean()


def _named(new: dict[Any, str], before: dict[Any, str], secrets: list[str]) -> list[Any]:
    """Entries that name somebody more often than they did: a session's row names its whole party all the time."""
    return [k for k, v in new.items() for s in secrets if v.count(s) > before.get(k, "").count(s)]


async def test_the_search_finds_who_spoke(tmp_path: Path) -> None:
    """The same search finds who said a word at the table, in the feed and under the click's key."""
    async with Stack(tmp_path) as stack, DiscordStandin() as discord, aiohttp.ClientSession() as http:
        made = await evening(stack, discord, http)
        bob = made.party.friends[1]
        await discord.message(lambda m: "X" in m.labels, made.party.thread, timeout=30)
        rows = store_dump(tmp_path)
        spoken = await bob.slash("say", channel=made.party.thread, text="hello")
        await spoken.settled()
        account = next(
            m["user_id"] for m in (await made.view())["party"] if m["act_for"] == f"discord:{bob.id}"
        )
        found = _named(changed(rows, store_dump(tmp_path)), rows, [account])
        assert sorted(table for table, _ in found) == ["feed", "idempotency"]


async def test_a_passage_in_the_telling_is_gone_for_good_though_the_worker_dies_in_that_moment(
    tmp_path: Path,
) -> None:
    """Real processes, a storyteller who reads slowly: heard is what was said before the card, and then bare words."""
    slowly = {"STORYTELLER_PAUSE_SECONDS": "0.4"}
    async with Stack(tmp_path, **slowly) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        session, _ = await begin(player)
        heard: list[str] = []
        gone = False
        async with player.follow(session) as answer:
            async for _, kind, data in server_sent(answer):
                if kind == "narration_delta" and not heard:
                    heard.append(data["text"].strip())
                    played = await player.call("POST", f"/sessions/{session}/safety/x", {})
                    await stack.kill("worker")
                    await stack.start("worker")
                elif kind == "narration_delta" and gone:
                    raise AssertionError(f"said after the card: {data}")
                elif kind == "feed":
                    kinds = [e["type"] for e in data["events"]]
                    gone = gone or "narration_withdrawn" in kinds
                    if "turn_renarrated" in kinds:
                        break
        turns = (await player.call("GET", f"/sessions/{session}/turns"))["items"]
        opening = next(t for t in turns if t["id"] in played["turn_ids"])
        assert opening["narrator"] == "plain" and opening["dm_response"]
        assert heard[0] not in repr(list(store_dump(tmp_path).values()))
        rows = (await player.call("GET", f"/sessions/{session}/events?after=0"))["items"]
        assert [e["type"] for r in rows for e in r["events"]].count("turn_renarrated") == 1
