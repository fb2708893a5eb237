"""Appwrite's refusals: the status, the stable type and a sentence, as its error bodies carry them."""

from __future__ import annotations

from typing import Any

VERSION = "1.9.6"

# type -> status
STATUS = {
    "column_already_exists": 409,
    "column_limit_exceeded": 400,
    "column_not_available": 400,
    "column_not_found": 404,
    "column_type_invalid": 400,
    "database_already_exists": 409,
    "database_not_found": 404,
    "general_argument_invalid": 400,
    "general_bad_request": 400,
    "general_query_invalid": 400,
    "general_route_not_found": 404,
    "general_server_error": 500,
    "general_unauthorized_scope": 401,
    "index_already_exists": 409,
    "index_invalid": 400,
    "index_not_found": 404,
    "project_not_found": 404,
    "row_already_exists": 409,
    "row_invalid_structure": 400,
    "row_not_found": 404,
    "row_update_conflict": 409,
    "table_already_exists": 409,
    "table_not_found": 404,
    "transaction_conflict": 409,
    "transaction_expired": 410,
    "transaction_limit_exceeded": 400,
    "transaction_not_found": 404,
    "transaction_not_ready": 400,
}


class Refused(Exception):
    """An answer other than success; nothing was changed."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = STATUS[kind]

    @property
    def body(self) -> dict[str, Any]:
        return {"message": self.message, "code": self.status, "type": self.kind, "version": VERSION}


class ContractMissing(RuntimeError):
    """Appwrite's API description is not where it was looked for."""
