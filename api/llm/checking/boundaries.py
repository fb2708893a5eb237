"""What a table does not want to hear of: finds sentences that touch it, and says the plain thing where one must stand.

A topic of `data/safety/` is known by its key; any other boundary is a player's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from api.content.catalogue import Content
from api.content.definitions import SafetyDef
from api.llm.checking.sentences import split
from api.llm.port import Boundaries

_SHORT = 4  # letters of a word that surely doubles its last one: `hugged`, never `huged`
_ENDS = re.compile(r"[^aeiou][aeiou][bdgklmnprt]$")


@dataclass(frozen=True, slots=True)
class Topic:
    """One boundary as a reader of sentences. `name` is what players and models call it."""

    name: str
    words: re.Pattern[str] | None
    shows: re.Pattern[str] | None
    near: re.Pattern[str] | None = None
    but: re.Pattern[str] | None = None

    def mentioned(self, text: str) -> bool:
        """Whether a text speaks of it at all."""
        found = _without(self.but, text)
        if self.words is not None and self.words.search(found):
            return self.near is None or bool(self.near.search(found)) or self.shown(text)
        return self.shown(text)

    def shown(self, text: str) -> bool:
        """Whether a text describes it on stage."""
        return self.shows is not None and bool(self.shows.search(_without(self.but, text)))


def _without(pattern: re.Pattern[str] | None, text: str) -> str:
    text = text.replace("’", "'")
    return pattern.sub(" ", text) if pattern is not None else text


class Fence:
    """The boundaries of one table. An empty one stops nothing."""

    def __init__(self, content: Content, boundaries: Boundaries) -> None:
        self.lines = [topic_of(content, t) for t in boundaries.lines]
        self.veils = [topic_of(content, t) for t in boundaries.veils]
        self._content = content

    def __bool__(self) -> bool:
        return bool(self.lines or self.veils)

    def crossed(self, text: str) -> str:
        """The name of the boundary that a text touches; empty when it may be told."""
        for topic in self.lines:
            if topic.mentioned(text):
                return topic.name
        for topic in self.veils:
            if topic.shown(text):
                return topic.name
        return ""

    def allows(self, text: str) -> bool:
        return not self.crossed(text)

    def without(self, passage: str) -> str:
        """A passage that was told before a line was drawn, less the sentences that touch it."""
        if not self.crossed(passage):
            return passage
        blocks = [" ".join(s for s in split(b) if self.allows(s)) for b in passage.split("\n\n")]
        return "\n\n".join(b for b in blocks if b)

    def plainly(self, text: str) -> str:
        """The text with the names that touch a line said neutrally; it may still touch one."""
        if not self.crossed(text):
            return text
        for name, instead in _neutral_names(self._content):
            if name.lower() in text.lower() and self.crossed(name):
                text = re.sub(
                    rf"(?:\b(?:the|an?)\s+)?\b{re.escape(name)}\b", instead, text, flags=re.IGNORECASE
                )
        return text[:1].upper() + text[1:]


def topic_of(content: Content, wanted: str) -> Topic:
    """The reader of a topic's key or of a player's own words."""
    known = content.safety.get(wanted)
    return _known(known) if known is not None else _own_words(wanted)


@lru_cache(maxsize=256)
def _known(one: SafetyDef) -> Topic:
    return Topic(one.name, _any_of(one.words), _any_of(one.shows), _any_of(one.near), _any_of(one.but))


@lru_cache(maxsize=1024)
def _own_words(words: str) -> Topic:
    return Topic(words, _any_of((words.lower(),)), None)


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    parts = [_family(w.replace("’", "'")) for w in words]
    return re.compile(rf"(?<![a-z'])(?:{'|'.join(parts)})(?![a-z])", re.IGNORECASE) if parts else None


def _family(word: str) -> str:
    """A pattern for a word (or several) with the endings that its last one may take."""
    *before, last = word.split()
    lead = "".join(re.escape(w) + r"[\s,]+" for w in before)
    if last.endswith("*"):
        return lead + re.escape(last[:-1]) + r"[a-z]*(?:'s)?"
    if last.endswith("y") and len(last) > 3 and last[-2] not in "aeiou":
        return lead + re.escape(last[:-1]) + r"(?:y(?:'s|ing)?|ies|ied)"
    if last.endswith("e"):
        return lead + re.escape(last[:-1]) + r"(?:e(?:s|d|'s|s')?|ing)"
    double = re.escape(last[-1]) + ("" if len(last) <= _SHORT else "?") if _ENDS.search(last) else ""
    many = "es" if last.endswith(("s", "x", "z", "ch", "sh", "o")) else "s"
    return lead + re.escape(last) + rf"(?:{many}|'s|s'|{double}ed|{double}ing)?"


_NEUTRAL: Mapping[str, str] = {
    "creatures": "the creature", "items": "the thing", "npcs": "somebody", "locations": "the place",
    "scenes": "the place", "regions": "these parts", "encounters": "the fight", "abilities": "a trick",
    "conditions": "out of sorts",
}  # fmt: skip


_names_of: dict[str, tuple[tuple[str, str], ...]] = {}


def _neutral_names(content: Content) -> tuple[tuple[str, str], ...]:
    """Every name that content gives, the longest first, with what may stand for it; read once in a process."""
    if content.content_hash not in _names_of:
        _names_of.clear()
        _names_of[content.content_hash] = _read_names(content)
    return _names_of[content.content_hash]


def _read_names(content: Content) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for kind, instead in _NEUTRAL.items():
        for one in getattr(content, kind).values():
            for name in (one.name, getattr(one, "plural", ""), getattr(one, "adjective", "")):
                if name:
                    found.setdefault(name, instead)
    for scene in content.scenes.values():
        found.setdefault(scene.place, "the place")
        for person in scene.people:
            found.setdefault(person.name, "somebody")
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))
