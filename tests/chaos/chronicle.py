"""What happened in a run: the blows in order of time, what clients were promised, and what turned out to be broken."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
BEFORE, AFTER = timedelta(seconds=4), timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Promise:
    """An action that the API accepted: 202 with a turn."""

    session_id: str
    turn_id: str
    character_id: str
    text: str  # free words, each said once in a whole run; empty for a button


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never happen. `moment` leads to the blows around it."""

    rule: str
    story: str
    session_id: str = ""
    turn_id: str = ""
    moment: str = ""


@dataclass(slots=True)
class Chronicle:
    seed: int
    started: float = field(default_factory=time.time)
    blows: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    promises: list[Promise] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def blow(self, story: str) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.blows.append((at, story))

    def broken(self, rule: str, story: str, **about: str) -> None:
        self.violations.append(Violation(rule, story, **about))

    def around(self, moment: str) -> list[str]:
        """The blows shortly before and after a moment in ISO."""
        if not moment:
            return []
        centre = datetime.fromisoformat(moment)
        return [
            f"{at[11:23]} {story}"
            for at, story in self.blows
            if centre - BEFORE <= datetime.fromisoformat(at) <= centre + AFTER
        ]
