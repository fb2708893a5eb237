"""Commits on Appwrite: one transaction each, made safe by claim rows, and settled when its answer is lost.

docs/appwrite.md explains why each step is there. Every change of revision R of a document creates the claim row
`<born>.<R + 1>`, so that of all who saw R exactly one succeeds. Every commit creates a receipt row with a fresh id:
who does not hear how a commit ended tries to create the receipt itself; only one of the two can succeed.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appwrite.query import Query as Q  # type: ignore[import-untyped]

from api.store.appwrite_rows import (
    CLAIMS,
    Reader,
    Version,
    back_off,
    collection_named,
    misconfigured,
    values_of,
)
from api.store.appwrite_transport import Api, Refusal, Unanswered
from api.store.port import (
    ID_PATTERN,
    MAX_CHANGES,
    BadChange,
    Change,
    Conflict,
    Delete,
    Insert,
    StoreError,
    Touch,
    Update,
)

MAX_OPERATIONS = 100
MAX_BULK_ROWS = 100
COMMIT_ATTEMPTS = 5
SETTLE_ATTEMPTS = 8

# A claim must outlive every transaction that could still rely on a read from before it was made. A commit ends at
# the latest FRESH (age of the read) + PLANNED (from there to the transaction's begin) + TRANSACTION (until Appwrite
# lets it expire) + the time that Appwrite itself takes; a claim stays several times as long.
FRESH_SECONDS = 120.0
PLANNED_SECONDS = 60.0
TRANSACTION_SECONDS = 60
CLAIM_SECONDS = 900
REMEMBERED = 20_000

logger = logging.getLogger(__name__)

Key = tuple[str, str]


class Seen:
    """Versions that this process read or wrote lately, so that a commit need not read them once more."""

    def __init__(self) -> None:
        self._versions: OrderedDict[Key, tuple[Version, float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, collection: str, document_id: str, version: Version, since: float) -> None:
        """`since`: a moment (monotonic seconds) before the request that showed it was sent."""
        with self._lock:
            self._versions[collection, document_id] = (version, since)
            self._versions.move_to_end((collection, document_id))
            while len(self._versions) > REMEMBERED:
                self._versions.popitem(last=False)

    def forget(self, key: Key) -> None:
        with self._lock:
            self._versions.pop(key, None)

    def fresh(self, key: Key) -> Version | None:
        with self._lock:
            version, since = self._versions.get(key, (None, 0.0))
        return version if time.monotonic() - since < FRESH_SECONDS else None


@dataclass(frozen=True, slots=True)
class Plan:
    """A commit's operations, its receipt, and the versions that it leaves behind."""

    receipt: str
    operations: list[dict[str, Any]]
    claims: int
    leaves: dict[Key, Version | None]


