"""The storage port: small files by owner and key. Another adapter (Appwrite buckets) keeps the same promises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from api.errors import Invalid, NoFiles

KEY = re.compile(r"[a-z]{2,20}(\.[A-Za-z0-9]{1,40})?")
MAX_BYTES = 256 * 1024
MAX_OWNED = 8 * 1024 * 1024
# What a file of each type begins with: what a browser is told it is must be what it is.
TYPES: dict[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/webp": (b"RIFF",),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a file. `owner` is an account's id; `key` is one among all files, such as `portrait.<id>`."""

    owner: str
    key: str
    content_type: str
    size: int
    created_at: str


class Assets(Protocol):
    def put(self, owner: str, key: str, content_type: str, content: bytes) -> Stored:
        """Keep a file, in the place of an earlier one with this key. Raises Invalid, Unavailable, NoFiles."""
        ...

    def get(self, owner: str, key: str) -> tuple[Stored, bytes] | None: ...

    def delete(self, owner: str, key: str) -> bool:
        """Whether there was one."""
        ...

    def tidy(self) -> int:
        """Remove files that nobody owns any more; how many."""
        ...


class NoAssets:
    """An installation that keeps no files."""

    def put(self, owner: str, key: str, content_type: str, content: bytes) -> Stored:
        raise NoFiles("This installation keeps no files. Ask whoever runs it: ASSETS_DIR is not set.")

    def get(self, owner: str, key: str) -> tuple[Stored, bytes] | None:
        return None

    def delete(self, owner: str, key: str) -> bool:
        return False

    def tidy(self) -> int:
        return 0


def check(key: str, content_type: str, content: bytes) -> None:
    """Raises Invalid for a key, type or size that no adapter keeps."""
    if not KEY.fullmatch(key):
        raise Invalid("key", "is no name of a file")
    if content_type not in TYPES:
        raise Invalid("content_type", f"must be one of {', '.join(sorted(TYPES))}")
    if not content:
        raise Invalid("content", "is empty")
    if len(content) > MAX_BYTES:
        raise Invalid("content", f"has {len(content)} bytes; at most {MAX_BYTES} are kept")
    webp = content_type == "image/webp"
    if not content.startswith(TYPES[content_type]) or (webp and content[8:12] != b"WEBP"):
        raise Invalid("content", f"is no {content_type}")
