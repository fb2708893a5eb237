"""What was told lately: finds repeated sentences, near-repeats once names are masked, and worn phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from api.llm.storyteller.english import NUMBER_WORDS, ORDINAL_WORDS, PRONOUNS, split_sentences

NEVER = 10_000  # the age of a phrase that does not stand in memory
EXACT = 2.0  # the likeness of a sentence that was told word for word
TOO_LIKE = 0.76  # masked sentences at least this alike count as repeated; the gate allows 0.85
HOPELESS = 0.86  # so alike that no closer match need be looked for
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_NUMBERS = frozenset(NUMBER_WORDS[1:]) | frozenset(ORDINAL_WORDS[1:]) | {"both", "dozen"}
_PRONOUN_WORDS = frozenset(
    word for p in PRONOUNS.values() for word in (p.they, p.them, p.their, p.theirs, p.themself)
) - {"it", "its", "itself"}


def words_of(text: str) -> list[str]:
    """Lower-case words; curly apostrophes are straightened and a possessive 's is dropped."""
    return [
        word[:-2] if word.endswith("'s") and len(word) > 3 else word
        for word in _WORD.findall(text.lower().replace("\u2019", "'"))
    ]


def keys_of(runs: Iterable[str]) -> tuple[str, ...]:
    """The word runs by which a template's literal text is recognised in a passage: threes, or what there is."""
    keys: list[str] = []
    for run in runs:
        words = [_stem(_plain(w)) for w in words_of(run)]
        size = min(3, len(words))
        if size:
            keys += [" ".join(words[i : i + size]) for i in range(len(words) - size + 1)]
    long = [k for k in keys if k.count(" ") == 2]
    return tuple(dict.fromkeys(long or [k for k in keys if " " in k] or keys))[:6]


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, stemmed."""
    return frozenset(_stem(w) for w in words_of(text) if len(w) > 3) - _SLIGHT


def _stem(word: str) -> str:
    """So that `lifts` and `lift` are the same phrase."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _plain(word: str) -> str:
    if word in _PRONOUN_WORDS:
        return "~"
    return "#" if word in _NUMBERS or word.isdigit() else word


_SLIGHT = frozenset(
    _stem(w)
    for w in _WORD.findall(
        "that this with from have been will would when then there their them they what which whose where while"
        " into over under after before upon than only just even ever never again also very much many more most"
        " some somebody nobody every each other another about round back down"
    )
)


