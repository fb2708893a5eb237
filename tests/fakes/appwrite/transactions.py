"""Transactions: operations are staged, then replayed together; a staged update notices only what changed later."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.appwrite.catalog import Table, valid_id
from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.errors import Refused
from tests.fakes.appwrite.rows import Row, Rows

MAX_OPERATIONS = 100
MAX_BULK_ROWS = 100
DEFAULT_TTL = 300
SINGLE = ("create", "update", "upsert", "delete", "increment", "decrement")
BULK = ("bulkCreate", "bulkUpdate", "bulkUpsert", "bulkDelete")


@dataclass(frozen=True)
class Operation:
    action: str
    table: Table
    row_id: str
    data: Any
    staged: str


@dataclass
class Transaction:
    id: str
    created: str
    updated: str
    expires: str
    status: str = "pending"
    operations: list[Operation] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {
            "$id": self.id,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "status": self.status,
            "operations": len(self.operations),
            "expiresAt": self.expires,
        }


class Transactions:
    """The caller holds the stand-in's lock."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self.all: dict[str, Transaction] = {}

    def begin(self, ttl: int | None) -> Transaction:
        if ttl is not None and not 60 <= ttl <= 3_600:
            raise Refused(
                "general_argument_invalid", "Invalid `ttl` param: Value must be between 60 and 3600"
            )
        now = self._clock.stamp()
        made = Transaction(secrets.token_hex(10), now, now, self._clock.stamp(ttl or DEFAULT_TTL))
        self.all[made.id] = made
        return made

    def get(self, transaction_id: str) -> Transaction:
        if transaction_id not in self.all:
            raise Refused(
                "transaction_not_found",
                f"Transaction with the requested ID '{transaction_id}' could not be found.",
            )
        return self.all[transaction_id]

    def stage(self, transaction_id: str, operations: list[tuple[str, Table, str, Any]]) -> Transaction:
        """All of the operations or none. Raises Refused; a row to be changed must exist, here or in the table."""
        transaction = self.get(transaction_id)
        if transaction.status != "pending":
            raise Refused("general_bad_request", "Invalid or non-pending transaction")
        self._check_time(transaction)
        if not operations:
            raise Refused("general_bad_request", "Operations array cannot be empty")
        if len(transaction.operations) + len(operations) > MAX_OPERATIONS:
            raise Refused(
                "transaction_limit_exceeded",
                f"Transaction already has {len(transaction.operations)} operations, adding {len(operations)} "
                f"would exceed the maximum of {MAX_OPERATIONS}",
            )
        staged: list[Operation] = []
        for action, table, row_id, data in operations:
            if action not in SINGLE + BULK:
                raise Refused(
                    "general_argument_invalid", f"Key 'action' must be one of: {', '.join(SINGLE + BULK)}"
                )
            if action in SINGLE:
                valid_id(row_id, "rowId")
            if action in ("bulkCreate", "bulkUpsert") and len(data) > MAX_BULK_ROWS:
                raise Refused(
                    "general_argument_invalid", f"at most {MAX_BULK_ROWS} rows in one bulk operation"
                )
            if action in ("update", "delete", "increment", "decrement"):
                known = self._staged_row(transaction.operations + staged, table, row_id)
                if known is None and self._rows.find(table, row_id) is None:
                    raise Refused(
                        "row_not_found", f"Row with the requested ID '{row_id}' could not be found."
                    )
            staged.append(Operation(action, table, row_id, data, self._clock.stamp()))
        transaction.operations += staged
        return transaction

    def preview(self, transaction_id: str, table: Table, row_id: str) -> Row:
        """The row as the transaction would leave it. Staged rows lack times and a sequence number."""
        transaction = self.get(transaction_id)
        staged = self._staged_row(transaction.operations, table, row_id)
        if staged is None:
            return self._rows.get(table, row_id)
        return staged | {
            "$id": row_id,
            "$databaseId": table.database.id,
            "$tableId": table.id,
            "$sequence": "",
        }

    def finish(self, transaction_id: str, commit: bool, rollback: bool) -> Transaction:
        """Raises Refused: 409 transaction_conflict, or 404 for a row that is gone; the transaction then failed."""
        if commit == rollback:
            raise Refused("general_bad_request", "Either commit or rollback must be true")
        transaction = self.get(transaction_id)
        if transaction.status != "pending":
            raise Refused(
                "transaction_not_ready", "The transaction is not ready yet. Please try again later."
            )
        self._check_time(transaction)
        if rollback:
            self._settle(transaction, "failed")
            return transaction
        try:
            with self._rows.batch():
                self._replay(transaction)
        except Refused as refused:
            self._settle(transaction, "failed")
            if refused.kind in ("row_already_exists", "row_update_conflict"):
                raise Refused(
                    "transaction_conflict",
                    "The transaction has conflicts. Please resolve them and try again.",
                ) from refused
            raise
        self._settle(transaction, "committed")
        return transaction

    def forget(self, transaction_id: str) -> None:
        self.get(transaction_id)
        del self.all[transaction_id]

    def _settle(self, transaction: Transaction, status: str) -> None:
        transaction.status = status
        transaction.updated = self._clock.stamp()

    def _check_time(self, transaction: Transaction) -> None:
        if self._clock.stamp() > transaction.expires:
            raise Refused(
                "transaction_expired", "The transaction has expired. Please create a new transaction."
            )

    def _replay(self, transaction: Transaction) -> None:
        """A row that an earlier operation of this transaction wrote is not checked against the staging time."""
        mine: set[tuple[str, str]] = set()
        for operation in transaction.operations:
            table, row_id, data = operation.table, operation.row_id, operation.data
            since = None if (table.sql, row_id) in mine else operation.staged
            match operation.action:
                case "create":
                    self._rows.create(table, row_id, data, data.get("$permissions"))
                case "update":
                    self._rows.update(table, row_id, data, read_at=since)
                case "upsert":
                    existing = self._rows.find(table, row_id)
                    if existing is not None:
                        self._rows.check_unchanged(existing, since)
                    self._rows.upsert(table, row_id, data)
                case "delete":
                    self._rows.delete(table, row_id, read_at=since)
                case "increment" | "decrement":
                    self._rows.check_unchanged(self._rows.get(table, row_id), since)
                    amount, limit = counted(operation.action, data)
                    self._rows.add(table, row_id, data["column"], amount, limit)
                case _:
                    mine |= {(table.sql, each) for each in self._replay_bulk(operation, mine)}
            mine.add((table.sql, row_id))

    def _replay_bulk(self, operation: Operation, mine: set[tuple[str, str]]) -> list[str]:
        table, data = operation.table, operation.data
        if operation.action in ("bulkCreate", "bulkUpsert"):
            write = self._rows.create if operation.action == "bulkCreate" else self._rows.upsert
            return [write(table, row["$id"], row)["$id"] for row in data]
        matching = self._rows.matching(table, data["queries"], MAX_BULK_ROWS)
        for row_id in matching:
            since = None if (table.sql, row_id) in mine else operation.staged
            if operation.action == "bulkUpdate":
                self._rows.update(table, row_id, data["data"], read_at=since)
            else:
                self._rows.delete(table, row_id, read_at=since)
        return matching

    def _staged_row(self, operations: list[Operation], table: Table, row_id: str) -> Row | None:
        row: Row | None = None
        for operation in operations:
            if operation.table is not table or operation.row_id != row_id:
                continue
            if operation.action in ("create", "upsert"):
                row = dict(operation.data)
            elif operation.action == "update":
                before = row if row is not None else self._rows.find(table, row_id) or {}
                row = before | operation.data
            elif operation.action == "delete":
                row = None
        return row


def counted(action: str, data: dict[str, Any]) -> tuple[float, float | None]:
    """What to add, and the bound: `max` of an increment, `min` of a decrement."""
    amount = data.get("value", 1)
    return (amount, data.get("max")) if action == "increment" else (-amount, data.get("min"))
