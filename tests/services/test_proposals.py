"""Proposals at a running table: taken up once, in the passage's own commit, in order, logged, shown and replayable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from api.llm.port import NarrationRequest
from api.rules.proposals import Proposal
from api.rules.state import PlayState
from api.services import proposals
from api.services.narration import claim, commit_narration, narrate_next
from api.services.replays import ReplayReport, replay_session
from api.services.table import Table
from tests.fakes.game import Game, RunningTable
from tests.fakes.noted import noted


class Proposing:
    """A narrator that tells one true sentence and proposes what a test says, once for each passage."""

    name = "proposing"
    tells_only_facts = True

    def __init__(self, *said: Proposal) -> None:
        self.said = list(said)
        self.requests: list[NarrationRequest] = []

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str | Proposal]:
        self.requests.append(request)
        yield "The rain goes on. What now?"
        for one in self.said:
            yield one


FIRST = 7  # the turn that is arranged
CLUE = Proposal("reveal_clue", "one_hand")
TROUBLE = Proposal("start_encounter", "gulls_in_session")
CRIER = Proposal("introduce_npc", "ezra_mumby")


@pytest.fixture
def quay(game: Game) -> RunningTable:
    """Two friends on Candle Quay in turn 7, long after the last fight, with everything told."""
    return at_the_quay(game)


def at_the_quay(game: Game, players: int = 2, mode: str = "beats") -> RunningTable:
    running = game.table(players, mode, seed="proposals")
    game.narrators = [Proposing()]
    running.serve_all()
    while running.load().body["turn_number"] < FIRST:
        pass_turn(running)
        running.serve_all()
    table = running.load()
    turn = table.open_turn()
    assert turn is not None
    state: PlayState = replace(table.state(), scene="candle_quay")
    table.save_state(state)
    turn["scene"] = "candle_quay"
    for name in ("steps", "log"):
        turn.pop(name, None)
    table.body["logged"] = False  # a snapshot of the arranged state is taken with the next step
    table.commit()
    return running


def replayed(running: RunningTable) -> ReplayReport:
    """From the arranged turn on; the seed is a test's own, so that it is not the one that was promised."""
    return replay_session(running.game.store, running.game.content, running.id, from_turn=FIRST)


def pass_turn(running: RunningTable) -> None:
    view = running.view()
    for hero in list(view["turn"]["waiting_for"]):
        running.act(running.heroes.index(hero) + 1, "pass")


def tell(running: RunningTable, *said: Proposal) -> Proposing:
    narrator = Proposing(*said)
    running.game.narrators = [narrator]
    pass_turn(running)
    running.serve_all()
    return narrator


def open_number(running: RunningTable) -> int:
    return int(running.load().body["turn_number"])


def test_an_accepted_clue_is_shown_and_kept_and_the_turn_stays_open(quay: RunningTable) -> None:
    before = open_number(quay)
    tell(quay, CLUE)
    (moved,) = quay.feed("story_moved")
    assert [e["type"] for e in moved["events"]] == ["clue_found"]
    assert moved["events"][0]["clue"] in quay.load().state().clues
    assert open_number(quay) == before + 1 == moved["turn_number"]


def test_it_stands_in_the_same_commit_as_the_passage(quay: RunningTable) -> None:
    tell(quay, CLUE)
    rows = [r for r in quay.rows() if any(e["type"] == "story_moved" for e in r["events"])]
    assert [e["type"] for e in rows[0]["events"]] == ["turn_narrated", "story_moved"]


def test_the_next_passage_tells_of_it_and_may_cite_it(quay: RunningTable) -> None:
    tell(quay, CLUE)
    narrator = tell(quay)
    assert [e.type_name() for e in narrator.requests[-1].before] == ["clue_found"]
    turn = quay.turns()[-2]
    assert "clue_found" in [e["type"] for e in turn["events"]]


def test_an_action_of_a_player_who_saw_the_turn_before_the_clue_still_counts(quay: RunningTable) -> None:
    pass_turn(quay)
    seen = open_number(quay)
    quay.game.narrators = [Proposing(CLUE)]
    quay.serve_all()
    assert quay.act(1, "pass", seen=seen)["turn_number"] == seen


def test_trouble_closes_the_untouched_turn_and_is_told_by_the_next_passage(quay: RunningTable) -> None:
    narrator = Proposing(TROUBLE)
    quay.game.narrators = [narrator]
    pass_turn(quay)
    number = open_number(quay)
    quay.serve_all()
    view = quay.view()
    assert view["encounter"]["key"] == "gulls_in_session" and view["turn"]["kind"] == "encounter"
    assert open_number(quay) == number + 1
    resolved = quay.feed("turn_resolved")[-1]
    assert [e["type"] for e in resolved["closing"][:2]] == ["trouble_came", "encounter_started"]
    told = narrator.requests[-1]
    assert told.turn_number == number and told.deeds == ()
    assert "encounter_started" in [e.type_name() for e in told.closing_events]
    assert {t["state"] for t in quay.turns()[:-1]} == {"narrated"}


def test_trouble_waits_for_nobody_who_has_spoken(quay: RunningTable, monkeypatch: pytest.MonkeyPatch) -> None:
    pass_turn(quay)
    quay.act(1, "pass")
    quay.game.narrators = [Proposing(TROUBLE)]
    seen = noted(monkeypatch, proposals)
    quay.serve_all()
    assert quay.view()["encounter"] is None
    assert [n["reason"] for n in seen if n["event"] == "proposal_refused"] == [
        "somebody has spoken in the next turn already"
    ]


