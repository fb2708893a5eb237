"""Letters into a folder, for one's own machine: nothing leaves it, and a page of the website shows what was sent."""

from __future__ import annotations

import email
import os
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from api.clock import Clock
from api.mail.port import Letter, MailFailed
from api.mail.smtp import message_of

KEPT = 200
_ID = re.compile(r"[0-9A-Za-z]{26}")


class FolderMailer:
    """One `.eml` file a letter, readable by this user alone; the latest `KEPT` stay."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Raises MailFailed when the folder cannot be written."""
        message = message_of(letter, self._sender, self._clock)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{letter.id}.eml"
            half = path.with_suffix(".part")
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message.as_bytes())
            half.replace(path)
            for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as trouble:
            raise MailFailed(type(trouble).__name__) from None

    def letters(self) -> list[dict[str, Any]]:
        """What lies in the folder, the latest first: `id`, `to`, `subject`, `date`."""
        found = sorted(self._folder.glob("*.eml"), reverse=True)[:KEPT] if self._folder.is_dir() else []
        return [
            {"id": path.stem, **_heads(message)} for path in found if (message := _read(path)) is not None
        ]

    def letter(self, letter_id: str) -> dict[str, Any] | None:
        """One of them with `text` and `html`."""
        if not _ID.fullmatch(letter_id):
            return None
        message = _read(self._folder / f"{letter_id}.eml")
        if message is None:
            return None
        parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
        bodies = {kind: part.get_content() if part else "" for kind, part in parts.items()}
        return {"id": letter_id, **_heads(message), "text": bodies["plain"], "html": bodies["html"]}


def _read(path: Path) -> EmailMessage | None:
    try:
        return email.message_from_bytes(path.read_bytes(), policy=default)
    except OSError:
        return None  # swept away since it was listed


def _heads(message: EmailMessage) -> dict[str, str]:
    return {name: str(message[name] or "") for name in ("to", "subject", "date")}
