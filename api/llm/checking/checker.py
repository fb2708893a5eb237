"""The checker: one object for all content, one passage object for each telling."""

from __future__ import annotations

from api.content.catalogue import Content
from api.llm.checking.authored import Authored
from api.llm.checking.boundaries import Fence
from api.llm.checking.conditions import states
from api.llm.checking.debris import debris, leaks
from api.llm.checking.deeds import deeds, harvest
from api.llm.checking.facts import Facts
from api.llm.checking.harm import harm
from api.llm.checking.names import NameBook, Names, told_of_heroes
from api.llm.checking.reading import Context, Reader, Reading
from api.llm.checking.receipts import receipts
from api.llm.checking.sentences import closes, normal, split
from api.llm.checking.things import things
from api.llm.checking.unwelcome import unwelcome
from api.llm.checking.veiling import Veil
from api.llm.checking.verdicts import Fault, Verdict
from api.llm.checking.voices import voices
from api.llm.port import NarrationRequest
from api.moderation.builtin import standard_moderator
from api.moderation.port import Moderator

MOST_ALIKE = 2  # a sentence of a passage may come twice for effect, not more


class Checker:
    """Compares prose with facts. Holds what all passages of one content share; safe to use from many tasks."""

    def __init__(self, content: Content, moderator: Moderator | None = None) -> None:
        self._moderator = moderator or standard_moderator()
        self._content = content
        self._book = NameBook(content)
        self._verbs = harvest(told_of_heroes(content))

    def begin(self, request: NarrationRequest) -> Passage:
        """The checker of one passage; its sentences must come in order."""
        return Passage(Facts(self._content, request), self._book, self._verbs, self._moderator)


_kept: dict[tuple[str, int], Checker] = {}


def checker_of(content: Content, moderator: Moderator | None = None) -> Checker:
    """The checker of this content and this moderator, by default the built-in lists; made once in a process."""
    moderator = moderator or standard_moderator()
    key = (content.content_hash, id(moderator))
    if key not in _kept:
        _kept.clear()
        _kept[key] = Checker(content, moderator)
    return _kept[key]


class Passage:
    """Checks the sentences of one passage. Remembers who was spoken of, so that a pronoun is somebody."""

    def __init__(self, facts: Facts, book: NameBook, verbs: frozenset[str], moderator: Moderator) -> None:
        self.facts = facts
        self._moderator = moderator
        self._reader = Reader(facts)
        self._authored = Authored(facts, verbs)
        self._names = Names(book, facts)
        self._context = Context()
        self._fence = Fence(facts.content, facts.request.boundaries)
        self._veil = Veil(self._fence, facts)

    def veiled(self, sentence: str) -> str:
        """A sentence of who tells only facts as this table may read it; empty when the passage is better without it."""
        if self._fence.allows(sentence):
            return sentence
        return self._veil.instead_of(sentence, self.receipts(sentence))

    def _crosses(self, sentence: str) -> Fault | None:
        touched = self._fence.crossed(sentence)
        if not touched:
            return None
        return Fault("line", f"The players asked to leave this out: {touched}. Tell on without it.")

    def check(self, sentence: str) -> Verdict:
        """Whether a finished sentence may be shown after those that were accepted before, and the events behind it."""
        reading = self._reader.read(sentence, self._context)
        fault = (
            debris(reading)
            or self._loops(sentence)
            or self._crosses(sentence)
            or unwelcome(self._moderator, sentence, self.facts.request)
        )
        if fault is None and not closes(sentence):
            fault = Fault("debris", "The sentence has no end.")
        if fault is None and not self._authored.tells(sentence):
            fault = (
                leaks(reading)
                or self._names.check(reading)
                or harm(reading)
                or states(reading)
                or things(reading, self._authored)
                or voices(reading, self._authored)
                or deeds(reading, self._authored)
                or self._in_speech(reading)
            )
        return (
            Verdict(fault)
            if fault
            else Verdict(None, receipts(reading, self.facts, self._authored.behind(sentence)))
        )

    def _in_speech(self, reading: Reading) -> Fault | None:
        """What somebody of the world says of a hero by name is held against the facts like narration."""
        for quote in reading.quotes:
            for sentence in split(quote.strip("\"“”„«»‘’' ")):
                inner = self._reader.read(sentence, Context())
                if not any(f.kind == "hero" for f in inner.named):
                    continue
                fault = harm(inner) or states(inner) or things(inner, self._authored)
                if fault is not None:
                    return fault
        return None

    def accept(self, sentence: str) -> None:
        """It is shown: later sentences may lean on it."""
        reading = self._reader.read(sentence, self._context)
        context = self._context
        for figure in reading.named:
            if figure in context.mentioned:
                context.mentioned.remove(figure)
            context.mentioned.append(figure)
        if reading.named:
            context.last = reading.named
        context.open_mark = reading.open_mark
        context.told.append(normal(sentence))

    def receipts(self, sentence: str) -> tuple[str, ...]:
        """The events behind a sentence that needs no check."""
        reading = self._reader.read(sentence, self._context)
        return receipts(reading, self.facts, self._authored.behind(sentence))

    def _loops(self, sentence: str) -> Fault | None:
        """A sentence over and over, or one phrase over and over within a sentence."""
        told = normal(sentence)
        if self._context.told.count(told) >= MOST_ALIKE or (len(told) > 40 and told in self._context.told):
            return Fault("loop", "This was said already; go on instead of repeating it.")
        parts = told.split()
        for size in (1, 2, 3, 4):
            run = parts[:size]
            for start in range(len(parts) - 4 * size + 1):
                run = parts[start : start + size]
                if all(parts[start + k * size : start + (k + 1) * size] == run for k in range(1, 5)):
                    return Fault("loop", f"Say it once, not over and over ({' '.join(run)}).")
        return None
