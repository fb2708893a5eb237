"""One surface's lease and saved state in the API: who may post, how far the feed was read, which message is which."""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.api_client import ApiClient, ApiError

Json = dict[str, Any]
KEPT = 200  # messages remembered in memory; the API keeps all


class LeaseLost(Exception):
    """Somebody else holds the surface; `seconds` until it is worth asking again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"lease lost for {seconds:.1f} s")
        self.seconds = seconds


class TakenOver(Exception):
    """The lease is ours, but it was not for a while: what was known is read anew."""


_writing_to: ContextVar[HeldSurface | None] = ContextVar("writing_to", default=None)


def fenced_requests() -> aiohttp.TraceConfig:
    """For Discord's client: no request of a relay leaves after its lease has ended, however long it had to wait.

    discord.py sleeps through rate limits and asks again after errors, and the whole process may have stood still
    since the lease was looked at. Raises LeaseLost in the place of the request.
    """

    async def check(_session: Any, _context: Any, _parameters: Any) -> None:
        held = _writing_to.get()
        if held is not None and not held.is_ours:
            raise LeaseLost(0.1)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(check)
    return trace


class HeldSurface:
    """A surface that this process writes to while it holds the lease; its fence number guards every save."""

    def __init__(self, api: ApiClient, surface: Json, holder: str, seconds: float) -> None:
        self._api, self._holder, self._seconds = api, holder, seconds
        self.id = str(surface["id"])
        self.session_id = str(surface["session_id"])
        self._fence: int | None = None
        self._denied_until = 0.0
        self._until = 0.0  # by the monotonic clock, and on the safe side: counted from before the request
        self._unsaved: dict[str, str | None] = {}
        self._read(surface)

    def _read(self, surface: Json) -> None:
        self.address: Json = dict(surface.get("address") or {})
        self.cursor = int(surface.get("cursor") or 0)
        self.messages: dict[str, str] = {k: str(v) for k, v in (surface.get("messages") or {}).items() if v}
        if self.address.get("lobby_message_id"):
            self.messages.setdefault("lobby", str(self.address["lobby_message_id"]))
        self._unsaved.clear()

    def lose_thread(self) -> None:
        """The thread was deleted: the next one takes its place in the saved address."""
        self.address.pop("thread_id", None)

    @property
    def is_ours(self) -> bool:
        return self._fence is not None and time.monotonic() < self._until

    def require_free(self) -> None:
        """Raises LeaseLost while it is known that somebody else holds the surface."""
        left = self._denied_until - time.monotonic()
        if left > 0:
            raise LeaseLost(left)

    async def hold(self) -> None:
        """Make sure that the lease is ours for a while yet; what this task asks of Discord from now on depends on it.

        Raises LeaseLost, TakenOver, ApiError.
        """
        _writing_to.set(self)
        asked = time.monotonic()
        if self._fence is not None and asked < self._until - self._seconds / 2:
            return
        self.require_free()
        try:
            lease = await self._api.lease(self.id, self._holder, self._seconds)
        except ApiError as error:
            if error.code == "conflict":
                self._fence = None
                seconds = _seconds_until(error.details.get("until"), self._seconds)
                self._denied_until = asked + seconds
                raise LeaseLost(seconds) from error
            raise
        self._until = asked + self._seconds
        before, self._fence = self._fence, int(lease["fence"])
        if before != self._fence:
            # A new fence: somebody may have written since we last looked. An empty save reads under the fence.
            self._read(await self._save())
            raise TakenOver

    def remember(self, name: str, message_id: str) -> None:
        self.messages[name] = message_id
        self._unsaved[name] = message_id
        while len(self.messages) > KEPT:
            oldest = next((k for k in self.messages if k not in ("lobby", "table", "end")), None)
            if oldest is None:
                break
            del self.messages[oldest]

    def drop(self, name: str) -> None:
        """A message that was taken away for good."""
        self.messages.pop(name, None)
        self._unsaved[name] = None

    async def save(self, *, cursor: int | None = None, address: Json | None = None) -> None:
        """Store what changed. Raises LeaseLost when the fence is old."""
        changes: Json = {}
        if self._unsaved:
            changes["messages"] = dict(self._unsaved)
        if cursor is not None and cursor != self.cursor:
            changes["cursor"] = cursor
        if address is not None:
            changes["address"] = {k: v for k, v in (self.address | address).items() if v is not None}
        if not changes:
            return
        await self._save(**changes)
        for name in changes.get("messages", {}):
            self._unsaved.pop(name, None)
        self.cursor = changes.get("cursor", self.cursor)
        self.address = changes.get("address", self.address)

    async def _save(self, **changes: Any) -> Json:
        assert self._fence is not None, "save only while holding the lease"
        try:
            return await self._api.patch_surface(self.id, self._fence, **changes)
        except ApiError as error:
            if error.code == "conflict":
                self._fence = None
                raise LeaseLost(_seconds_until(error.details.get("until"), 1.0)) from error
            raise

    async def release(self) -> None:
        """Let the lease run out soon; nothing depends on it."""
        if self.is_ours:
            self._fence = None
            await self._api.lease(self.id, self._holder, 1)


def _seconds_until(iso: Any, otherwise: float) -> float:
    try:
        until = datetime.fromisoformat(str(iso).replace("Z", "+00:00"))
    except ValueError:
        return otherwise
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.1, (until - datetime.now(UTC)).total_seconds())
