"""The recap: "previously on", told from flags and the last turns in sentences of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.llm.port import PastNote


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A told turn: its scene's key, who acted in it (shown names), and its passage."""

    turn_number: int
    scene: str
    actors: tuple[str, ...]
    passage: str


def recap(
    content: Content, campaign: str, notes: Sequence[PastNote], past_turns: Sequence[PastTurn]
) -> list[str]:
    """Paragraphs for "previously on"."""
    return []
