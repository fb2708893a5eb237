"""The document-store port: `get`, `query` and `commit`, the only way in which anything is kept.

A commit is one atomic batch of at most 90 changes. Updates, touches and deletes are conditional on the revision that
was read; inserts claim a fixed id. A lost race raises Conflict and changes nothing: read again and retry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

MAX_CHANGES = 90
MAX_PAGE = 200
ID_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$")

Body = dict[str, Any]


class StoreError(Exception):
    """The store could not be used: down, full or misconfigured."""


class Conflict(StoreError):
    """A document changed, appeared or vanished since it was read; nothing of the batch was applied."""

    def __init__(self, collection: str, document_id: str) -> None:
        super().__init__(f"{collection}/{document_id} changed meanwhile")
        self.collection = collection
        self.document_id = document_id


class InDoubt(StoreError):
    """The store was lost in the middle of a commit: either all of the batch was applied, or nothing.

    Who asks again under the same revisions and ids finds out: what was done already is a Conflict.
    """


class BadChange(ValueError):
    """A programming error: an unknown collection or field, a bad id, or more changes than a batch may hold."""


@dataclass(frozen=True, slots=True)
class Document:
    """One stored document. `revision` starts at 1 and grows by one with every change."""

    id: str
    revision: int
    body: Body


@dataclass(frozen=True, slots=True)
class Insert:
    collection: str
    id: str
    body: Body


@dataclass(frozen=True, slots=True)
class Update:
    """Replace the body, if the document still has this revision."""

    collection: str
    id: str
    revision: int
    body: Body


@dataclass(frozen=True, slots=True)
class Touch:
    """Bump the revision of a document that a decision relied on, if it still has this one; its body stays."""

    collection: str
    id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Delete:
    collection: str
    id: str
    revision: int


Change = Insert | Update | Touch | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection by indexed fields. `above`/`below` are exclusive bounds on indexed fields.

    Sorted by `order_by` (an indexed field; the id where absent), then by id. `cursor` continues a page.
    """

    collection: str
    where: Mapping[str, Any] = field(default_factory=dict)
    above: Mapping[str, Any] = field(default_factory=dict)
    below: Mapping[str, Any] = field(default_factory=dict)
    order_by: str | None = None
    descending: bool = False
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Document, ...]
    next_cursor: str | None


class Store(Protocol):
    """What every backend does alike; `tests/store/contract.py` is the proof."""

    def get(self, collection: str, document_id: str) -> Document | None: ...

    def get_many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        """Those of at most 100 ids that exist, by id."""
        ...

    def query(self, query: Query) -> Page: ...

    def commit(self, changes: Sequence[Change]) -> None:
        """All or nothing. Raises Conflict, BadChange or StoreError; InDoubt when nobody knows which of the two."""
        ...

    def ping(self) -> None:
        """Raises StoreError when the store cannot answer."""
        ...

    def close(self) -> None: ...
