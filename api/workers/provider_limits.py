"""Keeps the calls to one provider within bounds: who cannot be served soon is told by the next narrator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

from api.llm.model_client import ModelAnswer, ModelClient, ModelDelta, ModelRequest, Overloaded


class ProviderSlots:
    """At most so many calls at once, by provider name; a name that is not listed has no limit.

    All calls to one provider share its slots, whatever they are for. Counts per process and event loop.
    """

    def __init__(self, limits: Mapping[str, int], wait_seconds: float) -> None:
        self._wait_seconds = wait_seconds
        self._free = {name: asyncio.Semaphore(count) for name, count in limits.items()}

    @asynccontextmanager
    async def call(self, provider: str) -> AsyncIterator[None]:
        """Hold a slot during a call. Raises Overloaded when none becomes free in time."""
        free = self._free.get(provider)
        if free is None:
            yield
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await free.acquire()
        except TimeoutError:
            raise Overloaded(provider, "all of our calls to it are taken") from None
        try:
            yield
        finally:
            free.release()


class LimitedClient:
    """A model client that waits for a slot of its provider; itself a `ModelClient`.

    Put it around a circuit, not inside: who waits in vain has not heard a failing provider.
    """

    def __init__(self, client: ModelClient, slots: ProviderSlots) -> None:
        self.name = client.name
        self.supports_tools = client.supports_tools
        self._client = client
        self._slots = slots

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        async with self._slots.call(self.name):
            return await self._client.complete(request)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelDelta, None]:
        async with self._slots.call(self.name), aclosing(self._client.stream(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def aclose(self) -> None:
        await self._client.aclose()
