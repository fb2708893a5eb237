"""A tiny watcher that outlives the launcher by seconds and ends its process groups if it was killed.

Run as a script with a pipe as standard input. Lines: `+PGID` and `-PGID`. At end of file every group that is
left gets SIGTERM, then SIGKILL. The kernel's parent-death signal reaches children; this their children too.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PATIENCE = 5.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    end_groups(groups)


def end_groups(groups: set[int]) -> None:
    """SIGTERM to all, SIGKILL to those that are still there after PATIENCE seconds."""
    left = {group for group in groups if send(group, signal.SIGTERM)}
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        time.sleep(0.05)  # these are no children of ours: there is nothing to await
        left = {group for group in left if send(group, 0)}
    for group in left:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """True when the group still exists."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
