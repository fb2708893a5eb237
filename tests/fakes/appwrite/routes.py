"""What each TablesDB operation does; one method each, named in the table at the end."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.appwrite.catalog import Database, Table, valid_id
from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.columns import ROW_WIDTH, new_column, new_index
from tests.fakes.appwrite.errors import Refused
from tests.fakes.appwrite.rows import Rows
from tests.fakes.appwrite.transactions import MAX_BULK_ROWS, Transactions, counted


@dataclass
class Request:
    """`path` holds the path's parameters by name; `read_at` is the header X-Appwrite-Timestamp."""

    method: str
    path: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    total: bool = True
    transaction: str | None = None
    read_at: str | None = None


Answer = tuple[int, Any]


class Routes:
    """`lock` guards everything; `update_rows` alone lets go of it half-way, because Appwrite's is not atomic."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self.clock = clock
        self.delay = delay
        self.lock = threading.RLock()
        self.rows = Rows(clock)
        self.transactions = Transactions(self.rows, clock)
        self.databases: dict[str, Database] = {}
        self.between_reading_and_writing: Callable[[], None] = lambda: None

    # --- databases

    def list_databases(self, request: Request) -> Answer:
        shown = [database.shown() for database in self.databases.values()]
        return 200, {"total": len(shown), "databases": shown}

    def create_database(self, request: Request) -> Answer:
        database_id, now = valid_id(request.body.get("databaseId"), "databaseId"), self.clock.stamp()
        if database_id in self.databases:
            raise Refused("database_already_exists", "Database with the requested ID already exists.")
        made = Database(database_id, len(self.databases) + 1, request.body["name"], now, now)
        self.databases[database_id] = made
        return 201, made.shown()

    def get_database(self, request: Request) -> Answer:
        return 200, self._database(request).shown()

    def update_database(self, request: Request) -> Answer:
        database = self._database(request)
        database.name, database.updated = request.body.get("name", database.name), self.clock.stamp()
        return 200, database.shown()

    def delete_database(self, request: Request) -> Answer:
        for table in self._database(request).tables.values():
            self.rows.drop_table(table)
        del self.databases[request.path["databaseId"]]
        return 204, None

    # --- tables

    def list_tables(self, request: Request) -> Answer:
        tables = list(self._database(request).tables.values())
        limits = [re.search(r'"limit","values":\[(\d+)\]', query) for query in request.queries]
        limit = next((int(found[1]) for found in limits if found), 25)
        return 200, {"total": len(tables), "tables": [table.shown(self.clock) for table in tables[:limit]]}

    def create_table(self, request: Request) -> Answer:
        database, body, now = self._database(request), request.body, self.clock.stamp()
        table_id = valid_id(body.get("tableId"), "tableId")
        if table_id in database.tables:
            raise Refused("table_already_exists", "Table with the requested ID already exists.")
        if body.get("columns") or body.get("indexes"):
            raise Refused("general_argument_invalid", "The stand-in makes columns and indexes one by one")
        database.tables_made += 1
        made = Table(
            id=table_id,
            sequence=database.tables_made,
            database=database,
            name=body["name"],
            permissions=body.get("permissions") or [],
            row_security=body.get("rowSecurity", False),
            created=now,
            updated=now,
        )
        self.rows.make_table(made)
        database.tables[table_id] = made
        return 201, made.shown(self.clock)

    def get_table(self, request: Request) -> Answer:
        return 200, self._table(request).shown(self.clock)

    def update_table(self, request: Request) -> Answer:
        table, body = self._table(request), request.body
        table.name, table.updated = body.get("name", table.name), self.clock.stamp()
        table.row_security = body.get("rowSecurity", False)
        table.permissions = body.get("permissions") or table.permissions
        return 200, table.shown(self.clock)

    def delete_table(self, request: Request) -> Answer:
        table = self._table(request)
        self.rows.drop_table(table)
        del table.database.tables[table.id]
        return 204, None

    # --- columns and indexes

    def list_columns(self, request: Request) -> Answer:
        columns = self._table(request).columns.values()
        return 200, {
            "total": len(columns),
            "columns": [column.shown(self.clock, encrypt=None) for column in columns],
        }

    def create_column(self, request: Request) -> Answer:
        table = self._table(request)
        column = new_column(request.path["kind"], request.body, self.clock, self.delay)
        if column.key in table.columns:
            raise Refused("column_already_exists", "Column with the requested key already exists.")
        if table.width() + column.width() > ROW_WIDTH:
            raise Refused("column_limit_exceeded", f"Row width limit of {ROW_WIDTH} bytes reached.")
        self.rows.make_column(table, column)
        table.columns[column.key] = column
        return 202, column.shown(self.clock, processing=True)

    def get_column(self, request: Request) -> Answer:
        return 200, self._table(request).column(request.path["key"]).shown(self.clock)

    def update_column(self, request: Request) -> Answer:
        column, body = self._table(request).column(request.path["key"]), request.body
        column.required, column.default = body["required"], body.get("default")
        column.size, column.updated = body.get("size", column.size), self.clock.stamp()
        return 200, column.shown(self.clock, encrypt=None)

    def list_indexes(self, request: Request) -> Answer:
        table = self._table(request)
        shown = [index.shown(table.prefix, self.clock) for index in table.indexes.values()]
        return 200, {"total": len(shown), "indexes": shown}

    def create_index(self, request: Request) -> Answer:
        table = self._table(request)
        index = new_index(request.body, table.columns, self.clock, self.delay)
        if index.key in table.indexes:
            raise Refused("index_already_exists", "Index with the requested key already exists.")
        self.rows.make_index(table, index)
        table.indexes[index.key] = index
        return 202, index.shown(table.prefix, self.clock, processing=True)

    def get_index(self, request: Request) -> Answer:
        table = self._table(request)
        return 200, table.index(request.path["key"]).shown(table.prefix, self.clock)

    # --- rows

    def list_rows(self, request: Request) -> Answer:
        return 200, self.rows.listed(self._table(request), request.queries, request.total)

    def create_row(self, request: Request) -> Answer:
        table, body = self._table(request), request.body
        if body.get("rows"):
            self._within_bulk(body["rows"])
            with self.rows.batch():
                made = [self.rows.create(table, row["$id"], row) for row in body["rows"]]
            return 201, {"total": len(made), "rows": made}
        row_id, data = valid_id(body.get("rowId"), "rowId"), dict(body.get("data") or {})
        if body.get("transactionId"):
            return 201, self._staged(
                body["transactionId"], "create", table, row_id, data | {"$permissions": []}
            )
        return 201, self.rows.create(table, row_id, data, body.get("permissions"))

    def upsert_rows(self, request: Request) -> Answer:
        table, rows = self._table(request), request.body["rows"]
        self._within_bulk(rows)
        with self.rows.batch():
            made = [self.rows.upsert(table, row["$id"], row) for row in rows]
        return 200, {"total": len(made), "rows": made}

    def update_rows(self, request: Request) -> Answer:
        table, body = self._table(request), request.body
        with self.lock:
            matching = self.rows.matching(table, body.get("queries") or [], MAX_BULK_ROWS)
        self.between_reading_and_writing()
        with self.lock:
            rows = [self.rows.update(table, row_id, body["data"]) for row_id in matching]
        return 200, {"total": len(rows), "rows": rows}

    def delete_rows(self, request: Request) -> Answer:
        table = self._table(request)
        matching = self.rows.matching(table, request.body.get("queries") or [], MAX_BULK_ROWS)
        rows = [self.rows.get(table, row_id) for row_id in matching]
        for row in rows:
            self.rows.delete(table, row["$id"])
        return 200, {"total": len(rows), "rows": rows}

    def get_row(self, request: Request) -> Answer:
        table, row_id = self._table(request), request.path["rowId"]
        if request.transaction:
            return 200, self.transactions.preview(request.transaction, table, row_id)
        return 200, self.rows.get(table, row_id)

    def upsert_row(self, request: Request) -> Answer:
        row_id = valid_id(request.path["rowId"], "rowId")
        data = dict(request.body.get("data") or {})
        return 200, self.rows.upsert(self._table(request), row_id, data, request.body.get("permissions"))

    def update_row(self, request: Request) -> Answer:
        table, row_id, body = self._table(request), request.path["rowId"], request.body
        data = dict(body.get("data") or {})
        if body.get("transactionId"):
            return 200, self._staged(body["transactionId"], "update", table, row_id, data)
        return 200, self.rows.update(table, row_id, data, body.get("permissions"), request.read_at)

    def delete_row(self, request: Request) -> Answer:
        table, row_id = self._table(request), request.path["rowId"]
        if request.body.get("transactionId"):
            self.transactions.stage(request.body["transactionId"], [("delete", table, row_id, {})])
        else:
            self.rows.delete(table, row_id, request.read_at)
        return 204, None

    def count_column(self, request: Request) -> Answer:
        action = request.path["action"]
        amount, limit = counted(action, request.body)
        table, row_id, key = self._table(request), request.path["rowId"], request.path["column"]
        return 200, self.rows.add(table, row_id, key, amount, limit)

    # --- transactions

    def list_transactions(self, request: Request) -> Answer:
        every = list(self.transactions.all.values())
        return 200, {"total": len(every), "transactions": [each.shown() for each in every[:25]]}

    def create_transaction(self, request: Request) -> Answer:
        return 201, self.transactions.begin(request.body.get("ttl")).shown()

    def get_transaction(self, request: Request) -> Answer:
        return 200, self.transactions.get(request.path["transactionId"]).shown()

    def create_operations(self, request: Request) -> Answer:
        operations = [
            (
                each["action"],
                self._named(each["databaseId"], each["tableId"]),
                each.get("rowId", ""),
                each.get("data"),
            )
            for each in request.body.get("operations") or []
        ]
        return 201, self.transactions.stage(request.path["transactionId"], operations).shown()

    def update_transaction(self, request: Request) -> Answer:
        commit, rollback = request.body.get("commit", False), request.body.get("rollback", False)
        return 200, self.transactions.finish(request.path["transactionId"], commit, rollback).shown()

    def delete_transaction(self, request: Request) -> Answer:
        self.transactions.forget(request.path["transactionId"])
        return 204, None

    def _database(self, request: Request) -> Database:
        database_id = request.path["databaseId"]
        if database_id not in self.databases:
            raise Refused(
                "database_not_found", f"Database with the requested ID '{database_id}' could not be found."
            )
        return self.databases[database_id]

    def _table(self, request: Request) -> Table:
        return self._database(request).table(request.path["tableId"])

    def _named(self, database_id: str, table_id: str) -> Table:
        return self._database(Request("", {"databaseId": database_id})).table(table_id)

    def _staged(self, transaction: str, action: str, table: Table, row_id: str, data: dict[str, Any]) -> Any:
        self.transactions.stage(transaction, [(action, table, row_id, data)])
        return self.transactions.preview(transaction, table, row_id)

    @staticmethod
    def _within_bulk(rows: list[Any]) -> None:
        if len(rows) > MAX_BULK_ROWS:
            raise Refused("general_argument_invalid", f"Invalid `rows` param: at most {MAX_BULK_ROWS} rows")


_D = "/v1/tablesdb/{databaseId}"
_T = _D + "/tables/{tableId}"
_X = "/v1/tablesdb/transactions"
_TABLE: list[tuple[str, str, Callable[[Routes, Request], Answer]]] = [
    ("GET", "/v1/tablesdb", Routes.list_databases),
    ("POST", "/v1/tablesdb", Routes.create_database),
    ("GET", _X, Routes.list_transactions),
    ("POST", _X, Routes.create_transaction),
    ("GET", _X + "/{transactionId}", Routes.get_transaction),
    ("PATCH", _X + "/{transactionId}", Routes.update_transaction),
    ("DELETE", _X + "/{transactionId}", Routes.delete_transaction),
    ("POST", _X + "/{transactionId}/operations", Routes.create_operations),
    ("GET", _D, Routes.get_database),
    ("PUT", _D, Routes.update_database),
    ("DELETE", _D, Routes.delete_database),
    ("GET", _D + "/tables", Routes.list_tables),
    ("POST", _D + "/tables", Routes.create_table),
    ("GET", _T, Routes.get_table),
    ("PUT", _T, Routes.update_table),
    ("DELETE", _T, Routes.delete_table),
    ("GET", _T + "/columns", Routes.list_columns),
    ("POST", _T + "/columns/{kind}", Routes.create_column),
    ("PATCH", _T + "/columns/{kind}/{key}", Routes.update_column),
    ("GET", _T + "/columns/{key}", Routes.get_column),
    ("GET", _T + "/indexes", Routes.list_indexes),
    ("POST", _T + "/indexes", Routes.create_index),
    ("GET", _T + "/indexes/{key}", Routes.get_index),
    ("GET", _T + "/rows", Routes.list_rows),
    ("POST", _T + "/rows", Routes.create_row),
    ("PUT", _T + "/rows", Routes.upsert_rows),
    ("PATCH", _T + "/rows", Routes.update_rows),
    ("DELETE", _T + "/rows", Routes.delete_rows),
    ("GET", _T + "/rows/{rowId}", Routes.get_row),
    ("PUT", _T + "/rows/{rowId}", Routes.upsert_row),
    ("PATCH", _T + "/rows/{rowId}", Routes.update_row),
    ("DELETE", _T + "/rows/{rowId}", Routes.delete_row),
    ("PATCH", _T + "/rows/{rowId}/{column}/{action}", Routes.count_column),
]
_PATTERNS = [
    (method, re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"), handler)
    for method, path, handler in _TABLE
]


def find_route(method: str, path: str) -> tuple[Callable[[Routes, Request], Answer], dict[str, str]]:
    """The operation for a request, and the path's parameters. Raises Refused general_route_not_found."""
    for wanted, pattern, handler in _PATTERNS:
        found = pattern.match(path) if wanted == method else None
        if found:
            return handler, found.groupdict()
    raise Refused("general_route_not_found", f"Route not found: {method} {path}")
