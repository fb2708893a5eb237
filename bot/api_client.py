"""The only HTTP in `bot/`: the API's wire contract (docs/wire.md) as typed calls, with time-outs and retries.

Knows nothing of Discord; the terminal uses it as well.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import structlog

from bot.control_calls import ControlCalls

Json = dict[str, Any]
log = structlog.get_logger("bot.api")
TRIES = 3
LORE_SECONDS = 15.0
RETRIED = {502, 503, 504}
BASE = "/api/v1"


class ApiError(Exception):
    """The API refused or did not answer. `code` is stable (docs/wire.md); `unreachable` means no answer at all."""

    def __init__(self, code: str, message: str = "", details: Json | None = None, status: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details or {}
        self.status = status

    @property
    def is_passing(self) -> bool:
        """Worth trying again later without any change."""
        return self.code in ("unreachable", "unavailable", "internal", "rate_limited")


@dataclass(frozen=True, slots=True)
class Player:
    """For whom the service acts: `discord:<user id>` or `terminal:<seat>`, and the name to show."""

    act_for: str
    name: str = ""

    def headers(self) -> dict[str, str]:
        head = {"X-Act-For": self.act_for}
        if self.name:
            head["X-Act-Name"] = quote(self.name, safe="")
        return head


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One server-sent event; `open` is made here at every (re)connection."""

    event: str
    data: Any
    id: str = ""


