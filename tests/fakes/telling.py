"""Narrators for tests of what becomes of told prose."""

from __future__ import annotations

from collections.abc import AsyncIterator

from api.llm.port import NarrationRequest


class Says:
    """Tells the sentences that it was given last, in every passage; keeps what it was asked."""

    tells_only_facts = True

    def __init__(self, *sentences: str, name: str = "scripted") -> None:
        self.name = name
        self.sentences = sentences or ("The water stands still.",)
        self.asked: list[NarrationRequest] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self.asked.append(request)
        for sentence in self.sentences:
            yield sentence


class Lies(Says):
    """The same, but what it says is checked like a model's."""

    tells_only_facts = False
