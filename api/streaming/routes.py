"""What can be asked of the stream process: one session's stream, a service's stream, the long-poll, its health."""

from __future__ import annotations

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.errors import Invalid, NotFound, ScopeMissing, Unauthenticated
from api.policy import may_enter
from api.routes.http import COOKIE
from api.services.history import require_above_floor
from api.services.table import Table
from api.streaming.answers import answer
from api.streaming.audience import Credentials, Follower
from api.streaming.channel import Channel
from api.streaming.delivery import EventStream, Write, tell, tell_session
from api.streaming.frames import Row, event, opening
from api.streaming.hub import Hub

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?", re.ASCII)
MAX_LIMIT = 200


class Desk:
    """The routes, around one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/sessions/{session_id}/stream", self.session),
            Route("/api/v1/sessions/{session_id}/events", self.events),
            Route("/api/v1/stream", self.service),
            Route("/health", self.health),
        ]

    async def session(self, request: Request) -> Response:
        """Server-sent events of one session, for its members and its service."""
        _only_get(request)
        self._hub.make_room()
        follower, table = await self._member(request)
        seen = _last_seen(request)
        if seen is None:
            seen = table.body["seq"]
        require_above_floor(table.body, request.path_params["session_id"], seen)
        channel = await self._channel(request, follower, table)
        asked_at = table.body["seq"]

        async def to(write: Write) -> None:
            with channel.joined(follower):
                await channel.check_newcomer(follower, asked_at)
                await tell_session(write, channel, follower, seen)

        return EventStream(request, follower, self._hub.limits, to)

    async def service(self, request: Request) -> Response:
        """Wake-ups and deltas of all sessions that a service shows; it reads their feeds itself."""
        _only_get(request)
        self._hub.make_room()
        shown = _credentials(request)
        actor = await self._hub.source.actor(shown)
        may_enter(actor, "feed.follow")
        kind = request.query_params.get("kind", actor.provider)
        if kind != actor.provider:
            raise ScopeMissing(f"This token vouches for {actor.provider} only.")
        audience, follower = self._hub.service(actor.provider), Follower(actor, shown)

        async def to(write: Write) -> None:
            with audience.joined(follower):
                place = audience.backlog.end
                hello = opening(self._hub.limits.retry_milliseconds)
                await write(hello + event("resync", {"reason": "open"}).data)
                await tell(write, audience, follower, place)

        return EventStream(request, follower, self._hub.limits, to)

    async def events(self, request: Request) -> Response:
        """The long-poll: rows after a number, at once or as soon as there are some, in the API's envelope."""
        follower, table = await self._member(request)
        after = _number(request, "after", 0)
        limit = max(1, min(_number(request, "limit", 100), MAX_LIMIT))
        wait = request.query_params.get("wait", "0")
        if not _SECONDS.fullmatch(wait):
            raise Invalid("wait", "must be seconds from 0 to 25")
        session_id = request.path_params["session_id"]
        require_above_floor(table.body, session_id, after)
        if float(wait) == 0 and session_id not in self._hub.channels:
            rows = (await self._hub.source.page(session_id, after, limit)).rows
            return _page(request, rows, table.body["seq"])
        self._hub.make_room()
        channel = await self._channel(request, follower, table)
        with channel.joined(follower):
            await channel.check_newcomer(follower, table.body["seq"])
            seconds = min(float(wait), self._hub.limits.max_wait_seconds)
            rows = await _first_rows(channel, follower, after, limit, seconds)
        return _page(request, rows, channel.head)

    async def health(self, _request: Request) -> Response:
        hub = self._hub
        return JSONResponse(
            {
                "process": "ok",
                "redis": "ok" if hub.hears else "down",
                "followers": hub.followers,
                "sessions": len(hub.channels),
                "store_reads": hub.source.reads,
            }
        )

    async def _member(self, request: Request) -> tuple[Follower, Table]:
        """Who is asking, and the session, which they may read. Raises Unauthenticated, ScopeMissing, NotFound."""
        shown = _credentials(request)
        actor = await self._hub.source.actor(shown)
        table = await self._hub.source.table(request.path_params["session_id"])
        table.require_member(actor)
        return Follower(actor, shown), table

    async def _channel(self, request: Request, follower: Follower, table: Table) -> Channel:
        return await self._hub.channel(request.path_params["session_id"], table)


async def _first_rows(
    channel: Channel, follower: Follower, after: int, limit: int, seconds: float
) -> list[Row]:
    """The rows after a number, waited for at most so long; none when the time is up."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        if follower.ending is not None and follower.ending[0] == "closed":
            if follower.ending[1] == "unauthenticated":
                raise Unauthenticated("That sign-in has ended; sign in again.")
            raise NotFound("session")
        rows = [r for r in await channel.rows_after(after, limit) if follower.may_have(r)]
        if rows:
            return rows
        if follower.last_seq is not None:
            raise NotFound("session")
        left = until - loop.time()
        if left <= 0 or follower.ending is not None:
            return []
        try:
            await asyncio.wait_for(follower.signal.wait(), left)
        except TimeoutError:
            return []
        follower.signal.clear()


def _page(request: Request, rows: list[Row], head: int) -> Response:
    last = max(head, rows[-1].seq if rows else 0)
    items = b", ".join(r.json for r in rows)
    return answer(request, 200, b'{"items": [' + items + b'], "last_seq": ' + str(last).encode() + b"}")


def _credentials(request: Request) -> Credentials:
    h = request.headers
    return Credentials(
        h.get("authorization", ""), request.cookies.get(COOKIE, ""), h.get("x-act-for", ""), h.get("x-act-name", "")
    )  # fmt: skip


def _only_get(request: Request) -> None:
    """A HEAD would otherwise hold a stream open that nobody reads."""
    if request.method != "GET":
        raise HTTPException(405, "Only GET follows a stream.")


def _last_seen(request: Request) -> int | None:
    """Where to go on: `Last-Event-ID`, which a browser sends when it comes back, before `after`. Raises Invalid."""
    text = request.headers.get("last-event-id")
    if text:
        if not _NUMBER.fullmatch(text):
            raise Invalid("Last-Event-ID", "must be the id of an event of this stream")
        return int(text)
    return _number(request, "after", 0) if "after" in request.query_params else None


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text):
        raise Invalid(name, "must be a whole number from 0 up")
    return int(text)
