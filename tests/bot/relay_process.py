"""The relay of one bot process inside the test's, so that it can die at any of its writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord as discord_py

from bot.api_client import ApiClient
from bot.app import LONGEST_WAIT
from bot.lease import fenced_requests
from bot.relay import Relay
from bot.thread_writer import ThreadWriter
from bot.write_budget import WriteBudget
from tests.bot.canned_api import SERVICE_TOKEN, CannedApi
from tests.bot.canned_stage import Session
from tests.fakes.discord import DiscordStandin


class Hung(ThreadWriter):
    """A writer whose process dies at its n-th write: just before it is sent, or just before its answer arrives."""

    def __init__(self, client: discord_py.Client, at: int, after: bool) -> None:
        super().__init__(client)
        self.at, self.after, self.writes = at, after, 0
        self.dead = asyncio.Event()

    async def _step(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self.writes += 1
        if self.writes == self.at:
            if self.after:
                await work()
            self.dead.set()
            await asyncio.Event().wait()
        return await work()

    async def send(self, *args: Any, **kwargs: Any) -> str:
        return await self._step(lambda: super(Hung, self).send(*args, **kwargs))

    async def edit(self, *args: Any, **kwargs: Any) -> bool:
        return await self._step(lambda: super(Hung, self).edit(*args, **kwargs))

    async def delete(self, *args: Any, **kwargs: Any) -> None:
        return await self._step(lambda: super(Hung, self).delete(*args, **kwargs))

    async def open_thread(self, *args: Any, **kwargs: Any) -> tuple[str, bool]:
        return await self._step(lambda: super(Hung, self).open_thread(*args, **kwargs))


class Process:
    """What one bot process holds: a client, an API client, a relay that runs."""

    def __init__(self, api: CannedApi) -> None:
        self.api = api
        self.client = discord_py.Client(
            intents=discord_py.Intents.none(),
            http_trace=fenced_requests(),
            max_ratelimit_timeout=LONGEST_WAIT,
        )
        self.http = ApiClient(api.url, SERVICE_TOKEN, stream_url=api.url)
        self.relay = Relay(self.client, self.http, lease_seconds=30, edit_seconds=0.05)
        self.relay.writer.budget = WriteBudget(seconds=0.05)
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> Process:
        await self.client.login("stand-in-token")
        self.task = asyncio.create_task(self.relay.run())
        return self

    async def die(self) -> None:
        """Stop without giving anything back, as a killed process does; its lease runs out."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        for follower in self.relay._followers.values():
            if follower._timer is not None:
                follower._timer.cancel()
            if follower._task is not None:
                follower._task.cancel()
        await self.client.close()
        await self.http.close()
        self.api.expire_leases()


async def settled(api: CannedApi, discord: DiscordStandin, session: Session) -> None:
    """The relay has posted everything up to the head of the feed."""
    surface = next(s for s in api.surfaces.values() if s["session_id"] == session.view["id"])
    await api.until(lambda: surface["cursor"] == session.view["seq"], what=f"cursor; {discord.transcript()}")


def story(discord: DiscordStandin) -> list[str]:
    """The thread as a reader sees it: one word for each of the bot's messages."""
    thread = discord.threads()[0]
    out = []
    for message in discord.bot_messages(thread):
        labels = message.labels
        text = message.text
        if "What can I do?" in labels:
            out.append("table")
        elif "What happened?" in labels or "The story so far" in labels:
            out.append(text.split("\n")[0] + (" told" if "It is told" in text else ""))
        else:
            out.append(text)
    return out


async def at_once() -> None:
    """No pause between two happenings."""


async def play(api: CannedApi, session: Session, pause: Callable[[], Awaitable[Any]] = at_once) -> None:
    """An evening: the opening, a turn with its narration, talk, dice, a second turn that is told."""
    chat = {
        "type": "chat_said",
        "user_id": "",
        "name": "Mei",
        "character_name": "",
        "text": "hello",
        "source": "web",
    }
    dice = {"type": "dice_rolled", "name": "Bo", "expression": "1d6", "total": 4, "detail": "(4)"}
    await api.begin(session)
    for happening in (
        lambda: api.feed(session, chat),
        lambda: api.resolve(session, 1),
        lambda: api.narrate(session, 1, "It is told: the boats are empty."),
        lambda: api.feed(session, dice),
        lambda: api.resolve(session, 2),
        lambda: api.narrate(session, 2, "It is told: the bell is near."),
    ):
        await pause()
        await happening()


TOLD = [
    "The Drowned Bell",
    "💬 hello",
    "Turn 1 told",
    "🎲 **Bo** rolls `1d6` → **4**  (4)",
    "Turn 2 told",
    "table",
]


def as_told(lines: list[str]) -> list[str]:
    return [line.replace("Mei\n", "").split("\nfrom")[0] for line in lines]
