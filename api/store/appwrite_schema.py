"""Makes the tables, columns and indexes that api/store/schema.py declares, and waits until Appwrite has them ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from appwrite.enums.tables_db_index_type import TablesDBIndexType  # type: ignore[import-untyped]
from appwrite.query import Query as Q  # type: ignore[import-untyped]

from api.store.appwrite_rows import CLAIMS, TEXT_LENGTH, VERSIONS, Reader, misconfigured
from api.store.appwrite_transport import Api, Refusal
from api.store.port import StoreError
from api.store.schema import COLLECTIONS, SCHEMA_VERSION, Collection

READY_SECONDS = 180.0
LONGEST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by kind (text, long, integer or a text's length), and indexes by their columns."""

    name: str
    columns: dict[str, str | int]
    indexes: tuple[tuple[str, ...], ...] = ()


def declared_tables() -> dict[str, Table]:
    """Every index ends with the document's id, so that a page is read in order and never sorted."""
    tables = [_of_collection(collection) for collection in COLLECTIONS.values()]
    tables += [Table(CLAIMS, {"by": 36}), Table(VERSIONS, {"version": 36})]
    return {table.name: table for table in tables}


def _of_collection(collection: Collection) -> Table:
    columns: dict[str, str | int] = {"doc_id": 36, "revision": "integer", "born": 36, "body": "long"}
    columns |= {
        name: "integer" if kind == "integer" else TEXT_LENGTH for name, kind in collection.fields.items()
    }
    return Table(
        collection.name, columns, (("doc_id",), *((*index, "doc_id") for index in collection.indexes))
    )


class Schema:
    """Brings one Appwrite database to what is declared; only ever adds."""

    def __init__(self, api: Api, database: str, reader: Reader) -> None:
        self._api = api
        self._database = database
        self._reader = reader

    def ensure(self) -> None:
        """Safe to run in several processes at once. Raises StoreError."""
        deadline, pause = time.monotonic() + READY_SECONDS, 0.02
        waiting = self._add_missing()
        while waiting:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"Appwrite has not made these after {READY_SECONDS:.0f} s: {', '.join(waiting[:5])}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
            waiting = self._add_missing()
        self._check_version()

    def _add_missing(self) -> list[str]:
        """Asks for everything that can be asked for now; what is not ready yet, by name."""
        found = {table.id: table for table in self._tables()}
        waiting: list[str] = []
        for declared in declared_tables().values():
            table = found.get(declared.name)
            if table is None:
                make = self._api.tables.create_table
                self._once(
                    make, self._database, declared.name, declared.name, permissions=[], row_security=False
                )
                waiting.append(declared.name)
                continue
            missing = list(self._missing_columns(declared, table))
            # An index needs columns that are ready.
            waiting += missing or list(self._missing_indexes(declared, table))
        return waiting

    def _tables(self) -> list[Any]:
        """The tables that exist; makes the database if even that is missing."""
        try:
            answer = self._reader.retried(
                self._api.tables.list_tables, self._database, queries=[Q.limit(100)]
            )
        except Refusal as refusal:
            if refusal.kind != "database_not_found":
                raise misconfigured(refusal) from refusal
            self._once(self._api.tables.create, self._database, "Code of Conquest")
            return []
        return list(answer.tables)

    def _missing_columns(self, declared: Table, table: Any) -> Iterator[str]:
        statuses = {column.key: (str(_plain(column.status)), column.error) for column in table.columns}
        for key, kind in declared.columns.items():
            if key not in statuses:
                self._make_column(declared.name, key, kind)
            if self._not_ready(f"{declared.name}.{key}", statuses.get(key)):
                yield f"{declared.name}.{key}"

    def _missing_indexes(self, declared: Table, table: Any) -> Iterator[str]:
        statuses = {index.key: (str(index.status), index.error) for index in table.indexes}
        for columns in declared.indexes:
            key = index_key(columns)
            if key not in statuses:
                make = self._api.tables.create_index
                self._once(make, self._database, declared.name, key, TablesDBIndexType.KEY, list(columns))
            if self._not_ready(f"{declared.name} {key}", statuses.get(key)):
                yield f"{declared.name} {key}"

    def _make_column(self, table: str, key: str, kind: str | int) -> None:
        tables = self._api.tables
        if kind == "long":
            self._once(tables.create_longtext_column, self._database, table, key, False)
        elif kind == "integer":
            self._once(tables.create_integer_column, self._database, table, key, False)
        else:
            self._once(tables.create_varchar_column, self._database, table, key, kind, False)

    @staticmethod
    def _not_ready(name: str, status: tuple[str, str] | None) -> bool:
        if status is not None and status[0] in ("failed", "stuck"):
            raise StoreError(
                f"Appwrite could not make {name}; delete it in the console and start again: {status[1]}"
            )
        return status is None or status[0] != "available"

    def _once(self, make: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Another process, or an earlier try of ours whose answer was lost, may have made it already."""
        try:
            self._reader.retried(make, *args, **kwargs)
        except Refusal as refusal:
            if not refusal.kind.endswith("_already_exists"):
                raise misconfigured(refusal) from refusal

    def _check_version(self) -> None:
        found = self._reader.by_id(VERSIONS, ["schema"])
        if not found:
            make = self._api.tables.create_row
            self._once(make, self._database, VERSIONS, "schema", {"version": SCHEMA_VERSION})
        elif found[0].data["version"] > SCHEMA_VERSION:
            raise StoreError(
                f"the store has schema {found[0].data['version']}, this program knows up to {SCHEMA_VERSION}: update it"
            )
        elif found[0].data["version"] < SCHEMA_VERSION:
            update = self._api.tables.update_row
            self._reader.read(update, self._database, VERSIONS, "schema", {"version": SCHEMA_VERSION})


def index_key(columns: tuple[str, ...]) -> str:
    """A name of at most 36 characters; no two indexes of a table share it."""
    return "_".join(columns[:-1] or columns)[:36].rstrip("_")


def _plain(status: Any) -> Any:
    return getattr(status, "value", status)
