"""What the launcher tells a person when something stands in its way."""

from __future__ import annotations


class LauncherError(Exception):
    """One clear line: what is wrong and how to mend it. `details` (log lines) follow below it."""

    def __init__(self, problem: str, mend: str = "", details: list[str] | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.details = details or []

    def line(self) -> str:
        return f"{self.problem} {self.mend}".strip()


class Stopped(Exception):
    """A signal asked the launcher to end while it was starting something."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.signal_number = signal_number
