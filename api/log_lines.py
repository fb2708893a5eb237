"""Where log lines go: to a stream that may fail (a full disk, a closed pipe) without failing who logs."""

from __future__ import annotations

import threading
from typing import TextIO


class LogLines:
    """A logger for structlog. A line that cannot be written is dropped and counted; the next one that can tells."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.dropped = 0

    def msg(self, line: str) -> None:
        with self._lock:
            told = f'{{"event": "log_lines_dropped", "lines": {self.dropped}}}\n' if self.dropped else ""
            try:
                self._stream.write(f"{told}{line}\n")
                self._stream.flush()
            except (OSError, ValueError):  # ValueError: the stream was closed
                self.dropped += 1
            else:
                self.dropped = 0

    log = debug = info = warn = warning = error = err = critical = fatal = failure = exception = msg


class LogLinesFactory:
    """Gives every logger of a process the same stream and lock."""

    def __init__(self, stream: TextIO) -> None:
        self._lines = LogLines(stream)

    def __call__(self, *_names: object) -> LogLines:
        return self._lines
