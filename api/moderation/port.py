"""The moderation port: a text, where it stands and for whom, and what is to be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

Action = Literal["allow", "soften", "refuse"]
Category = Literal[
    "hate", "minors", "sexual", "gore", "gore_extreme", "self_harm", "harassment", "personal", "links", "advertising"
]  # fmt: skip
Where = Literal["action", "chat", "name", "prose", "memory"]
Audience = Literal["everyone", "teen", "mature"]
ACTIONS: tuple[Action, ...] = get_args(Action)
CATEGORIES: tuple[Category, ...] = get_args(Category)
PLACES: tuple[Where, ...] = get_args(Where)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
USUAL: Audience = "teen"  # of a session that names no rating


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a text. `start` and `end` are the part of it that is meant.

    allow: nothing is wrong. soften: the part is left out, or told more gently. refuse: the whole is not taken.
    """

    action: Action = "allow"
    category: Category | None = None
    start: int = 0
    end: int = 0

    def softened(self, text: str) -> str:
        """The text without the part that is meant."""
        return (
            " ".join(f"{text[: self.start]}…{text[self.end :]}".split()) if self.action != "allow" else text
        )


class Moderator(Protocol):
    """Looks at texts. Safe to share between threads."""

    name: str

    def look(self, text: str, where: Where, audience: Audience) -> Verdict: ...


class ModerationUnavailable(Exception):
    """Whoever was asked cannot say now. The text is safe to log."""
