"""A fact of the ledger: one thing worth knowing later, where it came from, and what it is about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "person", "promise", "place", "debt", "secret", "appointment", "question", "quest", "clue", "deed", "said", "claim",
    "detail",
]  # fmt: skip
Source = Literal["event", "told", "player", "pin"]

KINDS: tuple[Kind, ...] = (
    "person", "promise", "place", "debt", "secret", "appointment", "question", "quest", "clue", "deed", "said", "claim",
    "detail",
)  # fmt: skip
LONGEST = 300  # characters of a fact
LEAST_WEIGHT, MOST_WEIGHT = 1, 10
WEIGHTS: dict[Kind, int] = {
    "promise": 8, "debt": 8, "secret": 7, "appointment": 7, "person": 6, "place": 5, "question": 5, "quest": 6,
    "clue": 7, "deed": 4, "said": 2, "claim": 1, "detail": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """`source`: `event` (code committed it), `told` (a posted passage says it), `player` (a player wrote it in a
    turn), `pin` (a player wrote it into the memories).

    `speaker` is whose words a player's fact is in. `about` are content keys and hero ids, `event_ids` as in a
    narration's sentences, `weight` is 1 to 10. A `claim` is what a player says about a sheet; it never reaches a
    prompt, because the sheet stands there.
    """

    kind: Kind
    text: str
    source: Source
    turn_number: int
    turn_id: str = ""
    about: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    speaker: str = ""
    weight: int = 1

    @property
    def plain(self) -> str:
        """As it is compared: the same thing told twice is one fact."""
        return plain(self.text)


def plain(text: str) -> str:
    """A text without what makes no difference to what it says."""
    return " ".join(text.lower().split()).rstrip(".!?… ")


def fact_id(session_id: str, fact: Fact) -> str:
    """The same fact of the same session has the same id, so that a job which runs twice adds nothing."""
    voice = fact.speaker if fact.source in ("player", "pin") else ""
    digest = hashlib.sha256(f"{session_id}|{voice}|{fact.plain}".encode()).hexdigest()
    return f"m{digest[:30]}"


def short(text: str, limit: int = LONGEST) -> str:
    """On one line, cut at a word where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + "…"
