"""The Appwrite adapter of the store port: TablesDB through the SDK, one table a collection. See docs/appwrite.md."""

from __future__ import annotations

import time
from collections.abc import Sequence

from api.store.appwrite_commit import Committer, Seen
from api.store.appwrite_rows import (
    Reader,
    collection_named,
    document_of,
    order_value,
    page_queries,
    page_size,
    version_of,
)
from api.store.appwrite_schema import Schema
from api.store.appwrite_transport import ANSWER_SECONDS, CONNECT_SECONDS, Api
from api.store.cursor import encode_cursor
from api.store.port import ID_PATTERN, BadChange, Change, Document, Page, Query, StoreError


class AppwriteStore:
    """Documents in an Appwrite database. Call `ensure_schema` once when a process starts.

    `timeouts`: seconds to connect, and to wait for an answer. Safe to share between threads, not across a fork.
    """

    def __init__(
        self,
        endpoint: str,
        project: str,
        key: str,
        database_id: str,
        timeouts: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
    ) -> None:
        if not ID_PATTERN.fullmatch(database_id):
            raise StoreError(f"'{database_id}' cannot be the id of an Appwrite database")
        self._api = Api(endpoint, project, key, timeouts)
        self._database = database_id
        self._reader = Reader(self._api, database_id)
        self._seen = Seen()
        self._committer = Committer(self._api, database_id, self._reader, self._seen)

    def ensure_schema(self) -> None:
        """Makes what is missing and waits until it is ready. Raises StoreError."""
        Schema(self._api, self._database, self._reader).ensure()

    def get(self, collection: str, document_id: str) -> Document | None:
        return self.get_many(collection, [document_id]).get(document_id)

    def get_many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        if len(ids) > 100:
            raise BadChange("get_many takes at most 100 ids")
        collection_named(collection)
        possible = [i for i in dict.fromkeys(ids) if ID_PATTERN.fullmatch(i)]
        if not possible:
            return {}
        since = time.monotonic()
        rows = self._reader.by_id(collection, possible)
        for row in rows:
            self._seen.note(collection, row.id, version_of(row), since)
        return {row.id: document_of(row) for row in rows}

    def query(self, query: Query) -> Page:
        queries, size = page_queries(query), page_size(query)
        since = time.monotonic()
        rows = self._reader.rows(query.collection, queries)
        for row in rows[:size]:
            self._seen.note(query.collection, row.id, version_of(row), since)
        items = tuple(document_of(row) for row in rows[:size])
        if len(rows) <= size:
            return Page(items, None)
        return Page(items, encode_cursor(order_value(query, items[-1]), items[-1].id))

    def commit(self, changes: Sequence[Change]) -> None:
        self._committer.commit(changes)

    def ping(self) -> None:
        self._reader.read(self._api.tables.get, self._database)

    def close(self) -> None:
        self._api.close()
