"""Telling: once, in order, under a lease, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.llm.checking.sentences import joined
from api.llm.port import NarrationRequest, NarratorUnavailable
from api.services import narration
from api.services.sweeper import sweep
from tests.fakes.game import Game, RunningTable


def assert_told_once_in_order(table: RunningTable) -> None:
    told = [i for e in table.feed("turn_narrated") for i in e["turn_ids"]]
    resolved = [e["turn_id"] for e in table.feed("turn_resolved")]
    opening = [e["turn_id"] for e in table.feed("session_begun")]
    assert told == opening + resolved


def test_every_turn_is_told_once_in_order(game: Game) -> None:
    table = game.table(2)
    for _ in range(4):
        table.act(1, "free", text="I look around the room")
        table.act(2, "free", text="I listen at the door")
        table.serve_all()
    assert_told_once_in_order(table)
    assert all(t["dm_response"] for t in table.turns()[:-1])


def test_a_job_that_runs_twice_changes_nothing(game: Game) -> None:
    table = game.table(1)
    table.act(1, "free", text="I look around")
    jobs = list(game.jobs.narrated)
    table.serve_all()
    before = (table.turns(), table.feed())
    for turn_id, _ in jobs * 2:
        table.serve(turn_id)
    assert (table.turns(), table.feed()) == before


def test_an_unknown_turn_is_no_crash(game: Game) -> None:
    game.table(1).serve("01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_g07_the_opening_is_told_once(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    table.serve(table.turns()[0]["id"])
    assert [e["kind"] for e in table.feed("turn_narrated")] == ["opening"]


def test_a_backlog_is_told_in_order_and_nothing_is_left_out(game: Game) -> None:
    table = game.table(1)
    for _ in range(5):
        table.act(1, "pass")
    table.serve_all()
    assert_told_once_in_order(table)
    assert len(table.feed("turn_narrated")) < 6, "a backlog of like turns is merged"


def test_only_one_holds_a_sessions_pen(game: Game) -> None:
    table = game.table(1)
    lease = narration.claim(game.deps, table.id)
    assert lease is not None
    assert narration.claim(game.deps, table.id) is None
    table.serve_all()
    assert table.feed("turn_narrated") == []
    narration.release(game.deps, lease)
    table.serve(table.turns()[0]["id"])
    assert len(table.feed("turn_narrated")) == 1


def test_a_late_writer_whose_lease_was_taken_over_writes_nothing(game: Game) -> None:
    table = game.table(1)
    opening = table.turns()[0]["id"]
    late = narration.claim(game.deps, table.id)
    assert late is not None
    game.clock.advance(game.settings.narration_lease_seconds + 1)
    table.serve(opening)
    assert not narration.commit_narration(game.deps, late, table.id, (opening,), "Too late.", "ghost")
    assert "Too late." not in str(table.turns())
    assert_told_once_in_order(table)


def test_the_sweeper_finds_a_turn_whose_worker_died(game: Game) -> None:
    table = game.table(1)
    table.act(1, "pass")
    game.jobs.narrated.clear()  # the jobs died with their worker
    assert narration.claim(game.deps, table.id) is not None  # and so did the lease's holder
    assert sweep(game.deps)["requeued"] == 0, "the lease still lives"
    game.clock.advance(game.settings.narration_lease_seconds + 1)
    assert sweep(game.deps)["requeued"] == 2
    assert {attempt for _, attempt in game.jobs.narrated} == {2}, "a used job id cannot be enqueued again"
    table.serve_all()
    assert_told_once_in_order(table)
    assert sweep(game.deps)["requeued"] == 0


def test_the_sweeper_rules_when_no_ruling_comes(game: Game) -> None:
    table = game.table(1)
    table.act(1, "free", text="I look around")
    game.jobs.narrated.clear()
    assert sweep(game.deps)["ruled"] == 0
    game.clock.advance(game.settings.ruling_seconds + 1)
    assert sweep(game.deps)["ruled"] == 1
    assert table.turns()[1]["state"] == "resolved"
    table.serve_all()
    assert_told_once_in_order(table)


def test_an_idle_table_times_out_and_any_action_resumes_it(game: Game) -> None:
    table = game.table(1)
    game.clock.advance(31 * 60)
    assert sweep(game.deps)["timeouts"] == 1
    assert table.view()["status"] == "timeout"
    table.act(1, "pass")
    assert table.view()["status"] == "active"
    assert [e["type"] for e in table.feed("session_timeout", "session_resumed")] == [
        "session_timeout",
        "session_resumed",
    ]


def test_old_idempotency_keys_are_forgotten_after_a_day(game: Game) -> None:
    table = game.table(1)
    table.act(1, "pass", key="click", seen=1)
    assert sweep(game.deps)["forgotten"] == 0
    game.clock.advance(25 * 3600)
    assert sweep(game.deps)["forgotten"] == 1


class Broken:
    """A model that speaks one sentence and breaks."""

    name = "broken"

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        yield "The half of a"
        raise NarratorUnavailable("529 overloaded")


def test_a_model_that_breaks_is_followed_by_the_storyteller(game: Game) -> None:
    game.narrators.insert(0, Broken())
    table = game.table(1)
    table.serve_all()
    turn = table.turns()[0]
    assert turn["narrator"] == "storyteller"
    assert "half of a" not in turn["dm_response"]


class Liar:
    """A model that grants gold in every passage."""

    name = "liar"

    def __init__(self) -> None:
        self.histories: list[tuple[str, ...]] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self.histories.append(request.history)
        hero = request.party[0].name
        yield "The water has come a hand higher."
        yield f"{hero} receives 4000 gold."


def test_g09_rejected_narration_is_neither_posted_nor_remembered(game: Game) -> None:
    liar = Liar()
    game.narrators.insert(0, liar)
    table = game.table(1)
    table.serve_all()
    for _ in range(3):
        table.act(1, "free", text="I look around")
        table.serve_all()
    assert_told_once_in_order(table)
    posted = " ".join(e["text"] for e in table.feed("turn_narrated"))
    assert "a hand higher" in posted and "4000" not in posted
    assert "4000" not in str(liar.histories) and "4000" not in str(table.turns())


def test_each_sentence_names_events_of_its_turns(game: Game) -> None:
    table = game.table(2)
    for _ in range(3):
        table.act(1, "free", text="I look around the room")
        table.act(2, "free", text="I listen at the door")
        table.serve_all()
    events = {f"{t['turn']}.{n}": e for t in table.turns() for n, e in enumerate(t["events"])}
    told = {t["id"]: t for t in table.turns() if t["dm_response"]}
    named = 0
    for row in table.feed("turn_narrated"):
        assert row["sentences"] == told[row["turn_id"]]["sentences"]
        for sentence in row["sentences"]:
            assert sentence["text"] in row["text"]
            assert set(sentence["events"]) <= set(events)
            named += len(sentence["events"])
    assert named > 3


def test_event_ids_of_merged_turns_follow_the_order_of_the_request() -> None:
    turns = [
        {"number": 4, "entries": [{"events": [1, 2]}, {"events": [3]}], "closing": [4]},
        {"number": 5, "entries": [{"events": [5]}], "closing": [6]},
    ]
    assert narration.event_ids(turns) == ["4.0", "4.1", "4.2", "5.0", "4.3", "5.1"]


def test_two_workers_at_once_tell_each_turn_once(game: Game) -> None:
    table = game.table(1)
    for _ in range(3):
        table.act(1, "pass")
    jobs = [turn_id for turn_id, _ in game.jobs.narrated]

    async def both() -> None:
        await asyncio.gather(
            *(narration.serve_turn(game.deps, game.ruler, game.narrators, t) for t in jobs + jobs)
        )

    asyncio.run(both())
    table.serve(jobs[-1])
    assert_told_once_in_order(table)


def test_the_clock_of_a_turn_starts_when_the_story_before_it_is_told(game: Game) -> None:
    table = game.table(1)
    at_open = table.load().body["deadline"]
    table.serve_all()
    assert table.load().body["deadline"] < at_open


@pytest.mark.parametrize("parts", [["One.", "Two.", "", "Three."], ["One.", "Two.", "", "", "Three.", ""]])
def test_sentences_join_to_paragraphs(parts: list[str]) -> None:
    assert joined(parts) == "One. Two.\n\nThree."
