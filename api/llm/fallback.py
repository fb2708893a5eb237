"""A model as a narrator that gives up cleanly, so that the next narrator of the list can take over.

Nothing was shown yet: `NarratorUnavailable`, and the storyteller tells the turn. Something was shown: the passage ends
with its last finished sentence. Whether prose agrees with the facts is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import jinja2
import structlog

from api.content.catalogue import Content
from api.llm.authored import people_of
from api.llm.facts import Facts
from api.llm.model_client import (
    Effort,
    Message,
    ModelAnswer,
    ModelClient,
    ModelError,
    ModelRequest,
    PromptPart,
)
from api.llm.port import NarrationRequest, NarratorUnavailable

log = structlog.get_logger()

PROMPTS = Path(__file__).parent / "prompts"
HISTORY = 6  # passages told before that go into the prompt
LONGEST_SENTENCE = 700  # characters; what runs on longer without an end is no prose
LONGEST_SPEECH = 300  # characters; a quotation that is open for longer was probably never closed
OVERLENGTH = 1.6  # a passage may be so many times as long as it was asked to be, then it is cut
# These end with a full stop without ending a sentence.
_SHORTENED = re.compile(r"(?:^|[\s(\"“])(?:Mr|Mrs|Ms|Dr|St|Sr|Jr|No|vs|etc|Capt|Lt|Sgt|Prof|[A-Z])\.$")
_END = re.compile(r"[.!?…]+[\"”’')\]*_]*(?=\s)")
_FINISHED = re.compile(r"[.!?…][\"”’')\]*_]*$")
_BREAK = re.compile(r"\n[ \t]*\n\s*")


class ModelNarrator:
    """Implements `api.llm.port.Narrator` with any model client."""

    def __init__(
        self,
        client: ModelClient,
        content: Content,
        *,
        max_tokens: int = 512,
        temperature: float | None = 0.8,
        effort: Effort | None = "low",
    ) -> None:
        self.name = client.name
        self._client = client
        self._content = content
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._effort: Effort | None = effort
        self._template = _environment().get_template("narrate.j2")

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        splitter = SentenceSplitter()
        budget = int(request.words * OVERLENGTH)
        answer: ModelAnswer | None = None
        shown = 0
        try:
            async with aclosing(self._client.stream(self.prompt(request))) as deltas:
                async for delta in deltas:
                    answer = delta.answer or answer
                    for sentence in splitter.feed(delta.text):
                        if shown and budget <= 0 and sentence:
                            log.warning("narration_cut", narrator=self.name, turn_ids=request.turn_ids)
                            return
                        budget -= len(sentence.split())
                        shown += bool(sentence)
                        yield sentence
                    if splitter.runs_on:
                        raise NarratorUnavailable(f"{self.name}: a sentence without an end")
            for sentence in splitter.rest():
                shown += bool(sentence)
                yield sentence
        except (ModelError, NarratorUnavailable) as error:
            if not shown:
                raise NarratorUnavailable(str(error)) from None
            log.warning(
                "narration_ended_early", narrator=self.name, turn_ids=request.turn_ids, why=str(error)
            )
            return
        if not shown:
            ending = answer.ending if answer else "none"
            raise NarratorUnavailable(f"{self.name}: an answer without a finished sentence ({ending})")

    def prompt(self, request: NarrationRequest) -> ModelRequest:
        """The call for one passage: a stable prefix that the provider may cache, then the turn's facts."""
        facts = Facts(self._content, request)
        scene = self._content.scenes[request.scene]
        values: dict[str, Any] = {
            "campaign": self._content.campaigns[request.campaign],
            "scene": scene,
            "people": people_of(self._content, scene),
            "kind": request.kind,
            "party": request.party,
            "deeds": request.deeds,
            "closing_events": request.closing_events,
            "history": request.history[-HISTORY:],
            "foes": list(request.foes.values()),
            "next_actor": request.next_actor,
            "words": request.words,
            "fact_of": facts.fact,
        }
        return ModelRequest(
            system=(PromptPart(self._block("system", values), keep="5m"),),
            messages=(Message("user", self._block("turn", values)),),
            max_tokens=min(self._max_tokens, 96 + 2 * request.words),
            temperature=self._temperature,
            effort=self._effort,
        )

    def _block(self, name: str, values: dict[str, Any]) -> str:
        context = self._template.new_context(values)
        return "".join(self._template.blocks[name](context)).strip()


class SentenceSplitter:
    """Cuts a growing text into finished sentences; an empty one stands for a paragraph break.

    A sentence ends at its stop once the next word has begun with anything but a small letter, and not while a
    quotation is open: whatever is cut off later, what was given out is whole.
    """

    def __init__(self) -> None:
        self._text = ""
        self._begun = False

    @property
    def runs_on(self) -> bool:
        """Whether what is pending is too long to be a sentence."""
        return len(self._text) > LONGEST_SENTENCE

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` finishes. A heading or a preface before the first one is dropped."""
        self._text = (self._text + text).lstrip()
        found: list[str] = []
        while (cut := self._next_cut()) is not None:
            end, start, paragraph = cut
            sentence = " ".join(self._text[:end].split())
            self._text = self._text[start:]
            if _FINISHED.search(sentence) or (self._begun and any(c.isalnum() for c in sentence)):
                self._begun = True
                found.append(sentence)
            if paragraph and self._begun:
                found.append("")
        return found

    def rest(self) -> list[str]:
        """The last sentence, if it is finished; forgets the rest."""
        last, self._text = " ".join(self._text.split()), ""
        return [last] if _FINISHED.search(last) and not _quoting(last) else []

    def _next_cut(self) -> tuple[int, int, bool] | None:
        """Where the next sentence ends, where the following one starts, and whether a paragraph lies between.

        Only as much is looked at as a sentence may be long, so that a flood costs no more than its length.
        """
        text = self._text[: LONGEST_SENTENCE + 100]
        broken = _BREAK.search(text)
        for match in _END.finditer(text, 0, broken.start() + 1 if broken else len(text)):
            following = text[match.end() :].lstrip()
            if not following:
                return None
            if broken is not None and match.end() >= broken.start():
                break
            head = text[: match.end()]
            inside = _quoting(head) and len(head) < LONGEST_SPEECH
            if not following[0].islower() and not _SHORTENED.search(head) and not inside:
                return match.end(), len(text) - len(following), False
        if broken is not None and broken.end() < len(text):
            return broken.start(), broken.end(), True
        return None


def _quoting(text: str) -> bool:
    """Whether a double quotation is still open at the end of `text`."""
    return text.count('"') % 2 == 1 or text.count("“") > text.count("”")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PROMPTS),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text for a model, never HTML
        finalize=_one_line,
    )
    # The default escapes quotes and brackets for HTML; kept, for it also keeps a player's text from closing a tag.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    return environment


def _one_line(value: Any) -> Any:
    """No value may begin a line of its own: a name or a text cannot pose as another fact."""
    return " ".join(value.split()) if isinstance(value, str) else value
