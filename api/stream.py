"""The stream: a small ASGI process that follows Redis once and fans committed events out as server-sent events.

Redis only wakes it; what it sends is read from the store by sequence number, so a follower that comes back with
`Last-Event-ID` misses nothing. Narration deltas pass through as they come and carry no number.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio as aioredis
import structlog
import uvicorn
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from api.errors import ApiError, Forbidden
from api.publishing.feed import DELTA_CHANNEL, WAKE_CHANNEL
from api.routes.http import COOKIE, actor_of
from api.services.deps import Actor
from api.services.history import read_feed
from api.services.table import Table
from api.settings import BadSettings, Settings, load_settings
from api.wiring import CannotStart, Wired, configure_logging, wire

log = structlog.get_logger()

KEEP_ALIVE_SECONDS = 15.0
BACKLOG = 1000  # a follower that lags further is cut off and resumes from the store
PAGE = 100

Message = tuple[str, dict[str, Any]]


class Hub:
    """One Redis subscription, many followers: each has a bounded queue of wake-ups and deltas."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._followers: dict[asyncio.Queue[Message | None], str | None] = {}

    @contextlib.contextmanager
    def follow(self, session_id: str | None) -> Any:
        """A queue of what concerns one session, or everything for None; a None in it means: too slow, start again."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(BACKLOG)
        self._followers[queue] = session_id
        try:
            yield queue
        finally:
            self._followers.pop(queue, None)

    async def run(self) -> None:
        """Listen for ever; a lost connection wakes everybody once it is back, since something may have been missed."""
        while True:
            client = aioredis.Redis.from_url(self._url, socket_connect_timeout=2)
            try:
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(WAKE_CHANNEL, DELTA_CHANNEL)
                    self.deliver("resync", {})
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            kind = (
                                "wake" if message["channel"].decode() == WAKE_CHANNEL else "narration_delta"
                            )
                            self.deliver(kind, json.loads(message["data"]))
            except (RedisError, OSError) as error:
                log.warning("stream_lost_redis", error=str(error))
                await asyncio.sleep(0.5)
            finally:
                await client.aclose()

    def deliver(self, kind: str, payload: dict[str, Any]) -> None:
        for queue, wanted in list(self._followers.items()):
            if wanted is not None and payload and payload.get("session_id") != wanted:
                continue
            try:
                queue.put_nowait((kind, payload))
            except asyncio.QueueFull:
                self._followers.pop(queue, None)
                queue.get_nowait()
                queue.put_nowait(None)


def create_stream(settings: Settings) -> Starlette:
    parts = wire(settings)
    hub = Hub(settings.redis_url)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        listener = asyncio.create_task(hub.run())
        yield
        listener.cancel()

    async def one(request: Request) -> Response:
        session_id = request.path_params["session_id"]
        actor = await _actor(parts, request)
        table = await asyncio.to_thread(Table.load, parts.deps, session_id)
        table.require_member(actor)
        seen = _last_seen(request)
        start = seen if seen is not None else table.body["seq"]
        return _events(_follow_session(parts, hub, session_id, start))

    async def many(request: Request) -> Response:
        actor = await _actor(parts, request)
        if not actor.is_service:
            raise Forbidden("The multiplexed stream is for services.")
        return _events(_follow_all(parts, hub, actor.provider))

    async def health(_request: Request) -> Response:
        return JSONResponse({"process": "ok", "followers": len(hub._followers)})

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        shown = {"code": error.code, "message": error.message, "details": error.details}
        return JSONResponse({"app": "Code of Conquest", "result": None, "error": shown}, error.status)

    return Starlette(
        routes=[
            Route("/api/v1/sessions/{session_id}/stream", one),
            Route("/api/v1/stream", many),
            Route("/health", health),
        ],
        exception_handlers={ApiError: refused},
        lifespan=lifespan,
    )


async def _actor(parts: Wired, request: Request) -> Actor:
    h = request.headers
    return await asyncio.to_thread(
        actor_of, parts, h.get("authorization", ""), request.cookies.get(COOKIE, ""), h.get("x-act-for", ""),
        h.get("x-act-name", ""),
    )  # fmt: skip


def _last_seen(request: Request) -> int | None:
    text = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


async def _follow_session(parts: Wired, hub: Hub, session_id: str, seen: int) -> AsyncIterator[str]:
    with hub.follow(session_id) as queue:
        yield ": following\n\n"
        while True:
            while True:
                rows = await asyncio.to_thread(read_feed, parts.deps, session_id, seen, PAGE)
                for row in rows:
                    seen = row["seq"]
                    yield f"id: {seen}\nevent: feed\ndata: {json.dumps(row, ensure_ascii=False)}\n\n"
                if len(rows) < PAGE:
                    break
            while True:
                try:
                    message = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": keep-alive\n\n"
                    break  # and look into the store, in case a wake-up was lost with Redis
                if message is None:
                    return
                kind, payload = message
                if kind == "narration_delta":
                    yield f"event: narration_delta\ndata: {json.dumps(payload, ensure_ascii=False)}\n\n"
                elif kind == "resync" or payload["seq"] > seen:
                    break


async def _follow_all(parts: Wired, hub: Hub, provider: str) -> AsyncIterator[str]:
    """Wake-ups of the sessions that this provider shows; the service reads their feeds itself."""
    shown: dict[str, bool] = {}
    with hub.follow(None) as queue:
        yield ": following\n\n"
        yield "event: resync\ndata: {}\n\n"
        while True:
            try:
                message = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": keep-alive\n\n"
                continue
            if message is None:
                return
            kind, payload = message
            session_id = payload.get("session_id", "")
            if kind != "resync" and session_id not in shown:
                document = await asyncio.to_thread(parts.deps.store.get, "game_sessions", session_id)
                shown[session_id] = document is not None and document.body["provider"] == provider
            if kind == "resync" or shown[session_id]:
                yield f"event: {kind}\ndata: {json.dumps(payload, ensure_ascii=False)}\n\n"


def _events(body: AsyncIterator[str]) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


def main() -> int:
    try:
        settings = load_settings()
        configure_logging(settings.log_level, "stream")
        app = create_stream(settings)
    except (BadSettings, CannotStart) as error:
        print(f"The stream cannot start:\n{error}", file=sys.stderr)
        return 4
    uvicorn.run(
        app, host=settings.stream_host, port=settings.stream_port, log_level="warning", access_log=False,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
