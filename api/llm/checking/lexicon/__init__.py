"""Word material of the checker: patterns by section, one a line, so that a wording can be added without code."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from api.llm.checking.reading import NUMBER

FOLDER = Path(__file__).parent
BODY = (
    r"(?:arms?|hands?|palms?|fingers?|legs?|knees?|foot|feet|ankles?|shoulders?|ribs?|nose|jaw|skull|head|face|cheeks?|brow|temples?"
    r"|throat|neck|chest|back|side|belly|stomach|gut|skin|flesh|bones?|eyes?|lips?|boot|shin|calf|thigh|hip|teeth|spine|wrists?|lungs?)"
)  # fmt: skip


def sections(name: str) -> dict[str, list[str]]:
    """The lines of `<name>.txt` by section, in order; comments and blank lines are left out."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = found.setdefault(line[1:-1], [])
        elif line.strip() and not line.startswith("#"):
            current.append(line)
    return found


@lru_cache(maxsize=64)
def patterns(name: str, section: str) -> re.Pattern[str]:
    """One pattern of all lines of a section, each from a word's beginning, in any case."""
    return re.compile(
        r"\b(?:" + "|".join(filled(line) for line in sections(name)[section]) + ")", re.IGNORECASE
    )


def filled(line: str) -> str:
    """A line with what `<BODY>` and `<NUMBER>` stand for."""
    return line.replace("<BODY>", BODY).replace("<NUMBER>", NUMBER)


@lru_cache(maxsize=8)
def word_set(name: str, section: str) -> frozenset[str]:
    """The words of a section, separated by blanks."""
    return frozenset(w for line in sections(name)[section] for w in line.split())
