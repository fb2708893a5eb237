"""A narrator that speaks at a reading pace: sentences come one by one instead of all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from api.llm.port import NarrationRequest, Narrator
from api.rules.proposals import Proposal


class PacedNarrator:
    """Wraps a narrator and waits `seconds` after each sentence, for tables that like to be read to."""

    def __init__(self, narrator: Narrator, seconds: float) -> None:
        self.name = narrator.name
        self.tells_only_facts = bool(getattr(narrator, "tells_only_facts", False))
        self._narrator = narrator
        self._seconds = seconds

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str | Proposal]:
        async for sentence in self._narrator.narrate(request):
            yield sentence
            if isinstance(sentence, str) and sentence:
                await asyncio.sleep(self._seconds)
