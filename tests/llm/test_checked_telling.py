"""Telling by checked sentences: nothing unchecked is shown, one mending call, and the storyteller finishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from api.content.catalogue import Content
from api.llm.checking import checker_of
from api.llm.checking.telling import Telling, tell_checked
from api.llm.port import NarrationRequest, Narrator, NarratorBrokeOff, NarratorUnavailable
from api.llm.storyteller import Storyteller
from tests.eval_gm.truth.scenarios import SCENARIOS

LIE = "Nell receives 40 gold."
TRUE = "The third step is wet."


class Scripted:
    """A model narrator that says what it is told to; `mended` is its answer to a repair."""

    name = "scripted"

    def __init__(self, *said: str | Exception, mended: Sequence[str | Exception] = ()) -> None:
        self.said, self.mended = said, tuple(mended)
        self.asked: list[tuple[tuple[str, ...], str, str]] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        async for sentence in _say(self.said):
            yield sentence

    async def repair(
        self, request: NarrationRequest, told: Sequence[str], sentence: str, reason: str
    ) -> AsyncIterator[str]:
        self.asked.append((tuple(told), sentence, reason))
        async for found in _say(self.mended):
            yield found


async def _say(said: Sequence[str | Exception]) -> AsyncIterator[str]:
    for one in said:
        if isinstance(one, Exception):
            raise one
        yield one


class Stage:
    """What players saw, as clients put it together."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.text = ""

    def show(self, offset: int, text: str) -> None:
        assert offset in (0, len(self.text)), "a delta joins on what was shown, or begins again"
        self.text = self.text[:offset] + text

    def tell(self, *narrators: Narrator, scenario: str = "porters_watched") -> Telling:
        told = asyncio.run(
            tell_checked(checker_of(self.content), narrators, SCENARIOS[scenario](), self.show)
        )
        assert told is not None
        assert self.text == told.text
        return told


@pytest.fixture
def stage(content: Content) -> Stage:
    return Stage(content)


@pytest.fixture
def storyteller(content: Content) -> Storyteller:
    return Storyteller(content)


def test_a_lie_is_never_shown_and_the_passage_is_mended_from_there(
    stage: Stage, storyteller: Storyteller
) -> None:
    model = Scripted(TRUE, LIE, "Never reached.", mended=["A gull laughs.", "What now?"])
    told = stage.tell(model, storyteller)
    assert told.text == f"{TRUE} A gull laughs. What now?"
    assert (told.narrator, told.repairs, told.faults, told.finished_by) == ("scripted", 1, ["gold"], "")
    assert model.asked[0][:2] == ((TRUE,), LIE) and "40 gold" in model.asked[0][2]


def test_a_second_lie_is_not_mended_again_but_the_storyteller_finishes(
    stage: Stage, storyteller: Storyteller
) -> None:
    told = stage.tell(Scripted(TRUE, LIE, mended=[LIE]), storyteller)
    assert told.repairs == 1 and told.faults == ["gold", "gold"]
    assert told.finished_by == "storyteller" and told.text.startswith(TRUE)
    assert "shillings" in told.text and "40" not in told.text


def test_what_the_model_told_already_is_not_told_again_by_the_storyteller(
    stage: Stage, storyteller: Storyteller
) -> None:
    first = "Nell comes away with a purse of drowned shillings."
    told = stage.tell(Scripted(first, LIE, mended=[LIE]), storyteller)
    assert told.text.count("shillings") <= 2
    gained = [s for s in told.sentences if "2" in s["events"]]  # the third event is the purse
    assert gained and gained[0]["text"] == first


def test_g02_a_model_that_answers_nonsense_costs_no_turn(stage: Stage, storyteller: Storyteller) -> None:
    junk = '{"narration": "The lamp goes out.", "gold": 500}.'
    told = stage.tell(Scripted(junk, mended=[junk]), storyteller)
    assert told.narrator == "storyteller" and "{" not in told.text and told.text


def test_g05_when_the_second_call_fails_the_prose_of_the_first_survives_once(
    stage: Stage, storyteller: Storyteller
) -> None:
    told = stage.tell(Scripted(TRUE, LIE, mended=[NarratorUnavailable("529")]), storyteller)
    assert told.text.count(TRUE) == 1 and told.text.startswith(TRUE)
    assert told.finished_by == "storyteller"


@pytest.mark.parametrize("end", [NarratorBrokeOff("cut"), NarratorUnavailable("529"), ValueError("a bug")])
def test_a_passage_that_breaks_off_is_finished_from_the_facts(
    stage: Stage, storyteller: Storyteller, end: Exception
) -> None:
    told = stage.tell(Scripted(TRUE, end), storyteller)
    assert told.text.startswith(TRUE) and told.finished_by == "storyteller" and told.repairs == 0
    assert "shillings" in told.text


@pytest.mark.parametrize("said", [(), ("",), ("The half of a",)])
def test_a_model_that_says_nothing_whole_is_followed_by_the_storyteller(
    stage: Stage, storyteller: Storyteller, said: tuple[str, ...]
) -> None:
    assert stage.tell(Scripted(*said, mended=said), storyteller).narrator == "storyteller"


def test_a_flood_is_cut_near_the_length_that_was_asked_for(stage: Stage, storyteller: Storyteller) -> None:
    words = ("lamp", "step", "sea", "gull", "rope", "wax", "tide", "slip", "bell", "goat") * 20
    flood = [f"The {w} number {i + 13} goes on and on and on in the rain." for i, w in enumerate(words)]
    told = stage.tell(Scripted(*flood), storyteller)
    assert len(told.text.split()) <= 1.6 * SCENARIOS["porters_watched"]().words + 20


def test_a_loop_is_ended(stage: Stage, storyteller: Storyteller) -> None:
    told = stage.tell(Scripted(*["The door opens and closes."] * 50, mended=[]), storyteller)
    assert told.text.count("The door opens and closes.") <= 2 and told.finished_by == ""


def test_a_trusted_narrator_is_not_checked(stage: Stage) -> None:
    class Trusted(Scripted):
        tells_only_facts = True

    assert stage.tell(Trusted(LIE)).text == LIE


def test_nobody_who_can_tell_is_no_crash(content: Content) -> None:
    stage = Stage(content)
    told = asyncio.run(
        tell_checked(checker_of(content), [Scripted(LIE)], SCENARIOS["porters_watched"](), stage.show)
    )
    assert told is None and stage.text == ""


def test_sentences_carry_the_events_behind_them(stage: Stage) -> None:
    told = stage.tell(
        Scripted("Nell comes away with a purse of drowned shillings.", "", "The sea climbs a step."),
    )
    assert [s["events"] for s in told.sentences] == [["2"], []]
