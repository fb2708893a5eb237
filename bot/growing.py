"""A narration while it is being written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Growing:
    """A narration while it is written: only what follows without a gap is shown."""

    attempt: int = -1
    text: str = ""
    fresh: bool = False

    def add(self, attempt: int, offset: int, text: str) -> None:
        if attempt > self.attempt or (attempt == self.attempt and offset == 0):
            self.attempt, self.text = attempt, ""  # offset 0 begins, or begins again with another narrator
        if attempt == self.attempt and offset == len(self.text):
            self.text += text
            self.fresh = True
