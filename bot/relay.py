"""Follows the API's multiplexed stream and keeps every Discord surface up to date, effectively once."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from typing import TYPE_CHECKING, Any

import structlog

from bot.api_client import ApiClient, ApiError
from bot.follower import Follower
from bot.thread_writer import ThreadWriter

if TYPE_CHECKING:
    import discord

log = structlog.get_logger("bot.relay")
CHECK_DEAF, CHECK = 3.0, 60.0  # seconds between looks at everything: without the stream, and with it


class Relay:
    """One follower for each surface; wakes them when the stream says so, and all of them now and then.

    The stream only wakes: what is to be posted is always read from the session's feed, so that a lost wake-up costs
    time and nothing else.
    """

    def __init__(
        self,
        client: discord.Client,
        api: ApiClient,
        *,
        lease_seconds: float = 15.0,
        edit_seconds: float = 1.5,
    ) -> None:
        self.api = api
        self.writer = ThreadWriter(client)
        self.lease_seconds, self.edit_seconds = lease_seconds, edit_seconds
        self.holder = f"{socket.gethostname()[:20]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._followers: dict[str, Follower] = {}  # by session id
        self._look = asyncio.Event()
        self._hears = False

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="relay-stream")
            group.create_task(self._keep_list(), name="relay-list")

    def nudge(self, session_id: str) -> None:
        """Something was just done here: look now instead of waiting for the stream."""
        follower = self._followers.get(session_id)
        if follower is not None:
            follower.wake()
        else:
            self._look.set()

    async def release(self) -> None:
        """Stop all followers and give their leases back, so that a restart need not wait for them."""
        await asyncio.gather(*(f.stop() for f in self._followers.values()), return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async for event in self.api.follow("stream", params={"kind": "discord"}):
                    self._heard(event.event, event.data)
            except ApiError as error:
                self._hears = False
                log.error("the stream refuses the bot", code=error.code, status=error.status)
                await asyncio.sleep(CHECK_DEAF * 5)
            except Exception:
                self._hears = False
                log.exception("reading the stream failed")
                await asyncio.sleep(CHECK_DEAF)

    def _heard(self, kind: str, data: Any) -> None:
        if kind in ("open", "resync"):
            self._hears = True
            self._look.set()
        elif kind == "wake" and isinstance(data, dict) and data.get("session_id"):
            self.nudge(str(data["session_id"]))
        elif kind == "narration_delta" and isinstance(data, dict):
            follower = self._followers.get(str(data.get("session_id")))
            if follower is not None:
                follower.hear(data)

    async def _keep_list(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._look.wait(), CHECK if self._hears else CHECK_DEAF)
            except TimeoutError:
                log.debug("looking at every surface unasked", hears=self._hears)
            self._look.clear()
            try:
                await self._list()
            except ApiError as error:
                log.warning("surfaces cannot be listed", code=error.code)
                await asyncio.sleep(1.0)
                self._look.set()
            except Exception:  # the relay outlives any single surprise; it is the only one who posts
                log.exception("looking at the surfaces failed")
                await asyncio.sleep(CHECK_DEAF)

    async def _list(self) -> None:
        listed: set[str] = set()
        for surface in await self.api.surfaces("discord"):
            session_id = str(surface["session_id"])
            listed.add(session_id)
            if session_id not in self._followers:
                self._followers[session_id] = Follower(self, surface)
            self._followers[session_id].wake()
        for session_id in [s for s, f in self._followers.items() if s not in listed and not f.is_busy]:
            del self._followers[session_id]
