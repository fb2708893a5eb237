"""What heroes are called in a passage: the full name when first mentioned, the given name from then on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

_PLAIN = re.compile(r"[^\W\d_]{2,}")
_TITLES = frozenset(
    _PLAIN.findall(
        "the an old young big little sir dame lady lord captain doctor father mother brother sister saint master"
        " mistress king queen prince princess baron count duke"
    )
)


def given_name(name: str) -> str:
    """The first word of a name that has more than one, if it is a plain word and no title; else empty."""
    first, _, rest = name.partition(" ")
    plain = bool(rest.strip()) and _PLAIN.fullmatch(first) and first.casefold() not in _TITLES
    return first if plain else ""


def given_names(names: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Full name to given name, for those that nobody else of the party or the story (`taken`) answers to."""
    full = list(dict.fromkeys(names))
    words = Counter(word.casefold() for name in full for word in set(name.split()))
    others = {word.casefold() for word in taken}
    found = {name: given_name(name) for name in full}
    return {
        name: given
        for name, given in found.items()
        if given and words[given.casefold()] == 1 and given.casefold() not in others
    }


class Naming:
    """Remembers who was mentioned in full in the passage in hand."""

    def __init__(self, names: Iterable[str], taken: Collection[str] = ()) -> None:
        self._given = given_names(names, taken)
        self._full = {name: re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in self._given}
        self._mentioned: set[str] = set()

    def shorten(self, text: str) -> str:
        """The text with given names wherever the full name stands already, here or earlier in the passage."""
        for name, pattern in self._full.items():
            if name not in text:
                continue
            head, rest = "", text
            if name not in self._mentioned:
                first = pattern.search(text)
                if first is None:
                    continue
                head, rest = text[: first.end()], text[first.end() :]
            text = head + pattern.sub(self._given[name], rest)
        return text

    def mark(self, text: str) -> None:
        """These words are told: whoever stands in them in full has been introduced."""
        self._mentioned |= {name for name in self._given if name in text}

    def called(self, name: str) -> tuple[str, ...]:
        """The full name and, if there is one, the given name."""
        return (name, self._given[name]) if name in self._given else (name,)

    def stands_in(self, name: str, text: str) -> bool:
        """Whether the text speaks of the hero of this full name."""
        return any(re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", text) for form in self.called(name))
