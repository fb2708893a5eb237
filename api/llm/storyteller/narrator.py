"""The built-in narrator: composes a passage from committed facts, content and word material, and yields it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path

from api.content.catalogue import Content
from api.llm.port import NarrationRequest
from api.llm.proposals.built_in import propose
from api.llm.storyteller import asks, colour, together, turning_points
from api.llm.storyteller.english import split_sentences
from api.llm.storyteller.grouping import group
from api.llm.storyteller.lore import Lore, hero_ref
from api.llm.storyteller.memory import Masker, Memory, ToldPassage, remember_passage
from api.llm.storyteller.naming import given_names
from api.llm.storyteller.telling import Teller
from api.llm.storyteller.wording import WORDS_FOLDER, Wording, load_wording
from api.rules import events as ev
from api.rules.proposals import Proposal

REMEMBERED = 2_000  # masked passages kept, so that a session's history is not masked again every turn
_PASSING = (ev.ClockAdvanced, ev.ChoiceMade)  # what closes a beat without turning it into something else
WINDOW = 20  # turns within which no sentence is told twice


class Storyteller:
    """Tells a turn with no model and no network: the same request always gives the same prose."""

    name = "storyteller"
    tells_only_facts = True

    def __init__(self, content: Content, words: Wording | Path = WORDS_FOLDER) -> None:
        """Raises WordingError when `words` names a folder whose word material is broken."""
        self._lore = Lore(content)
        self._wording = load_wording(words) if isinstance(words, Path) else words
        self._masker = Masker(self._lore.names())
        self._told: OrderedDict[tuple[tuple[str, ...], str], ToldPassage] = OrderedDict()

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str | Proposal]:
        """Finished sentences in order; an empty one marks a new paragraph. What it proposes comes last."""
        for sentence in self.compose(request):
            yield sentence
        for proposal in propose(request):
            yield proposal

    def compose(self, request: NarrationRequest) -> list[str]:
        """The whole passage: in full, in fewer words if those exceed the limit, and if those still do, tersely."""
        told = [self._tell(request, lean=False)]
        if told[-1].words > request.words:
            told.append(self._tell(request, lean=True))
        if told[-1].words > request.words:
            told.append(self._tell(request, lean=True, terse=True))
        return _sentences(
            next((t for t in told if t.words <= request.words), min(told, key=lambda t: t.words))
        )

    def _tell(self, request: NarrationRequest, *, lean: bool, terse: bool = False) -> Teller:
        teller = Teller(self._lore, self._wording, request, self._memory(request), lean=lean, terse=terse)
        if request.kind == "opening":
            turning_points.tell_opening(teller)
        if request.before:
            turning_points.tell_before(teller, request.before)
        units = together.tell_deeds(teller)
        closing = request.closing_events
        if request.kind == "opening":
            closing = tuple(e for e in closing if not isinstance(e, ev.SceneEntered))
        if any(not isinstance(e, _PASSING) for e in closing):
            spokesman = teller.heroes[request.deeds[0].actor.id] if request.deeds else None
            turning_points.tell_closing(teller, closing, spokesman)
        else:
            colour.add_colour(teller, [*units, *group(closing)])
        asks.ask(teller)
        return teller

    def _memory(self, request: NarrationRequest) -> Memory:
        names = tuple(dict.fromkeys(hero_ref(m).name for m in request.party))
        masker = self._masker.with_names((*names, *given_names(names, self._lore.first_names).values()))
        told = [self._passage(masker, names, p) for p in request.history[-WINDOW:]]
        memory = Memory(masker, told)
        if request.rejected:
            memory.wear_out(remember_passage(masker, request.rejected))
        return memory

    def _passage(self, masker: Masker, names: tuple[str, ...], passage: str) -> ToldPassage:
        key = (names, passage)
        found = self._told.get(key)
        if found is None:
            found = remember_passage(masker, passage)
            self._told[key] = found
            if len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        else:
            self._told.move_to_end(key)
        return found


def _sentences(teller: Teller) -> list[str]:
    out: list[str] = []
    apart = False
    for block in teller.blocks:
        apart = apart or block.new_paragraph
        if apart and out and block.sentences:
            out.append("")
        apart = apart and not block.sentences
        for text in block.sentences:
            out += split_sentences(text)
    return out
