"""Columns and indexes: their kinds, widths and limits, how they become available, and which values they take."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.errors import Refused

ROW_WIDTH = 65_535
EMPTY_ROW_WIDTH = 1_067
INDEX_CHARACTERS = 768
KEY_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,35}")
LARGEST_INTEGER = 2**63 - 1
LARGEST_FLOAT = 1.7976931348623157e308


@dataclass(frozen=True)
class Kind:
    """`type` and `format` as answers show them; `sql` is SQLite's type; `bytes` the row's width without a size."""

    type: str
    sql: str = "TEXT"
    format: str | None = None
    bytes: int = 0
    size: int = 0
    text: bool = False
    sized: bool = False


KINDS = {
    "varchar": Kind("varchar", text=True, sized=True),
    "string": Kind("string", text=True, sized=True),
    "text": Kind("text", bytes=20, text=True, size=16_383),
    "mediumtext": Kind("mediumtext", bytes=20, text=True, size=4_194_303),
    "longtext": Kind("longtext", bytes=20, text=True, size=1_073_741_823),
    "integer": Kind("integer", sql="INTEGER", bytes=8),
    "bigint": Kind("bigint", sql="INTEGER", bytes=8),
    "float": Kind("double", sql="REAL", bytes=8),
    "boolean": Kind("boolean", sql="INTEGER", bytes=1),
    "datetime": Kind("datetime", format="", bytes=7),
    "enum": Kind("string", format="enum", size=255),
    "email": Kind("string", format="email", size=254),
    "url": Kind("string", format="url", size=2_000),
    "ip": Kind("string", format="ip", size=39),
}


@dataclass
class Column:
    key: str
    kind: str
    required: bool
    array: bool
    created: str
    updated: str
    ready_at: str
    size: int = 0
    default: Any = None
    low: float | None = None
    high: float | None = None
    elements: list[str] = field(default_factory=list)

    @property
    def of(self) -> Kind:
        return KINDS[self.kind]

    def available(self, clock: Clock) -> bool:
        return clock.stamp() >= self.ready_at

    def width(self) -> int:
        """The bytes that the column takes of a row."""
        if self.array:
            return 20
        if self.of.bytes:
            return self.of.bytes
        return self.size * 4 + (2 if self.size > 255 else 1)

    def shown(self, clock: Clock, encrypt: bool | None = False, processing: bool = False) -> dict[str, Any]:
        """The column as answers show it; a list of columns shows `encrypt` as null where a table shows false."""
        ready = self.available(clock) and not processing
        shown: dict[str, Any] = {
            "key": self.key,
            "type": self.of.type,
            "status": "available" if ready else "processing",
            "error": "",
            "required": self.required,
            "array": self.array,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "default": self.default,
        }
        if self.of.sized:
            shown["size"] = self.size
        if self.of.text:
            shown["encrypt"] = False if self.kind == "string" else encrypt
        if self.of.format is not None:
            shown["format"] = self.of.format
        if self.kind == "enum":
            shown["elements"] = self.elements
        if self.low is not None:
            shown |= {"min": self.low, "max": self.high}
        return shown

    def problem(self, value: Any) -> str | None:
        """Why the value cannot be kept here, or None."""
        if value is None:
            return f'Missing required attribute "{self.key}"' if self.required else None
        values = value if self.array else [value]
        if not isinstance(values, list):
            return f'Attribute "{self.key}" must be an array'
        if all(self._takes(item) for item in values):
            return None
        return f'Attribute "{self.key}" has invalid type or value. {self._wanted()}'

    def _takes(self, value: Any) -> bool:
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.low is not None and self.high is not None:
            numeric = isinstance(value, int) or (self.kind == "float" and isinstance(value, float))
            return numeric and not isinstance(value, bool) and self.low <= value <= self.high
        if not isinstance(value, str):
            return False
        if self.kind == "enum":
            return value in self.elements
        if self.kind == "datetime":
            try:
                datetime.fromisoformat(value)
            except ValueError:
                return False
        return len(value) <= (self.size or self.of.size or 64)

    def _wanted(self) -> str:
        if self.low is not None:
            return f"Value must be a valid number between {self.low} and {self.high}"
        return f"Value must be a valid {self.of.type} and no longer than {self.size or self.of.size} chars"

    def stored(self, value: Any) -> Any:
        """The value as SQLite keeps it."""
        if self.array:
            return json.dumps(value if value is not None else [])
        if self.kind == "datetime" and value is not None:
            return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
        return value

    def read(self, value: Any) -> Any:
        """The value as answers show it."""
        if self.array:
            return json.loads(value) if value else []
        return bool(value) if self.kind == "boolean" and value is not None else value


def new_column(kind: str, body: dict[str, Any], clock: Clock, delay: float) -> Column:
    """The column that a request describes. Raises Refused where Appwrite would refuse it."""
    if kind not in KINDS:
        raise Refused("general_route_not_found", f"The stand-in has no columns of kind '{kind}'")
    of = KINDS[kind]
    if not KEY_PATTERN.fullmatch(str(body.get("key", ""))):
        raise Refused("general_argument_invalid", "Invalid `key` param: must be letters, digits, - and _")
    if of.sized and not 1 <= int(body.get("size", 0)) <= (16_381 if kind == "varchar" else 1_073_741_824):
        raise Refused("general_argument_invalid", "Invalid `size` param: Value must be a valid range")
    if body["required"] and body.get("default") is not None:
        raise Refused("general_argument_invalid", "Cannot set default value for required column")
    largest = {"integer": LARGEST_INTEGER, "bigint": LARGEST_INTEGER, "float": LARGEST_FLOAT}.get(kind)
    smallest = None if largest is None else (-largest if kind == "float" else -largest - 1)
    now = clock.stamp()
    return Column(
        key=body["key"],
        kind=kind,
        required=body["required"],
        array=bool(body.get("array")),
        created=now,
        updated=now,
        ready_at=clock.stamp(delay),
        size=body.get("size", of.size) if not of.bytes else 0,
        default=body.get("default"),
        low=body.get("min", smallest) if largest is not None else None,
        high=body.get("max", largest) if largest is not None else None,
        elements=body.get("elements", []),
    )


@dataclass
class Index:
    key: str
    kind: str
    columns: list[str]
    orders: list[str]
    created: str
    ready_at: str

    def shown(self, prefix: str, clock: Clock, processing: bool = False) -> dict[str, Any]:
        ready = clock.stamp() >= self.ready_at and not processing
        return {
            "$id": f"{prefix}_{self.key}",
            "$createdAt": self.created,
            "$updatedAt": self.created,
            "key": self.key,
            "type": self.kind,
            "status": "available" if ready else "processing",
            "error": "",
            "columns": self.columns,
            "lengths": [0] * len(self.columns),
            "orders": self.orders,
        }


def new_index(body: dict[str, Any], columns: dict[str, Column], clock: Clock, delay: float) -> Index:
    """The index that a request describes. Raises Refused for unknown, unavailable, array or too long columns."""
    characters = 0
    for key in body["columns"]:
        column = columns.get(key)
        if column is None:
            raise Refused("column_not_found", f"Column with the requested key '{key}' could not be found.")
        if not column.available(clock):
            raise Refused("column_not_available", f"The requested column '{key}' is not yet available.")
        if column.array:
            raise Refused("index_invalid", f"Creating indexes on array columns is not supported: '{key}'")
        if column.of.text or column.of.format is not None:
            characters += column.size or column.of.size or 1
    if characters > INDEX_CHARACTERS:
        raise Refused("index_invalid", f"Index length is longer than the maximum: {INDEX_CHARACTERS}")
    return Index(
        key=body["key"],
        kind=body["type"],
        columns=list(body["columns"]),
        orders=[order.upper() for order in body.get("orders", [])],
        created=clock.stamp(),
        ready_at=clock.stamp(delay),
    )
