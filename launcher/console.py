"""Progress on a terminal or in a plain log: one line per step, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Step:
    """A running step; `progress` redraws its line on a terminal and is silent in a log."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self.outcome = ""

    def progress(self, text: str) -> None:
        if self._console.live:
            self._console.rewrite(f"  … {self._title}: {text}")

    def done(self, outcome: str) -> None:
        self.outcome = outcome


class Console:
    """Writes steps and plain lines; `quiet` keeps only warnings."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self.quiet = quiet
        self.live = self._stream.isatty() and not quiet

    def say(self, text: str) -> None:
        if not self.quiet:
            self._write(text + "\n")

    def warn(self, text: str) -> None:
        self._write(f"  ! {text}\n")

    def rewrite(self, text: str) -> None:
        self._write(f"\r\x1b[K{text[:118]}")

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Shows the title while the block runs, then the title, its outcome and the seconds it took."""
        step = Step(self, title)
        started = time.monotonic()
        if self.live:
            self.rewrite(f"  … {title}")
        elif not self.quiet:
            self.say(f"  … {title}")
        try:
            yield step
        except BaseException:
            if self.live:
                self.rewrite("")
            raise
        outcome = f": {step.outcome}" if step.outcome else ""
        line = f"  ✓ {title}{outcome} ({time.monotonic() - started:.1f} s)"
        if self.live:
            self.rewrite(line)
            self._write("\n")
        else:
            self.say(line)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except UnicodeEncodeError:
            self._stream.write(text.encode("ascii", "replace").decode())
            self._stream.flush()
