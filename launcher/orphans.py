"""Ties a child's life to its parent's, so that even SIGKILL of the launcher leaves none."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(number: int = signal.SIGKILL) -> Callable[[], None] | None:
    """A `preexec_fn`: the kernel sends `number` to the child when the launching thread ends (Linux only).

    Start children from the main thread: the kernel watches the thread that forked, not the process.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: loading after it could deadlock
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return tie
