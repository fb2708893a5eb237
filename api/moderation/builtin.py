"""The built-in moderator: lists and patterns, held against a text as people read it."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from api.moderation.lists import Lists, digest, standard_lists
from api.moderation.normalise import Reading, Word, read
from api.moderation.port import Audience, Category, Verdict, Where

PHRASE = 3  # words of the longest term
VARIANTS = 6  # readings of a text that patterns are held against
SEVERITY = {"allow": 0, "soften": 1, "refuse": 2}
LONGEST = 20_000  # characters that are read; whoever asks has set a limit far below


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a list names, by its place in the text and, for what counts only near others, among the words."""

    category: Category
    start: int
    end: int
    word: int


class ListModerator:
    """Implements `api.moderation.port.Moderator` with lists alone: no network, and the same answer every time."""

    name = "lists"

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._digest = lru_cache(maxsize=20_000)(digest)

    def look(self, text: str, where: Where, audience: Audience) -> Verdict:
        reading = read(text[:LONGEST])
        worst = Verdict()
        for found in self._all(reading, where):
            action = self._lists.policy[found.category, audience]
            graver = found.category == "minors" != worst.category
            if SEVERITY[action] > SEVERITY[worst.action] - graver:
                worst = Verdict(action, found.category, found.start, found.end)
        return worst

    def _all(self, reading: Reading, where: Where) -> list[Found]:
        found = self._terms(reading, where)
        for regex, pattern in self._lists.patterns:
            if pattern.reads == "text" and where in pattern.where:
                found += [_in_text(reading, m, pattern.category) for m in regex.finditer(reading.plain)]
        for told, starts in _variants(reading):
            found += self._in_order(reading, told, starts, where, found)
        return found

    def _in_order(
        self, reading: Reading, told: str, starts: list[int], where: Where, known: list[Found]
    ) -> list[Found]:
        """What patterns find in one reading of the text, and what is unwelcome only near what was found before."""
        found: list[Found] = []
        for regex, pattern in self._lists.patterns:
            if pattern.reads == "words" and where in pattern.where:
                found += [_in_words(reading, starts, m, pattern.category) for m in regex.finditer(told)]
        for regex, beside, rule in self._lists.together:
            near = [f.word for f in (*known, *found) if f.category in rule.near]
            if beside is not None:
                near += [_word_at(starts, m.start()) for m in beside.finditer(told)]
            if not near:
                continue
            for match in regex.finditer(told):
                at = _word_at(starts, match.start())
                if any(abs(at - other) <= rule.within for other in near):
                    found.append(_in_words(reading, starts, match, rule.category))
        return found

    def _terms(self, reading: Reading, where: Where) -> list[Found]:
        """Words and phrases that a list names, in any of their readings."""
        found: list[Found] = []
        words = reading.words
        for index, word in enumerate(words):
            phrases = [words[index : index + size] for size in range(2, PHRASE + 1)]
            told = {" ".join(w.readings[0] for w in part): part[-1].end for part in phrases}
            if not self._lists.allow.isdisjoint(told):
                continue  # a word that is welcome in this company
            self._note(found, word, word.readings, index, where)
            for phrase, end in told.items():
                self._note(found, Word(word.start, end, ()), (phrase,), index, where)
        for run in reading.runs:
            self._note(
                found, run, run.readings, bisect.bisect([w.start for w in words], run.start) - 1, where
            )
        return found

    def _note(
        self, found: list[Found], word: Word, readings: tuple[str, ...], index: int, where: Where
    ) -> None:
        for one in readings:
            known = self._lists.hashes.get(self._digest(one))
            if known is not None and where in known[1] and one not in self._lists.allow:
                found.append(Found(known[0], word.start, word.end, max(0, index)))
                return


def _variants(reading: Reading) -> list[tuple[str, list[int]]]:
    """The text in its likeliest readings, each with where in it every word begins: the first readings of all words,
    then the second where a word has one, and so on."""
    most = min(VARIANTS, max((len(word.readings) for word in reading.words), default=0))
    found: dict[str, list[int]] = {}
    for number in range(most):
        said = [word.readings[min(number, len(word.readings) - 1)] for word in reading.words]
        starts, length = [], 0
        for one in said:
            starts.append(length)
            length += len(one) + 1
        found.setdefault(" ".join(said), starts)
    return list(found.items())


def _word_at(starts: list[int], place: int) -> int:
    return max(0, bisect.bisect_right(starts, place) - 1)


def _in_words(reading: Reading, starts: list[int], match: re.Match[str], category: Category) -> Found:
    first, last = _word_at(starts, match.start()), _word_at(starts, max(match.start(), match.end() - 1))
    return Found(category, reading.words[first].start, reading.words[last].end, first)


def _in_text(reading: Reading, match: re.Match[str], category: Category) -> Found:
    start, end = reading.at[match.start()], reading.at[match.end() - 1] + 1
    return Found(category, start, end, max(0, bisect.bisect([w.start for w in reading.words], start) - 1))


@cache
def standard_moderator() -> ListModerator:
    """With the built-in lists alone, made once."""
    return ListModerator(standard_lists())
