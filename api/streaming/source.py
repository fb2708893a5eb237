"""The store as the stream reads it: off the loop, in a few threads, and once for all who want the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from api.errors import ApiError
from api.routes.http import actor_of
from api.services.deps import Actor
from api.services.history import read_feed
from api.services.table import Table
from api.streaming.audience import Credentials
from api.streaming.frames import Row, feed_row
from api.streaming.limits import Limits
from api.wiring import Wired

T = TypeVar("T")
MAX_ROWS = 200  # of one page, as in the API


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Rows in order; `more` when the page was full, so that the next rows may be there already."""

    rows: list[Row]
    more: bool


class Source:
    """Reads for the followers. `reads` counts how often the store's feed was asked."""

    def __init__(self, parts: Wired, limits: Limits) -> None:
        self._parts, self._limits = parts, limits
        self._pool = ThreadPoolExecutor(limits.store_threads, "stream-store")
        self._flying: dict[Hashable, asyncio.Future[Any]] = {}
        self.reads = 0

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def actor(self, shown: Credentials) -> Actor:
        """Who that is. Raises what `actor_of` raises."""
        return await self._shared(("actor", shown), self._actor, shown)

    async def table(self, session_id: str) -> Table:
        """The session as it stands. Raises NotFound."""
        return await self._shared(("table", session_id), Table.load, self._parts.deps, session_id)

    async def table_now(self, session_id: str) -> Table:
        """The same, never from a read that began earlier."""
        return await self._run(Table.load, self._parts.deps, session_id)

    async def page(self, session_id: str, after: int, limit: int) -> FeedPage:
        """Feed rows after a number; those who ask alike at one time share one read."""
        size = max(1, min(limit, MAX_ROWS))
        return await self._shared(("feed", session_id, after, size), self._page, session_id, after, size)

    async def page_now(self, session_id: str, after: int) -> FeedPage:
        """The same for the session's own look, never from a read that began before the wake-up."""
        return await self._run(self._page, session_id, after, self._limits.page_rows)

    async def is_told(self, turn_id: str) -> bool:
        """Whether a turn's story is closed (or the turn unknown), so that nothing of it is in progress.

        One that is told again comes whole: pieces of it are those of the passage that was turned down.
        """
        turn = await self._run(self._parts.deps.store.get, "turns", turn_id)
        return turn is None or turn.body["state"] in ("narrated", "withdrawn") or "retelling" in turn.body

    async def refused(self, session_id: str, shown: list[Credentials]) -> dict[Credentials, str]:
        """Which of these may no longer follow a session, and the code that says why."""
        return await self._run(self._refused, session_id, shown)

    def _actor(self, shown: Credentials) -> Actor:
        return actor_of(self._parts, shown.authorization, shown.cookie, shown.act_for, shown.act_name)

    def _page(self, session_id: str, after: int, size: int) -> FeedPage:
        self.reads += 1
        found = read_feed(self._parts.deps, session_id, after, size)
        rows: list[Row] = []
        room = self._limits.page_bytes
        for raw in found:
            row = feed_row(raw)
            room -= len(row.data)
            if rows and room < 0:
                break
            rows.append(row)
        return FeedPage(rows, len(found) >= size or len(rows) < len(found))

    def _refused(self, session_id: str, shown: list[Credentials]) -> dict[Credentials, str]:
        table = Table.load(self._parts.deps, session_id)
        found: dict[Credentials, str] = {}
        for one in shown:
            code = self._refusal(table, one)
            if code is not None:
                found[one] = code
        return found

    def _refusal(self, table: Table, shown: Credentials) -> str | None:
        try:
            table.require_member(self._actor(shown))
        except ApiError as error:
            return error.code
        return None

    async def _run(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    async def _shared(self, key: Hashable, work: Callable[..., T], *given: Any) -> T:
        flying = self._flying.get(key)
        if flying is None:
            flying = asyncio.get_running_loop().run_in_executor(self._pool, work, *given)
            self._flying[key] = flying
            flying.add_done_callback(lambda done: self._landed(key, done))
        result: T = await asyncio.shield(flying)
        return result

    def _landed(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        self._flying.pop(key, None)
        if not done.cancelled():
            done.exception()  # looked at, even when all who asked are gone
