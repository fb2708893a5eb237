"""What all answers are made of."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Moment = Annotated[str, Field(description="ISO 8601 in UTC", examples=["2026-01-31T18:00:00.000Z"])]
Cursor = Annotated[
    str | None, Field(description="give it as `cursor` for the next page; null on the last one")
]


class Answer(BaseModel):
    """A part of an answer. Clients pass over fields that they do not know."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Nothing(Answer):
    """Done; there is nothing to tell."""


class Items(Answer, Generic[T]):
    """A whole list that does not grow."""

    items: list[T]


class Page(Answer, Generic[T]):
    """A page of a list that grows."""

    items: list[T]
    next_cursor: Cursor


class Named(Answer):
    key: str
    name: str
    summary: str


class Ref(Answer):
    id: str
    name: str


class Event(Answer):
    """One fact. `type` says which; docs/wire.md lists the fields of each."""

    type: str


class ProblemDetails(Answer):
    """What a client can make use of, where there is something."""

    field: str | None = Field(None, description="the field of the request that is at fault")
    problem: str | None = Field(None, description="what is wrong with it")
    retry_after: int | None = Field(None, description="whole seconds")
    legal: list[dict[str, Any]] | None = Field(
        None, description="what is possible now, as in the session view"
    )
    current_turn: int | None = None


class Problem(Answer):
    """A refusal: a stable code, a sentence for people, details for clients."""

    code: str
    message: str
    details: ProblemDetails
