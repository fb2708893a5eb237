"""How frames reach one connection: in small pieces, no faster than it takes them, with last words at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.store.port import StoreError
from api.streaming.answers import common_headers, request_id
from api.streaming.audience import Audience, Follower
from api.streaming.channel import Channel
from api.streaming.frames import KEEP_ALIVE, Frame, last_words, opening
from api.streaming.limits import Limits

log = structlog.get_logger()
Write = Callable[[bytes], Awaitable[None]]
Tell = Callable[[Write], Awaitable[None]]


class EventStream(Response):
    """A response that ends when `tell` returns or the other side hangs up. `tell` gets the function that writes.

    Memory for each connection is bounded: what is written waits until the connection has taken what came before
    (`api/streaming/server.py` bounds the buffers and drops a connection that takes nothing).
    """

    def __init__(self, request: Request, follower: Follower, limits: Limits, tell: Tell) -> None:
        super().__init__(
            None, 200, common_headers(request) | {"X-Accel-Buffering": "no"}, "text/event-stream"
        )
        del self.headers["content-length"]
        self._follower, self._tell, self._piece = follower, tell, limits.piece_bytes
        self._opened = {"path": request.url.path, "request_id": request_id(request)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

        async def write(data: bytes) -> None:
            for start in range(0, len(data), self._piece):
                piece = data[start : start + self._piece]
                await send({"type": "http.response.body", "body": piece, "more_body": True})

        async with _listening_for_the_end(receive, self._follower):
            try:
                await self._tell(write)
            except StoreError as error:
                # It comes back with its Last-Event-ID, and is told then that the store is down, if it still is.
                log.warning("stream_cannot_read", error=str(error), **self._opened)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        log.info("stream_closed", ending=self._follower.ending, gone=self._follower.gone, **self._opened)


@asynccontextmanager
async def _listening_for_the_end(receive: Receive, follower: Follower) -> AsyncIterator[None]:
    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        follower.hang_up()

    ear = asyncio.create_task(listen())
    try:
        yield
    finally:
        ear.cancel()
        with suppress(asyncio.CancelledError):
            await ear


async def tell_session(write: Write, channel: Channel, follower: Follower, seen: int) -> None:
    """The rows after `seen`, what was said so far of the passage in progress, then whatever comes."""
    await write(opening(channel.limits.retry_milliseconds))
    while seen < channel.head and not follower.is_done(seen):
        rows = await channel.rows_after(seen)
        if not rows:
            break
        due = [r for r in rows if follower.may_have(r)]
        await _write_in_groups(write, due, channel.limits.piece_bytes)
        seen = rows[-1].seq
    # Nothing is awaited between the last look at the head and this: what comes from here on is in the backlog.
    place = channel.backlog.end
    so_far = channel.narration.so_far
    if so_far is not None and not follower.is_leaving:
        await write(so_far.frame(channel.session_id).data)
    await tell(write, channel, follower, place, seen)


async def tell(write: Write, audience: Audience, follower: Follower, place: int, seen: int = 0) -> None:
    """Frames from a place of the backlog on, until the follower is gone, let go, or too slow."""
    retry = audience.limits.retry_milliseconds
    while not follower.gone:
        if follower.ending is not None:
            await write(last_words(*follower.ending, retry))
            return
        frames = audience.backlog.since(place)
        if frames is None:
            follower.end("resync", "too_slow")
            continue
        place += len(frames)
        news = [f for f in frames if follower.may_have(f) and not 0 < f.seq <= seen]
        if news:
            seen = max(seen, *(f.seq for f in news))
            await _write_in_groups(write, news, audience.limits.piece_bytes)
        elif follower.beat:
            await write(KEEP_ALIVE)
        follower.beat = False
        if follower.is_done(seen):
            follower.end("closed", "not_found")
            continue
        await follower.signal.wait()
        follower.signal.clear()


async def _write_in_groups(write: Write, frames: Sequence[Frame], size: int) -> None:
    """Small frames together, so that a burst costs one write and not one each."""
    group: list[bytes] = []
    room = size
    for frame in frames:
        if group and len(frame.data) > room:
            await write(b"".join(group))
            group, room = [], size
        group.append(frame.data)
        room -= len(frame.data)
    await write(b"".join(group))
