"""Rolling summaries: due by turns or scenes, made once, bounded, and of nothing that was not posted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from api.llm.memory.story import EVERY, FEWEST, LONGEST_SUMMARY, bounded, is_due
from api.llm.memory.summariser import ModelSummariser
from api.llm.models import load_models
from api.llm.port import NarrationRequest
from api.services.ledger import Head
from api.services.questions import narration_request
from api.services.summaries import summarise
from api.store.port import Query
from tests.fakes.game import Game, RunningTable
from tests.fakes.telling import Says


class Writes:
    """A model that sums up in these words, and counts how often it is asked."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.asked: list[tuple[str, ...]] = []

    async def summary(self, request: NarrationRequest, passages: Sequence[str]) -> str | None:
        self.asked.append(tuple(passages))
        return self.text


def play(table: RunningTable, turns: int, *sentences: str) -> None:
    table.game.narrators[:] = [Says(*(sentences or ("The water stands still.",)))]
    for _ in range(turns):
        table.act(1, "pass", seen=None)
        table.serve_all()


def sum_up(table: RunningTable, writer: Any = None) -> bool:
    return asyncio.run(summarise(table.game.deps, writer, table.id))


def story(table: RunningTable) -> dict[str, Any]:
    found: dict[str, Any] = Head.load(table.game.deps, table.id).body["story"]
    return found


@pytest.fixture
def table(game: Game) -> RunningTable:
    made = game.table(1)
    made.serve_all()
    return made


def test_a_summary_is_asked_for_when_it_is_due_and_not_before(table: RunningTable) -> None:
    play(table, EVERY - 2)
    assert table.game.jobs.summaries == []
    play(table, 1)
    assert table.game.jobs.summaries == [table.id]


@pytest.mark.parametrize(
    ("stretch", "closing", "due"),
    [(EVERY, [], True), (EVERY - 1, [], False), (FEWEST, ["scene_entered"], True),
     (FEWEST - 1, ["scene_entered"], False), (FEWEST, ["encounter_ended"], True), (FEWEST, ["choice_made"], False)],
)  # fmt: skip
def test_a_scene_that_ends_is_summed_up_unless_it_was_very_short(
    stretch: int, closing: list[str], due: bool
) -> None:
    assert is_due(40 + stretch, 40, closing) is due


def test_without_a_model_the_storyteller_sums_up(table: RunningTable) -> None:
    play(table, 4)
    play(table, 1, "They owe the ferryman Wenzel eleven crowns.")
    play(table, 6)
    assert sum_up(table)
    made = story(table)
    assert made["by"] == "storyteller" and "eleven crowns" in made["scene"] and made["upto"] == 11


def test_the_job_that_runs_twice_changes_nothing(table: RunningTable) -> None:
    play(table, EVERY)
    writer = Writes("Nothing much happened.")
    assert sum_up(table, writer)
    before = story(table)
    assert not sum_up(table, writer)
    assert story(table) == before and len(writer.asked) == 1
    assert len(table.game.store.query(Query("summaries", {"session_id": table.id})).items) == 1


def test_two_workers_at_once_make_one_summary(table: RunningTable) -> None:
    play(table, EVERY)

    async def both() -> list[bool]:
        return list(await asyncio.gather(*(summarise(table.game.deps, None, table.id) for _ in range(2))))

    assert sorted(asyncio.run(both())) == [False, True]
    assert len(table.game.store.query(Query("summaries", {"session_id": table.id})).items) == 1


def test_a_models_sentences_are_kept_as_far_as_they_are_true(table: RunningTable) -> None:
    play(table, EVERY)
    hero = table.view()["party"][0]["name"]
    writer = Writes(
        f"{hero} let the time go by. {hero} found a golden crown and 300 gold. Ottokar the Great died."
    )
    assert sum_up(table, writer)
    made = story(table)
    assert "crown" not in made["scene"] and "Ottokar" not in made["scene"]
    assert made["scene"].startswith(hero) and made["by"] == "model"
    assert len(writer.asked[0]) >= EVERY


@pytest.mark.parametrize("text", [None, "", "Ottokar the Great died."])
def test_where_nothing_of_a_models_summary_stands_the_storyteller_sums_up(
    table: RunningTable, text: str | None
) -> None:
    play(table, EVERY)
    assert sum_up(table, Writes(text))
    assert story(table)["by"] == "storyteller"


def test_the_sponsor_of_the_session_pays_for_its_summary(table: RunningTable) -> None:
    play(table, EVERY)
    told = [d.body for d in table.game.store.query(Query("turns", {"session_id": table.id})).items]
    request = narration_request(table.load(), sorted(told, key=lambda t: t["number"]))
    choice = load_models().choose("summary", "PREMIUM")
    charge = (
        ModelSummariser({}, lambda tier: choice, table.game.content).prompt(request, ["A."], choice).charge
    )
    assert (charge.context, charge.session, charge.tier) == ("summary", table.id, request.tier)
    assert charge.sponsor == request.sponsor != ""


def test_a_model_is_asked_at_most_once_in_ten_turns(table: RunningTable) -> None:
    writer = Writes("Time went by.")
    for _ in range(6):
        play(table, FEWEST)
        sum_up(table, writer)
    assert writer.asked == []
    for _ in range(3):
        play(table, EVERY)
        sum_up(table, writer)
    told = table.load().body["turn_number"]
    calls = Head.load(table.game.deps, table.id).body["calls"]
    assert calls == len(writer.asked) == 3 and calls <= 0.1 * told


def test_a_summary_stays_short_however_long_the_story_is(table: RunningTable) -> None:
    for n in range(12):
        play(
            table,
            5,
            *(f"They owe Wenzel {n}{k} crowns for the {thing}." for k, thing in enumerate(("oars", "nets"))),
        )
        sum_up(table)
    made = story(table)
    assert len(made["scene"]) <= LONGEST_SUMMARY and len(made["session"]) <= LONGEST_SUMMARY + 1


def test_a_cut_summary_keeps_whole_sentences_and_the_latest() -> None:
    text = " ".join(f"This is sentence number {n}." for n in range(100))
    cut = bounded(text)
    assert len(cut) <= LONGEST_SUMMARY and cut.startswith("This is sentence") and cut.endswith("number 99.")


def test_workers_may_run_the_job_that_the_queue_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    from api.tasks import queue
    from api.worker import ALLOWED

    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(queue.JobQueue, "_once", lambda self, *job: asked.append(job) or True)
    jobs = object.__new__(queue.JobQueue)
    jobs.summarise("S1", 12)
    jobs.summarise("S1", 12)
    ((name, function, job_id, argument), second) = asked
    module, _, called = function.rpartition(".")
    assert name == "ai_tasks" and function in ALLOWED and callable(getattr(import_module(module), called))
    assert (job_id, argument) == ("summary-S1-12", "S1") == second[2:]
