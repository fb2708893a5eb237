"""Models in the providers' stead that know the facts: an honest one, and one that lies in every answer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api.content.catalogue import Content
from api.llm.checking.sentences import split
from api.llm.port import NarrationRequest
from api.llm.storyteller import Storyteller
from api.llm.storyteller.demo import as_passage
from tests.fakes import anthropic, replicate
from tests.fakes.hostile.lying import GATED, KINDS, Lie, all_lies, victims_of

# What no game master may propose: kinds that do not exist, and ids and amounts that no scene offers.
ILLEGAL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("grant_item", {"item": "crown", "hero": "all"}),
    ("give_gold", {"amount": 500}),
    ("award_xp", {"amount": 9_000}),
    ("deal_damage", {"target": "everyone", "amount": 99}),
    ("add_condition", {"id": "poisoned"}),
    ("set_hp", {"amount": 1}),
    ("start_encounter", {"id": "the_reckoning"}),
    ("start_encounter", {"id": "' OR 1=1 --"}),
    ("reveal_clue", {"id": "everything"}),
    ("reveal_clue", {"id": ["everything", "at_once"]}),
    ("advance_quest", {"id": "the_crown_is_yours"}),
    ("change_disposition", {"id": "ezra_mumby", "amount": 1_000}),
    ("change_disposition", {"id": "odile", "amount": -2}),
    ("introduce_npc", {"id": "the_king"}),
    ("go_to_scene", {"id": "weighing_floor"}),
    ("END_CAMPAIGN", {"ending": "struck_off"}),
)
# Ways to misbehave besides lying. Each is one answer.
ANTICS = ("nothing", "flood", "cut", "loop", "broken_json", "tool", "html", "refusal")


@dataclass(slots=True)
class Mind:
    """What decides on the next answer. `request` is the turn at hand; whoever runs the table keeps it up to date.

    `lies` collects every lie told, by turn id; `misbehaved` counts the antics.
    """

    content: Content
    seed: str
    hostile: bool = True
    request: NarrationRequest | None = None
    lies: dict[str, list[Lie]] = field(default_factory=dict)
    answers: int = 0
    misbehaved: dict[str, int] = field(default_factory=dict)
    proposed: int = 0  # illegal proposals made
    _used: set[str] = field(default_factory=set)

    def passage(self) -> tuple[str, str]:
        """The next answer and the antic that goes with it (empty for none)."""
        self.answers += 1
        request = self.request
        assert request is not None, "nobody said what turn it is"
        dice = random.Random(f"{self.seed}-{self.answers}")
        truth = [s for s in split(as_passage(Storyteller(self.content).compose(request))) if s]
        if not self.hostile:
            return " ".join(truth), ""
        if self.answers % 6 == 0:
            antic = ANTICS[self.answers // 6 % len(ANTICS)]
            self.misbehaved[antic] = self.misbehaved.get(antic, 0) + 1
            return self._antic(antic, truth, dice), antic
        told = self._lies(request, dice)
        self.lies.setdefault(request.turn_ids[-1], []).extend(told)
        at = dice.randrange(len(truth) + 1)
        return " ".join([*truth[:at], *(lie.text for lie in told), *truth[at:]]), ""

    def proposals(self) -> list[tuple[str, dict[str, Any]]]:
        """One to four illegal proposals for this answer; an honest mind makes none."""
        if not self.hostile:
            return []
        dice = random.Random(f"{self.seed}-proposals-{self.answers}")
        made = dice.sample(ILLEGAL, dice.randint(1, 4))
        self.proposed += len(made)
        return made

    def _lies(self, request: NarrationRequest, dice: random.Random) -> list[Lie]:
        """One to three lies, wordings that were not told yet first."""
        victims = victims_of(self.content, request)
        kinds = [dice.choice(GATED), dice.choice(KINDS), dice.choice(GATED)][: dice.randint(1, 3)]
        told: list[Lie] = []
        for kind in kinds:
            known = all_lies(kind, victims, dice)
            fresh = [lie for lie in known if lie.wording not in self._used] or known
            if fresh:
                told.append(dice.choice(fresh))
                self._used.add(told[-1].wording)
        return told

    def _antic(self, antic: str, truth: list[str], dice: random.Random) -> str:
        if antic == "nothing":
            return ""
        if antic == "flood":
            return ("The rain goes on over the roofs of the town, and on. " * 1_000)[:50_000]
        if antic == "cut":
            return " ".join(truth)[: max(40, len(" ".join(truth)) * 2 // 3)].rsplit(" ", 1)[0] + " and the"
        if antic == "loop":
            return "The door opens and closes. " * 60
        if antic == "broken_json":
            return '{"narration": "' + truth[0] + '", "gold": 500, "items": ["crown"'
        return " ".join(truth)


class HostileAnthropic(anthropic.AnthropicStandin):
    """Anthropic's protocol, answers by a mind."""

    def __init__(self, mind: Mind) -> None:
        super().__init__()
        self._mind = mind
        self._behaviours = _Minded(anthropic.Answer(), mind, self._answer)

    def _answer(self, text: str, antic: str) -> anthropic.Answer:
        if antic == "tool":
            return anthropic.Answer(text=text, tools=(("grant_item", {"item": "crown", "gold": 500}),))
        if antic == "html":
            return anthropic.Answer(raw="<h1>It works</h1>")
        if antic == "refusal":
            return anthropic.Answer(text="", stop_reason="refusal")
        return anthropic.Answer(text=text, tools=tuple(self._mind.proposals()))


class HostileReplicate(replicate.ReplicateStandin):
    """Replicate's protocol, answers by a mind."""

    def __init__(self, mind: Mind) -> None:
        super().__init__()
        self._mind = mind
        self._behaviours = _Minded(replicate.Answer(), mind, self._answer)

    def _answer(self, text: str, antic: str) -> replicate.Answer:
        if antic in ("html", "refusal"):
            return replicate.Answer(fails="the model is unwell")
        lines = [f"PROPOSE: {kind} {json.dumps(fields)}" for kind, fields in self._mind.proposals()]
        return replicate.Answer(text="\n".join([text, *lines]))


class _Minded(anthropic.hosting.Behaviours[Any]):
    def __init__(self, standard: Any, mind: Mind, answer: Callable[[str, str], Any]) -> None:
        super().__init__(standard)
        self._mind = mind
        self._answer = answer

    def take(self) -> Any:
        return self._answer(*self._mind.passage())
