"""Tells about one thing of the game: by the model that the table names for `item_lore`, else in plain words of ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from api.content.catalogue import Content
from api.content.definitions import ItemDef
from api.llm.checking.checker import checker_of
from api.llm.checking.sentences import split
from api.llm.model_client import Charge, Message, ModelClient, ModelError, ModelRequest, PromptPart
from api.llm.models import Choice
from api.llm.port import NarrationRequest
from api.llm.prompting import block, environment
from api.llm.storyteller.english import indefinite

log = structlog.get_logger()

LORE_VERSION = 1  # of prompts/lore.j2: what was told by an older one is told anew
WORDS = 60
SECONDS = 8.0  # that somebody waits for the answer
KINDS = {
    "weapon": "weapon", "armour": "piece of armour", "consumable": "thing to use up", "key": "thing that opens a way",
    "treasure": "treasure", "trinket": "trinket",
}  # fmt: skip

_PROMISES = re.compile(
    r"\b(?:you|yours?|grants?|bestows?|heals?|kills?|finds?|found|gains?|receives?|contains?|hidden inside|"
    r"protects?)\b",
    re.IGNORECASE,
)

Choose = Callable[[str], Choice]  # a sponsor's tier -> the model for lore


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing to be told of: its item, the name that players read (a find has its own), and the language."""

    key: str
    item: ItemDef
    name: str
    language: str = "en"

    def cache_id(self, content: Content) -> str:
        """The same for the same words: whoever asks, and in whichever session. 31 characters."""
        parts = (content.content_hash, str(LORE_VERSION), self.language, self.key, self.name)
        return "l" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:30]


class LoreTeller:
    """Asks a model once and holds its answer against the facts; one that does not fit is not shown."""

    def __init__(self, clients: Mapping[str, ModelClient], choose: Choose, content: Content) -> None:
        self._clients = clients
        self._choose = choose
        self._content = content
        self._template = environment().get_template("lore.j2")

    async def tell(self, thing: Thing, charge: Charge) -> tuple[str, str] | None:
        """The text and who told it; None when no model can be asked now, so that it may be asked again.

        A model whose answer does not fit gives way to our own words: asking it again would cost again.
        """
        choice = self._choose(charge.tier)
        client = self._clients.get(choice.provider)
        if client is None:
            return None
        try:
            answer = await client.complete(self.prompt(thing, choice, charge))
        except ModelError as error:
            log.warning("lore_unavailable", item=thing.key, why=str(error))
            return None
        text = " ".join(s for s in split(answer.text) if s)
        fault = self._fault(text, thing)
        if fault:
            log.warning("lore_kept_back", item=thing.key, kind=fault)
            return plain_lore(thing), "storyteller"
        return text, client.name

    def prompt(self, thing: Thing, choice: Choice, charge: Charge) -> ModelRequest:
        """The call: what is the same for all things, then this one."""
        item = thing.item
        values = {
            "words": WORDS, "name": thing.name, "kind": KINDS[item.kind], "rarity": item.rarity,
            "summary": item.summary, "facts": facts_of(item), "language": thing.language,
        }  # fmt: skip
        return ModelRequest(
            system=(PromptPart(block(self._template, "system", values), keep="5m"),),
            messages=(Message("user", block(self._template, "turn", values)),),
            model=choice.model_id,
            max_tokens=choice.max_tokens,
            temperature=choice.temperature,
            effort=choice.effort,
            seconds=SECONDS,
            charge=charge,
        )

    def _fault(self, text: str, thing: Thing) -> str:
        """Why this may not be shown; empty when it may."""
        if not text or len(text.split()) > 2 * WORDS:
            return "length"
        passage = checker_of(self._content).begin(about(thing))
        for sentence in split(text):
            verdict = passage.check(sentence)
            if verdict.fault is not None:
                return verdict.fault.kind
            passage.accept(sentence)
        return _beside_the_thing(text, thing)


def _beside_the_thing(text: str, thing: Thing) -> str:
    """What a text for everybody must not hold: somebody's name, a reader, a figure, and what the thing would bring."""
    if _PROMISES.search(text):
        return "item"
    if re.search(r"\d", text):
        return "damage"
    known = set(re.findall(r"\w+", f"{thing.name} {thing.item.summary}".casefold()))
    inside = re.findall(r"(?<![.!?…] )(?<!^)\b[A-Z]\w+", text)
    return "name" if any(word.casefold() not in known for word in inside) else ""


def about(thing: Thing) -> NarrationRequest:
    """The facts that a text about a thing is held against: nobody is there, and nothing happens."""
    return NarrationRequest(
        session_id="", turn_ids=(), turn_number=0, kind="beat", campaign="", scene="", party=(), deeds=(),
        closing_events=(), history=(f"{thing.name}. {thing.item.summary}",), words=WORDS,
    )  # fmt: skip


def facts_of(item: ItemDef) -> list[str]:
    """What the rules say of a thing, in words that prose may use."""
    facts = []
    if item.damage is not None:
        hands = "with both hands" if item.two_handed else "in one hand"
        facts.append(f"wielded {hands}, {item.reach}, {item.damage_type} harm")
    elif item.worn_in is not None:
        facts.append(f"worn ({item.worn_in})")
    if item.use is not None:
        facts.append("used up when it is used")
    if item.kind == "key":
        facts.append("takes no place in a bag")
    return facts


def plain_lore(thing: Thing) -> str:
    """The same without a model: the author's own words, and what it is."""
    kind = KINDS[thing.item.kind]
    told = f"{thing.name}: {thing.item.summary.rstrip('.')}."
    facts = facts_of(thing.item)
    rare = "" if thing.item.rarity == "common" else f"{thing.item.rarity} "
    more = ", ".join(["", *facts])
    return f"{told} It is {indefinite(rare + kind)}{more}."
