"""The budget on SQLite: races, deaths, days, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.llm.budget.port import OverBudget
from api.llm.model_client import Charge, Usage
from api.services import budget as module
from api.services.budget import HELD_SECONDS, KEPT_DAYS, StoreBudget, all_id, day_id
from api.store.port import Query
from api.store.sql import SqlStore
from tests.fakes.clock import MovableClock
from tests.fakes.noted import noted
from tests.services.budget_contract import ANN, BudgetContract
from tests.services.budget_racer import WORST, calls_of

TODAY = "2026-11-25"  # of the movable clock, at 18:00 UTC


class TestOnSqlite(BudgetContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'budget.sqlite3'}"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{tmp_path / 'budget.sqlite3'}")
    yield made
    made.close()


@pytest.fixture
def budget(store: SqlStore, clock: MovableClock) -> StoreBudget:
    return StoreBudget(store, clock, calls_of, ceiling_usd=1)


def calls(store: SqlStore, sponsor: str = "ann", day: str = TODAY) -> dict[str, int]:
    row = store.get("usage", day_id(day, sponsor))
    return row.body["calls"] if row else {}


def test_a_call_is_held_at_its_worst_price_and_settled_at_its_real_one(
    budget: StoreBudget, store: SqlStore
) -> None:
    leave = budget.reserve("some", ANN, "m", WORST, 1000)
    everybody = store.get("usage", all_id(TODAY))
    assert everybody is not None and (everybody.body["held"], everybody.body["spent"]) == (1000, 0)
    budget.settle(leave, Usage(900, 50, 30, 20), 640)
    everybody = store.get("usage", all_id(TODAY))
    assert everybody is not None and (everybody.body["held"], everybody.body["spent"]) == (0, 640)
    (line,) = store.query(Query("costs", {"user_id": "ann"})).items
    assert line.body == {
        "day": TODAY, "user_id": "ann", "session_id": "s1", "model": "m", "context": "combat", "calls": 1,
        "estimated": 0, "input": 900, "output": 50, "cached": 30, "written": 20, "micros": 640,
    }  # fmt: skip


def test_settling_twice_counts_once(budget: StoreBudget, store: SqlStore) -> None:
    leave = budget.reserve("some", ANN, "m", WORST, 1000)
    budget.settle(leave, Usage(10, 10), 5)
    budget.settle(leave, Usage(10, 10), 5)
    budget.give_back(leave)
    (line,) = store.query(Query("costs")).items
    assert (line.body["calls"], line.body["micros"], calls(store)) == (1, 5, {"combat": 1})


def test_what_was_not_asked_is_given_back(budget: StoreBudget, store: SqlStore) -> None:
    budget.give_back(budget.reserve("some", ANN, "m", WORST, 1000))
    assert calls(store) == {"combat": 0}
    assert store.query(Query("costs")).items == ()


def test_what_expired_cannot_be_settled_again(
    budget: StoreBudget, store: SqlStore, clock: MovableClock
) -> None:
    leave = budget.reserve("some", ANN, "m", WORST, 1000)
    clock.advance(HELD_SECONDS + 1)
    assert budget.expire() == 1
    budget.settle(leave, Usage(10, 10), 5)
    (line,) = store.query(Query("costs")).items
    assert (line.body["micros"], line.body["estimated"], calls(store)) == (1000, 1, {"combat": 0})


def test_a_new_day_begins_at_midnight_utc(budget: StoreBudget, store: SqlStore, clock: MovableClock) -> None:
    for _ in range(50):
        budget.reserve("some", ANN, "m", WORST, 1)
    with pytest.raises(OverBudget) as refused:
        budget.reserve("some", ANN, "m", WORST, 1)
    assert (refused.value.limit, refused.value.allowed) == ("quota", 50)
    assert refused.value.resets_at == "2026-11-26T00:00:00.000Z"
    clock.advance(6 * 3600 - 1)
    with pytest.raises(OverBudget):
        budget.reserve("some", ANN, "m", WORST, 1)
    clock.advance(1)
    leave = budget.reserve("some", ANN, "m", WORST, 1)
    assert (leave.day, calls(store, day="2026-11-26")) == ("2026-11-26", {"combat": 1})


def test_a_call_over_midnight_belongs_to_the_day_on_which_it_began(
    budget: StoreBudget, store: SqlStore, clock: MovableClock
) -> None:
    clock.advance(6 * 3600 - 1)
    leave = budget.reserve("some", ANN, "m", WORST, 1000)
    clock.advance(30)
    budget.settle(leave, Usage(10, 10), 5)
    (line,) = store.query(Query("costs")).items
    everybody = store.get("usage", all_id(TODAY))
    assert line.body["day"] == TODAY and everybody is not None and everybody.body["held"] == 0


def test_elite_has_no_limit_and_nobodys_calls_only_a_ceiling(budget: StoreBudget, store: SqlStore) -> None:
    for _ in range(60):
        budget.reserve("some", Charge("combat", "eve", "s", "ELITE"), "m", WORST, 1)
        budget.reserve("some", Charge("summary"), "m", WORST, 1)
    assert (calls(store, "eve"), calls(store, "")) == ({"combat": 60}, {"summary": 60})


def test_alerts_come_once_each_at_half_at_four_fifths_and_at_the_ceiling(
    budget: StoreBudget, store: SqlStore, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = noted(monkeypatch, module)
    other = StoreBudget(store, clock, calls_of, ceiling_usd=1)
    rich = Charge("combat", "eve", "s", "ELITE")

    def spend(dollars: float) -> None:
        for one in (budget, other):
            one.settle(one.reserve("some", rich, "m", WORST, 1), Usage(1, 1), round(dollars * 500_000))

    spend(0.48)
    assert lines == []
    spend(0.04)
    spend(0.3)
    assert [x["percent"] for x in lines] == [50, 80]
    for one in (budget, other):
        with pytest.raises(OverBudget) as refused:
            one.reserve("some", rich, "m", WORST, 200_000)
        assert (refused.value.limit, refused.value.allowed) == ("ceiling", 1)
    assert [x["percent"] for x in lines] == [50, 80, 100]
    assert {x["event"] for x in lines} == {"spend_alert"}


def test_a_ceiling_of_nothing_lets_no_call_through(store: SqlStore, clock: MovableClock) -> None:
    closed = StoreBudget(store, clock, calls_of, ceiling_usd=0)
    with pytest.raises(OverBudget, match="ceiling"):
        closed.reserve("some", ANN, "m", WORST, 1)


def test_days_that_nobody_looks_at_are_forgotten_and_the_ledger_is_kept(
    budget: StoreBudget, store: SqlStore, clock: MovableClock
) -> None:
    budget.settle(budget.reserve("some", ANN, "m", WORST, 1000), Usage(1, 1), 1)
    clock.advance(KEPT_DAYS * 86400)
    assert budget.forget() == 0
    clock.advance(86400)
    assert budget.forget() == 2
    assert (store.query(Query("usage")).items, len(store.query(Query("costs")).items)) == ((), 1)
