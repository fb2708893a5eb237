"""The mail port: a letter, who carries it, and how carrying fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address, as text and as HTML. `id` is the same for every try to send it."""

    id: str
    to: str
    subject: str
    text: str
    html: str


class MailFailed(Exception):
    """The letter was not taken. The text names no address and no content, so that it may be logged.

    `for_good` says that trying again is useless, such as for an address that the server refuses.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Mailer(Protocol):
    def send(self, letter: Letter) -> None:
        """Raises MailFailed."""
        ...
