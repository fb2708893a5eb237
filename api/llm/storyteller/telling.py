"""A passage in the making: blocks of sentences, each drawn fresh, with the speaker's memory of who was named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.llm.checking.boundaries import Fence
from api.llm.port import NarrationRequest
from api.llm.storyteller.english import (
    clean_name,
    count_words,
    finish,
    join_list,
    lower_first,
    split_sentences,
)
from api.llm.storyteller.grammar import Chooser, Grammar, Ref, Value, Voice, fill
from api.llm.storyteller.lore import Lore, hero_ref
from api.llm.storyteller.memory import EXACT, TOO_LIKE, Memory, words_of
from api.llm.storyteller.naming import Naming
from api.llm.storyteller.wording import Wording

TRIES = 24
SHORT = 40  # words up to which a beat of one paragraph keeps its question in it
PATIENCE = 3  # draws after which a text whose variants were all too alike is left alone
UNWANTED = 9.0  # a sentence that touches what the table does not want to hear: only where there is no other
SAME_OPENING = 0.2  # counted against a sentence that opens like the one before it
_PLAIN_OPENINGS = frozenset(
    ["She", "He", "They", "The", "There", "It", "Nothing", "What", "Some", "Somebody"]
)
PARTY = Ref("", "the party", "party", plural=False)


@dataclass(slots=True)
class Block:
    """Sentences that belong together: one deed, one turning point, or the closing question."""

    sentences: list[str] = field(default_factory=list)
    new_paragraph: bool = False

    @property
    def words(self) -> int:
        return sum(count_words(s) for s in self.sentences)


class Teller:
    """Composes one passage. `lean` tells facts in fewer words, `terse` what matters most first and the rest together;
    colour is added at the end, as far as words reach."""

    def __init__(
        self,
        lore: Lore,
        wording: Wording,
        request: NarrationRequest,
        memory: Memory,
        *,
        lean: bool,
        terse: bool = False,
    ) -> None:
        self.lore = lore
        self.request = request
        self.memory = memory
        self.lean = lean
        self.terse = terse
        anew = (request.retelling,) if request.retelling else ()
        self.chooser = Chooser(request.session_id, *request.turn_ids, request.kind, *anew)
        self.grammar = Grammar(wording, memory, self.chooser)
        self.voice = Voice()
        self.blocks: list[Block] = []
        self.decided = False  # what the party does next was announced; its leader's deed needs no lead
        self.winding_up = False  # the last paragraph, with its question, has begun
        self.pending = ""  # a transition that the next sentence takes up
        self.heroes = {m.id: hero_ref(m) for m in request.party}
        self.members = {m.id: m for m in request.party}
        for deed in request.deeds:
            self.heroes.setdefault(deed.actor.id, hero_ref(deed.actor))
            self.members[deed.actor.id] = deed.actor
        self.naming = Naming((h.name for h in self.heroes.values()), lore.first_names)
        self._openings: list[str] = []
        self.fence = Fence(lore.content, request.boundaries)

    # --- who ---------------------------------------------------------------------------------------------------

    def hero(self, hero_id: str, name: str) -> Ref:
        return self.heroes.get(hero_id) or Ref(hero_id, clean_name(name, "the stranger"), "they", hero=True)

    def anyone(self, who: str, name: str) -> Ref:
        """A hero or a creature, by combatant id."""
        return self.heroes[who] if who in self.heroes else self.lore.foe(who, name)

    def all_of(self, people: Sequence[tuple[str, str]]) -> Ref:
        """Several by combatant id and name as one subject or object; creatures of a kind by their numbers."""
        people = list(dict.fromkeys(people))
        if len(people) == 1:
            return self.anyone(*people[0])
        heroes = [self.heroes[who].name for who, _ in people if who in self.heroes]
        foes = self.lore.foes_together([p for p in people if p[0] not in self.heroes])
        return Ref("", join_list([*heroes, *foes]), "party", plural=True)

    def speaks_of(self, hero: Ref, sentences: Sequence[str]) -> bool:
        """Whether one of the sentences names this hero."""
        return any(self.naming.stands_in(hero.name, s) for s in sentences)

    # --- blocks ------------------------------------------------------------------------------------------------

    def open_block(self, *, new_paragraph: bool = False) -> Block:
        block = Block(new_paragraph=new_paragraph)
        self.blocks.append(block)
        self.voice = Voice() if new_paragraph else self.voice
        return block

    def open_last_block(self) -> Block:
        """A block of the last paragraph; it stands apart where the passage has several."""
        grown = self.long or (self.request.kind == "beat" and self.words > SHORT)
        block = self.open_block(new_paragraph=grown and not self.winding_up)
        self.winding_up = True
        return block

    @property
    def words(self) -> int:
        return sum(b.words for b in self.blocks)

    @property
    def long(self) -> bool:
        """Whether the passage has more than one paragraph already."""
        return any(b.new_paragraph and b.sentences for b in self.blocks)

    @property
    def room(self) -> int:
        return self.request.words - self.words

    def emit(self, text: str) -> None:
        """Add finished text to the current block."""
        text, self.pending = self._with_transition(text), ""
        for sentence in split_sentences(text):
            self.blocks[-1].sentences.append(sentence)
            self._openings.append(words_of(sentence)[0] if words_of(sentence) else "")
        self.naming.mark(text)
        self.memory.remember(text)

    def _with_transition(self, text: str) -> str:
        return self.led(self.pending, text) if self.pending else text

    def led(self, opener: str, text: str) -> str:
        """`opener, text` where the text opens plainly, with a name or the like, else the text alone."""
        if any(text.startswith(self.naming.called(h.name)) for h in self.heroes.values()):
            return f"{opener}, {text}"
        first = text.split(" ", 1)[0]
        if first.rstrip(",.").removesuffix("'s") in self.lore.capitals:
            return f"{opener}, {text}"
        return f"{opener}, {lower_first(text)}" if first in _PLAIN_OPENINGS else text

    # --- sentences ---------------------------------------------------------------------------------------------

    def compose(
        self,
        pool: str,
        scope: Mapping[str, Value],
        aliases: Mapping[str, str] | None = None,
        *,
        asides: bool = True,
    ) -> tuple[str, Voice]:
        """The freshest sentence that the pool gives in a bounded number of tries.

        With `asides` a worn sentence may be led in by a few words that change nothing.
        """
        best: tuple[float, str, Voice] | None = None
        failed: dict[str, int] = {}
        for attempt in range(TRIES):
            avoid = frozenset(t for t, n in failed.items() if n >= PATIENCE)
            rendering = self.grammar.draw(pool, scope, self.voice, aliases, avoid)
            text = self.naming.shorten(finish(rendering.text()))
            if attempt == TRIES // 3 and asides:
                self.pending = ""
            if asides and not self.pending and attempt >= TRIES // 3:
                text = self.led(self.grammar.draw("aside", {}, self.voice).text(), text)
            score = self._fault(text)
            if best is None or score < best[0]:
                best = (score, text, rendering.voice)
            if score < TOO_LIKE:
                break
            top = rendering.templates[0]
            failed[top.source] = failed.get(top.source, 0) + (1 if top.pools or asides else PATIENCE)
        assert best is not None
        return best[1], best[2]

    def _fault(self, text: str) -> float:
        """0 to 2: likeness to what was told, and more for opening like the sentence before."""
        if not self.fence.allows(text):
            return UNWANTED
        fault = self.memory.likeness(self._with_transition(text))
        if fault >= EXACT:
            return fault
        opening = words_of(text)[:1]
        if opening and not self.pending and self._openings and self._openings[-1] == opening[0]:
            fault = max(fault + SAME_OPENING, TOO_LIKE + 0.02)
        return fault

    def say(
        self,
        pool: str,
        scope: Mapping[str, Value],
        aliases: Mapping[str, str] | None = None,
        *,
        asides: bool = True,
    ) -> None:
        """Compose a sentence and add it."""
        text, self.voice = self.compose(pool, scope, aliases, asides=asides)
        self.emit(text)

    def try_to_say(self, pool: str, scope: Mapping[str, Value], *, asides: bool = True) -> bool:
        """As `say`, but only where the pool still has something that was not told lately."""
        text, voice = self.compose(pool, scope, asides=asides)
        if self._fault(text) >= TOO_LIKE:
            return False
        self.voice = voice
        self.emit(text)
        return True

    def recite(
        self, lines: Sequence[str], people: Mapping[str, Ref], prefer: int = 0, *, smart: bool = True
    ) -> bool:
        """Tell one of an author's lines, the preferred one first; False when all were told lately."""
        filled = [
            fill(lines[i], people or {"who": PARTY}, self.voice, smart=smart)
            for i in self._order(len(lines), prefer)
        ]
        # What is told anew takes another of several lines; the only one comes again.
        filled.sort(key=lambda each: each[0] in self.request.rejected if self.request.rejected else False)
        for text, voice in filled:
            text = self.naming.shorten(text)
            if self.memory.likeness(text) < TOO_LIKE and self.fence.allows(text):
                self.voice = self._still_about(voice, text)
                self.emit(text)
                return True
        return False

    def _still_about(self, voice: Voice, text: str) -> Voice:
        """Nobody is the subject any more when an author's last sentence is about somebody else."""
        hero = self.heroes.get(voice.subject)
        if hero is None:
            return voice
        return voice if self.speaks_of(hero, split_sentences(text)[-1:]) else Voice()

    def recite_all(self, lines: Sequence[str], people: Mapping[str, Ref], *, spare: int = 0) -> int:
        """Tell every line that was not told lately, in order; returns how many.

        When words are short the first line is told, and others only while `spare` words stay free.
        """
        told = 0
        for line in lines:
            if self.lean and told and self.room - count_words(line) < spare:
                break
            told += self.recite([line], people)
        return told

    def _order(self, count: int, prefer: int) -> list[int]:
        if not count:
            return []
        first = prefer if 0 <= prefer < count else 0
        return [first, *self.chooser.shuffled(i for i in range(count) if i != first)]