class Masker:
    """Replaces names (of heroes, creatures, items, people and places) and numbers by one sign each."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for name in names:
            words = tuple(words_of(name))
            if len(words) > 1 and words[0] in ("the", "a", "an"):
                words = words[1:]
            if words:
                self._by_first.setdefault(words[0], []).append(words)
        for known in self._by_first.values():
            known.sort(key=len, reverse=True)

    def with_names(self, names: Iterable[str]) -> Masker:
        """A masker that knows these names too."""
        more = Masker(names)
        for first, known in self._by_first.items():
            more._by_first.setdefault(first, []).extend(known)
            more._by_first[first].sort(key=len, reverse=True)
        return more

    def mask(self, text: str) -> tuple[str, ...]:
        words = words_of(text)
        out: list[str] = []
        i = 0
        while i < len(words):
            for name in self._by_first.get(words[i], ()):
                if tuple(words[i : i + len(name)]) == name:
                    i += len(name)
                    if not out or out[-1] != "#":
                        out.append("#")
                    break
            else:
                word = _plain(words[i])
                if word != "#" or not out or out[-1] != "#":
                    out.append(word)
                i += 1
        return tuple(out)


@dataclass(frozen=True, slots=True)
class ToldSentence:
    """A sentence as remembered."""

    plain: str
    words: tuple[str, ...]
    kinds: frozenset[str]
    joined: str


@dataclass(frozen=True, slots=True)
class ToldPassage:
    """A passage as remembered: its sentences and all runs of one to three masked words."""

    sentences: tuple[ToldSentence, ...]
    runs: frozenset[str]


def _runs(masked: Sequence[str]) -> Iterable[str]:
    words = [_stem(word) for word in masked]
    for i, word in enumerate(words):
        yield word
        if i + 1 < len(words):
            yield f"{word} {words[i + 1]}"
        if i + 2 < len(words):
            yield f"{word} {words[i + 1]} {words[i + 2]}"


def remember_sentence(masker: Masker, sentence: str) -> ToldSentence:
    words = masker.mask(sentence)
    return ToldSentence(" ".join(words_of(sentence)), words, frozenset(words), " ".join(words))


def remember_passage(masker: Masker, passage: str) -> ToldPassage:
    sentences = tuple(
        remember_sentence(masker, s) for block in passage.split("\n") for s in split_sentences(block)
    )
    return ToldPassage(sentences, frozenset(run for s in sentences for run in _runs(s.words)))


class Memory:
    """The last passages, oldest first, and what the passage in hand already says."""

    def __init__(self, masker: Masker, passages: Sequence[ToldPassage]) -> None:
        self._masker = masker
        self._sentences = [s for passage in reversed(passages) for s in passage.sentences]
        self._exact = {s.plain for s in self._sentences}
        self._age: dict[str, int] = {}
        for i, passage in enumerate(passages):
            self._age.update(dict.fromkeys(passage.runs, len(passages) - i))

    def wear_out(self, passage: ToldPassage) -> None:
        """Word runs of a passage that is told anew: other texts are drawn where there are any. The facts' own words may
        come again, for who reads the new passage has not read the old one."""
        self._age.update(dict.fromkeys(passage.runs, 1))

    def likeness(self, text: str) -> float:
        """How much the most similar remembered sentence resembles one of the text's: 0 to 1, or EXACT."""
        worst = 0.0
        for part in split_sentences(text):
            candidate = remember_sentence(self._masker, part)
            if candidate.plain in self._exact:
                return EXACT
            if len(candidate.words) >= 4:
                worst = max(worst, self._nearest(candidate))
        return worst

    def _nearest(self, candidate: ToldSentence) -> float:
        worst = 0.0
        size = len(candidate.kinds)
        kinds = candidate.kinds
        for told in self._sentences:
            shared = len(kinds & told.kinds)
            if shared * 2 < 0.56 * (size + len(told.kinds)):
                continue
            worst = max(worst, likeness(candidate, told))
            if worst > HOPELESS:
                break
        return worst

    def age(self, keys: tuple[str, ...]) -> int:
        """How many passages ago all these word runs were last told (0: in this one), or NEVER."""
        oldest = 0
        for key in keys:
            age = self._age.get(key, NEVER)
            if age == NEVER:
                return NEVER
            oldest = max(oldest, age)
        return oldest if keys else NEVER

    def age_of_phrase(self, phrase: str) -> int:
        """As `age`, for a piece of authored text."""
        return self.age(keys_of([phrase]))

    def remember(self, text: str) -> None:
        """Add sentences of the passage in hand."""
        for part in split_sentences(text):
            told = remember_sentence(self._masker, part)
            self._sentences.insert(0, told)
            self._exact.add(told.plain)
            self._age.update(dict.fromkeys(_runs(told.words), 0))


def likeness(one: ToldSentence, other: ToldSentence) -> float:
    """The greatest of three measures: shared kinds of words, word sequence, letter sequence."""
    kinds = 2 * len(one.kinds & other.kinds) / max(1, len(one.kinds) + len(other.kinds))
    words = SequenceMatcher(None, one.words, other.words, autojunk=False).ratio()
    if max(kinds, words) < 0.5:
        return max(kinds, words)
    letters = SequenceMatcher(None, one.joined, other.joined, autojunk=False).ratio()
    return max(kinds, words, letters)
