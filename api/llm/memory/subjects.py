"""Whom and what a text is about: content keys and hero ids, by the names that stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from api.content.catalogue import Content
from api.llm.memory.words import words_of

_TITLES = frozenset(
    {"the", "a", "an", "of", "old", "saint", "sister", "brother", "mother", "father", "captain"}
)


class SubjectBook:
    """Finds names of content and heroes in prose. A first name is enough where only one thing bears it."""

    def __init__(self, content: Content) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        people = {p.key: p.name for s in content.scenes.values() for p in s.people}
        people |= {p.key: p.name for p in content.npcs.values()}
        named = dict(people)
        for kind in (content.locations, content.scenes, content.quests, content.factions, content.items):
            for key, one in kind.items():
                named.setdefault(key, one.name)
        self.names: Mapping[str, str] = named
        for key, name in named.items():
            self._add(tuple(words_of(name)), key)
        self._add_short(people)

    def with_heroes(self, heroes: Mapping[str, str]) -> SubjectBook:
        """A book that knows these heroes (id to name) as well."""
        more = object.__new__(SubjectBook)
        more._by_first = {k: list(v) for k, v in self._by_first.items()}
        more.names = {**self.names, **heroes}
        for key, name in heroes.items():
            more._add(tuple(words_of(name)), key)
        more._add_short(heroes)
        return more

    def about(self, text: str) -> tuple[str, ...]:
        """The keys of all that is named, in order, each once."""
        return tuple(dict.fromkeys(key for _, key in self._read(text) if key))

    def besides(self, text: str) -> str:
        """The words that are no part of a known name."""
        return " ".join(word for word, key in self._read(text) if not key)

    def _read(self, text: str) -> Iterator[tuple[str, str]]:
        """Each word with the key of the name that it is part of, if any."""
        words = words_of(text)
        i = 0
        while i < len(words):
            fits = (e for e in self._by_first.get(words[i], ()) if tuple(words[i : i + len(e[0])]) == e[0])
            name, key = next(fits, ((words[i],), ""))
            yield from ((word, key) for word in name)
            i += len(name)

    def _add(self, name: tuple[str, ...], key: str) -> None:
        if name and name[0] in ("the", "a", "an"):
            name = name[1:]
        if name:
            known = self._by_first.setdefault(name[0], [])
            known.append((name, key))
            known.sort(key=lambda entry: len(entry[0]), reverse=True)

    def _add_short(self, people: Mapping[str, str]) -> None:
        """Single words of people's names that only one of them has."""
        owners: dict[str, set[str]] = {}
        for key, name in people.items():
            for word in _single(name):
                owners.setdefault(word, set()).add(key)
        for word, keys in owners.items():
            if len(keys) == 1:
                self._add((word,), next(iter(keys)))


def _single(name: str) -> Iterable[str]:
    """The words of a name that may stand for it: those with a capital."""
    for part in name.split():
        low = words_of(part)
        if part[:1].isupper() and low and low[0] not in _TITLES and len(low[0]) > 2:
            yield low[0]
