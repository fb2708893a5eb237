"""Documents as rows of Appwrite's tables: names of columns, values, queries, and reading with a few retries."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from appwrite.query import Query as Q  # type: ignore[import-untyped]

from api.store.appwrite_transport import Api, Refusal, Unanswered
from api.store.cursor import decode_cursor
from api.store.port import MAX_PAGE, BadChange, Body, Document, Query, StoreError
from api.store.schema import COLLECTIONS, Collection

CLAIMS = "store_claims"
VERSIONS = "store_schema"
TEXT_LENGTH = 240  # three of them and an id fit into an index of 768 characters
LARGEST_INTEGER = 2**63 - 1
READ_ATTEMPTS = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """What a compare-and-set needs of a document. `born` names this life of it: a second insert gets another."""

    revision: int
    born: str


class Reader:
    """Reads rows of one database; a passing failure is tried again."""

    def __init__(self, api: Api, database: str) -> None:
        self._api = api
        self._database = database

    def rows(self, table: str, queries: Sequence[str]) -> list[Any]:
        """Rows by Appwrite's queries, which must hold a limit. Raises StoreError."""
        answer = self.read(
            self._api.tables.list_rows, self._database, table, queries=list(queries), total=False
        )
        return list(answer.rows)

    def by_id(self, table: str, ids: Sequence[str], columns: Sequence[str] = ()) -> list[Any]:
        """Those of at most 100 rows that exist. A list, unlike a single row, never comes out of Appwrite's cache."""
        queries = [Q.equal("$id", list(ids)), Q.limit(len(ids))]
        return self.rows(table, [*queries, Q.select(list(columns))] if columns else queries)

    def versions(self, collection: str, ids: Sequence[str]) -> dict[str, Version]:
        return {row.id: version_of(row) for row in self.by_id(collection, ids, ("revision", "born"))}

    def read(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Raises StoreError, which says what an operator can do."""
        try:
            return self.retried(operation, *args, **kwargs)
        except Refusal as refusal:
            raise misconfigured(refusal) from refusal

    def retried(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Only for calls that may be repeated. Raises StoreError when there is no answer, or Refusal."""
        for attempt in range(READ_ATTEMPTS):
            if attempt:
                back_off(attempt)
            try:
                return self._api.call(operation, *args, **kwargs)
            except Unanswered as error:
                unanswered = error
        raise StoreError(f"Appwrite does not answer: {unanswered}") from unanswered


def back_off(attempt: int) -> None:
    """Waits about 0.05, 0.1, 0.2 … seconds; not the same for two processes that failed together."""
    time.sleep(0.05 * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))


def misconfigured(refusal: Refusal) -> StoreError:
    """What an operator can do about a refusal that no change of the documents explains."""
    if refusal.code in (401, 403) or refusal.kind == "project_not_found":
        return StoreError(f"Appwrite refuses the project or its API key: {refusal}")
    if refusal.kind in ("database_not_found", "table_not_found", "general_query_invalid"):
        return StoreError(
            f"Appwrite's tables are not those of this program; ensure_schema() makes them: {refusal}"
        )
    return StoreError(f"Appwrite refuses: {refusal}")


def collection_named(name: str) -> Collection:
    found = COLLECTIONS.get(name)
    if found is None:
        raise BadChange(f"no collection '{name}' is declared in api/store/schema.py")
    return found


def version_of(row: Any) -> Version:
    return Version(int(row.data["revision"]), str(row.data["born"]))


def document_of(row: Any) -> Document:
    return Document(row.id, int(row.data["revision"]), json.loads(row.data["body"]))


def values_of(collection: Collection, body: Body) -> dict[str, Any]:
    """The body and its indexed fields as columns. Raises BadChange for a value that its column could not hold."""
    values: dict[str, Any] = {"body": json.dumps(body, separators=(",", ":"))}
    for name, kind in collection.fields.items():
        value = body.get(name)
        if value is None:
            fits = True
        elif kind == "text":
            fits = isinstance(value, str) and len(value) <= TEXT_LENGTH
        else:
            fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER
        if not fits:
            raise BadChange(f"'{name}' of {collection.name} must be {kind} and fit its column")
        values[name] = value
    return values


def page_queries(query: Query) -> list[str]:
    """The port's query in Appwrite's words, with one row more than the page holds. Raises BadChange."""
    collection = collection_named(query.collection)
    column = {name: _column(collection, name) for name in (*query.where, *query.above, *query.below)}
    queries = [
        Q.is_null(column[name]) if value is None else Q.equal(column[name], value)
        for name, value in query.where.items()
    ]
    queries += [Q.greater_than(column[name], value) for name, value in query.above.items()]
    queries += [Q.less_than(column[name], value) for name, value in query.below.items()]
    order = _column(collection, query.order_by or "id")
    if query.cursor is not None:
        queries.append(_beyond(order, *decode_cursor(query.cursor), query.descending))
    way = Q.order_desc if query.descending else Q.order_asc
    queries += [way(name) for name in dict.fromkeys((order, "doc_id"))]
    return [*queries, Q.limit(page_size(query) + 1)]


def page_size(query: Query) -> int:
    return max(1, min(query.limit, MAX_PAGE))


def order_value(query: Query, document: Document) -> Any:
    """What the page was sorted by, for its cursor."""
    if query.order_by is None or query.order_by == "id":
        return document.id
    return document.body.get(query.order_by)


def _column(collection: Collection, name: str) -> str:
    if name == "id":
        return "doc_id"
    if name not in collection.fields:
        raise BadChange(f"'{name}' is no indexed field of {collection.name}")
    return name


def _beyond(order: str, at: Any, last_id: str, descending: bool) -> str:
    """What comes after a page's last row. Null sorts first, so it comes last when descending."""
    further = Q.less_than if descending else Q.greater_than
    if order == "doc_id":
        return str(further("doc_id", last_id))
    same = Q.is_null(order) if at is None else Q.equal(order, at)
    alternatives = [Q.and_queries([same, further("doc_id", last_id)])]
    if at is not None:
        alternatives.append(further(order, at))
    if descending == (at is not None):
        alternatives.append(Q.is_null(order) if descending else Q.is_not_null(order))
    return str(Q.or_queries(alternatives) if len(alternatives) > 1 else alternatives[0])
