"""Texts as the terms by which a memory is found again: stems of the words that carry meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_ENDINGS = re.compile(r"['’](?:s|ll|d|re|ve|m|t)?$")
_stemmer = snowballstemmer.stemmer("english")


def _lines(name: str) -> list[str]:
    lines = (Path(__file__).parent / "lexicon" / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


SLIGHT = frozenset(word for line in _lines("slight.txt") for word in line.split())
_IRREGULAR = {
    form: word
    for word, _, forms in (line.partition(": ") for line in _lines("irregular.txt"))
    for form in forms.split()
}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """`promised` and `promises` are one term, and so are `taught` and `teach`."""
    return str(_stemmer.stemWord(_IRREGULAR.get(word, word)))


_CONCEPTS: dict[str, set[str]] = {}
for _concept, _, _names in (line.partition(": ") for line in _lines("concepts.txt")):
    for _name in _names.split():
        _CONCEPTS.setdefault(stem(_name), set()).add(f"~{_concept}")


def concepts_of(stems: Iterable[str]) -> list[str]:
    """What these stems are other words for, each with a `~` before it."""
    return sorted({concept for word in stems for concept in _CONCEPTS.get(word, ())})


def words_of(text: str) -> list[str]:
    """The words as they stand, in small letters, without possessive and shortened endings."""
    return [_ENDINGS.sub("", m[0]).lower() for m in _WORD.finditer(text)]


def stems_of(text: str) -> list[str]:
    """The stems of the words that carry meaning, each once, in order."""
    return list(dict.fromkeys(stem(w) for w in words_of(text) if w not in SLIGHT and len(w) > 1))
