"""Long stories played fast: whether planted facts come back, and whether a prompt stays as long as it was."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from api.content.catalogue import Content
from api.llm.fallback import ModelNarrator
from api.llm.model_client import ModelRequest, guessed_tokens
from api.llm.port import NarrationRequest
from api.services.narration import decide_rulings
from api.services.questions import narration_request
from api.services.resolving import rule_turn
from api.services.summaries import summarise
from api.settings import ROOT
from tests.fakes.game import Game, RunningTable

PLANTS = Path(__file__).parent / "plants"
YOUNG = 100  # the last mark of the story without plants
AROUND = 12  # turns around a mark that its figure is the mean of
FILLERS = (
    "I look around and listen",
    "I wait and watch the water",
    "I hum a tune and tap my foot",
    "I read the ledger once more",
    "I ask Odile about the tide",
    "I check the shelves again",
    "I stretch my legs and yawn",
    "I count the candles on the quay",
)


# What a busy story tells beside the plants: facts of the same kinds, in the same words, about other people.
_FIRST = (
    "Harbin", "Tesk", "Loviisa", "Emeric", "Odd", "Sabine", "Ruprecht", "Tilda", "Corvin", "Maud", "Ansgar",
    "Brona", "Cato", "Delphine", "Egon", "Fia",
)  # fmt: skip
_LAST = (
    "Cole", "Varga", "Penn", "Aster", "Holt", "Quist", "Marrow", "Lund", "Teague", "Brack", "Sorrel", "Vane",
    "Wick", "Yarrow", "Dunmore", "Pike",
)  # fmt: skip
_TRADES = (
    "ferryman", "widow", "miller", "notary", "baker", "priest", "smith", "midwife", "carter", "cook", "sailor",
    "clerk", "guard", "tinker", "engraver", "landlady",
)  # fmt: skip
_SPOTS = (
    "the ford", "the old well", "the market", "the chapel", "the tannery", "the north gate", "Eel Row", "the weir",
    "the ropewalk", "the customs house", "the laundry", "the mole", "Fuller's Bridge", "the brickworks",
)  # fmt: skip
_THINGS = (
    "lantern", "boat", "letter", "key", "basket", "bell", "coat", "whistle", "spoon", "ring", "knife", "candle",
    "ledger", "net", "boots",
)  # fmt: skip
_SHAPES = (
    "{name}, a {trade}, lives by {spot} and sells a {thing} now and then.",
    "The {trade} at {spot} promises {name} a {thing} before the week is out.",
    "{name} owes the {trade} {sum} crowns for a {thing}.",
    "Somebody has left a {thing} behind {spot}, and {name} says that it is cursed.",
    "{name} will wait for the {trade} at {spot} when the bell strikes {sum}.",
    "Nobody can say why the {trade} keeps a {thing} under the floor.",
    "The {trade} admits to {name} that the {thing} was never lost.",
)
BUSY = 3  # every so many turns something new is told


def gossip(number: int) -> str:
    """One of some hundred thousand sentences that a busy story may tell; the same number, the same sentence."""
    dice = random.Random(f"gossip {number}")
    name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    shape = dice.choice(_SHAPES)
    return shape.format(
        name=name,
        trade=dice.choice(_TRADES),
        spot=dice.choice(_SPOTS),
        thing=dice.choice(_THINGS),
        sum=dice.randint(2, 40),
    )


@dataclass(frozen=True, slots=True)
class Plant:
    """A fact that comes up once, and the words that must stand in the prompt when `need` is written."""

    kind: str
    via: str  # told or player
    text: str
    need: str
    expect: tuple[str, ...]

    def recalled(self, prompt: str) -> bool:
        low = prompt.lower()
        return all(word.lower() in low for word in self.expect)


def plants(name: str) -> list[Plant]:
    """A set of plants: `tuned` or `held_out`."""
    raw = yaml.safe_load((PLANTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return [Plant(**{**p, "expect": tuple(p["expect"])}) for p in raw]


class Planter:
    """A narrator that tells a planted sentence and otherwise leaves the turn to the storyteller."""

    name = "planter"
    tells_only_facts = True

    def __init__(self, storyteller: Any) -> None:
        self._storyteller = storyteller
        self.sentence = ""

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        if self.sentence:
            yield self.sentence
            yield "The water goes on about its business."
            return
        async for sentence in self._storyteller.narrate(request):
            yield sentence


class LongStory:
    """One player in a story that goes on for as many turns as one likes."""

    def __init__(self, folder: Path, content: Content) -> None:
        self.game = Game(folder, content)
        self.planter = Planter(self.game.narrators[0])
        self.game.narrators[:] = [self.planter]
        self.table: RunningTable = self.game.table(players=1, seed="long")
        self.model = ModelNarrator(NoModel(), content)  # type: ignore[arg-type]
        self.prompts: dict[int, ModelRequest] = {}
        self.serve()

    @property
    def turn(self) -> int:
        number: int = self.table.load().body["turn_number"]
        return number

    def serve(self) -> None:
        self.table.serve_all()
        while self.game.jobs.summaries:
            asyncio.run(summarise(self.game.deps, None, self.game.jobs.summaries.pop()))

    def plant(self, plant: Plant) -> None:
        """Let it come up, and a turn go by."""
        self.planter.sentence = plant.text if plant.via == "told" else ""
        if plant.via == "told":
            self.table.act(1, "pass", seen=None)
        else:
            self.table.act(1, "free", text=plant.text, seen=None)
        self.serve()
        self.planter.sentence = ""
        self.fill(self.turn + 1)

    def fill(self, until: int, *, watch: Sequence[int] = ()) -> None:
        """Play on to turn `until`; prompts around the watched turns are kept."""
        while (number := self.turn) < until:
            self.planter.sentence = gossip(number) if number % BUSY == 0 else ""
            kind = ("free", "pass", "free", "talk")[number % 4]
            text = {"text": FILLERS[number % len(FILLERS)]} if kind == "free" else {}
            self.table.act(1, kind, seen=None, **text)
            if any(abs(number - mark) <= AROUND for mark in watch):
                self.prompts[number] = self.waiting_prompt()
            self.serve()
        self.planter.sentence = ""

    def ask(self, text: str) -> ModelRequest:
        """The prompt of a turn in which the player writes this."""
        self.table.act(1, "free", text=text, seen=None)
        prompt = self.waiting_prompt()
        self.serve()
        return prompt

    def waiting_prompt(self) -> ModelRequest:
        """The prompt of the turn that waits to be told, ruled first where it must be."""
        return self.model.prompt(waiting_request(self.table))

    def close(self) -> None:
        self.game.store.close()


def waiting_request(table: RunningTable) -> NarrationRequest:
    """What a narrator would be asked about the latest turn, which is ruled first where it must be."""
    game = table.game
    turn_id, _ = game.jobs.narrated[-1]
    if table.load().turn(turn_id)["state"] == "accepted":
        rulings = asyncio.run(decide_rulings(game.deps, game.ruler, table.id, turn_id))
        rule_turn(game.deps, table.id, turn_id, rulings)
    loaded = table.load()
    return narration_request(loaded, [loaded.turn(turn_id)])


class NoModel:
    """Only its prompts are looked at."""

    name = "none"
    supports_tools = True


def written(call: ModelRequest) -> str:
    """All that is sent, in its order."""
    return "\n".join([*(p.text for p in call.system), *(m.text for m in call.messages)])


def of_the_past(call: ModelRequest) -> str:
    """What a prompt says of the past: no rules, no place, no turn."""
    turn = call.messages[0].text.partition("Sheets, never told")[0]
    return "\n".join([*(p.text for p in call.system[2:]), turn])


def stable_share(one: ModelRequest, next_one: ModelRequest) -> float:
    """How much of a prompt is the same, from its beginning, as in the prompt of the turn before."""
    first, second = written(one), written(next_one)
    same = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return same / len(second)


@dataclass(slots=True)
class Long:
    """What a long story showed: mean prompt tokens at each mark, the share that stays the same, recall by age."""

    tokens: dict[int, float] = field(default_factory=dict)
    characters: float = 0.0
    stable: float = 0.0
    recall: dict[tuple[str, int], float] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)


RESULT = ROOT / "docs" / "results" / "memory.json"
AGES = (200, 1000)
SHORT_MARKS, FULL_MARKS = (10, 100, 1000), (10, 100, 1000, 5000)
HELD_OUT = ("held_out", "held_out_later")
TUNED = ("tuned", "tuned_later")
GROWTH_GATE = 1.1  # tokens at turn 5,000 (or 1,000 in the short run) over those at turn 100
RECALL_GOAL, STABLE_GOAL, CHARACTERS_GOAL = 0.95, 0.7, 20_000


def _figure(
    value: float, unit: str, *, at_most: float | None = None, goal: str | None = None
) -> dict[str, Any]:
    gate = None if at_most is None else f"at most {at_most:g}"
    met = at_most is None or value <= at_most
    return {"value": value, "unit": unit, "baseline": None, "gate": gate, "goal": goal, "met": met}


def long_story(content: Content, *, full: bool) -> tuple[dict[str, Any], list[str]]:
    """The figures of one long story and the plants of the tuned sets that did not come back. The full one goes on to
    turn 5,000 and leaves its figures in `docs/results/memory.json`."""
    found = play_long(content, ages=AGES, marks=FULL_MARKS if full else SHORT_MARKS, sets=(*TUNED, *HELD_OUT))
    figures = memory_figures(found)
    if full:
        RESULT.write_text(
            json.dumps({"name": "memory", "figures": figures}, indent=1) + "\n", encoding="utf-8"
        )
    return figures, [f"NOT RECALLED after {miss}" for miss in found.missed if " held_out" not in miss]


def memory_figures(found: Long) -> dict[str, Any]:
    """The figures of a long story with their gates and goals."""
    figures = {f"prompt_tokens_{mark}": _figure(tokens, "tokens") for mark, tokens in found.tokens.items()}
    oldest = max(found.tokens)
    growth = round(found.tokens[oldest] / found.tokens[100], 3)
    figures["prompt_growth"] = _figure(growth, f"of turn 100, at turn {oldest}", at_most=GROWTH_GATE)
    figures["stable_prefix_share"] = _figure(found.stable, "of a prompt", goal=f">= {STABLE_GOAL}")
    figures["prompt_characters"] = _figure(found.characters, "characters", goal=f"<= {CHARACTERS_GOAL}")
    for age in AGES:
        for name in (*HELD_OUT, *TUNED):
            if (name, age) in found.recall:
                figures[f"recall_{age}_{name}"] = _figure(round(found.recall[name, age], 3), "of the plants")
        unseen = [
            (found.recall[name, age], len(plants(name))) for name in HELD_OUT if (name, age) in found.recall
        ]
        if unseen:
            mean = sum(share * count for share, count in unseen) / sum(count for _, count in unseen)
            figures[f"recall_{age}"] = _figure(
                round(mean, 3), "of the plants held out", goal=f">= {RECALL_GOAL}"
            )
    return figures


def play_long(content: Content, *, ages: Sequence[int], marks: Sequence[int], sets: Sequence[str]) -> Long:
    """Two stories: one without plants up to turn `YOUNG`, whose prompts the others are held against; and one with the
    plants in its first turns, each asked for `ages` turns after it was planted. Prompts are measured at `marks`."""
    found = Long()
    young, old = [m for m in marks if m <= YOUNG], [m for m in marks if m > YOUNG]
    with tempfile.TemporaryDirectory(prefix="coc-memory-") as folder:
        story = LongStory(Path(folder), content)
        story.fill(max(young) + AROUND, watch=young)
        measure(story, young, found)
        story.close()
    with tempfile.TemporaryDirectory(prefix="coc-memory-") as folder:
        story = LongStory(Path(folder), content)
        planted = []
        for name, plant in ((which, one) for which in sets for one in plants(which)):
            planted.append((story.turn, name, plant))
            story.plant(plant)
        for age in ages:
            hits: dict[str, list[bool]] = {}
            for at, name, plant in planted:
                story.fill(at + age, watch=old)
                got = plant.recalled(of_the_past(story.ask(plant.need)))
                hits.setdefault(name, []).append(got)
                if not got:
                    found.missed.append(f"{age} {name}: {plant.text} <- {plant.need}")
            for name, all_of in hits.items():
                found.recall[name, age] = statistics.mean(all_of)
        if old:
            story.fill(max(old) + AROUND, watch=old)
            measure(story, old, found)
        story.close()
    return found


def measure(story: LongStory, marks: Sequence[int], found: Long) -> None:
    """Means over the turns around each mark, since a window of passages breathes with its summaries."""
    by_turn = story.prompts
    for mark in marks:
        near = [len(written(c)) for n, c in by_turn.items() if abs(n - mark) <= AROUND]
        found.tokens[mark] = round(statistics.mean(guessed_tokens("x" * n) for n in near), 1)
    all_of = [len(written(c)) for c in by_turn.values()]
    shares = [stable_share(by_turn[n], by_turn[n + 1]) for n in by_turn if n + 1 in by_turn]
    found.characters = round(statistics.mean(all_of), 1)
    found.stable = round(statistics.mean(shares), 3)
