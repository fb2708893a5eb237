"""Keeps the calls to one provider within bounds: who cannot be served soon is told by the next narrator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from api.llm.port import NarrationRequest, Narrator, NarratorUnavailable, Ruler, RulingRequest
from api.rules.commands import Command


class ProviderSlots:
    """At most so many calls at once, by provider name; a name that is not listed has no limit.

    Narrator and ruler of one provider share its slots. Counts per process and event loop.
    """

    def __init__(self, limits: Mapping[str, int], wait_seconds: float) -> None:
        self._wait_seconds = wait_seconds
        self._free = {name: asyncio.Semaphore(count) for name, count in limits.items()}

    @asynccontextmanager
    async def call(self, provider: str) -> AsyncIterator[None]:
        """Hold a slot during a call. Raises NarratorUnavailable when none becomes free in time."""
        free = self._free.get(provider)
        if free is None:
            yield
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await free.acquire()
        except TimeoutError:
            raise NarratorUnavailable(f"all calls to {provider} are taken") from None
        try:
            yield
        finally:
            free.release()


class LimitedNarrator:
    """A narrator that waits for a slot of its provider."""

    def __init__(self, narrator: Narrator, slots: ProviderSlots) -> None:
        self.name = narrator.name
        self._narrator = narrator
        self._slots = slots

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        async with self._slots.call(self.name):
            async for sentence in self._narrator.narrate(request):
                yield sentence


class LimitedRuler:
    """A ruler that waits for a slot of its provider; raises NarratorUnavailable when it waits in vain."""

    def __init__(self, ruler: Ruler, slots: ProviderSlots) -> None:
        self.name = ruler.name
        self._ruler = ruler
        self._slots = slots

    async def rule(self, request: RulingRequest) -> Command:
        async with self._slots.call(self.name):
            return await self._ruler.rule(request)
