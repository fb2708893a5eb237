"""Reading a whole collection page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.store.port import MAX_PAGE, Document, Query, Store


def every(store: Store, collection: str, where: Mapping[str, Any] | None = None) -> Iterator[Document]:
    """All documents with these fields, by id. What is added meanwhile may come or not; nothing comes twice."""
    cursor = None
    while True:
        page = store.query(Query(collection, where or {}, limit=MAX_PAGE, cursor=cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
