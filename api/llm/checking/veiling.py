"""Says a fact that touches a table's line in its plainest form, each only once in a passage."""

from __future__ import annotations

from collections.abc import Sequence

from api.llm.checking.boundaries import Fence
from api.llm.checking.facts import Facts
from api.llm.plain import plain_fact

AWAY = "The story looks away for a moment."


class Veil:
    """One passage's way around what its table does not want to hear."""

    def __init__(self, fence: Fence, facts: Facts) -> None:
        self._fence = fence
        self._request = facts.request
        self._events = dict(facts.events)
        self._said: set[str] = set()

    def instead_of(self, sentence: str, behind: Sequence[str]) -> str:
        """What may stand for a sentence: the same with neutral names, the bare facts behind it, or that the story looks
        away. Empty for what was said already."""
        neutral = self._fence.plainly(sentence)
        if self._fence.allows(neutral):
            return self._once([neutral])
        plain = [plain_fact(self._request, self._events[i]) for i in behind if i in self._events]
        return self._once([s for s in plain if s and self._fence.allows(s)] or [AWAY])

    def _once(self, sentences: Sequence[str]) -> str:
        fresh = [s for s in dict.fromkeys(sentences) if s not in self._said]
        self._said.update(fresh)
        return " ".join(fresh)
