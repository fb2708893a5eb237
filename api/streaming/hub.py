"""Everything that is followed in this process: passes on what Redis and the clock bring to those whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio as aioredis
import structlog

from api.errors import Unavailable
from api.services.table import Table
from api.streaming.audience import Audience
from api.streaming.channel import Channel
from api.streaming.limits import Limits
from api.streaming.narration import NarrationBuffer, Piece
from api.streaming.providers import Providers
from api.streaming.source import Source
from api.streaming.subscription import AGAIN, listen

log = structlog.get_logger()


class Hub:
    """The channels of followed sessions and the audiences of services. Use within one running loop."""

    def __init__(self, redis_url: str, source: Source, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.hears = False
        self.channels: dict[str, Channel] = {}
        self.providers = Providers(source, limits)
        self._redis_url = redis_url
        self._redis = aioredis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=2)
        self._buffer = NarrationBuffer(self._redis)
        self._next_beat = self._next_resync = 0.0
        self._closing = False

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kept_up(self._listen), name="stream-redis")
            group.create_task(self._kept_up(self._keep_time), name="stream-clock")

    async def _listen(self) -> None:
        try:
            await listen(self._redis_url, self)
        finally:
            self.lost()

    async def _kept_up(self, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever surprise ends it, it begins again: without its ears or its clock this process serves nobody."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("stream_task_failed", task=work.__name__)
            await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        for channel in self.channels.values():
            channel.close()
        self.providers.close()
        await self._redis.aclose()

    def send_home(self) -> None:
        """This process ends: everybody is asked to come back, to the next one."""
        self._closing = True
        for audience in self._audiences():
            audience.end_all("resync", "restart")

    @property
    def followers(self) -> int:
        return sum(len(a.followers) for a in self._audiences())

    def make_room(self) -> None:
        """Raises Unavailable when this process ends or is full."""
        if self._closing or self.followers >= self.limits.followers:
            raise Unavailable("The stream takes nobody in right now; come back shortly.", retry_after=5)

    async def channel(self, session_id: str, table: Table) -> Channel:
        """The channel of a session, from its first follower on."""
        channel = self.channels.get(session_id)
        if channel is None:
            channel = Channel(session_id, table, self.source, self._buffer, self.limits)
            self.channels[session_id] = channel
        await channel.ready()
        return channel

    def service(self, provider: str) -> Audience:
        return self.providers.audience(provider)

    # --- what Redis brings ---

    def wake(self, message: dict[str, Any]) -> None:
        session_id, seq = str(message["session_id"]), int(message["seq"])
        channel = self.channels.get(session_id)
        if channel is not None:
            channel.wake(seq)
        self.providers.hear(session_id, "wake", {"session_id": session_id, "seq": seq})

    def delta(self, message: dict[str, Any]) -> None:
        session_id, piece = str(message["session_id"]), Piece.from_json(message)
        channel = self.channels.get(session_id)
        if channel is not None:
            channel.hear(piece)
        self.providers.hear(session_id, "narration_delta", message)

    def lost(self) -> None:
        self.hears = False

    def back(self) -> None:
        self.hears = True
        for channel in self.channels.values():
            channel.resync()
        self.providers.resync("redis")

    # --- what the clock brings ---

    async def _keep_time(self) -> None:
        loop = asyncio.get_running_loop()
        limits = self.limits
        step = min(limits.deaf_look_seconds, limits.keep_alive_seconds / 4, limits.recheck_seconds / 4)
        while True:
            await asyncio.sleep(step)
            now = loop.time()
            for channel in list(self.channels.values()):
                channel.tick(now, deaf=not self.hears)
                if not channel.followers and now - channel.empty_since > limits.linger_seconds:
                    self.channels.pop(channel.session_id).close()
            if now >= self._next_beat:
                self._next_beat = now + limits.keep_alive_seconds
                for audience in self.providers.audiences:
                    audience.beat()
            if not self.hears and now >= self._next_resync:
                self._next_resync = now + limits.deaf_resync_seconds
                self.providers.resync("redis")

    def _audiences(self) -> list[Audience]:
        return [*self.channels.values(), *self.providers.audiences]
