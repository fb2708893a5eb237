"""A model as a narrator that gives up cleanly, so that the next narrator of the list can take over.

Nothing was yielded yet: `NarratorUnavailable`, and the storyteller tells the turn. Something was: `NarratorBrokeOff`
after the last finished sentence. Whether prose agrees with the facts is looked at in `api/llm/checking/`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2
import structlog

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.llm.checking.sentences import SentenceSplitter, joined
from api.llm.model_client import (
    Effort,
    Message,
    ModelAnswer,
    ModelClient,
    ModelError,
    ModelRequest,
    PromptPart,
)
from api.llm.port import CastMember, NarrationRequest, NarratorBrokeOff, NarratorUnavailable
from api.llm.storyteller.deeds import outcome_of
from api.rules import events as ev

log = structlog.get_logger()

PROMPTS = Path(__file__).parent / "prompts"
HISTORY = 6  # passages told before that go into the prompt
OVERLENGTH = 1.6  # a passage may be so many times as long as it was asked to be, then it is cut
_PRONOUNS = {
    "she": ("she", "her", "her"),
    "he": ("he", "him", "his"),
    "they": ("they", "them", "their"),
}


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
        self._mending = _environment().get_template("mend.j2")

    async def narrate(self, request: NarrationRequest) -> AsyncGenerator[str, None]:
        async for sentence in self._sentences(self.prompt(request), request):
            yield sentence

    async def repair(
        self, request: NarrationRequest, told: Sequence[str], sentence: str, reason: str
    ) -> AsyncGenerator[str, None]:
        """Go on after `told` without `sentence`, which contradicts the facts for this reason. One more call."""
        asked = self.prompt(request)
        values = {"told": joined(told), "sentence": sentence, "reason": reason, "words": request.words}
        template = self._mending
        messages = (
            *asked.messages,
            Message("assistant", joined([*told, sentence])),
            Message("user", template.render(values).strip()),
        )
        async for found in self._sentences(replace(asked, messages=messages), request):
            yield found

    async def _sentences(self, asked: ModelRequest, request: NarrationRequest) -> AsyncGenerator[str, None]:
        """The finished sentences of one answer."""
        splitter = SentenceSplitter()
        budget = int(request.words * OVERLENGTH)
        answer: ModelAnswer | None = None
        shown = 0
        try:
            async with aclosing(self._client.stream(asked)) as deltas:
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
            unfinished = splitter.pending
            for sentence in splitter.rest():
                shown += bool(sentence)
                yield sentence
        except (ModelError, NarratorUnavailable) as error:
            kind = NarratorBrokeOff if shown else NarratorUnavailable
            raise kind(str(error)) from None
        ending = answer.ending if answer else "none"
        if not shown:
            raise NarratorUnavailable(f"{self.name}: an answer without a finished sentence ({ending})")
        if unfinished:
            raise NarratorBrokeOff(f"{self.name}: the answer stops within a sentence ({ending})")

    def prompt(self, request: NarrationRequest) -> ModelRequest:
        """The call for one passage: a stable prefix that the provider may cache, then the turn's facts."""
        facts = _Facts(self._content, request)
        values: dict[str, Any] = {
            "campaign": self._content.campaigns[request.campaign],
            "scene": self._content.scenes[request.scene],
            "kind": request.kind,
            "party": request.party,
            "deeds": request.deeds,
            "closing_events": request.closing_events,
            "history": request.history[-HISTORY:],
            "foes": list(request.foes.values()),
            "next_actor": request.next_actor,
            "words": request.words,
            "outcome_of": facts.outcome_of,
            "answer_to": facts.answer_to,
            "first_sight": facts.first_sight,
            "ending_text": facts.ending_text,
            "fight_outcome": facts.fight_outcome,
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


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the content says about events: written facts, with the hero's name and pronouns in place."""

    content: Content
    request: NarrationRequest

    def outcome_of(self, event: ev.AffordanceUsed) -> str:
        for affordance in self.content.scenes[event.scene].affordances:
            if affordance.key == event.affordance:
                return self._told(outcome_of(affordance, event.degree), event.tell, event.actor)
        return ""

    def answer_to(self, event: ev.Spoke) -> str:
        people = {p.key: p for p in self.content.scenes[self.request.scene].people}
        person = people.get(event.person)
        if person is None or not 0 <= event.line < len(person.lines):
            return "Nobody answered."
        return f'{person.name} answered: "{person.lines[event.line]}"'

    def first_sight(self, event: ev.SceneEntered) -> str:
        scene = self.content.scenes.get(event.scene)
        return " ".join(scene.opening) if scene and event.first_visit else ""

    def ending_text(self, event: ev.CampaignEnded) -> str:
        ending = self.content.campaigns[event.campaign].endings.get(event.ending)
        return " ".join(ending.text) if ending else ""

    def fight_outcome(self, event: ev.EncounterEnded) -> str:
        encounter = self.content.encounters.get(event.encounter)
        outcomes = (
            {"victory": encounter.victory, "defeat": encounter.defeat, "flight": encounter.flight}
            if encounter
            else {}
        )
        return self._told(outcomes.get(event.outcome), event.tell, "")

    def _told(self, outcome: Outcome | None, tell: int, actor: str) -> str:
        if outcome is None:
            return ""
        line = outcome.tell[tell % len(outcome.tell)]
        hero = next((h for h in (*self.request.party, *self._actors()) if h.id == actor), None)
        they, them, their = _PRONOUNS[hero.pronouns if hero and hero.pronouns in _PRONOUNS else "they"]
        words = {"actor": hero.name if hero else "the party", "they": they, "them": them, "their": their}
        return re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), line)

    def _actors(self) -> tuple[CastMember, ...]:
        return tuple(deed.actor for deed in self.request.deeds)


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
