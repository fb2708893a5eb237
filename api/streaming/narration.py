"""A passage while it is told: what was said so far, joined from its pieces, for those who come in the middle."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

import redis.asyncio as aioredis
import structlog
from redis.exceptions import RedisError

from api.publishing.feed import narrating_key, narration_key
from api.streaming.frames import Frame, event

log = structlog.get_logger()
Json = dict[str, Any]
REMEMBERED = 16  # turns whose story is closed: a piece that comes late is not shown any more


@dataclass(frozen=True, slots=True)
class Piece:
    """A delta: `text` stands at `offset` characters of the passage."""

    turn_id: str
    attempt: int
    offset: int
    text: str

    @classmethod
    def from_json(cls, raw: Json) -> Piece:
        """Raises KeyError, TypeError or ValueError for what is no delta."""
        return cls(str(raw["turn_id"]), int(raw["attempt"]), int(raw["offset"]), str(raw["text"]))

    def frame(self, session_id: str) -> Frame:
        return event(
            "narration_delta",
            {
                "session_id": session_id,
                "turn_id": self.turn_id,
                "attempt": self.attempt,
                "offset": self.offset,
                "text": self.text,
            },
        )


class Gap(Exception):
    """Pieces before this one were not heard."""


class Narration:
    """The passage that one session hears now. Only what joins without a gap is passed on."""

    def __init__(self, max_characters: int) -> None:
        self._max = max_characters
        self._told: deque[str] = deque(maxlen=REMEMBERED)
        self.turn_id, self.attempt, self.text = "", 0, ""

    def hear(self, piece: Piece) -> Piece | None:
        """The piece if it is news, None if it is not. Raises Gap."""
        if piece.turn_id in self._told:
            return None
        if (piece.turn_id, piece.attempt) == (self.turn_id, self.attempt):
            if piece.offset > len(self.text):
                raise Gap
            if 0 < piece.offset < len(self.text):
                return None
        elif piece.turn_id == self.turn_id and piece.attempt < self.attempt:
            return None
        elif piece.offset:
            raise Gap
        if piece.offset + len(piece.text) > self._max:
            return None
        self.turn_id, self.attempt = piece.turn_id, piece.attempt
        self.text = self.text[: piece.offset] + piece.text
        return piece

    def adopt(self, whole: Piece) -> Piece | None:
        """Take over what the buffer holds; returns what of it is news to those who listen already."""
        if whole.turn_id in self._told or len(whole.text) > self._max:
            return None
        same = (whole.turn_id, whole.attempt) == (self.turn_id, self.attempt)
        known = len(self.text) if same and whole.text.startswith(self.text) else 0
        self.turn_id, self.attempt, self.text = whole.turn_id, whole.attempt, whole.text
        news = whole.text[known:]
        return Piece(whole.turn_id, whole.attempt, known, news) if news else None

    def close(self, turn_ids: tuple[str, ...]) -> None:
        """These turns' stories stand in the feed now."""
        self._told.extend(turn_ids)
        if self.turn_id in turn_ids:
            self.turn_id, self.attempt, self.text = "", 0, ""

    @property
    def so_far(self) -> Piece | None:
        return Piece(self.turn_id, self.attempt, 0, self.text) if self.text else None


class NarrationBuffer:
    """The short-lived lists in Redis that the workers fill. Its loss costs a head start, so errors are only logged."""

    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    async def latest(self, session_id: str) -> Piece | None:
        """What the session heard last, from its start, finished or not."""
        try:
            raw = await self._redis.get(narrating_key(session_id))
            if raw is None:
                return None
            turn_id, attempt = json.loads(raw)
        except (RedisError, OSError, ValueError, TypeError) as error:
            log.info("narration_buffer_unread", session_id=session_id, error=str(error))
            return None
        return await self.read(str(turn_id), int(attempt))

    async def read(self, turn_id: str, attempt: int) -> Piece | None:
        """What joins without a gap from the start of one passage."""
        text = ""
        try:
            for raw in await self._redis.lrange(narration_key(turn_id, attempt), 0, -1):
                offset, piece = json.loads(raw)
                if offset != len(text):
                    break
                text += piece
        except (RedisError, OSError, ValueError, TypeError) as error:
            log.info("narration_buffer_unread", turn_id=turn_id, error=str(error))
        return Piece(turn_id, attempt, 0, text) if text else None
