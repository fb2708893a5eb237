"""Whether the worker that tells a passage still holds its lease: asked before each sentence is shown."""

from __future__ import annotations

import asyncio
import time

from api.services.deps import Deps

LOOK_AGAIN = 0.05  # seconds between two looks, so that sentences which come all at once cost one


class Pen:
    """One narration lease as its holder sees it."""

    def __init__(self, deps: Deps, lease_id: str, revision: int) -> None:
        self._deps, self._lease_id, self._revision = deps, lease_id, revision
        self._looked = time.monotonic()

    async def is_held(self) -> bool:
        """False once somebody withdrew the passage or took it over; at most `LOOK_AGAIN` old."""
        if time.monotonic() - self._looked < LOOK_AGAIN:
            return True
        self._looked = time.monotonic()
        held = await asyncio.to_thread(self._deps.store.get, "leases", self._lease_id)
        return held is not None and held.revision == self._revision
