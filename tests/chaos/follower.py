"""Somebody who follows one session's stream through every cut of the line, and keeps count of what came."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.chaos.chronicle import Chronicle
from tests.e2e.stack import Player

Json = dict[str, Any]
RECONNECT_SECONDS = 0.3
SILENCE_SECONDS = 20.0  # a line without a byte for so long is dead: a stopped process keeps its sockets open


class Follower:
    """Reads server-sent events, resumes with `Last-Event-ID` and holds the stream to its promise: no gap, no repeat."""

    def __init__(self, player: Player, session_id: str, chronicle: Chronicle) -> None:
        self._player, self.session_id, self._chronicle = player, session_id, chronicle
        self.seen = 0
        self.narrated = -1
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"follow-{self.session_id}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def told(self, turn_number: int) -> None:
        """Wait until this turn has its narration."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.narrated >= turn_number)

    async def caught_up(self, seq: int) -> None:
        """Wait until the stream has brought this row."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.seen >= seq)

    async def _run(self) -> None:
        while True:
            try:
                async with self._player.follow(self.session_id, after=self.seen) as answer:
                    if answer.status == 200:
                        await self._read(answer)
                    elif answer.status in (401, 403, 404, 410):
                        self._chronicle.broken(
                            "stream", f"following answered {answer.status}", session_id=self.session_id
                        )
                        return
            except (aiohttp.ClientError, TimeoutError, OSError):
                self._chronicle.counts["streams_cut"] += 1
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _read(self, answer: aiohttp.ClientResponse) -> None:
        kind = data = ""
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                line = (await answer.content.readline()).decode()
            if not line:
                return  # the line was closed from the other end
            text = line.rstrip("\n")
            if text.startswith("event: "):
                kind = text[7:]
            elif text.startswith("data: "):
                data = text[6:]
            elif not text and kind:
                if kind == "feed":
                    await self._row(json.loads(data))
                kind = data = ""

    async def _row(self, row: Json) -> None:
        if row["seq"] != self.seen + 1:
            self._chronicle.broken(
                "stream",
                f"row {row['seq']} came after row {self.seen}",
                session_id=self.session_id,
                moment=row["at"],
            )
        self._chronicle.counts["rows_streamed"] += 1
        async with self._changed:
            self.seen = row["seq"]
            for event in row["events"]:
                if event["type"] == "turn_narrated":
                    self.narrated = max(self.narrated, event["turn_number"])
            self._changed.notify_all()
