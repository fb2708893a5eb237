"""The token budget of a prompt: one named share for each part that could grow with the story or the party."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

from api.llm.model_client import guessed_tokens

T = TypeVar("T")
BUDGET_FILE = Path(__file__).parents[2] / "config" / "prompt_budget.yaml"


class Budget(BaseModel):
    """Tokens of each part, at most. Whatever is told, the whole stays below their sum and the fixed parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    story: int = Field(ge=50, le=4000)
    passages: int = Field(ge=200, le=20_000)
    standing: int = Field(ge=50, le=4000)
    remembered: int = Field(ge=50, le=8000)
    texts: int = Field(ge=200, le=8000)
    ruling: int = Field(ge=0, le=2000)


@cache
def budget() -> Budget:
    """The shares from `api/config/prompt_budget.yaml`. Raises pydantic.ValidationError for a broken file."""
    return Budget.model_validate(yaml.safe_load(BUDGET_FILE.read_text(encoding="utf-8")))


def fitting(parts: Sequence[T], tokens: int, text_of: Callable[[T], str]) -> list[T]:
    """The first parts that fit together; one that does not fit is skipped, a smaller one after it may still."""
    kept = []
    for part in parts:
        cost = guessed_tokens(text_of(part)) + 1
        if cost <= tokens:
            kept.append(part)
            tokens -= cost
    return kept


def last_fitting(parts: Sequence[T], tokens: int, text_of: Callable[[T], str]) -> list[T]:
    """The last parts that fit, without a gap, in their order."""
    kept: list[T] = []
    for part in reversed(parts):
        tokens -= guessed_tokens(text_of(part)) + 1
        if tokens < 0:
            break
        kept.append(part)
    return kept[::-1]


def evenly_cut(texts: Sequence[str], tokens: int) -> list[str]:
    """All texts, the longest shortened until they fit together; none below its fair part."""
    lengths = sorted(len(t) for t in texts)
    room = 4 * tokens
    limit = room
    for i, length in enumerate(lengths):
        fair = room // (len(lengths) - i)
        if length > fair:
            limit = fair
            break
        room -= length
    return [t if len(t) <= limit else t[: max(1, limit - 1)].rstrip() + "…" for t in texts]
