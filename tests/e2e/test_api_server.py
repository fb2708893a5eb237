"""The API under each of its servers, as `python -m api.serve` starts it: answering, stopping, failing."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import resource
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from api.serve import SERVERS, BadServer, command
from tests.bench.serve import family
from tests.e2e.stack import Player, Stack
from tests.e2e.test_workers_and_stream import begin

WAIT = 3  # seconds that the request in flight takes: long enough to be stopped in
FULL = 1 << 20  # bytes; a log of this size cannot grow, and no store comes near it

BOTH = pytest.mark.parametrize("server", SERVERS)
SIGNALLED = pytest.mark.parametrize("whole_group", [True, False], ids=["group", "process"])


@pytest_asyncio.fixture
async def stack(tmp_path: Path, server: str) -> AsyncIterator[Stack]:
    made = Stack(tmp_path, API_SERVER=server)
    made.start_redis()
    yield made
    for name in list(made.processes):
        await made.kill(name)
    made.stop_redis()


@pytest.mark.e2e
@BOTH
@pytest.mark.asyncio
async def test_it_answers_on_a_kept_line_and_stops_with_status_0(stack: Stack, server: str) -> None:
    await stack.start("api")
    pids = family(stack.processes["api"].pid)

    def ask_twice() -> list[tuple[int, str]]:
        line = http.client.HTTPConnection("127.0.0.1", stack.ports["api"], timeout=20)
        found = []
        for _ in range(2):
            line.request("GET", "/api/v1/health")
            answer = line.getresponse()
            found.append((answer.status, answer.headers["Server"].partition("/")[0]))
            answer.read()
            sock = line.sock
            assert sock is not None, "the line was closed"
        line.close()
        return found

    assert await asyncio.to_thread(ask_twice) == [(200, server)] * 2
    stack.signal("api", signal.SIGTERM)
    assert await asyncio.wait_for(stack.processes["api"].wait(), 20) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.e2e
@SIGNALLED
@BOTH
@pytest.mark.asyncio
async def test_a_request_in_flight_is_answered_before_it_stops(
    stack: Stack, server: str, whole_group: bool
) -> None:
    await stack.start("api")
    async with aiohttp.ClientSession() as talk:
        player = Player(stack, talk, 1)
        session, _ = await begin(player)
        newest = (await player.call("GET", f"/sessions/{session}"))["seq"]
        line = http.client.HTTPConnection("127.0.0.1", stack.ports["api"], timeout=20)
        line.request(
            "GET", f"/api/v1/sessions/{session}/events?after={newest}&wait={WAIT}", headers=player.headers
        )
        await player.call("GET", f"/sessions/{session}")  # answered, so the one before it has been taken
        if whole_group:
            stack.signal("api", signal.SIGTERM)
        else:
            stack.processes["api"].terminate()
        answer = await asyncio.to_thread(line.getresponse)
        assert (answer.status, json.loads(answer.read())["result"]["items"]) == (200, [])
        line.close()
        assert await asyncio.wait_for(stack.processes["api"].wait(), 20) == 0


@pytest.mark.e2e
@BOTH
@pytest.mark.asyncio
async def test_a_bad_setting_ends_it_with_a_line_that_names_it(stack: Stack, server: str) -> None:
    await stack.spawn("api", SECRET_KEY="short")
    assert await asyncio.wait_for(stack.processes["api"].wait(), 30) != 0
    said = stack.log("api")
    assert "The API cannot start:\nSECRET_KEY: " in said
    assert "Traceback" not in said


@pytest.mark.e2e
@BOTH
@pytest.mark.asyncio
async def test_a_worker_that_was_killed_is_replaced_or_its_master_ends_and_is_started_again(
    stack: Stack, server: str
) -> None:
    await stack.start("api")
    master = stack.processes["api"]
    _, *workers = family(master.pid)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    if server == "gunicorn":
        await stack.answers("api")
        assert master.returncode is None
    else:
        assert await asyncio.wait_for(master.wait(), 20) != 0


@pytest.mark.e2e
@BOTH
@pytest.mark.asyncio
async def test_it_starts_and_answers_although_its_log_cannot_be_written(stack: Stack, server: str) -> None:
    log = stack.folder / "api.log"
    log.write_bytes(b"." * FULL)
    await stack.spawn("api")
    resource.prlimit(stack.processes["api"].pid, resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))
    await stack.answers("api")
    assert stack.processes["api"].returncode is None
    assert log.stat().st_size == FULL


@pytest.mark.e2e
@pytest.mark.parametrize("server", ["waitress"])
@pytest.mark.asyncio
async def test_an_unknown_server_is_named_and_ends_it_with_status_4(stack: Stack, server: str) -> None:
    await stack.spawn("api")
    assert await asyncio.wait_for(stack.processes["api"].wait(), 30) == 4
    assert stack.log("api") == "The API cannot start:\nAPI_SERVER must be granian or gunicorn\n"


def test_without_settings_it_is_the_default_on_the_loopback() -> None:
    assert SERVERS[0] in command({})
    assert {"127.0.0.1", "5000"} <= set(command({"API_SERVER": "granian"}))
    assert "127.0.0.1:5000" in command({"API_SERVER": "gunicorn"})


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(BadServer, match="API_PORT"):
        command({"API_PORT": port})


def test_an_ipv6_address_is_given_as_each_server_reads_it() -> None:
    assert "[::]:5000" in command({"API_SERVER": "gunicorn", "LISTEN_HOST": "::"})
    assert "::" in command({"API_SERVER": "granian", "LISTEN_HOST": "::"})
