"""The same key does the same thing once: the key's row is part of the commit that it names."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from api.clock import iso
from api.errors import IdempotencyMismatch, Invalid
from api.services.deps import Actor, Deps
from api.store.port import Change, Insert

_KEY = re.compile(r"^[A-Za-z0-9_:.-]{1,64}$")


def check_key(header: str | None) -> None:
    """Raises Invalid for a header that is no key."""
    if header is not None and not _KEY.fullmatch(header):
        raise Invalid("Idempotency-Key", "must be 1 to 64 of A-Z a-z 0-9 _ : . -")


class IdempotencyKey:
    """One request's key, bound to who asks and where. Without a header it remembers nothing."""

    def __init__(self, actor: Actor, route: str, header: str | None, body: Any) -> None:
        check_key(header)
        self.header = header
        who = actor.user_id or f"service:{actor.provider}"
        self._id = hashlib.sha256(f"{who}|{header}".encode()).hexdigest()[:32]
        self._hash = hashlib.sha256(
            f"{route}|{json.dumps(body, sort_keys=True, ensure_ascii=False)}".encode()
        ).hexdigest()

    def earlier(self, deps: Deps) -> dict[str, Any] | None:
        """What the first request answered; None when this is the first. Raises IdempotencyMismatch."""
        if self.header is None:
            return None
        row = deps.store.get("idempotency", self._id)
        if row is None:
            return None
        if row.body["hash"] != self._hash:
            raise IdempotencyMismatch("This Idempotency-Key was used for a different request.")
        return dict(row.body["result"])

    def changes(self, deps: Deps, result: dict[str, Any]) -> list[Change]:
        """The row to commit beside the work. A twin that commits first makes this one a Conflict, then a replay."""
        if self.header is None:
            return []
        body = {"hash": self._hash, "result": result, "created_at": iso(deps.clock.now())}
        return [Insert("idempotency", self._id, body)]
