"""What people typed, made harmless to keep and show: one way in for every text field."""

from __future__ import annotations

import re
import unicodedata

from api.errors import Invalid

# Invisible direction controls reorder what others see; zero-width characters hide words. Joiners of emoji stay.
_BIDI = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_STACK = 2  # combining marks on one letter; real scripts need no more after NFC
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")


def clean_text(text: str, field: str, *, limit: int, lines: bool = False) -> str:
    """NFC, no control or direction characters, at most two stacked accents, spaces folded, ends trimmed.

    Raises Invalid when nothing is left or when it is longer than `limit` characters.
    """
    if len(text) > limit * 4:
        raise Invalid(field, f"is {len(text)} characters long; at most {limit} are read")
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept: list[str] = []
    stacked = 0
    for char in _BIDI.sub("", text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            stacked += 1
            if stacked > _STACK:
                continue
        else:
            stacked = 0
        if char == "\n" and lines:
            kept.append(char)
        elif category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cs", "Co", "Cn"):
            kept.append(char)
    cleaned = _SPACES.sub(" ", "".join(kept))
    cleaned = re.sub(r" *\n[ \n]*", "\n", cleaned).strip()
    # Joiners, tags and selectors show nothing by themselves.
    if not any(unicodedata.category(c)[0] in "LNPS" for c in cleaned):
        raise Invalid(field, "is empty; write a few words")
    if len(cleaned) > limit:
        raise Invalid(field, f"is {len(cleaned)} characters long; at most {limit} are read")
    return cleaned
