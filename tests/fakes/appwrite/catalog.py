"""Databases and tables: what exists, and how answers show it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.columns import EMPTY_ROW_WIDTH, ROW_WIDTH, Column, Index
from tests.fakes.appwrite.errors import Refused

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")


def valid_id(value: Any, name: str) -> str:
    """Appwrite's rule for the ids of everything. Raises Refused."""
    if isinstance(value, str) and ID_PATTERN.fullmatch(value):
        return value
    raise Refused(
        "general_argument_invalid",
        f"Invalid `{name}` param: UID must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, period, "
        "hyphen, and underscore. Can't start with a special char",
    )


@dataclass
class Table:
    id: str
    sequence: int
    database: Database
    name: str
    permissions: list[str]
    row_security: bool
    created: str
    updated: str
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    rows_made: int = 0

    @property
    def sql(self) -> str:
        """The name of the rows' table in SQLite."""
        return f"rows_{self.database.sequence}_{self.sequence}"

    @property
    def prefix(self) -> str:
        return f"{self.database.sequence}_{self.sequence}"

    def width(self) -> int:
        return EMPTY_ROW_WIDTH + sum(column.width() for column in self.columns.values())

    def next_sequence(self) -> int:
        self.rows_made += 1
        return self.rows_made

    def available(self, clock: Clock) -> dict[str, Column]:
        return {key: column for key, column in self.columns.items() if column.available(clock)}

    def index(self, key: str) -> Index:
        if key not in self.indexes:
            raise Refused("index_not_found", f"Index with the requested key '{key}' could not be found.")
        return self.indexes[key]

    def column(self, key: str) -> Column:
        if key not in self.columns:
            raise Refused("column_not_found", f"Column with the requested key '{key}' could not be found.")
        return self.columns[key]

    def shown(self, clock: Clock) -> dict[str, Any]:
        return {
            "$id": self.id,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "$permissions": self.permissions,
            "databaseId": self.database.id,
            "name": self.name,
            "enabled": True,
            "rowSecurity": self.row_security,
            "columns": [column.shown(clock) for column in self.columns.values()],
            "indexes": [index.shown(self.prefix, clock) for index in self.indexes.values()],
            "bytesMax": ROW_WIDTH,
            "bytesUsed": self.width(),
        }


@dataclass
class Database:
    id: str
    sequence: int
    name: str
    created: str
    updated: str
    tables: dict[str, Table] = field(default_factory=dict)
    tables_made: int = 0

    def table(self, table_id: str) -> Table:
        if table_id not in self.tables:
            raise Refused("table_not_found", f"Table with the requested ID '{table_id}' could not be found.")
        return self.tables[table_id]

    def shown(self) -> dict[str, Any]:
        return {
            "$id": self.id,
            "name": self.name,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "enabled": True,
            "type": "tablesdb",
        }
