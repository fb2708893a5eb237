"""A model as a narrator that gives up cleanly, so that the next narrator of the list can take over.

Nothing was yielded yet: `NarratorUnavailable`, and the storyteller tells the turn. Something was: `NarratorBrokeOff`
after the last finished sentence. Whether prose agrees with the facts is looked at in `api/llm/checking/`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import structlog

from api.content.catalogue import Content
from api.llm.authored import people_of
from api.llm.checking.boundaries import Fence
from api.llm.checking.sentences import SentenceSplitter, joined
from api.llm.contexts import context_of
from api.llm.facts import Facts
from api.llm.memory.budget import budget, evenly_cut
from api.llm.model_client import (
    Charge,
    Effort,
    Message,
    ModelAnswer,
    ModelClient,
    ModelError,
    ModelRequest,
    PromptPart,
    ToolCall,
)
from api.llm.models import Choice
from api.llm.port import CastMember, NarrationRequest, NarratorBrokeOff, NarratorUnavailable, NotChosen
from api.llm.prompting import block, environment
from api.llm.proposals.tools import kinds_of, proposal_tools, proposals_in
from api.llm.proposals.trailer import MARK, Trailer
from api.llm.style import FULLNESS, LANGUAGES, RATINGS, TONES
from api.rules.proposals import Kind, Proposal

log = structlog.get_logger()

CALLBACK_AFTER = 3  # turns that a deed must lie back before the story is reminded of it
CALLBACK_EVERY = 3  # a reminder in each third beat
MOST_CALLBACKS = 3
OVERLENGTH = 1.6  # a passage may be so many times as long as it was asked to be, then it is cut


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
        choose: Callable[[NarrationRequest], Choice] | None = None,
    ) -> None:
        """`choose` names the model for each passage; one of another provider is left to the next narrator. Without it
        the client's own model tells everything, within `max_tokens`."""
        self.name = client.name
        self._choose = choose
        self._client = client
        self._content = content
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._effort: Effort | None = effort
        self._template = environment().get_template("narrate.j2")
        self._memory = environment().get_template("memory.j2")
        self._mending = environment().get_template("mend.j2")

    async def narrate(self, request: NarrationRequest) -> AsyncGenerator[str | Proposal, None]:
        async for sentence in self._sentences(self.prompt(request, self._chosen(request)), request):
            yield sentence

    async def repair(
        self, request: NarrationRequest, told: Sequence[str], sentence: str, reason: str
    ) -> AsyncGenerator[str | Proposal, None]:
        """Go on after `told` without `sentence`, which contradicts the facts for this reason. One more call."""
        asked = self.prompt(request, self._chosen(request))
        values = {"told": joined(told), "sentence": sentence, "reason": reason, "words": request.words}
        template = self._mending
        messages = (
            *asked.messages,
            Message("assistant", joined([*told, sentence])),
            Message("user", template.render(values).strip()),
        )
        charge = replace(asked.charge, context="repair")
        async for found in self._sentences(replace(asked, messages=messages, charge=charge), request):
            yield found

    def _chosen(self, request: NarrationRequest) -> Choice | None:
        """The model for this passage. Raises NotChosen when it is another provider's."""
        chosen = self._choose(request) if self._choose else None
        if chosen is not None and chosen.provider != self.name:
            raise NotChosen(f"{self.name}: another provider is chosen for this passage")
        return chosen

    async def _sentences(
        self, asked: ModelRequest, request: NarrationRequest
    ) -> AsyncGenerator[str | Proposal, None]:
        """The finished sentences of one answer, and after them what it proposes."""
        splitter, trailer = SentenceSplitter(), Trailer()
        calls: list[ToolCall] = []
        budget = int(request.words * OVERLENGTH)
        answer: ModelAnswer | None = None
        shown = 0
        try:
            async with aclosing(self._client.stream(asked)) as deltas:
                async for delta in deltas:
                    answer = delta.answer or answer
                    calls += [delta.call] if delta.call is not None else []
                    for sentence in splitter.feed(trailer.feed(delta.text)):
                        if shown and budget <= 0 and sentence:
                            log.warning("narration_cut", narrator=self.name, turn_ids=request.turn_ids)
                            return
                        budget -= len(sentence.split())
                        shown += bool(sentence)
                        yield sentence
                    if splitter.runs_on:
                        raise NarratorUnavailable(f"{self.name}: a sentence without an end")
            held = list(splitter.feed(trailer.rest()))
            unfinished = splitter.pending
            for sentence in [*held, *splitter.rest()]:
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
        for proposal in (*proposals_in(calls), *trailer.proposals()):
            yield proposal

    def prompt(self, request: NarrationRequest, chosen: Choice | None = None) -> ModelRequest:
        """The call for one passage: prefixes that the provider may cache, the most stable first, then the facts."""
        values = self._values(request)
        turn = [block(self._memory, name, values) for name in ("remembered", "sheets")]
        turn.append(block(self._template, "turn", values))
        return ModelRequest(
            system=(
                PromptPart(block(self._template, "system", values), keep="5m"),
                PromptPart(block(self._template, "scene", values), keep="5m"),
                *self._past(values),
            ),
            messages=(Message("user", "\n\n".join(part for part in turn if part)),),
            model=chosen.model_id if chosen else "",
            max_tokens=min(chosen.max_tokens if chosen else self._max_tokens, 96 + 2 * request.words),
            tools=proposal_tools(values["kinds"]) if self._client.supports_tools else (),
            temperature=chosen.temperature if chosen else self._temperature,
            effort=chosen.effort if chosen else self._effort,
            charge=Charge(
                context_of(request, self._content), request.sponsor, request.session_id, request.tier
            ),
        )

    def _values(self, request: NarrationRequest) -> dict[str, Any]:
        scene = self._content.scenes[request.scene]
        style = request.style
        cut = evenly_cut([d.text for d in request.deeds], budget().texts)
        fence = Fence(self._content, request.boundaries)
        return {
            "campaign": self._content.campaigns[request.campaign],
            "scene": scene,
            "people": people_of(self._content, scene, request.came),
            "kind": request.kind,
            "party": [self._hero(member) for member in request.party],
            "deeds": [replace(d, text=text) for d, text in zip(request.deeds, cut, strict=True)],
            "before": request.before,
            "closing_events": request.closing_events,
            "history": [
                h for h in map(fence.without, request.history[-request.shown :] if request.shown else ()) if h
            ],
            "lines": [t.name for t in fence.lines],
            "veils": [t.name for t in fence.veils],
            "move_on": request.boundaries.move_on,
            "corrections": [c for c in request.corrections if fence.allows(c)],
            "retelling": request.retelling,
            "foes": [_foe(request, key) for key in request.foes],
            "next_actor": request.next_actor,
            "words": request.words,
            "fact_of": Facts(self._content, request).fact,
            "story": [text for text in map(fence.without, request.story) if text],
            "standing": [r for r in request.remembered if r.standing and fence.allows(r.text)],
            "remembered": [r for r in request.remembered if not r.standing and fence.allows(r.text)],
            "sheets": request.party,
            "carried": request.carried,
            "conditions": request.conditions,
            "offers": request.offers,
            "kinds": self._kinds(request),
            "by_tool": self._client.supports_tools,
            "mark": MARK,
            "callbacks": callbacks_of(self._content, request),
            "tone": TONES[style.tone],
            "fullness": FULLNESS[style.length],
            "rating": RATINGS[style.rating],
            "language": LANGUAGES[style.language],
        }

    def _past(self, values: dict[str, Any]) -> list[PromptPart]:
        """The story so far and the passages, each a part of its own: the next turn's prompt begins with the same parts,
        so that a provider finds them in its cache."""
        told = [PromptPart(f"- {' '.join(passage.split())}") for passage in values["history"]]
        so_far = block(self._memory, "so_far", values)
        parts = [PromptPart(so_far), *told] if so_far else told
        return [*parts[:-1], replace(parts[-1], keep="5m")] if parts else []

    def _kinds(self, request: NarrationRequest) -> tuple[Kind, ...]:
        """What may be proposed in this place; nothing in a fight, and nothing beside a passage that is told anew."""
        if request.kind == "combat" or request.in_encounter or request.retelling:
            return ()
        return kinds_of(self._content, request.campaign, request.scene)

    def _hero(self, member: CastMember) -> dict[str, Any]:
        """A hero with what the origin brings along; who comes from nowhere that content knows has no hook."""
        origin = self._content.origins.get(member.origin)
        return {
            "name": member.name, "pronouns": member.pronouns, "class_name": member.class_name, "want": member.want,
            "down": member.down, "origin_name": origin.name if origin else "",
            "hook": origin.hook.replace("{name}", member.name) if origin else "",
        }  # fmt: skip


def callbacks_of(content: Content, request: NarrationRequest) -> list[str]:
    """The author's sentences about earlier deeds that lie back far enough, the latest deeds first."""
    done = {n.flag: n for n in request.notes if n.turn_number <= request.turn_number - CALLBACK_AFTER}
    lines = [
        (done[c.flag].turn_number, c.text.replace("{who}", done[c.flag].actor_name or "the party"))
        for c in content.campaigns[request.campaign].callbacks
        if c.flag in done
    ]
    if request.kind != "beat" or request.turn_number % CALLBACK_EVERY:
        return []
    return [text for _, text in sorted(lines, reverse=True)[:MOST_CALLBACKS]]


def _foe(request: NarrationRequest, key: str) -> str:
    """A foe's name with its HP, which stand nowhere else in the prompt."""
    hp = request.foes_hp.get(key)
    return f"{request.foes[key]} (HP {hp[0]} of {hp[1]})" if hp else request.foes[key]
