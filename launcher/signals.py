"""Turns signals into events that a loop can await, so that nothing is ever interrupted half-way."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType, TracebackType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While open, these signals and SIGCHLD only wake `wait`; `ending` is the first that asks to stop."""

    def __init__(self) -> None:
        self.ending: int | None = None
        self._previous: dict[int, object] = {}
        self._read, self._write = -1, -1

    def __enter__(self) -> Signals:
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for number in (*ENDING, signal.SIGCHLD):
            self._previous[number] = signal.signal(number, self._note)
        self._old_wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._old_wakeup)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._read)
        os.close(self._write)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number in ENDING and self.ending is None:
            self.ending = number

    def wait(self, seconds: float) -> bool:
        """Returns as soon as a signal arrives (a child ended, someone asks to stop) or after `seconds`.

        True when the launcher is asked to end.
        """
        if self.ending is None and select.select([self._read], [], [], max(0.0, seconds))[0]:
            self._drain()
        return self.ending is not None

    def _drain(self) -> None:
        try:
            while os.read(self._read, 512):
                continue
        except BlockingIOError:
            return
