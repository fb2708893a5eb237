"""Open sign-ins and known devices: random tokens, kept as hashes, void once the account's epoch has moved on."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

import structlog

from api.clock import Clock, iso, seconds_until
from api.identity.accounts import account_of
from api.identity.port import Account, Login
from api.services.audit import audited
from api.store.port import Change, Conflict, Delete, Document, Insert, Query, Store, Update

log = structlog.get_logger()

SESSION_HOURS = 24
REMEMBERED_DAYS = 30
DEVICE_DAYS = 180
SEEN_EVERY = 15 * 60  # seconds between two notes of when a sign-in was last used: reading must stay cheap
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
    ("Godot", "Game client"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


class Logins:
    """Everything that the collections `logins` and `devices` hold."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def open(self, account: Account, *, remember: bool, agent: str = "") -> tuple[str, int]:
        """A fresh token and its life in seconds. A token that somebody brings along is never taken over."""
        life = timedelta(days=REMEMBERED_DAYS) if remember else timedelta(hours=SESSION_HOURS)
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        body = {
            "user_id": account.id, "created_at": iso(now), "expires_at": iso(now + life), "last_seen_at": iso(now),
            "epoch": account.epoch, "device": device_name(agent),
        }  # fmt: skip
        row = audited(self._clock, "signed_in", user_id=account.id, device=body["device"], remember=remember)
        self._store.commit([Insert("logins", digest(token), body), row])
        return token, int(life.total_seconds())

    def of_token(self, token: str, *, note: bool = True) -> Login | None:
        """The sign-in that a token opens; None when it has ended, was revoked, or never was. With `note` its use is."""
        row = self._store.get("logins", digest(token))
        if row is None or not self._is_open(row):
            return None
        found = self._store.get("accounts", row.body["user_id"])
        if found is None or account_of(found).epoch != row.body.get("epoch", 0):
            return None
        if note:
            self._note_use(row)
        return _login(row, account_of(found))

    def of_account(self, account: Account) -> list[Login]:
        """All that are open, the latest first."""
        rows = [
            r for r in self._rows(account) if self._is_open(r) and r.body.get("epoch", 0) == account.epoch
        ]
        return sorted((_login(r, account) for r in rows), key=lambda login: login.created_at, reverse=True)

    def close(self, token: str) -> None:
        self._delete(self._store.get("logins", digest(token)))

    def revoke(self, account: Account, login_id: str) -> bool:
        row = self._store.get("logins", login_id)
        if row is None or row.body["user_id"] != account.id:
            return False
        self._delete(row)
        return True

    def kept(self, login_id: str, epoch: int) -> list[Change]:
        """The change that takes one sign-in along into a new epoch."""
        row = self._store.get("logins", login_id)
        return [Update("logins", row.id, row.revision, {**row.body, "epoch": epoch})] if row else []

    def clear(self, account: Account) -> None:
        """Delete what an earlier epoch left behind; it opens nothing any more."""
        for collection in ("logins", "devices"):
            query = Query(collection, {"user_id": account.id}, limit=80)
            while stale := [
                r for r in self._store.query(query).items if r.body.get("epoch", 0) < account.epoch
            ]:
                try:
                    self._store.commit([Delete(collection, r.id, r.revision) for r in stale])
                except Conflict:
                    return  # somebody else is clearing; what stays is void and expires

    def know_device(self, account: Account) -> str:
        """A token by which a browser or client is known when this account signs in there again."""
        token = secrets.token_urlsafe(24)
        expires = iso(self._clock.now() + timedelta(days=DEVICE_DAYS))
        body = {"user_id": account.id, "epoch": account.epoch, "expires_at": expires}
        self._store.commit([Insert("devices", digest(token), body)])
        return token

    def knows(self, account: Account | None, device: str) -> bool:
        """Whether this account has signed in on that device before."""
        row = self._store.get("devices", digest(device))
        return (
            row is not None
            and account is not None
            and row.body["user_id"] == account.id
            and row.body["epoch"] == account.epoch
            and self._is_open(row)
        )

    def _rows(self, account: Account) -> list[Document]:
        rows: list[Document] = []
        cursor = None
        while True:
            page = self._store.query(Query("logins", {"user_id": account.id}, limit=200, cursor=cursor))
            rows += page.items
            cursor = page.next_cursor
            if cursor is None:
                return rows

    def _is_open(self, row: Document) -> bool:
        return seconds_until(row.body["expires_at"], self._clock.now()) > 0

    def _note_use(self, row: Document) -> None:
        seen = str(row.body.get("last_seen_at") or row.body["created_at"])
        if -seconds_until(seen, self._clock.now()) < SEEN_EVERY:
            return
        try:
            body = {**row.body, "last_seen_at": self._clock.iso()}
            self._store.commit([Update("logins", row.id, row.revision, body)])
        except Conflict:
            log.debug("login_use_noted_elsewhere")

    def _delete(self, row: Document | None) -> None:
        if row is None:
            return
        try:
            self._store.commit([Delete("logins", row.id, row.revision)])
        except Conflict:
            # Its use was noted, or somebody else signed out, this moment; what was asked must hold all the same.
            self._delete(self._store.get("logins", row.id))


def digest(token: str) -> str:
    """What the store keeps of a token: enough of its hash that nobody finds another one with the same."""
    return hashlib.sha256(token.encode()).hexdigest()[:36]


def device_name(agent: str) -> str:
    """A browser and a system in plain words; whatever else the header says is not kept."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}\b", agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown device"


def _login(row: Document, account: Account) -> Login:
    body = row.body
    seen = str(body.get("last_seen_at") or body["created_at"])
    return Login(
        row.id, account, body.get("device", "Unknown device"), body["created_at"], seen, body["expires_at"]
    )
