"""Makes text that people or models wrote harmless before anything shows it: no control characters, no disguises."""

from __future__ import annotations

import re
import unicodedata

# Bidirectional overrides, isolates and marks can make text read backwards; zero-width and tag characters hide it.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff]"
)
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[^\S\n]+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)")
MAX_ACCENTS = 3  # more combining marks than this on one letter are a tower, not a language


def neutralise(text: object) -> str:
    """Text as it may be shown: NFC, no control, override, zero-width or tag characters, few accents per letter."""
    normal = (
        unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    )
    normal = _HIDDEN.sub("", normal)
    out: list[str] = []
    accents = 0
    for char in normal:
        category = unicodedata.category(char)
        if category in ("Cc", "Cs", "Co", "Cn") and char != "\n":
            continue
        accents = accents + 1 if category in ("Mn", "Me") else 0
        if accents <= MAX_ACCENTS:
            out.append(char)
    return _BLANK_LINES.sub("\n\n", "".join(out)).strip("\n")


def one_line(text: object, limit: int = 0) -> str:
    """Neutralised text on a single line, cut to `limit` characters with an ellipsis (0: not cut)."""
    line = _SPACES.sub(" ", neutralise(text).replace("\n", " ")).strip()
    return cut(line, limit) if limit else line


def cut(text: str, limit: int) -> str:
    """The text itself, or its first characters and an ellipsis: never longer than `limit`."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def split_prose(text: str, limit: int) -> list[str]:
    """Cut prose into parts of at most `limit` characters: at paragraph ends, else sentence ends, else words."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        at = _cut_point(rest, limit)
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    if rest:
        parts.append(rest)
    return parts


def _cut_point(text: str, limit: int) -> int:
    window = text[: limit + 1]
    floor = limit // 3  # a part that is shorter than this looks like an accident
    paragraph = window.rfind("\n\n")
    if paragraph > floor:
        return paragraph
    ends = [m.end() for m in _SENTENCE_END.finditer(window) if floor < m.end() <= limit]
    if ends:
        return ends[-1]
    space = max(window.rfind(" "), window.rfind("\n"))
    if space > 0:
        return space
    # Never leave half an escape sequence behind: a backslash belongs to the character after it.
    return limit - 1 if text[limit - 1] == "\\" and not text[: limit - 1].endswith("\\") else limit
