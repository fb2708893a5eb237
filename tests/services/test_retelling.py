"""Telling the last passage again: other words, the same dice, the old text nowhere any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.errors import GameRefusal, IdempotencyMismatch, NotFound
from api.llm.port import NarrationRequest
from api.llm.storyteller import Storyteller
from api.services import narration
from api.services.questions import ruling_requests
from api.services.retelling import LATEST, MOST_RETRIES, retry_narration
from api.services.sweeper import sweep
from api.store.port import Query
from tests.fakes.game import Game, RunningTable


def retry(table: RunningTable, turn_id: str = LATEST, *, player: int = 1, key: str | None = None) -> Any:
    actor = table.actors[player - 1]
    return retry_narration(table.game.deps, actor, table.id, turn_id, table.game.key(actor, key, [turn_id]))


def told_table(game: Game, players: int = 2) -> RunningTable:
    table = game.table(players, seed="a seed")
    for number in range(1, players + 1):
        table.act(number, "free", text="I look around the room")
    table.serve_all()
    return table


def texts(table: RunningTable) -> dict[int, str]:
    return {t["turn"]: t["dm_response"] for t in table.turns()}


class Listening:
    """Tells plainly and remembers what it was asked."""

    name = "listening"
    tells_only_facts = True

    def __init__(self, text: str = "So it goes, {}.") -> None:
        self.asked: list[NarrationRequest] = []
        self._text = text

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self.asked.append(request)
        yield self._text.format(len(self.asked))


def test_the_last_passage_is_told_in_other_words_with_the_same_dice(game: Game) -> None:
    table = told_table(game)
    before, events = texts(table)[1], table.turns()[1]["events"]
    answer = retry(table)
    assert (answer["status"], answer["turn_number"], answer["left"]) == ("queued", 1, MOST_RETRIES - 1)
    assert texts(table)[1] == before, "until the new text is there the old one stands"
    table.serve_all()
    turn = table.turns()[1]
    assert turn["dm_response"] not in ("", before)
    assert turn["events"] == events
    assert (turn["retold"], turn["retries_left"]) == (1, MOST_RETRIES - 1)
    assert table.view(1)["last_narration"]["text"] == turn["dm_response"]


def test_the_storyteller_takes_other_words_each_time_and_leaves_no_fact_out(game: Game) -> None:
    table = game.table(3, seed="a seed")
    table.serve_all()
    for player, act in enumerate(("search_the_shelves", "read_the_tide_ledger", "question_odile"), 1):
        table.act(player, "affordance", id=act)
    table.serve_all()
    facts = ("Aldo", "Isaure", "Nell", "Odile", "door")
    for _ in range(MOST_RETRIES):
        before = {s["text"] for s in table.turns()[1]["sentences"]}
        retry(table)
        table.serve_all()
        after = [s["text"] for s in table.turns()[1]["sentences"]]
        again = before.intersection(after)
        # What an author wrote for a fact in one way only comes again.
        assert len(again) <= len(after) / 2, again
        assert [f for f in facts if f not in texts(table)[1]] == []


def test_g09_rejected_prose_stands_nowhere_in_the_store_and_reaches_no_prompt(game: Game) -> None:
    table = told_table(game)
    before = texts(table)[1]
    retry(table)
    table.serve_all()
    listening = Listening()
    game.narrators = [listening]
    table.act(1, "free", text="I listen at the door")
    table.act(2, "pass")
    asked = ruling_requests(game.deps, table.id, table.turns()[-1]["id"])
    table.serve_all()
    assert all(before not in h for h in listening.asked[0].history)
    assert all(before not in r.told for r in asked.values())
    for collection in ("game_sessions", "turns", "feed", "snapshots", "idempotency"):
        rows = game.store.query(Query(collection, limit=200)).items
        assert before not in repr([r.body for r in rows]), collection


def test_g09_a_passage_that_is_being_replaced_is_no_context_for_a_ruling(game: Game) -> None:
    table = told_table(game)
    retry(table)
    table.act(1, "free", text="I take it")
    table.act(2, "free", text="I take her hand")
    asked = ruling_requests(game.deps, table.id, table.turns()[-1]["id"])
    assert {r.told for r in asked.values()} == {""}


def test_the_feed_brings_the_new_text_and_no_longer_the_old_one(game: Game) -> None:
    table = told_table(game)
    before = texts(table)[1]
    retry(table)
    table.serve_all()
    assert [e["type"] for e in table.feed("retelling_began", "turn_renarrated", "narration_withdrawn")] == [
        "narration_withdrawn", "retelling_began", "turn_renarrated",
    ]  # fmt: skip
    again = table.feed("turn_renarrated")[0]
    assert (again["retold"], again["reason"], again["text"]) == (1, "retry", texts(table)[1])
    assert before not in repr(table.feed())
    assert [e["turn_number"] for e in table.feed("turn_narrated")] == [0], "the opening stays as it was"


def test_any_member_may_ask_and_nobody_else(game: Game) -> None:
    table = told_table(game)
    assert retry(table, player=2)["status"] == "queued"
    stranger = game.actor(9)
    with pytest.raises(NotFound):
        retry_narration(game.deps, stranger, table.id, LATEST, game.key(stranger))


def test_a_passage_is_told_again_so_many_times_and_then_stands(game: Game) -> None:
    table = told_table(game)
    for left in reversed(range(MOST_RETRIES)):
        assert retry(table)["left"] == left
        table.serve_all()
    with pytest.raises(GameRefusal) as refused:
        retry(table)
    assert refused.value.code == "no_retries_left"


def test_a_key_asks_once_and_another_body_under_it_is_refused(game: Game) -> None:
    table = told_table(game)
    first = retry(table, key="again-1")
    table.serve_all()
    assert retry(table, key="again-1") == first
    assert game.jobs.narrated == []
    with pytest.raises(IdempotencyMismatch):
        retry(table, table.turns()[1]["id"], key="again-1")


def test_two_who_ask_at_once_get_one_retelling(game: Game) -> None:
    table = told_table(game)
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda n: retry(table, player=n, key=f"k{n}"), (1, 2)))
    assert answers[0] == answers[1]
    assert len(table.feed("retelling_began")) == 1
    table.serve_all()
    assert len(table.feed("turn_renarrated")) == 1


def test_only_the_last_passage_can_be_told_again(game: Game) -> None:
    table = told_table(game)
    opening = table.turns()[0]["id"]
    with pytest.raises(GameRefusal) as refused:
        retry(table, opening)
    assert refused.value.code == "story_moved_on"
    assert refused.value.details["last_told"] == table.turns()[1]["id"]


def test_a_passage_that_the_next_one_leans_on_already_stays(game: Game) -> None:
    table = told_table(game)
    table.act(1, "pass")
    table.act(2, "pass")
    with pytest.raises(GameRefusal) as refused:
        retry(table)
    assert refused.value.code == "story_moved_on"


def test_a_turn_that_is_played_meanwhile_is_told_after_the_retelling_and_from_the_new_text(
    game: Game,
) -> None:
    table = told_table(game)
    before = texts(table)[1]
    listening = Listening()
    game.narrators = [listening]
    retry(table)
    table.act(1, "pass")
    table.act(2, "pass")
    table.serve_all()
    assert [r.turn_number for r in listening.asked] == [1, 2], "each by itself, the older first"
    assert listening.asked[1].history[-1] == texts(table)[1] == "So it goes, 1."
    assert before not in listening.asked[1].history


def test_nothing_can_be_told_again_before_anything_was_told(game: Game) -> None:
    with pytest.raises(GameRefusal) as refused:
        retry(game.table(1))
    assert refused.value.code == "nothing_told"


def test_the_opening_and_a_backlog_that_was_told_as_one_can_be_told_again(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    opening = texts(table)[0]
    retry(table)
    table.serve_all()
    assert texts(table)[0] not in ("", opening)
    for _ in range(2):
        table.act(1, "pass")
    table.serve_all()
    together = table.feed("turn_narrated")[-1]
    assert len(together["turn_ids"]) == 2
    retry(table)
    table.serve_all()
    assert table.feed("turn_renarrated")[-1]["turn_ids"] == together["turn_ids"]


def test_a_worker_that_dies_in_between_leaves_the_old_text_and_another_brings_the_new_one(game: Game) -> None:
    table = told_table(game)
    before = texts(table)[1]
    retry(table)
    game.jobs.narrated.clear()
    assert narration.claim(game.deps, table.id) is not None  # and then it is gone
    assert texts(table)[1] == before
    game.clock.advance(game.settings.narration_lease_seconds + 1)
    assert sweep(game.deps)["requeued"] == 1
    table.serve_all()
    assert texts(table)[1] not in ("", before)
    assert len(table.feed("turn_renarrated")) == 1


def test_who_was_telling_before_it_was_asked_again_commits_nothing(game: Game) -> None:
    table = told_table(game)
    lease = narration.claim(game.deps, table.id)
    assert lease is not None
    turn_id = table.turns()[1]["id"]
    retry(table)
    assert not narration.commit_narration(
        game.deps, lease, table.id, (turn_id,), "Too late.", "slow", asked_again=0
    )
    table.serve(turn_id)
    assert "Too late." not in repr(table.turns())
    assert len(table.feed("turn_renarrated")) == 1


def test_a_retelling_is_not_streamed_over_the_text_that_stands(game: Game) -> None:
    table = told_table(game)
    pieces: list[str] = []

    class Overheard:
        def wake(self, session_id: str, seq: int) -> None: ...

        def delta(self, session_id: str, turn_id: str, attempt: int, offset: int, text: str) -> None:
            pieces.append(text)

    retry(table)
    deps = type(game.deps)(game.store, game.content, game.clock, Overheard(), game.jobs, game.settings)
    turn_id = game.jobs.narrated.pop(0)[0]
    asyncio.run(narration.serve_turn(deps, game.ruler, [Storyteller(game.content)], turn_id))
    assert len(table.feed("turn_renarrated")) == 1
    assert pieces == []
