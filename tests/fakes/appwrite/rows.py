"""Rows in SQLite: one SQL table for each of Appwrite's; every write checks what Appwrite checks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.fakes.appwrite.catalog import Table, valid_id
from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.columns import LARGEST_INTEGER, Column, Index
from tests.fakes.appwrite.errors import Refused
from tests.fakes.appwrite.queries import parse

MAX_TOTAL = 5_000
SYSTEM_KEYS = {"$id", "$permissions", "$sequence", "$createdAt", "$updatedAt", "$databaseId", "$tableId"}

Row = dict[str, Any]


class Rows:
    """The caller holds the stand-in's lock, except where a method says that it lets go of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row

    def close(self) -> None:
        self.db.close()

    # --- tables

    def make_table(self, table: Table) -> None:
        self.db.execute(
            f"CREATE TABLE {table.sql} (_id TEXT PRIMARY KEY, _sequence INTEGER, _created TEXT, _updated TEXT, "
            "_permissions TEXT)"
        )

    def drop_table(self, table: Table) -> None:
        self.db.execute(f"DROP TABLE {table.sql}")

    def clear(self, table: Table) -> None:
        self.db.execute(f"DELETE FROM {table.sql}")

    def make_column(self, table: Table, column: Column) -> None:
        self.db.execute(f'ALTER TABLE {table.sql} ADD COLUMN "{column.key}" {column.of.sql}')

    def make_index(self, table: Table, index: Index) -> None:
        unique = "UNIQUE" if index.kind == "unique" else ""
        columns = ", ".join(f'"{key}"' for key in index.columns)
        self.db.execute(f'CREATE {unique} INDEX "{table.sql}_{index.key}" ON {table.sql} ({columns})')

    # --- reading

    def find(self, table: Table, row_id: str) -> Row | None:
        found = self.db.execute(f"SELECT * FROM {table.sql} WHERE _id = ?", (row_id,)).fetchone()
        return None if found is None else self._shown(table, found)

    def get(self, table: Table, row_id: str) -> Row:
        row = self.find(table, row_id)
        if row is None:
            raise Refused("row_not_found", f"Row with the requested ID '{row_id}' could not be found.")
        return row

    def listed(self, table: Table, queries: list[str], total: bool) -> dict[str, Any]:
        columns = table.available(self._clock)
        listing = parse(queries, columns)
        where, arguments = listing.condition(), list(listing.arguments)
        if listing.cursor is not None:
            if self.find(table, listing.cursor) is None:
                raise Refused(
                    "general_query_invalid", f"Row '{listing.cursor}' for the 'cursor' value not found."
                )
            after = self.db.execute(f"SELECT _sequence FROM {table.sql} WHERE _id = ?", (listing.cursor,))
            where, arguments = f"{where} AND _sequence > ?", [*arguments, after.fetchone()[0]]
        found = self.db.execute(
            f"SELECT * FROM {table.sql} WHERE {where} ORDER BY {listing.ordering()} LIMIT ? OFFSET ?",
            [*arguments, listing.limit, listing.offset],
        ).fetchall()
        rows = [self._shown(table, row) for row in found]
        if listing.select is not None:
            wanted = {*SYSTEM_KEYS, *listing.select}
            rows = [{key: value for key, value in row.items() if key in wanted} for row in rows]
        count = len(rows)
        if total:
            count = self.db.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {table.sql} WHERE {listing.condition()} LIMIT {MAX_TOTAL})",
                listing.arguments,
            ).fetchone()[0]
        return {"total": count, "rows": rows}

    def matching(self, table: Table, queries: list[str], most: int) -> list[str]:
        """The ids that a bulk call's queries name, at most `most` of them."""
        listing = parse(queries, table.available(self._clock))
        explicit = any(json.loads(query)["method"] == "limit" for query in queries)
        found = self.db.execute(
            f"SELECT _id FROM {table.sql} WHERE {listing.condition()} ORDER BY {listing.ordering()} LIMIT ?",
            [*listing.arguments, min(listing.limit, most) if explicit else most],
        )
        return [row[0] for row in found]

    # --- writing

    @contextmanager
    def batch(self) -> Iterator[None]:
        """All of the writes inside, or none."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except Refused:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def create(self, table: Table, row_id: str, data: Row, permissions: list[str] | None = None) -> Row:
        """Raises Refused row_already_exists for a taken id or a value that a unique index holds already."""
        valid_id(row_id, "rowId")
        values = self._checked(table, data, partial=False)
        now = self._clock.stamp()
        names = ", ".join(["_id", "_sequence", "_created", "_updated", "_permissions", *values])
        try:
            self.db.execute(
                f"INSERT INTO {table.sql} ({names}) VALUES ({', '.join('?' * (5 + len(values)))})",
                [row_id, table.next_sequence(), now, now, json.dumps(permissions or []), *values.values()],
            )
        except sqlite3.IntegrityError:
            raise Refused("row_already_exists", "Row with the requested ID already exists.") from None
        return self.get(table, row_id)

    def update(
        self,
        table: Table,
        row_id: str,
        data: Row,
        permissions: list[str] | None = None,
        read_at: str | None = None,
    ) -> Row:
        """`read_at`: refuse when the row changed after that time. What changes nothing leaves `$updatedAt` alone."""
        before = self.get(table, row_id)
        self.check_unchanged(before, read_at)
        values = self._checked(table, self._operated(before, data), partial=True)
        if permissions is not None:
            values["_permissions"] = json.dumps(permissions)
        old = self.db.execute(f"SELECT * FROM {table.sql} WHERE _id = ?", (row_id,)).fetchone()
        changed = {name: value for name, value in values.items() if old[name.strip('"')] != value}
        if changed:
            changed["_updated"] = self._clock.stamp()
            assignments = ", ".join(f"{name} = ?" for name in changed)
            try:
                self.db.execute(
                    f"UPDATE {table.sql} SET {assignments} WHERE _id = ?", [*changed.values(), row_id]
                )
            except sqlite3.IntegrityError:
                raise Refused("row_already_exists", "A unique index holds this value already.") from None
        return self.get(table, row_id)

    def upsert(self, table: Table, row_id: str, data: Row, permissions: list[str] | None = None) -> Row:
        """As MariaDB does it, an upsert of an existing row uses up a sequence number."""
        if self.find(table, row_id) is None:
            return self.create(table, row_id, data, permissions)
        self._checked(table, data, partial=False)
        table.next_sequence()
        return self.update(table, row_id, data, permissions)

    def delete(self, table: Table, row_id: str, read_at: str | None = None) -> None:
        self.check_unchanged(self.get(table, row_id), read_at)
        self.db.execute(f"DELETE FROM {table.sql} WHERE _id = ?", (row_id,))

    def add(self, table: Table, row_id: str, key: str, amount: float, limit: float | None) -> Row:
        """Increment (or, with a negative amount, decrement) one column, not beyond `limit`."""
        row = self.get(table, row_id)
        column = table.column(key)
        if column.low is None:
            raise Refused("column_type_invalid", f'Column "{key}" is not a number')
        value = (row[key] or 0) + amount
        if limit is not None and (value > limit if amount > 0 else value < limit):
            raise Refused("column_limit_exceeded", f'tablesDB "{key}" has reached the limit of {limit}')
        if not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
            raise Refused("column_limit_exceeded", f'tablesDB "{key}" would overflow')
        return self.update(table, row_id, {key: value})

    def check_unchanged(self, row: Row, read_at: str | None) -> None:
        if read_at is not None and row["$updatedAt"] > read_at:
            raise Refused("row_update_conflict", "Remote row is newer than local.")

    def _checked(self, table: Table, data: Row, partial: bool) -> dict[str, Any]:
        """The data by quoted SQL name. Raises Refused row_invalid_structure."""
        columns = table.available(self._clock)
        for key in data:
            if key not in columns and key not in SYSTEM_KEYS:
                raise Refused(
                    "row_invalid_structure", f'Invalid document structure: Unknown attribute: "{key}"'
                )
        values = {}
        for key, column in columns.items():
            if partial and key not in data:
                continue
            value = data.get(key, column.default)
            problem = column.problem(value)
            if problem is not None:
                raise Refused("row_invalid_structure", f"Invalid document structure: {problem}")
            values[f'"{key}"'] = column.stored(value)
        return values

    @staticmethod
    def _operated(row: Row, data: Row) -> Row:
        """Data whose operators, such as {"method":"increment","values":[1]}, are carried out."""
        done = {}
        for key, value in data.items():
            if isinstance(value, str) and value.startswith('{"method":"'):
                operator = json.loads(value)
                amount = operator["values"][0] if operator["values"] else 1
                sign = {"increment": 1, "decrement": -1}.get(operator["method"])
                if sign is None:
                    raise Refused(
                        "general_query_invalid", f"No operator {operator['method']} in the stand-in"
                    )
                value = (row[key] or 0) + sign * amount
            done[key] = value
        return done

    def _shown(self, table: Table, row: sqlite3.Row) -> Row:
        shown = {
            key: column.read(row[key])
            for key, column in table.columns.items()
            if column.available(self._clock)
        }
        return shown | {
            "$id": row["_id"],
            "$sequence": str(row["_sequence"]),
            "$createdAt": row["_created"],
            "$updatedAt": row["_updated"],
            "$permissions": json.loads(row["_permissions"]),
            "$databaseId": table.database.id,
            "$tableId": table.id,
        }
