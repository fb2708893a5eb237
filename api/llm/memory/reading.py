"""Reads facts out of what was posted and what players wrote, by rules and with no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from api.llm.checking.sentences import split
from api.llm.memory.cues import ORDER, SHEET_CLAIM, cues_in
from api.llm.memory.ledger import LONGEST, WEIGHTS, Fact, Kind, short
from api.llm.memory.subjects import SubjectBook
from api.llm.memory.words import SLIGHT, stems_of, words_of

FROM_PASSAGE = 4  # facts of one passage at most, the weightiest
DETAILS = 3  # sentences of one passage at most that no cue marks, those with the most new words
LONG_TEXT = 7  # words of a player's text from which on one new word is enough to find it by
NEW_IN_DETAIL = 2  # words new to the scene that make them worth finding again
FROM_TEXT = 3  # facts of one player's text at most
SHORTEST = 12  # characters of a sentence that tells anything
NEW_TO_TELL = 2  # words that are new to the scene, beside a cue
NEW_TO_SAY = 3  # new words in a player's text that are worth keeping without any cue
_NAME = re.compile(r"[^\W\d_][\w’'-]+")
_LEANS = re.compile(
    r"^[\"“'‘]?(?:he|she|they|it|his|her|their|its|this|that|these|those|there)\b", re.IGNORECASE
)
_ASKS = re.compile(r"\?\W*$")  # most passages end with a question to the players


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the texts of one turn. `familiar` are stems that the scene's own words have: they are no news there.

    `ordinary` says whether the content uses a word somewhere: prose that only sets the mood uses no others.
    `knows_name` says whether content or party have a capitalised word as a name; `heroes` are the party's ids.
    """

    book: SubjectBook
    turn_number: int
    turn_id: str
    familiar: frozenset[str] = field(default_factory=frozenset)
    ordinary: Callable[[str], bool] = lambda word: False
    knows_name: Callable[[str], bool] = lambda word: False
    heroes: frozenset[str] = frozenset()

    def passage(self, text: str, sentences: Iterable[tuple[str, tuple[str, ...]]] = ()) -> list[Fact]:
        """Facts that a posted passage tells; `sentences` are its sentences with the events behind each.

        A sentence that leans on the one before it ("She swears ...") is kept together with it.
        """
        pieces = list(sentences) or [(s, ()) for block in text.split("\n") for s in split(block)]
        found: list[Fact] = []
        before = ""
        for sentence, events in pieces:
            cue = self._worth_telling(sentence)
            if cue is not None:
                whole = f"{before} {sentence}" if before and _LEANS.match(sentence) else sentence
                kept = whole if len(whole) <= LONGEST else sentence
                found.append(self._fact(cue, kept, "told", event_ids=events))
            before = sentence
        details = [f for f in found if f.kind == "detail"]
        details.sort(key=lambda f: -len(self._new(f.text)))
        rest = [f for f in found if f.kind != "detail"]
        return [*_weightiest(rest, FROM_PASSAGE), *details[:DETAILS]]

    def player_text(self, text: str, hero_id: str, hero_name: str, *, refused: bool = False) -> list[Fact]:
        """What a player wrote, as that player's words. Orders to the game and claims about sheets are left out; a
        text that the rules refused is kept as what it was, somebody's words, and without a strong cue as a detail."""
        if ORDER.search(text):
            return []
        found = []
        for piece in self._pieces(text):
            kind = self._worth_saying(piece, refused=refused)
            if kind is None or SHEET_CLAIM.search(piece):
                continue
            fact = self._fact(kind, piece, "player", speaker=hero_name)
            found.append(replace(fact, about=tuple(dict.fromkeys((hero_id, *fact.about)))))
        return _weightiest(found, FROM_TEXT)

    def _pieces(self, text: str) -> Iterator[str]:
        """The whole text while it is short, since its sentences explain each other; else sentence by sentence."""
        whole = " ".join(text.split())
        if len(whole) <= LONGEST:
            yield whole
            return
        yield from (short(s) for s in split(whole))

    def _worth_telling(self, sentence: str) -> Kind | None:
        if _ASKS.search(sentence) or len(sentence) < SHORTEST:
            return None
        if SHEET_CLAIM.search(sentence) and not self.heroes.isdisjoint(self.book.about(sentence)):
            return None  # true when it was told; the sheet says what is true now
        cues = cues_in(sentence)
        strong = next((c for c in cues if c.strong), None)
        if strong is not None and len(self._new(sentence)) >= NEW_TO_TELL:
            return strong.kind
        if self.new_names(sentence):
            return cues[0].kind if cues and cues[0].kind == "place" else "person"
        if cues and self._unheard(sentence):
            return cues[0].kind
        return "detail" if len(self._new(sentence)) >= NEW_IN_DETAIL else None

    def _worth_saying(self, piece: str, *, refused: bool) -> Kind | None:
        cues = cues_in(piece)
        strong = next((c for c in cues if c.strong), None)
        if strong is not None:
            return strong.kind
        new = len(self._new(piece))
        if not refused:
            if self.new_names(piece):
                return "person"
            if cues and new >= NEW_TO_TELL:
                return cues[0].kind
            if new >= NEW_TO_SAY:
                return "said"
        long = new > 0 and len(piece.split()) >= LONG_TEXT
        return "detail" if long or new + bool(cues) >= NEW_TO_TELL else None

    def _unheard(self, text: str) -> bool:
        """Whether a word stands in it that the content never uses."""
        return any(
            w not in SLIGHT and not self.ordinary(w) and not self.knows_name(w) for w in words_of(text)
        )

    def _new(self, text: str) -> list[str]:
        return [s for s in stems_of(text) if s not in self.familiar]

    def new_names(self, text: str) -> list[str]:
        """Capitalised words that no content and no hero is called by; a sentence's first word counts when the next has
        a capital, too."""
        found = []
        words = list(_NAME.finditer(text))
        for i, match in enumerate(words):
            word = match[0]
            bare = re.sub(r"['’]s?$", "", word)
            if not word[0].isupper() or bare.lower() in SLIGHT or self.knows_name(bare):
                continue
            first = (
                not text[: match.start()].strip("\"“”'‘’ (—–-")
                or text[: match.start()].rstrip()[-1:] in ".!?:"
            )
            next_is_name = i + 1 < len(words) and words[i + 1][0][:1].isupper()
            if not first or next_is_name:
                found.append(bare)
        return found

    def _fact(
        self, kind: Kind, text: str, source: str, *, speaker: str = "", event_ids: tuple[str, ...] = ()
    ) -> Fact:
        weight = WEIGHTS[kind] + bool(self.new_names(text))
        return Fact(
            kind, short(text), "told" if source == "told" else "player", self.turn_number, self.turn_id,
            self.book.about(text), event_ids, speaker, weight,
        )  # fmt: skip


def is_sheet_claim(text: str) -> bool:
    """Whether a text speaks of what a sheet holds (things, gold, health): the sheet alone may say that."""
    return bool(SHEET_CLAIM.search(text) or ORDER.search(text))


def _weightiest(found: list[Fact], most: int) -> list[Fact]:
    kept = sorted(range(len(found)), key=lambda i: (-found[i].weight, i))[:most]
    return [found[i] for i in sorted(kept)]
