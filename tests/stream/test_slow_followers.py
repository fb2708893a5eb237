"""A follower that does not read costs the others nothing and the process next to nothing."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import aiohttp
import pytest

from api.services.table import Table
from api.streaming.limits import Limits
from api.wiring import wire
from tests.e2e.stack import Player, Stack
from tests.fakes.game import settings_for
from tests.stream.stage import Stage, feed_of, until

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]

LINE = "x" * 400


def deaf_follower(stage: Stage, session: str, after: int) -> socket.socket:
    """Asks for a stream and takes as little of it as its socket allows."""
    plain = socket.create_connection(("127.0.0.1", int(stage.url.rsplit(":", 1)[1])))
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    head = "".join(f"{k}: {v}\r\n" for k, v in (stage.headers() | {"Last-Event-ID": str(after)}).items())
    plain.sendall(f"GET /api/v1/sessions/{session}/stream HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    return plain


def read_all(plain: socket.socket) -> bytes:
    plain.settimeout(20)
    found = b""
    while chunk := plain.recv(65536):
        found += chunk
    return found


async def test_a_slow_follower_is_cut_off_with_a_resync_and_the_others_hear_everything(
    tmp_path: Path,
) -> None:
    limits = Limits(
        backlog_frames=20, write_buffer_bytes=4096, socket_buffer_bytes=4096, keep_alive_seconds=60
    )
    async with Stage(tmp_path, limits) as stage:
        session = await asyncio.to_thread(stage.table)
        slow = deaf_follower(stage, session, 1)
        await stage.followers(1)
        async with stage.follow(session, after=1) as answer:
            await stage.followers(2)
            reading = asyncio.create_task(feed_of(answer, 201))
            for number in range(200):
                await asyncio.to_thread(stage.say, session, f"{number} {LINE}")
            assert [int(s.id) for s in await reading] == list(range(2, 202))
        raw = await asyncio.to_thread(read_all, slow)
        slow.close()
        ids = [int(i) for i in re.findall(rb"^id: (\d+)", raw, re.M)]
        assert ids == list(range(2, ids[-1] + 1)) and ids[-1] < 201
        assert b'event: resync\ndata: {"reason": "too_slow"}' in raw
        assert raw.rindex(b"retry: ") > raw.rindex(b"id: ")
        async with stage.follow(session, after=ids[-1]) as answer:
            assert [int(s.id) for s in await feed_of(answer, 201)] == list(range(ids[-1] + 1, 202))


async def test_a_follower_that_takes_nothing_at_all_is_dropped(tmp_path: Path) -> None:
    limits = Limits(stall_seconds=0.5, write_buffer_bytes=4096, socket_buffer_bytes=4096)
    async with Stage(tmp_path, limits) as stage:
        session = await asyncio.to_thread(stage.table)
        stuck = deaf_follower(stage, session, 1)
        await stage.followers(1)
        for number in range(150):
            await asyncio.to_thread(stage.say, session, f"{number} {LINE}")
        await stage.followers(0)
        stuck.close()


async def test_followers_who_never_read_do_not_grow_the_process(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, aiohttp.ClientSession() as http:
        player = Player(stack, http, 1)
        hero = (await player.call("POST", "/characters", {"hero": "aldo_fisk"}))["id"]
        wish = {"campaign": "low_water_ledger", "character_id": hero}
        session = (await player.call("POST", "/sessions", wish))["id"]
        deps = wire(settings_for(tmp_path, redis_url=stack.env["REDIS_URL"],
                                 database_url=stack.env["DATABASE_URL"])).deps  # fmt: skip

        def write(count: int) -> int:
            for _ in range(count):
                table = Table.load(deps, session)
                table.emit("chat_said", text=LINE * 10)
                table.commit()
            return int(table.body["seq"])

        async def one_reads(last: int) -> None:
            async with player.follow(session) as answer:
                await feed_of(answer, last)

        last = await asyncio.to_thread(write, 300)
        for _ in range(5):
            await one_reads(last)
        before = pss_kib(stack.processes["stream"].pid)
        deaf = [open_deaf(stack, player, session) for _ in range(100)]
        await settled(http, stack, 100)
        await one_reads(await asyncio.to_thread(write, 100))
        grown = pss_kib(stack.processes["stream"].pid) - before
        for plain in deaf:
            plain.close()
        # The feed that none of them took has 1.6 MB; each may cost an open connection, its buffer and a page.
        assert grown < 100 * 128, f"{grown} KiB for 100 followers"


def open_deaf(stack: Stack, player: Player, session: str) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", stack.ports["stream"]))
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    head = "".join(f"{k}: {v}\r\n" for k, v in (player.headers | {"Last-Event-ID": "0"}).items())
    plain.sendall(f"GET /api/v1/sessions/{session}/stream HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    return plain


async def settled(http: aiohttp.ClientSession, stack: Stack, count: int) -> None:
    async with asyncio.timeout(20):
        while True:
            async with http.get(f"{stack.stream_url}/health") as answer:
                if (await answer.json())["followers"] >= count:
                    return
            await asyncio.sleep(0.05)


def pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("the kernel does not say")


async def test_a_quiet_stream_keeps_alive(tmp_path: Path) -> None:
    async with Stage(tmp_path, Limits(keep_alive_seconds=0.2)) as stage:
        session = await asyncio.to_thread(stage.table)
        async with stage.follow(session) as answer, asyncio.timeout(5):
            beats = 0
            async for raw in answer.content:
                beats += raw == b": keep-alive\n"
                if beats == 3:
                    break
        await until(lambda: stage.hub.followers == 0)