def test_a_clue_may_come_while_a_beat_is_half_stated(quay: RunningTable) -> None:
    pass_turn(quay)
    quay.act(1, "pass")
    quay.game.narrators = [Proposing(CLUE)]
    quay.serve_all()
    assert len(quay.feed("story_moved")) == 1
    quay.act(2, "pass")
    report = replayed(quay)
    assert report.replayed.mismatch is None and report.present == ()


def test_a_fight_is_not_proposed_soon_after_the_last(quay: RunningTable) -> None:
    table = quay.load()
    table.body["fought_at"] = table.body["turn_number"] - 2
    table.commit()
    narrator = tell(quay, TROUBLE)
    assert quay.view()["encounter"] is None
    assert "start_encounter" not in [o.kind for o in narrator.requests[0].offers]


def test_nothing_comes_true_twice_when_a_worker_dies_and_another_tells(quay: RunningTable) -> None:
    pass_turn(quay)
    turn = quay.turns()[-2]
    lease = claim(quay.game.deps, quay.id)
    assert lease is not None
    quay.game.clock.advance(quay.game.settings.narration_lease_seconds + 1)
    quay.game.narrators = [Proposing(CLUE)]
    asyncio.run(narrate_next(quay.game.deps, quay.game.narrators, quay.id))
    late = commit_narration(
        quay.game.deps, lease, quay.id, (turn["id"],), "Late.", "late", [], 0, [CRIER, CLUE]
    )
    assert not late
    assert [[e["type"] for e in m["events"]] for m in quay.feed("story_moved")] == [["clue_found"]]


def test_a_proposal_for_a_table_that_has_moved_on_is_refused(
    quay: RunningTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_turn(quay)
    pass_turn(quay)
    first = next(t for t in quay.turns() if t["state"] == "resolved")
    lease = claim(quay.game.deps, quay.id)
    assert lease is not None
    seen = noted(monkeypatch, proposals)
    commit_narration(quay.game.deps, lease, quay.id, (first["id"],), "It rains.", "x", [], 0, [CLUE])
    assert quay.feed("story_moved") == []
    assert [n["reason"] for n in seen if n["event"] == "proposal_refused"] == ["the table has moved on"]


@pytest.mark.parametrize("said", [
    Proposal("grant_item", "crown"), Proposal("give_gold", "", 500), Proposal("award_xp", "nell", 900),
    Proposal("damage", "nell_tarrow", 9), Proposal("add_condition", "poisoned"), Proposal("", ""),
    Proposal("start_encounter", "the_reckoning"), Proposal("reveal_clue", "../../etc"), Proposal("end_scene"),
    Proposal("change_disposition", "ketch", 100), Proposal("introduce_npc", "hepzibah_crake"),
    Proposal("advance_quest", "eleven_names"), Proposal("x" * 5000, "y" * 5000, 10**30),
])  # fmt: skip
def test_an_illegal_proposal_changes_nothing_and_is_logged_with_its_reason(
    quay: RunningTable, said: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_turn(quay)
    before = quay.load().body["world"]
    quay.game.narrators = [Proposing(said)]
    seen = noted(monkeypatch, proposals)
    quay.serve_all()
    assert quay.load().body["world"] == before
    assert quay.feed("story_moved") == []
    (refused,) = [n for n in seen if n["event"] == "proposal_refused"]
    assert refused["reason"] and len(refused["kind"]) <= 40 and len(refused["id"]) <= 60


def test_of_a_flood_of_proposals_few_are_looked_at_and_at_most_two_come_true(
    quay: RunningTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = noted(monkeypatch, proposals)
    tell(quay, CLUE, CRIER, *[Proposal("reveal_clue", "packed_windows")] * 40)
    (moved,) = quay.feed("story_moved")
    assert [e["type"] for e in moved["events"]] == ["clue_found", "person_came"]
    assert len([n for n in seen if n["event"] == "proposal_refused"]) == 40


@pytest.mark.parametrize("mode", ["beats", "ordered", "free"])
def test_a_session_with_proposals_plays_again_to_the_same_states(game: Game, mode: str) -> None:
    running = at_the_quay(game, 2, mode)
    tell(running, CLUE, CRIER)
    pass_turn(running)
    tell(running, TROUBLE)
    for _ in range(3):
        pass_turn(running)
        running.serve_all()
    report = replayed(running)
    assert report.replayed.mismatch is None and report.present == ()
    assert report.replayed.turns >= 4


def test_an_altered_proposal_is_found_by_a_replay(quay: RunningTable) -> None:
    tell(quay, CLUE)
    pass_turn(quay)
    table: Table = quay.load()
    turn = next(t for t in (table.turn(t["id"]) for t in quay.turns()) if t.get("meanwhile"))
    turn["meanwhile"][0]["clue"] = "a_thing_that_nobody_wrote"
    table.commit()
    found = replayed(quay).replayed.mismatch
    assert found is not None and "events told" in found.reason


def test_nobody_loses_a_turn_to_trouble_in_ordered_play(game: Game) -> None:
    running = at_the_quay(game, 2, "ordered")
    first = running.view()["turn"]["actor"]
    running.act(running.heroes.index(first) + 1, "pass")
    due = running.view()["turn"]["actor"]
    assert due != first
    running.game.narrators = [Proposing(TROUBLE)]
    running.serve_all()
    assert running.load().body["last_ordered"] == first