class Committer:
    """Carries commits out. Safe to share between threads."""

    def __init__(self, api: Api, database: str, reader: Reader, seen: Seen) -> None:
        self._api = api
        self._database = database
        self._reader = reader
        self._seen = seen
        self._claims_made = 0

    def commit(self, changes: Sequence[Change]) -> None:
        """All or nothing. Raises Conflict, BadChange or StoreError."""
        check(changes)
        if not changes:
            return
        for attempt in range(COMMIT_ATTEMPTS):
            if attempt:
                back_off(attempt)
            started = time.monotonic()
            plan = self._plan(changes)
            began = self._try(plan, changes, started)
            if began is not None:
                for key, version in plan.leaves.items():
                    if version is None:
                        self._seen.forget(key)
                    else:
                        self._seen.note(*key, version, started)
                self._clean(plan.claims + 1, began)
                return
        raise StoreError(f"Appwrite took none of {COMMIT_ATTEMPTS} attempts; nothing was changed")

    def _plan(self, changes: Sequence[Change]) -> Plan:
        """Raises Conflict when a revision is already known to be another."""
        receipt = secrets.token_hex(16)
        versions = self._versions(changes)
        claims, operations = [], []
        for change in changes:
            key = (change.collection, change.id)
            before = versions.get(key)
            if isinstance(change, Insert):
                if before is not None:
                    raise Conflict(*key)
                after: Version | None = Version(1, secrets.token_hex(10))
            else:
                if before is None or before.revision != change.revision:
                    self._seen.forget(key)
                    raise Conflict(*key)
                claims.append(f"{before.born}.{before.revision + 1}")
                after = None if isinstance(change, Delete) else Version(before.revision + 1, before.born)
            versions[key] = after
            operations.append(self._operation(change, after))
        # Claims first and in one order: who loses a race learns it before it has written anything else.
        made = [self._claim("create", receipt, {"by": "commit"})]
        if len(operations) + len(claims) + 1 <= MAX_OPERATIONS:
            made += [self._claim("create", claim, {"by": receipt}) for claim in sorted(claims)]
        elif claims:
            made.append(self._claim("bulkCreate", None, [{"$id": c, "by": receipt} for c in sorted(claims)]))
        return Plan(receipt, made + operations, len(claims), versions)

    def _versions(self, changes: Sequence[Change]) -> dict[Key, Version | None]:
        """The versions of what the changes rely on: those seen lately as they were, the others read now."""
        known: dict[Key, Version | None] = {}
        unknown: dict[str, list[str]] = {}
        inserted: set[Key] = set()
        for change in changes:
            key = (change.collection, change.id)
            if isinstance(change, Insert):
                inserted.add(key)
            elif key not in known and key not in inserted:
                known[key] = self._seen.fresh(key)
                seen = known[key]
                if seen is None or seen.revision != change.revision:
                    unknown.setdefault(change.collection, []).append(change.id)
        for collection, ids in unknown.items():
            found = self._read_versions(collection, ids)
            known |= {(collection, document_id): found.get(document_id) for document_id in ids}
        return known

    def _read_versions(self, collection: str, ids: list[str]) -> dict[str, Version]:
        since = time.monotonic()
        found = self._reader.versions(collection, ids)
        for document_id, version in found.items():
            self._seen.note(collection, document_id, version, since)
        return found

    def _operation(self, change: Change, after: Version | None) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if after is not None:
            data = {"revision": after.revision}
        if isinstance(change, Insert | Update):
            data |= values_of(collection_named(change.collection), change.body)
        if isinstance(change, Insert) and after is not None:
            data |= {"doc_id": change.id, "born": after.born}
        action = {Insert: "create", Update: "update", Touch: "update", Delete: "delete"}[type(change)]
        operation = {
            "action": action,
            "databaseId": self._database,
            "tableId": change.collection,
            "rowId": change.id,
        }
        return operation if after is None else operation | {"data": data}

    def _claim(self, action: str, row_id: str | None, data: Any) -> dict[str, Any]:
        named = {} if row_id is None else {"rowId": row_id}
        return {"action": action, "databaseId": self._database, "tableId": CLAIMS, **named, "data": data}

    def _try(self, plan: Plan, changes: Sequence[Change], started: float) -> str | None:
        """When the transaction began (Appwrite's time) if it was kept, else None: nothing was, try again."""
        tables = self._api.tables
        try:
            transaction = self._api.call(tables.create_transaction, ttl=TRANSACTION_SECONDS)
            if time.monotonic() - started > PLANNED_SECONDS:  # this process was stopped meanwhile
                return None
            self._api.call(tables.create_operations, transaction.id, plan.operations)
        except Unanswered as unanswered:
            logger.info("Appwrite did not stage a commit: %s", unanswered)
            return None
        except Refusal as refusal:
            if not _is_spoilt(refusal):
                self._explain(refusal, changes)
            return None
        try:
            self._api.call(tables.update_transaction, transaction.id, commit=True)
        except Unanswered as unanswered:
            logger.info("Appwrite did not confirm a commit: %s", unanswered)
            return transaction.createdat if self._was_kept(plan.receipt) else None
        except Refusal as refusal:
            if _is_spoilt(refusal):
                return transaction.createdat if self._was_kept(plan.receipt) else None
            self._explain(refusal, changes)
            return None
        return str(transaction.createdat)

    def _explain(self, refusal: Refusal, changes: Sequence[Change]) -> None:
        """Raises Conflict for the document that is not as the changes want it; returns if all are (try again)."""
        if refusal.kind == "row_invalid_structure":
            raise BadChange(f"Appwrite cannot keep this: {refusal}") from refusal
        if refusal.code != 409 and refusal.kind != "row_not_found":
            raise misconfigured(refusal) from refusal
        touched: dict[str, list[str]] = {}
        for change in changes:
            if change.id not in touched.setdefault(change.collection, []):
                touched[change.collection].append(change.id)
        now = {
            (name, i): v for name, ids in touched.items() for i, v in self._read_versions(name, ids).items()
        }
        checked: set[Key] = set()
        for change in changes:
            key = (change.collection, change.id)
            found = now.get(key)
            wanted = None if isinstance(change, Insert) else change.revision
            if key not in checked and (found.revision if found else None) != wanted:
                self._seen.forget(key)
                raise Conflict(*key) from refusal
            checked.add(key)

    def _was_kept(self, receipt: str) -> bool:
        """Decides a commit whose answer was lost. Raises StoreError when even that cannot be found out."""
        tables = self._api.tables
        for attempt in range(SETTLE_ATTEMPTS):
            if attempt:
                back_off(min(attempt, 4))
            try:
                self._api.call(tables.create_row, self._database, CLAIMS, receipt, {"by": "void"})
                return False
            except Unanswered as error:
                unanswered = error
            except Refusal as refusal:
                if refusal.code != 409:
                    raise misconfigured(refusal) from refusal
                found = self._reader.by_id(CLAIMS, [receipt])
                if found:
                    return bool(found[0].data["by"] == "commit")
        raise StoreError(
            f"Appwrite did not say whether the last change was kept: {unanswered}"
        ) from unanswered

    def _clean(self, made: int, now: str) -> None:
        """Removes old claims, a page for every page made. A failure is none of the commit's business."""
        self._claims_made += made
        if self._claims_made < MAX_BULK_ROWS:
            return
        self._claims_made = 0
        cutoff = datetime.fromisoformat(now) - timedelta(seconds=CLAIM_SECONDS)
        old = [Q.less_than("$createdAt", cutoff.isoformat(timespec="milliseconds")), Q.limit(MAX_BULK_ROWS)]
        try:
            for _ in range(3):
                removed = self._api.call(self._api.tables.delete_rows, self._database, CLAIMS, queries=old)
                if len(removed.rows) < MAX_BULK_ROWS:
                    return
        except (Unanswered, Refusal) as error:
            logger.warning("old claims stay for now: %s", error)


def _is_spoilt(refusal: Refusal) -> bool:
    """The transaction expired, is gone or "not ready", perhaps because something on the way delivered a call twice."""
    return refusal.kind.startswith("transaction_") and refusal.kind != "transaction_conflict"


def check(changes: Sequence[Change]) -> None:
    """Raises BadChange for what no backend would take."""
    if len(changes) > MAX_CHANGES:
        raise BadChange(f"{len(changes)} changes in one commit; at most {MAX_CHANGES}")
    for change in changes:
        if not ID_PATTERN.fullmatch(change.id):
            raise BadChange(f"'{change.id}' cannot be a document's id")
        collection_named(change.collection)
