"""Follows one session's events: every row once and in order, over restarts of the API and of the stream."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import structlog

from bot.api_client import ApiClient, ApiError, Player

Json = dict[str, Any]
log = structlog.get_logger("bot.terminal")
ASK_AFTER = 3.0  # seconds of silence on the stream before we look into the feed ourselves
LONG_POLL = 20.0


@dataclass(slots=True)
class Draft:
    """A narration in the telling. A new attempt starts from nothing."""

    turn_id: str = ""
    attempt: int = 0
    text: str = ""

    def add(self, delta: Json) -> None:
        turn_id, attempt = str(delta.get("turn_id")), int(delta.get("attempt") or 0)
        if (turn_id, attempt) != (self.turn_id, self.attempt):
            if turn_id == self.turn_id and attempt < self.attempt:
                return
            self.turn_id, self.attempt, self.text = turn_id, attempt, ""
        offset, text = int(delta.get("offset") or 0), str(delta.get("text") or "")
        if offset == 0:
            self.text = ""  # begins, or begins again with another narrator
        if offset == len(self.text):
            self.text += text


class Feed:
    """Rows and deltas as they come. `start` once, then `take` what is there and wait for `news`."""

    def __init__(self, client: ApiClient, session_id: str, player: Player, after: int) -> None:
        self._client = client
        self._session_id = session_id
        self._player = player
        self.seq = after
        self.draft = Draft()
        self._rows: deque[Json] = deque()
        self._stirred = asyncio.Event()
        self._deaf = False  # the stream has let something pass unsaid: ask the feed instead
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name="terminal-feed")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _follow(self) -> None:
        path = f"sessions/{self._session_id}/stream"
        try:
            async for event in self._client.follow(path, player=self._player, last_id=str(self.seq)):
                self._deaf = False
                if event.event == "feed" and isinstance(event.data, dict):
                    self._accept(event.data)
                elif event.event == "narration_delta" and isinstance(event.data, dict):
                    self.draft.add(event.data)
                    self._stirred.set()
        except ApiError as error:
            # The feed itself is asked instead (see `news`), and tells whether the session is gone for good.
            log.warning("stream refused", code=error.code, status=error.status)

    def _accept(self, row: Json) -> None:
        if int(row["seq"]) > self.seq:
            self.seq = int(row["seq"])
            self._rows.append(row)
            self._stirred.set()

    @property
    def has_rows(self) -> bool:
        return bool(self._rows)

    def take(self) -> list[Json]:
        """The events that were not taken yet, oldest first."""
        out: list[Json] = []
        while self._rows:
            out += self._rows.popleft().get("events") or []
        self._stirred.clear()
        return out

    async def news(self, timeout: float) -> bool:
        """Wait for a row or a delta; False when none came. A silent stream makes us ask the feed. Raises ApiError."""
        until = time.monotonic() + timeout
        while not self._stirred.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return False
            if self._deaf and await self._long_poll(left):
                continue
            try:
                await asyncio.wait_for(self._stirred.wait(), min(left, ASK_AFTER))
            except TimeoutError:
                before = self.seq
                await self.catch_up()
                self._deaf = self.seq > before  # there was something, and the stream did not bring it
        return True

    async def _long_poll(self, left: float) -> bool:
        """Without a stream the feed itself is asked to wait for us; False when it cannot be reached."""
        poll = asyncio.create_task(self.catch_up(int(min(left, LONG_POLL))))
        stirred = asyncio.create_task(self._stirred.wait())
        try:
            await asyncio.wait({poll, stirred}, return_when=asyncio.FIRST_COMPLETED)
            return poll.result() if poll.done() else True
        finally:
            poll.cancel()
            stirred.cancel()
            await asyncio.gather(poll, stirred, return_exceptions=True)

    async def catch_up(self, wait: int | None = None) -> bool:
        """Ask the feed for what the stream may have missed; False when it did not answer.

        Raises ApiError only when the session is gone.
        """
        try:
            while True:
                answer = await self._client.events(self._session_id, self.seq, wait=wait, player=self._player)
                rows = answer.get("items") or []
                for row in rows:
                    self._accept(row)
                if wait or not rows or self.seq >= int(answer.get("last_seq") or 0):
                    return True
        except ApiError as error:
            if not error.is_passing:
                raise
            log.info("feed is not reachable", code=error.code)
            return False

    async def reach(self, seq: int) -> None:
        """Wait until the rows up to `seq` are here: a write's own answer names it."""
        if self.seq >= seq:
            return
        try:
            async with asyncio.timeout(0 if self._deaf else ASK_AFTER):
                while self.seq < seq:
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            self._deaf = await self.catch_up()
        self._stirred.set()
