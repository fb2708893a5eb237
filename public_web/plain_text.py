"""Makes text that a person or a model wrote harmless to a page's layout; escaping is the templates' part."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_STACKED = 2  # combining marks in a row that a letter may carry


def clean(text: str) -> str:
    """Without control characters and direction overrides, and with at most two accents on a letter."""
    shown: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", _HIDDEN.sub("", text)):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _STACKED:
            shown.append(letter)
    return "".join(shown)


def paragraphs(text: str | None) -> list[str]:
    """A passage cut at its blank lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text or "") if part.strip()]
