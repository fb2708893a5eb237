"""Tells a turn so that only checked sentences are shown: by a model, mended once, finished by who tells only facts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import structlog

from api.llm.checking.checker import Checker, Passage
from api.llm.checking.sentences import joined
from api.llm.checking.verdicts import Fault
from api.llm.port import NarrationRequest, Narrator, NarratorBrokeOff, NarratorUnavailable, NotChosen
from api.rules.proposals import Proposal

log = structlog.get_logger()

OVERLENGTH = 1.6  # a passage may be so many times as long as it was asked to be, then it is cut
ENOUGH = 40  # words of an opening after which only its last sentence is added

Show = Callable[[int, str], None]
Wanted = Callable[[], Awaitable[bool]]


class NotWanted(Exception):
    """The passage was withdrawn, or somebody else tells it: nothing more of it may be shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence as it was shown, and the ids of the events behind it. An empty text is a paragraph break."""

    text: str
    events: tuple[str, ...] = ()


@dataclass(slots=True)
class Telling:
    """A passage. `faults` are the kinds of the sentences that were kept from being shown, `repairs` calls to mend."""

    narrator: str
    told: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    repairs: int = 0
    finished_by: str = ""
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def text(self) -> str:
        return joined([t.text for t in self.told])

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """As the wire has them."""
        return [{"text": t.text, "events": list(t.events)} for t in self.told if t.text]


async def tell_checked(
    checker: Checker,
    narrators: Sequence[Narrator],
    request: NarrationRequest,
    show: Show,
    wanted: Wanted | None = None,
) -> Telling | None:
    """The passage by the first narrator that can tell it; None when none can.

    Each sentence goes to `show(offset, text)` once it is known to be true, never before. A sentence that contradicts
    the facts ends its narrator's stream: the narrator mends the passage from there with one more call, and if that
    fails too, or the stream breaks off, the next narrator that tells only facts adds what was not told yet.

    `wanted` is asked before each sentence; raises NotWanted when it says no.
    """
    faults: list[str] = []
    repairs = 0
    for number, narrator in enumerate(narrators):
        teller = _Teller(checker.begin(request), narrator, request, show, wanted)
        try:
            whole = await teller.tell()
        except NotChosen:
            continue  # by the table of models another one tells this passage
        faults += teller.telling.faults
        repairs += teller.telling.repairs
        if not teller.telling.text:
            log.warning("narrator_said_nothing", narrator=narrator.name, turn_ids=request.turn_ids)
            continue
        if not whole:
            await teller.finish(narrators[number + 1 :])
        telling = teller.telling
        telling.faults, telling.repairs = faults, repairs
        return telling
    return None


def tells_only_facts(narrator: Narrator) -> bool:
    """Whether a narrator composes from facts alone, as the storyteller does, so that nothing must be checked."""
    return bool(getattr(narrator, "tells_only_facts", False))


class _Teller:
    """One narrator at one passage."""

    def __init__(
        self,
        passage: Passage,
        narrator: Narrator,
        request: NarrationRequest,
        show: Show,
        wanted: Wanted | None,
    ) -> None:
        self._wanted = wanted
        self.telling = Telling(narrator.name)
        self._passage = passage
        self._narrator = narrator
        self._request = request
        self._show = show
        self._shown = 0
        self._left = int(request.words * OVERLENGTH)
        self._checks = not tells_only_facts(narrator)

    async def tell(self) -> bool:
        """True when the passage came to its end; False when it must be finished by somebody else."""
        fault = await self._follow(self._narrator.narrate(self._request))
        mend = getattr(self._narrator, "repair", None)
        if isinstance(fault, tuple) and mend is not None:
            sentence, why = fault
            self.telling.repairs += 1
            told = [t.text for t in self.telling.told]
            log.info(
                "narration_repaired",
                narrator=self._narrator.name,
                turn_ids=self._request.turn_ids,
                kind=why.kind,
            )
            fault = await self._follow(mend(self._request, told, sentence, why.reason))
        return fault is None

    async def _follow(self, sentences: AsyncIterator[str | Proposal]) -> tuple[str, Fault] | bool | None:
        """Show sentences as they come. None at a good end, False when they broke off, else what was kept back."""
        try:
            async with aclosing(sentences) as stream:  # type: ignore[type-var]
                async for sentence in stream:
                    if isinstance(sentence, Proposal):
                        self.telling.proposals.append(sentence)
                        continue
                    if self._checks and sentence and self._left <= 0:
                        log.warning(
                            "narration_cut", narrator=self._narrator.name, turn_ids=self._request.turn_ids
                        )
                        return None
                    if self._wanted is not None and not await self._wanted():
                        raise NotWanted
                    fault = self._take(sentence)
                    if fault is not None:
                        return sentence, fault
        except (NotChosen, NotWanted):
            raise
        except NarratorBrokeOff as error:
            log.warning("narration_ended_early", narrator=self._narrator.name, error=str(error))
            return False
        except NarratorUnavailable as error:
            log.warning("narrator_unavailable", narrator=self._narrator.name, error=str(error))
            return False
        except Exception:
            log.exception("narrator_failed", narrator=self._narrator.name, turn_ids=self._request.turn_ids)
            return False
        return None

    def _take(self, sentence: str) -> Fault | None:
        """Check one sentence; show it unless it is at fault."""
        if not sentence:
            self._add(Told(""))
            return None
        if not self._checks:
            self._add_fact(sentence)
            return None
        verdict = self._passage.check(sentence)
        if verdict.fault is not None:
            self.telling.faults.append(verdict.fault.kind)
            log.warning("sentence_kept_back", narrator=self._narrator.name, turn_ids=self._request.turn_ids,
                        kind=verdict.fault.kind, why=verdict.fault.reason)  # fmt: skip
            return verdict.fault
        self._add(Told(sentence, verdict.events))
        self._passage.accept(sentence)
        return None

    def _add_fact(self, sentence: str) -> None:
        """A sentence of who tells only facts: nothing to check, but the table may not want to hear it."""
        events = self._passage.receipts(sentence)
        shown = self._passage.veiled(sentence)
        if shown:
            self._add(Told(shown, events))
            self._passage.accept(shown)

    def _add(self, told: Told) -> None:
        if not told.text and (not self.telling.told or not self.telling.told[-1].text):
            return
        self.telling.told.append(told)
        self._left -= len(told.text.split())
        text = self.telling.text
        if len(text) > self._shown:
            self._show(self._shown, text[self._shown :])
            self._shown = len(text)

    async def finish(self, narrators: Sequence[Narrator]) -> None:
        """Add what was not told yet, in the words of the next narrator that tells only facts."""
        narrator = next((n for n in narrators if tells_only_facts(n)), None)
        if narrator is None:
            return
        known = {e for t in self.telling.told for e in t.events}
        words = sum(len(t.text.split()) for t in self.telling.told)
        all_of_it = self._request.kind == "opening" and words < ENOUGH
        told: list[Told] = []
        try:
            async for sentence in narrator.narrate(self._request):
                shown = self._passage.veiled(sentence) if isinstance(sentence, str) and sentence else ""
                if shown:
                    told.append(Told(shown, self._passage.receipts(str(sentence))))
        except Exception:
            log.exception("narrator_failed", narrator=narrator.name, turn_ids=self._request.turn_ids)
            return
        self.telling.finished_by = narrator.name
        self._add(Told(""))
        for number, one in enumerate(told):
            if all_of_it or set(one.events) - known or number == len(told) - 1:
                self._add(one)
