"""Reads a text as people see it: look-alike letters, digits for letters, gaps, stars and hidden characters undone.

Each word keeps its place in the text and has all of its readings, since `1` may be an i or an l.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from confusable_homoglyphs import confusables

LEET: dict[str, str] = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s",
    "!": "il", "|": "li", "+": "t", "€": "e", "£": "l", "¥": "y",
}  # fmt: skip
# The table compares printed shapes closely; these are taken for Latin letters all the same.
DRAWN_ALIKE = {
    "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "и": "u", "я": "r", "п": "n", "κ": "k", "τ": "t", "η": "n",
    "ν": "v", "μ": "u", "ω": "w", "ß": "b", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t",
}  # fmt: skip
STARS = "*#%•"  # stand for one letter that is left out: mostly a vowel
VOWELS = "aeiou"
MOST_READINGS = 40  # of one word
WORDS_OF_ONE = "ia"
LONGEST_RUN = 24  # of letters that stand apart
_TOKEN = re.compile(r"\S+")
_EDGES = ".,;:!?\"'“”‘’«»()[]{}…-–—/\\<>~`^&="
_INSIDE = re.compile(r"[\W_]+")
_LEFT_OUT = re.compile(r"[^\w*#%•@$!|+€£¥]|_")
_RUN = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a joined run of letters: where it stands in the text, and how it can be read, the likeliest first."""

    start: int
    end: int
    readings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read. `plain` is folded only, so that figures and links stand; `at` maps it to the text."""

    words: tuple[Word, ...]
    runs: tuple[Word, ...]
    plain: str
    at: tuple[int, ...]

    @property
    def told(self) -> str:
        """The likeliest reading, words apart by one space."""
        return " ".join(word.readings[0] for word in self.words)


@cache
def look_alikes() -> dict[str, str]:
    """Letters of other scripts that look like one of a to z, by the table of the Unicode consortium."""
    found: dict[str, str] = {}
    for char, alike in confusables.confusables_data.items():
        if len(char) != 1 or char.isascii():
            continue
        letters = [
            a["c"].casefold() for a in alike if len(a["c"]) == 1 and a["c"].isascii() and a["c"].isalpha()
        ]
        if letters:
            found[char] = letters[0]
    return found | DRAWN_ALIKE


def fold(text: str) -> tuple[str, tuple[int, ...]]:
    """The text in plain small letters without marks and hidden characters, and from where each character came."""
    out: list[str] = []
    at: list[int] = []
    alike = look_alikes()
    for place, char in enumerate(text):
        if char.isascii():
            seen = char.casefold()
        else:
            seen = alike.get(char) or "".join(
                alike.get(c, c)
                for c in unicodedata.normalize("NFKD", char).casefold()
                if unicodedata.category(c) not in ("Mn", "Me", "Cf")
            )
        if unicodedata.category(char) in ("Cf", "Mn", "Me"):
            continue
        out.append(seen)
        at += [place] * len(seen)
    return "".join(out), tuple(at)


def read(text: str) -> Reading:
    """Every word of a text with its readings, and every run of letters that stand apart."""
    plain, at = fold(text)
    words: list[Word] = []
    singles: list[list[tuple[int, int, str]]] = [[]]
    for match in _TOKEN.finditer(plain):
        start, end = at[match.start()], at[match.end() - 1] + 1
        readings = readings_of(match[0])
        if readings:
            words.append(Word(start, end, readings))
        bare = _LEFT_OUT.sub("", match[0])
        if len(bare) == 1:
            singles[-1].append((start, end, LEET.get(bare, bare)[0]))
        elif bare and singles[-1]:
            singles.append([])
    singles = [_without_words(run) for run in singles]
    runs = tuple(w for run in singles if len(run) >= 3 for w in _joined(run[:LONGEST_RUN]))
    return Reading(_with_runs(words, singles), runs, plain, at)


def _without_words(run: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """A run of single letters without an "I" or "a" before it: these are words of their own."""
    return run[1:] if len(run) > 3 and run[0][2] in WORDS_OF_ONE else run


def readings_of(token: str) -> tuple[str, ...]:
    """How one word can be read, without marks around it; none for marks alone."""
    found: dict[str, None] = {}
    for bare in dict.fromkeys((token.strip(_EDGES), token)):
        pieces = [p for p in _INSIDE.split(bare) if p]
        for written in (_LEFT_OUT.sub("", bare), *(pieces if len(pieces) > 1 else ())):
            for reading in _undone(written):
                found.setdefault(reading)
                if len(found) >= MOST_READINGS:
                    return tuple(found)
    return tuple(found)


def _undone(written: str) -> list[str]:
    """Digits and signs as letters, stars as vowels, and letters that are drawn out as one or two."""
    if not written:
        return []
    if written.isdecimal():
        return [written]
    options = [_options(char) for char in written]
    if sum(len(o) > 1 for o in options) > 4:
        options = [o[:1] for o in options]
    found: list[str] = []
    for letters in itertools.islice(itertools.product(*options), MOST_READINGS):
        reading = "".join(letters)
        short = _RUN.sub(r"\1", reading)
        found += [reading] if short == reading else [short, _RUN.sub(r"\1\1", reading)]
    return found


def _options(char: str) -> str:
    return VOWELS if char in STARS else LEET.get(char, char)


def _joined(run: list[tuple[int, int, str]]) -> list[Word]:
    """Every stretch of three letters or more of a run of single letters, as a word."""
    found = []
    for first in range(len(run) - 2):
        for last in range(first + 3, len(run) + 1):
            part = run[first:last]
            found.append(Word(part[0][0], part[-1][1], ("".join(letter for _, _, letter in part),)))
    return found


def _with_runs(words: list[Word], singles: list[list[tuple[int, int, str]]]) -> tuple[Word, ...]:
    """The words, with each whole run of single letters as one word, so that phrases are read across it."""
    for run in singles:
        if len(run) < 3:
            continue
        start, end = run[0][0], run[-1][1]
        whole = Word(start, end, ("".join(letter for _, _, letter in run),))
        before = [w for w in words if w.end <= start]
        words = [*before, whole, *(w for w in words if w.start >= end)]
    return tuple(words)
