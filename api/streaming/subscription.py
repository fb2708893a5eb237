"""The one Redis subscription of the process: it notices its own loss, and says when something may have been missed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, Protocol

import redis.asyncio as aioredis
import structlog
from redis.exceptions import RedisError

from api.publishing.feed import DELTA_CHANNEL, WAKE_CHANNEL

log = structlog.get_logger()
SILENCE = 5.0  # seconds without a word, after which Redis is asked whether it is there
AGAIN = 0.25  # seconds between tries to come back


class Hearer(Protocol):
    """Who is told. `lost` and `back` come in turns; `back` comes first, once the subscription stands."""

    def wake(self, message: dict[str, Any]) -> None: ...
    def delta(self, message: dict[str, Any]) -> None: ...
    def lost(self) -> None: ...
    def back(self) -> None: ...


async def listen(redis_url: str, hearer: Hearer) -> None:
    """Until cancelled."""
    kinds = {WAKE_CHANNEL.encode(): hearer.wake, DELTA_CHANNEL.encode(): hearer.delta}
    hears = False
    while True:
        client = aioredis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=2 * SILENCE)
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(WAKE_CHANNEL, DELTA_CHANNEL)
                asked = False
                while True:
                    message = await pubsub.get_message(timeout=SILENCE)
                    if message is None:
                        if asked:
                            raise ConnectionError("Redis does not answer a ping")
                        await pubsub.ping()
                        asked = True
                        continue
                    asked = False
                    if message["type"] == "subscribe" and not hears:
                        hears = True
                        hearer.back()
                    elif message["type"] == "message":
                        _pass_on(kinds[message["channel"]], message["data"])
        except (RedisError, OSError) as error:
            if hears:
                log.warning("stream_lost_redis", error=str(error))
                hears = False
                hearer.lost()
            await asyncio.sleep(AGAIN)
        finally:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()


def _pass_on(tell: Any, data: bytes) -> None:
    try:
        tell(json.loads(data))
    except (ValueError, KeyError, TypeError) as error:  # not ours: anybody may publish on a shared Redis
        log.warning("stream_message_unread", error=repr(error))
