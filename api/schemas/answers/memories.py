"""Answers about what a story remembers."""

from __future__ import annotations

from pydantic import Field

from api.schemas.answers.base import Answer, Moment, Page, Ref


class MemoryOut(Answer):
    id: str
    kind: str = Field(description="person, promise, place, debt, secret, appointment, question, quest, clue, deed, said, claim or detail")  # fmt: skip  # noqa: E501
    text: str
    source: str = Field(description="event, told, player or pin: where it comes from")
    speaker: str | None = Field(description="the hero whose player said it; null when the story did")
    about: list[Ref]
    turns: list[int]
    turn_ids: list[str]
    event_ids: list[str]
    pinned: bool
    state: str = Field(description="live, detail, superseded, forgotten or withdrawn")
    by: str | None = Field(description="who wrote it into the memories")
    corrects: str | None = Field(description="the memory that it takes the place of")
    created_at: Moment


class MemoryPage(Page[MemoryOut]):
    """A page of memories, newest first."""

    pins: int
    most_pins: int
