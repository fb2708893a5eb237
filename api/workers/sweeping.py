"""The sweeper as a thread beside the workers of a process."""

from __future__ import annotations

import threading

import structlog

from api.services.sweeper import sweep
from api.tasks.context import wired

log = structlog.get_logger()


class Sweeper(threading.Thread):
    """Sweeps at a steady beat until told to stop. Many may run: every mend is a conditional commit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._seconds = seconds
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(self._seconds):
            try:
                done = {k: n for k, n in sweep(wired().deps).items() if n}
                if done:
                    log.info("swept", **done)
            except Exception:
                # The sweeper is the safety net: whatever went wrong now, the next pass must come.
                log.exception("sweep_failed")

    def stop(self) -> None:
        self._stop_asked.set()
