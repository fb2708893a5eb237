"""The websockets of the gateway, and the sessions that outlive them."""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

DISPATCH = 0
SENDS_PER_MINUTE = 120
PATIENCE = 1.5
"""A line is given up after so many heartbeat intervals of silence."""


class Line:
    """One websocket, written to from a queue so that news can be told without awaiting.

    With `compressed` all payloads form one zlib stream, as after `?compress=zlib-stream`.
    `lost` is called when the client has not beaten for one and a half intervals of real time.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        compressed: bool,
        heartbeat_seconds: float,
        lost: Callable[["Line"], None],
    ) -> None:
        self.socket = socket
        self.compressed = compressed
        self._stream = zlib.compressobj() if compressed else None
        self._outbox: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())
        self._heard_at: deque[float] = deque(maxlen=SENDS_PER_MINUTE)
        self._patience = heartbeat_seconds * PATIENCE
        self._lost = lost
        self._alarm = self._wind_up()

    def beat(self) -> None:
        """The client has shown that it lives."""
        self._alarm.cancel()
        self._alarm = self._wind_up()

    def send(self, op: int, data: Any = None, name: str | None = None, sequence: int | None = None) -> None:
        """Queue one payload."""
        self._outbox.put_nowait({"op": op, "d": data, "s": sequence, "t": name})

    def hang_up(self, code: int) -> None:
        """Close the socket once everything queued before is out."""
        self._alarm.cancel()
        self._outbox.put_nowait(code)

    def hears_too_much(self, now: float) -> bool:
        """Whether the client has sent more than 120 payloads within a minute, this one included."""
        full = len(self._heard_at) == SENDS_PER_MINUTE
        too_much = full and now - self._heard_at[0] < 60
        self._heard_at.append(now)
        return too_much

    async def done(self) -> None:
        """Stop writing; the socket is gone."""
        self._alarm.cancel()
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    def _wind_up(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._patience, self._lost, self)

    async def _write(self) -> None:
        while True:
            payload = await self._outbox.get()
            if isinstance(payload, int):
                await self.socket.close(code=payload)
                return
            if self.socket.closed:
                return
            text = json.dumps(payload)
            if self._stream is None:
                await self.socket.send_str(text)
            else:
                packed = self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(packed)


@dataclass(eq=False)
class Session:
    """One identified client or shard. It outlives its line, so that it can be resumed."""

    id: str
    intents: int
    shard: tuple[int, int]
    line: Line | None = None
    sequence: int = 0
    log: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    resumes: int = 0
    lost_at: float = 0.0
    """When the line was lost."""

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Send news now if the line is up; keep it for a resume in any case."""
        self.sequence += 1
        self.log.append((self.sequence, name, data))
        if self.line is not None:
            self.line.send(DISPATCH, data, name, self.sequence)

    def lose_line(self, now: float) -> None:
        """The line is gone; the session waits to be resumed."""
        self.line = None
        self.lost_at = now

    def serves(self, guild_id: str | None) -> bool:
        """Whether this shard hears a guild; private conversations belong to shard 0."""
        number, count = self.shard
        return (int(guild_id) >> 22) % count == number if guild_id else number == 0
