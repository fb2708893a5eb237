"""File locks, so that two starts at once never build or use the same thing."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Someone else holds the lock; `holder` is what they wrote into it, such as a process id."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def file_lock(path: Path, note: str, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Holds an exclusive lock on the file while the block runs; the kernel frees it even after SIGKILL.

    Without `on_wait` a held lock raises Busy; with it, `on_wait(holder)` is told once and the call waits.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
            if on_wait is None:
                raise Busy(holder) from None
            on_wait(holder)
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, note.encode(), 0)
        yield
    finally:
        os.close(handle)