class ApiClient(ControlCalls):
    """One shared connection pool to the API. Use as an async context manager, or call `close`."""

    def __init__(
        self,
        base_url: str,
        service_token: str,
        *,
        stream_url: str = "",
        timeout: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.stream_url = (stream_url or base_url).rstrip("/")
        self._token = service_token
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(3.0, timeout))
        self._sleep = sleep
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> ApiClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            head = {"Authorization": f"Bearer {self._token}"}
            self._http = aiohttp.ClientSession(headers=head, read_bufsize=1 << 20)
        return self._http

    # --- one call ------------------------------------------------------------------------------------------------

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: Json | None = None,
        player: Player | None = None,
        key: str | None = None,
        timeout: float | None = None,
        tries: int = TRIES,
    ) -> Any:
        """The `result` of one call. Raises ApiError.

        GETs, and writes that carry an Idempotency-Key, are tried again when no answer came or the API was busy: the
        key makes a second delivery harmless.
        """
        headers = {"X-Request-ID": secrets.token_hex(8)}
        if player is not None:
            headers |= player.headers()
        if key is not None:
            headers["Idempotency-Key"] = key
        again = method == "GET" or key is not None
        query = {k: str(v) for k, v in (params or {}).items() if v is not None}
        limit = (
            self._timeout
            if timeout is None
            else aiohttp.ClientTimeout(total=timeout, connect=min(3.0, timeout))
        )
        attempt = 1
        while True:
            try:
                return await self._once(method, path, body, query, headers, limit)
            except ApiError as error:
                if not again or attempt >= tries or not _may_repeat(error):
                    raise
                wait = _pause(error, attempt)
                log.info(
                    "api call is tried again",
                    path=path,
                    code=error.code,
                    attempt=attempt,
                    wait=round(wait, 2),
                )
            await self._sleep(wait)
            attempt += 1

    async def _once(
        self, method: str, path: str, body: Json | None, query: dict[str, str], headers: dict[str, str],
        limit: aiohttp.ClientTimeout,
    ) -> Any:  # fmt: skip
        url = f"{self.base_url}{BASE}/{path}"
        try:
            async with self._session().request(
                method, url, json=body, params=query, headers=headers, timeout=limit
            ) as answer:
                raw = await answer.read()
                return _unwrap(raw, answer.status, answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiError("unreachable", type(error).__name__) from error

    # --- what there is to play -----------------------------------------------------------------------------------

    async def heroes(self) -> list[Json]:
        return _items(await self.call("GET", "heroes"))

    async def campaigns(self) -> list[Json]:
        return _items(await self.call("GET", "campaigns"))

    async def characters(self, player: Player) -> list[Json]:
        return _items(await self.call("GET", "characters", player=player))

    async def character(self, player: Player, character_id: str) -> Json:
        return await self.call("GET", f"characters/{character_id}", player=player)

    async def create_character(self, player: Player, body: Json, key: str) -> Json:
        return await self.call("POST", "characters", body=body, player=player, key=key)

    # --- sessions ------------------------------------------------------------------------------------------------

    async def sessions_in(self, channel_id: str) -> list[Json]:
        """Short views of the sessions whose surface is this channel or thread (as the service)."""
        return _items(await self.call("GET", "sessions", params={"channel": channel_id}))

    async def my_sessions(self, player: Player) -> list[Json]:
        return _items(await self.call("GET", "sessions", player=player))

    async def create_session(self, player: Player, body: Json, key: str) -> Json:
        return await self.call("POST", "sessions", body=body, player=player, key=key)

    async def session(
        self,
        session_id: str,
        *,
        player: Player | None = None,
        character_id: str | None = None,
        timeout: float | None = None,
        tries: int = TRIES,
    ) -> Json:
        params = {"character_id": character_id}
        return await self.call(
            "GET", f"sessions/{session_id}", params=params, player=player, timeout=timeout, tries=tries
        )

    async def join(
        self, player: Player, session_id: str, character_id: str, key: str, sponsor: bool = False
    ) -> Json:
        body: Json = {"character_id": character_id} | ({"sponsor": True} if sponsor else {})
        return await self.call("POST", f"sessions/{session_id}/join", body=body, player=player, key=key)

    async def leave(self, player: Player, session_id: str, key: str) -> Json:
        return await self.call("POST", f"sessions/{session_id}/leave", body={}, player=player, key=key)

    async def begin(self, player: Player, session_id: str, key: str) -> Json:
        return await self.call("POST", f"sessions/{session_id}/begin", body={}, player=player, key=key)

    async def end(self, player: Player, session_id: str, key: str) -> Json:
        return await self.call("POST", f"sessions/{session_id}/end", body={}, player=player, key=key)

    async def mode(self, player: Player, session_id: str, mode: str, key: str) -> Json:
        return await self.call(
            "POST", f"sessions/{session_id}/mode", body={"mode": mode}, player=player, key=key
        )

    async def settings(self, player: Player, session_id: str, wish: Json, key: str) -> Json:
        """How the story is told from the next passage on; `wish` names any of tone, length, rating, language."""
        return await self.call("PATCH", f"sessions/{session_id}/settings", body=wish, player=player, key=key)

    async def act(self, player: Player, session_id: str, action: Json, key: str) -> Json:
        return await self.call("POST", f"sessions/{session_id}/action", body=action, player=player, key=key)

    async def turns(
        self, session_id: str, *, player: Player | None = None, cursor: str | None = None, limit: int = 20
    ) -> Json:
        params = {"cursor": cursor, "limit": limit}
        return await self.call("GET", f"sessions/{session_id}/turns", params=params, player=player)

    async def events(
        self,
        session_id: str,
        after: int,
        *,
        limit: int = 100,
        wait: int | None = None,
        player: Player | None = None,
    ) -> Json:
        """Feed rows after a sequence number; `wait` (seconds, at most 25) holds the call until there are some."""
        params = {"after": after, "limit": limit, "wait": wait}
        timeout = None if wait is None else wait + 10.0
        return await self.call(
            "GET", f"sessions/{session_id}/events", params=params, player=player, timeout=timeout
        )

    async def say(
        self, player: Player, session_id: str, text: str, key: str, character_id: str | None = None
    ) -> Json:
        body: Json = {"text": text} | ({"character_id": character_id} if character_id else {})
        return await self.call("POST", f"sessions/{session_id}/chat", body=body, player=player, key=key)

    async def roll(self, player: Player, session_id: str, expression: str, key: str) -> Json:
        body = {"expression": expression}
        return await self.call("POST", f"sessions/{session_id}/rolls", body=body, player=player, key=key)

    async def recap(self, session_id: str, *, player: Player | None = None) -> Json:
        return await self.call("GET", f"sessions/{session_id}/recap", player=player)

    async def lore(self, player: Player, session_id: str, item: str) -> Json:
        """What is told of a thing; a model may take some seconds over it."""
        path = f"sessions/{session_id}/lore"
        return await self.call("GET", path, params={"item": item}, player=player, timeout=LORE_SECONDS)

    async def usage(self, player: Player) -> Json:
        return await self.call("GET", "account/usage", player=player)

    async def job(self, job_id: str, *, player: Player | None = None) -> Json:
        return await self.call("GET", f"jobs/{job_id}", player=player)

    async def health(self) -> Json:
        return await self.call("GET", "health", tries=1)

    # --- surfaces (the relay, as the service) --------------------------------------------------------------------

    async def surfaces(self, kind: str = "discord") -> list[Json]:
        found: list[Json] = []
        params = {"kind": kind}
        while True:
            page = await self.call("GET", "surfaces", params=params)
            found += _items(page)
            if not page.get("next_cursor"):
                return found
            params = {"kind": kind, "cursor": page["next_cursor"]}

    async def create_surface(self, session_id: str, kind: str, address: Json, key: str) -> Json:
        body = {"session_id": session_id, "kind": kind, "address": address}
        return await self.call("POST", "surfaces", body=body, key=key)

    async def lease(self, surface_id: str, holder: str, seconds: float) -> Json:
        body = {"holder": holder, "seconds": seconds}
        return await self.call("POST", f"surfaces/{surface_id}/lease", body=body, key=secrets.token_hex(16))

    async def patch_surface(self, surface_id: str, fence: int, **changes: Any) -> Json:
        """Save cursor, address or messages; 409 `conflict` when the lease went to somebody else."""
        body = {"fence": fence} | changes
        return await self.call("PATCH", f"surfaces/{surface_id}", body=body, key=secrets.token_hex(16))

    # --- streams -------------------------------------------------------------------------------------------------

    async def follow(
        self,
        path: str,
        *,
        params: Json | None = None,
        player: Player | None = None,
        last_id: str = "",
        idle: float = 60.0,
    ) -> AsyncIterator[StreamEvent]:
        """Server-sent events for ever: reconnects with Last-Event-ID and back-off; yields `open` each time it is in.

        `idle` seconds without a byte (keep-alive comments count) mean a dead connection. Raises ApiError only for
        answers that trying again cannot mend (401, 403, 404, 410).
        """
        failures = 0
        while True:
            headers = {"Accept": "text/event-stream"} | (player.headers() if player else {})
            if last_id:
                headers["Last-Event-ID"] = last_id
            try:
                async for event in self._read_stream(path, params or {}, headers, idle):
                    failures = 0
                    last_id = event.id or last_id
                    yield event
            except ApiError as error:
                if error.status in (401, 403, 404, 410):
                    raise
                log.warning("stream lost", path=path, code=error.code, status=error.status)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("stream lost", path=path, error=type(error).__name__)
            failures += 1
            await self._sleep(min(15.0, 0.25 * 2 ** min(failures, 6)) * (0.7 + 0.6 * random.random()))

    async def _read_stream(
        self, path: str, params: Json, headers: dict[str, str], idle: float
    ) -> AsyncIterator[StreamEvent]:
        limit = aiohttp.ClientTimeout(total=None, connect=5.0, sock_read=idle)
        url = f"{self.stream_url}{BASE}/{path}"
        async with self._session().get(url, params=params, headers=headers, timeout=limit) as answer:
            if answer.status != 200:
                _unwrap(await answer.read(), answer.status, None)
                raise ApiError("unavailable", "the stream did not open", status=answer.status)
            yield StreamEvent("open", None)
            kind, ident = "message", ""
            data: list[str] = []
            async for raw in answer.content:
                text = raw.decode("utf-8", "replace").rstrip("\r\n")
                if not text:
                    if data:
                        yield StreamEvent(kind, _parsed("\n".join(data)), ident)
                    kind, ident = "message", ""
                    data = []
                elif not text.startswith(":"):
                    name, _, value = text.partition(":")
                    value = value.removeprefix(" ")
                    if name == "event":
                        kind = value
                    elif name == "data":
                        data.append(value)
                    elif name == "id":
                        ident = value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _items(result: Any) -> list[Json]:
    return list((result or {}).get("items") or [])


def _may_repeat(error: ApiError) -> bool:
    return error.code == "unreachable" or error.status in RETRIED or error.code == "rate_limited"


def _pause(error: ApiError, attempt: int) -> float:
    told = error.details.get("retry_after")
    if isinstance(told, int | float) and told >= 0:
        return min(float(told), 5.0)
    return 0.25 * 3 ** (attempt - 1) * (0.8 + 0.4 * random.random())


def _unwrap(raw: bytes, status: int, retry_after: str | None) -> Any:
    """The envelope's result, or ApiError: also for an answer that is no envelope, such as a proxy's error page."""
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        body = {}
    error = body.get("error") if isinstance(body, dict) else None
    if status < 400 and not error:
        if not isinstance(body, dict) or "result" not in body:
            raise ApiError("internal", "the answer is not the API's", status=status)
        return body["result"]
    if not isinstance(error, dict):
        code = "unavailable" if status in RETRIED else "rate_limited" if status == 429 else "internal"
        error = {"code": code, "message": ""}
    details = dict(error.get("details") or {})
    if status == 429 and retry_after and "retry_after" not in details and retry_after.isdigit():
        details["retry_after"] = int(retry_after)
    raise ApiError(str(error.get("code") or "internal"), str(error.get("message") or ""), details, status)
