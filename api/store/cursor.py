"""Page cursors, the same on every backend: the sort value and the id of the last document of a page."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from api.store.port import BadChange


def encode_cursor(value: Any, document_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, document_id]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[Any, str]:
    """Raises BadChange for a cursor that no page gave out."""
    try:
        value, document_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadChange("the cursor is not one that a page gave") from error
    if not isinstance(document_id, str) or not isinstance(value, str | int | None):
        raise BadChange("the cursor is not one that a page gave")
    return value, document_id
