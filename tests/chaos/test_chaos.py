"""The short trial by chaos, with a fixed seed: ten parties, at least sixty kills, nothing lost or doubled."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.chaos.chronicle import Chronicle
from tests.chaos.evening import Wish, spend
from tests.chaos.replay_proof import prove_replays
from tests.chaos.report import stories, summary
from tests.chaos.schedule import KILLED, plan
from tests.chaos.store_proof import Ledger, prove_store
from tests.chaos.stores import SqliteBooks

SEED = 20
PARTIES, KILLS = 10, 60


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(420)
def test_ten_parties_lose_and_double_nothing_under_sixty_kills(tmp_path: Path) -> None:
    wish = Wish(SEED, PARTIES, KILLS, seconds=130)
    chronicle = asyncio.run(spend(wish, tmp_path))
    assert chronicle.violations == [], "\n".join(stories(chronicle))
    assert chronicle.counts["kills"] >= KILLS
    assert chronicle.counts["turns_accepted"] >= PARTIES  # there was something to lose
    assert chronicle.counts["channel_turns_proved"] > 0
    assert summary(chronicle, wish)["ok"]


def test_a_plan_is_the_same_for_the_same_seed_and_strikes_everybody() -> None:
    first, second = plan(7, kills=60, seconds=100), plan(7, kills=60, seconds=100)
    assert first == second != plan(8, kills=60, seconds=100)
    killed = [s.target for s in first if s.kind in ("kill", "wipe")]
    assert len(killed) == 60
    assert set(killed) == set(KILLED)
    assert {"wipe", "stop", "full_disk", "drop_gateway"} <= {s.kind for s in first}
    assert all(0 <= s.at <= 100 for s in first)


class Broken:
    """A told story in a store of its own, into which a test plants one fault."""

    def __init__(self, game: object) -> None:
        from tests.fakes.game import Game

        assert isinstance(game, Game)
        self.game = game
        self.books = SqliteBooks(Path(str(game.settings.database_url).removeprefix("sqlite:///")))
        self.table = game.table(players=2)
        self.table.serve_all()
        for _ in range(2):
            self.table.act(1, "pass")
            self.table.act(2, "free", text="I look at the water")
            self.table.serve_all()

    def change(self, statement: str, *values: object) -> None:
        with self.game.store._engine.begin() as connection:
            connection.exec_driver_sql(statement, values)

    def broken_rules(self) -> set[str]:
        chronicle = Chronicle(0)
        prove_store(Ledger(self.books), chronicle, self.game.content)
        return {v.rule for v in chronicle.violations}

    def broken_replays(self) -> list[str]:
        chronicle = Chronicle(0)
        ledger = Ledger(self.books)
        prove_replays(self.game.settings.database_url, ledger.sessions, chronicle, self.game.content)
        assert chronicle.counts["turns_replayed"] or chronicle.violations
        return [v.story for v in chronicle.violations]


@pytest.fixture
def told(game: object) -> Broken:
    return Broken(game)


def test_a_story_that_went_well_proves_itself(told: Broken) -> None:
    assert told.broken_rules() == set()
    assert told.broken_replays() == []


def test_a_step_that_is_missing_in_the_log_is_noticed(told: Broken) -> None:
    told.change("UPDATE turns SET body = json_remove(body, '$.steps[0]') WHERE number = 1")
    (story,) = told.broken_replays()
    assert "turn 1 comes out differently" in story


def test_a_sheet_that_no_step_leads_to_is_noticed(told: Broken) -> None:
    told.change("UPDATE characters SET body = json_set(body, '$.gold', 9999)")
    (story,) = told.broken_replays()
    assert "does not end where the store stands" in story and "9999" in story


def test_a_missing_feed_row_is_noticed(told: Broken) -> None:
    told.change("DELETE FROM feed WHERE seq = 3")
    assert "feed" in told.broken_rules()


def test_a_turn_that_was_told_twice_is_noticed(told: Broken) -> None:
    rows = Ledger(told.books).feeds[told.table.id]
    last = rows[-1] | {"seq": len(rows) + 1}
    told.change(
        "INSERT INTO feed (id, revision, body, session_id, seq) VALUES (?, 1, ?, ?, ?)",
        f"{told.table.id}.{last['seq']}", json.dumps(last), told.table.id, last["seq"],
    )  # fmt: skip
    assert {"doubled", "feed"} <= told.broken_rules()


def test_a_turn_that_nobody_told_is_noticed(told: Broken) -> None:
    told.change("UPDATE turns SET body = json_set(body, '$.state', 'resolved') WHERE number = 1")
    assert "lost" in told.broken_rules()


def test_a_sheet_that_is_not_the_fold_of_its_events_is_noticed(told: Broken) -> None:
    told.change("UPDATE characters SET body = json_set(body, '$.gold', 9999)")
    assert told.broken_rules() == {"fold"}


def test_rows_that_were_committed_out_of_order_are_noticed(told: Broken) -> None:
    told.change("UPDATE feed SET rowid = 100000 WHERE seq = 2")
    assert "feed" in told.broken_rules()
