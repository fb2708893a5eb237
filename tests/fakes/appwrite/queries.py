"""Appwrite's query strings as SQL: filters, orders, pages and cursors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.appwrite.columns import Column
from tests.fakes.appwrite.errors import Refused

DEFAULT_LIMIT = 25
MAX_QUERIES = 100
MAX_QUERY_LENGTH = 4_096
MAX_VALUES = 100

SYSTEM = {"$id": "_id", "$sequence": "_sequence", "$createdAt": "_created", "$updatedAt": "_updated"}
COMPARISONS = {
    "notEqual": "!=",
    "lessThan": "<",
    "lessThanEqual": "<=",
    "greaterThan": ">",
    "greaterThanEqual": ">=",
}


@dataclass
class Listing:
    """A list request in SQL's words."""

    where: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    cursor: str | None = None
    select: list[str] | None = None

    def condition(self) -> str:
        return " AND ".join(self.where) or "1"

    def ordering(self) -> str:
        """Equal rows come in the order in which they were made."""
        return ", ".join(f"{name} {way}" for name, way in [*self.orders, ("_sequence", self._last())])

    def _last(self) -> str:
        return self.orders[-1][1] if self.orders else "ASC"


def parse(queries: list[str], columns: dict[str, Column]) -> Listing:
    """Raises Refused for what Appwrite would not take."""
    if len(queries) > MAX_QUERIES:
        raise _invalid(f"at most {MAX_QUERIES} queries are allowed")
    listing = Listing()
    for text in queries:
        if len(text) > MAX_QUERY_LENGTH:
            raise _invalid(f"a query may be {MAX_QUERY_LENGTH} characters long")
        try:
            query = json.loads(text)
            method = query["method"]
        except (ValueError, TypeError, KeyError):
            raise _invalid(f"Syntax error in '{text[:80]}'") from None
        values = query.get("values", [])
        if method in ("orderAsc", "orderDesc"):
            name = _column(query.get("attribute", "$sequence"), columns)
            listing.orders.append((name, "ASC" if method == "orderAsc" else "DESC"))
        elif method in ("limit", "offset"):
            if len(values) != 1 or not isinstance(values[0], int) or values[0] < 0:
                raise _invalid(f"Invalid {method}")
            setattr(listing, method, values[0])
        elif method == "cursorAfter":
            listing.cursor = values[0]
        elif method == "select":
            listing.select = values
        else:
            sql, arguments = _filter(query, columns)
            listing.where.append(sql)
            listing.arguments += arguments
    return listing


def _filter(query: dict[str, Any], columns: dict[str, Column]) -> tuple[str, list[Any]]:
    method, values = query["method"], query.get("values", [])
    if method in ("and", "or"):
        if len(values) < 2:
            raise _invalid(f"'{method}' takes at least two queries")
        parts = [_filter(inner, columns) for inner in values]
        joined = f" {method.upper()} ".join(sql for sql, _ in parts)
        return f"({joined})", [argument for _, some in parts for argument in some]
    name = _column(query.get("attribute"), columns)
    if method == "isNull":
        return f"{name} IS NULL", []
    if method == "isNotNull":
        return f"{name} IS NOT NULL", []
    if not values or len(values) > MAX_VALUES:
        raise _invalid(f"'{method}' takes 1 to {MAX_VALUES} values")
    if any(value is None or isinstance(value, list | dict) for value in values):
        raise _invalid(f"'{method}' takes plain values")
    if method == "equal":
        return f"{name} IN ({', '.join('?' * len(values))})", values
    if method in COMPARISONS:
        return f"{name} {COMPARISONS[method]} ?", values[:1]
    raise _invalid(f"Invalid query method: {method}")


def _column(attribute: Any, columns: dict[str, Column]) -> str:
    if attribute in SYSTEM:
        return SYSTEM[attribute]
    if attribute not in columns:
        raise _invalid(f"Attribute not found in schema: {attribute}")
    return f'"{attribute}"'


def _invalid(message: str) -> Refused:
    return Refused("general_query_invalid", f"Invalid query: {message}")
