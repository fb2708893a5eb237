"""Tells subscribers that something was committed. Redis only wakes them: what they read comes from the store."""

from __future__ import annotations

import json

import redis
import structlog

log = structlog.get_logger()

WAKE_CHANNEL = "coc:wake"
DELTA_CHANNEL = "coc:delta"
BUFFER_SECONDS = 600


def narration_key(turn_id: str, attempt: int) -> str:
    """A list of JSON pairs `[offset, piece]`: what was said so far of a passage in progress."""
    return f"coc:narration:{turn_id}:{attempt}"


def narrating_key(session_id: str) -> str:
    """JSON `[turn id, attempt]` of the passage that a session heard last, finished or not."""
    return f"coc:narrating:{session_id}"


def wake_message(session_id: str, seq: int) -> str:
    """What is said on `WAKE_CHANNEL`: that a session's feed has come to this row."""
    return json.dumps({"session_id": session_id, "seq": seq})


class Publisher:
    """Wake-ups and narration deltas over Redis. Losing one costs latency, never an event, so errors are only logged."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection

    def wake(self, session_id: str, seq: int) -> None:
        try:
            self._redis.publish(WAKE_CHANNEL, wake_message(session_id, seq))
        except redis.RedisError as error:
            log.warning("wake_not_published", error=str(error), session_id=session_id, seq=seq)

    def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None:
        """One piece of a narration in progress.

        `offset` counts characters (code points) of the text joined so far and the piece brings its own spaces and
        blank lines, so that who hears pieces only concatenates. Offset 0 begins the passage, also a second time.
        """
        piece = {
            "session_id": session_id,
            "turn_id": turn_id,
            "attempt": attempt,
            "offset": offset,
            "text": text,
        }
        try:
            key = narration_key(turn_id, attempt)
            with self._redis.pipeline(transaction=False) as pipe:
                if offset == 0:
                    pipe.delete(key)
                    pipe.set(narrating_key(session_id), json.dumps([turn_id, attempt]), ex=BUFFER_SECONDS)
                pipe.rpush(key, json.dumps([offset, text]))
                pipe.expire(key, BUFFER_SECONDS)
                pipe.publish(DELTA_CHANNEL, json.dumps(piece))
                pipe.execute()
        except redis.RedisError as error:
            log.warning("delta_not_published", session_id=session_id, turn_id=turn_id, error=str(error))

    def forget(self, session_id: str, turn_id: str, attempt: int) -> None:
        """Drop what was said of a passage that was withdrawn, in this attempt and those before it."""
        try:
            keys = [narration_key(turn_id, n) for n in range(1, attempt + 1)]
            self._redis.delete(narrating_key(session_id), *keys)
        except redis.RedisError as error:
            log.warning("delta_not_forgotten", session_id=session_id, turn_id=turn_id, error=str(error))


class NullPublisher:
    """For tests and tools that nobody follows."""

    def wake(self, session_id: str, seq: int) -> None: ...

    def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None: ...

    def forget(self, session_id: str, turn_id: str, attempt: int) -> None: ...
