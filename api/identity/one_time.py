"""The links that letters carry: single-use, expiring, kept as hashes, void once the account's epoch has moved on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.clock import Clock, iso, seconds_until
from api.identity.logins import digest
from api.identity.port import Account
from api.store.port import Delete, Document, Insert, Query, Store

HOURS = {"confirm_address": 48, "change_address": 24, "reset_password": 1, "browser": 1 / 6}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A token that was found good: what it is for, and the change that uses it up."""

    purpose: str
    user_id: str
    epoch: int
    facts: dict[str, Any]
    use: Delete


class OneTimeTokens:
    """Gives out and takes back tokens of 256 random bits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def issue(self, purpose: str, account: Account, **facts: Any) -> str:
        """A fresh token; it is known to nobody but the letter it goes into."""
        token = secrets.token_urlsafe(32)
        body = {
            "purpose": purpose, "user_id": account.id, "epoch": account.epoch, "facts": facts,
            "expires_at": iso(self._clock.now() + timedelta(hours=HOURS[purpose])),
        }  # fmt: skip
        self._store.commit([Insert("one_time_tokens", digest(token), body)])
        return token

    def find(self, token: str, *purposes: str) -> Ticket | None:
        """None for one that never was, has expired, was used, or is for something else. Using it is up to the caller's
        commit: of two who try at once, one gets a Conflict."""
        row = self._store.get("one_time_tokens", digest(token))
        if row is None or row.body["purpose"] not in purposes:
            return None
        if seconds_until(row.body["expires_at"], self._clock.now()) <= 0:
            return None
        return _ticket(row)

    def others(self, user_id: str, purpose: str, but: str) -> list[Delete]:
        """The changes that void a user's other tokens of a purpose, 40 at most."""
        rows = self._store.query(Query("one_time_tokens", {"user_id": user_id}, limit=40)).items
        return [
            Delete("one_time_tokens", r.id, r.revision)
            for r in rows
            if r.body["purpose"] == purpose and r.id != but
        ]


def _ticket(row: Document) -> Ticket:
    body = row.body
    use = Delete("one_time_tokens", row.id, row.revision)
    return Ticket(body["purpose"], body["user_id"], body["epoch"], dict(body["facts"]), use)
