"""Calls that outlive a restart of the API: the same call with the same key until it answers."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.api_client import ApiError
from bot.texts import tr

T = TypeVar("T")
LONGEST = 90.0  # seconds without any answer before we give up


def new_key() -> str:
    """An idempotency key: one for each thing that a player wants, kept when the call is repeated."""
    return f"terminal-{secrets.token_hex(12)}"


class Patience:
    """Repeats calls while the server is away. `tell` gets one sentence when it goes and one when it is back."""

    def __init__(
        self,
        tell: Callable[[str], None],
        *,
        longest: float = LONGEST,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tell = tell
        self._longest = longest
        self._pause = pause
        self.away = False

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of `call`, which must be safe to repeat. Raises ApiError when trying again cannot help."""
        started = time.monotonic()
        attempt = 0
        while True:
            try:
                result = await call()
            except ApiError as error:
                if (
                    not error.is_passing
                    or error.code == "internal"
                    or time.monotonic() - started > self._longest
                ):
                    raise
                if not self.away:
                    self.away = True
                    self._tell(tr("The game server does not answer; trying again. Nothing is lost."))
                attempt += 1
                await self._pause(min(3.0, 0.3 * 2**attempt))
                continue
            if self.away:
                self.away = False
                self._tell(tr("The game server is back."))
            return result
