"""Guesses what somebody meant who mistyped an expression: small mends, each tried in turn."""

from __future__ import annotations

import re
from collections.abc import Callable

_I = re.IGNORECASE | re.ASCII
_MENDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[\u2212\u2013\u2014]"), "-"),
    (re.compile("\u00d7"), "x"),
    (re.compile("\u00f7"), "/"),
    (re.compile(r"(?<=[0-9]),(?=[0-9]{3})"), ""),
    (re.compile(r"(?<![a-z])([0-9]*)w(?=[0-9])", _I), r"\1d"),
    (re.compile(r"\+(\s*\+)+"), "+"),
    (re.compile(r"-(\s*-)+"), "-"),
    (re.compile(r"!{2,}"), "!"),
    (re.compile(r"(?<=[0-9])r(?=\s*[<>=0-9])", _I), "ro"),
    (re.compile(r"(?<![a-z])d(?!\s*[0-9%a-z])", _I), "d20"),
    (re.compile(r"(?<=[0-9])p(?!\s*[<>=hl0-9])", _I), "pl1"),
    (re.compile(r"(?<=[0-9])\s+(?=[0-9]*d[0-9])", _I), "+"),
    (re.compile(r"[\s+*/,;.-]+$"), ""),
)
_BARE_KEEP = re.compile(r"([0-9]+)(\s*d\s*[0-9]+\s*)kh?(?!\s*[<>=hl0-9])", _I)


def likely_meant(text: str, is_legal: Callable[[str], bool]) -> str:
    """The mended text, once it is legal; empty when no mend helps. At most one trial for each mend."""
    mended = text.strip()
    for pattern, replacement in _MENDS:
        changed = pattern.sub(replacement, mended)
        if changed != mended:
            mended = changed
            if is_legal(mended):
                return mended
    trials = (_BARE_KEEP.sub(_keep_all_but_one, mended), _closed(mended), _closed(_opened(mended)))
    return next((trial for trial in trials if trial != text and is_legal(trial)), "")


def _keep_all_but_one(match: re.Match[str]) -> str:
    """`4d6k` drops one die, as hero's scores are rolled; `2d20k` keeps the better."""
    count = int(match[1][:3])
    return f"{match[1]}{match[2]}kh{max(1, count - 1)}"


def _closed(text: str) -> str:
    return text + ")" * max(0, text.count("(") - text.count(")"))


def _opened(text: str) -> str:
    """Without closing parentheses that were never opened."""
    kept, depth = "", 0
    for char in text:
        depth += (char == "(") - (char == ")")
        kept += char if depth >= 0 else ""
        depth = max(0, depth)
    return kept
