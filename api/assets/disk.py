"""Files in a folder: the store says what there is, the folder holds the bytes under names that nobody chose.

A file is written under a fresh name and the row then points to it, so that a reader sees the old one or the new one,
never half of either. A process that dies in between leaves a file without a row; `tidy` removes it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from pathlib import Path

import structlog

from api.assets.port import MAX_OWNED, Stored, check
from api.clock import Clock
from api.errors import Invalid, Unavailable
from api.services.deps import retrying
from api.store.pages import every
from api.store.port import Change, Delete, Document, Insert, Store, Update

log = structlog.get_logger()

ORPHAN_SECONDS = 3600  # a file that has no row yet may be on its way


class DiskAssets:
    """The `Assets` port on a folder of this machine."""

    def __init__(self, folder: Path, store: Store, clock: Clock) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock

    def put(self, owner: str, key: str, content_type: str, content: bytes) -> Stored:
        check(key, content_type, content)
        name = secrets.token_hex(16)
        self._write(name, content)

        def attempt() -> str | None:
            row = self._row(owner, key)
            others = sum(
                r.body["size"] for r in every(self._store, "assets", {"owner": owner}) if r.body["key"] != key
            )
            if others + len(content) > MAX_OWNED:
                raise Invalid(
                    "content", f"is too much: at most {MAX_OWNED // 1024} KiB are kept for one account"
                )
            body = {
                "owner": owner, "key": key, "file": name, "content_type": content_type, "size": len(content),
                "created_at": self._clock.iso(),
            }  # fmt: skip
            change: Change = (
                Insert("assets", _id(key), body)
                if row is None
                else Update("assets", row.id, row.revision, body)
            )
            self._store.commit([change])
            return row.body["file"] if row is not None else None

        try:
            before = retrying(attempt)
        except BaseException:
            self._remove(name)
            raise
        if before is not None:
            self._remove(before)
        return Stored(owner, key, content_type, len(content), self._clock.iso())

    def get(self, owner: str, key: str) -> tuple[Stored, bytes] | None:
        row = self._row(owner, key)
        if row is None:
            return None
        try:
            content = self._path(row.body["file"]).read_bytes()
        except FileNotFoundError:
            # Replaced this moment, or a folder that was not restored with the store.
            log.warning("asset_without_its_file", asset=row.id)
            return None
        return _stored(row), content

    def delete(self, owner: str, key: str) -> bool:
        def attempt() -> Document | None:
            row = self._row(owner, key)
            if row is not None:
                self._store.commit([Delete("assets", row.id, row.revision)])
            return row

        gone = retrying(attempt)
        if gone is not None:
            self._remove(gone.body["file"])
        return gone is not None

    def tidy(self) -> int:
        if not self._folder.is_dir():
            return 0
        old = time.time() - ORPHAN_SECONDS
        found = [p for p in self._folder.glob("??/*") if p.is_file() and p.stat().st_mtime < old]
        known = {row.body["file"] for row in every(self._store, "assets")} if found else set()
        orphans = [p for p in found if p.name not in known]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    def _row(self, owner: str, key: str) -> Document | None:
        """By key alone, so that a file can change hands; somebody else's is as good as none."""
        row = self._store.get("assets", _id(key))
        return row if row is not None and row.body["owner"] == owner else None

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("asset_not_written", error=str(error))
            raise Unavailable(
                "Files cannot be kept right now; nothing was changed. Try again shortly."
            ) from error

    def _remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:36]


def _stored(row: Document) -> Stored:
    body = row.body
    return Stored(body["owner"], body["key"], body["content_type"], body["size"], body["created_at"])
