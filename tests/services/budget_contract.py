"""What the budget keeps on every backend: nobody over by one, nothing counted twice, nothing lost with a process."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from api.clock import Clock
from api.llm.budget.port import OverBudget, Reservation
from api.llm.model_client import Charge, Usage
from api.services.budget import HELD_SECONDS, StoreBudget, all_id, day_id, day_of
from api.settings import ROOT
from api.store.port import Query, Store
from api.store.sql import SqlStore
from tests.services.budget_racer import WORST, calls_of

ANN = Charge("combat", "ann", "s1", "FREE")
RACERS = 8


class Later(Clock):
    """The real clock, ahead of itself: a process that died is long dead for it."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=HELD_SECONDS + 1)


class BudgetContract:
    """Subclasses give a `url` of an empty database."""

    def test_threads_that_race_get_exactly_what_is_allowed(self, url: str) -> None:
        stores = [SqlStore(url) for _ in range(RACERS)]
        budgets = [StoreBudget(s, Clock(), calls_of, ceiling_usd=1) for s in stores]

        def take(budget: StoreBudget) -> int:
            got = 0
            for _ in range(20):
                try:
                    budget.reserve("some", ANN, "m", WORST, 1000)
                except OverBudget:
                    return got
                got += 1
            return got

        with ThreadPoolExecutor(RACERS) as pool:
            assert sum(pool.map(take, budgets)) == 50
        self._close(stores)

    def test_a_ceiling_is_never_passed_by_threads_that_race(self, url: str) -> None:
        stores = [SqlStore(url) for _ in range(RACERS)]
        rich = Charge("combat", "bob", "s2", "ELITE")

        def take(store: Store) -> list[Reservation]:
            budget = StoreBudget(store, Clock(), calls_of, ceiling_usd=0.1)
            got = []
            for _ in range(20):
                try:
                    got.append(budget.reserve("some", rich, "m", WORST, 1000))
                except OverBudget:
                    break
            for leave in got:
                budget.settle(leave, Usage(1, 1), 1000)
            return got

        with ThreadPoolExecutor(RACERS) as pool:
            assert sum(len(got) for got in pool.map(take, stores)) == 100
        row = stores[0].get("usage", all_id(day_of(Clock().now())))
        assert row is not None and (row.body["spent"], row.body["held"]) == (100_000, 0)
        self._close(stores)

    def test_processes_that_race_get_exactly_what_is_allowed(self, url: str) -> None:
        store = SqlStore(url)
        got = race(url, RACERS, tries=20)
        assert sum(got) == 50
        row = store.get("usage", day_id(day_of(Clock().now()), "ann"))
        assert row is not None and row.body["calls"] == {"combat": 50}
        settled = sum(n // 2 for n in got)
        assert len(row.body["held"]) == 50 - settled
        (line,) = store.query(Query("costs", {"user_id": "ann"})).items
        assert (line.body["calls"], line.body["micros"], line.body["input"]) == (
            settled, 7 * settled, 10 * settled,
        )  # fmt: skip
        store.close()

    def test_a_killed_process_costs_its_sponsor_no_call_and_the_ledger_its_worst_price(
        self, url: str
    ) -> None:
        store = SqlStore(url)
        assert race(url, 1, tries=1, die=True) == [None]
        here = StoreBudget(store, Clock(), calls_of, ceiling_usd=1)
        assert here.expire() == 0  # its time is not up
        later = StoreBudget(store, Later(), calls_of, ceiling_usd=1)
        assert (later.expire(), later.expire()) == (1, 0)
        rows = {r.id: r.body for r in store.query(Query("usage", limit=10)).items}
        day = next(body["day"] for body in rows.values())
        assert rows[day_id(day, "ann")]["calls"] == {"combat": 0}
        assert (rows[all_id(day)]["held"], rows[all_id(day)]["spent"]) == (0, 1000)
        (line,) = store.query(Query("costs")).items
        assert (line.body["calls"], line.body["estimated"], line.body["micros"]) == (1, 1, 1000)
        store.close()

    def _close(self, stores: list[SqlStore]) -> None:
        for store in stores:
            store.close()


def race(url: str, racers: int, *, tries: int, die: bool = False) -> list[int | None]:
    """What each process got; None for one that was killed."""
    command = [
        sys.executable,
        "-m",
        "tests.services.budget_racer",
        url,
        str(tries),
        *(["die"] if die else []),
    ]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(racers)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].strip() for process in running]
    return [int(text) if text else None for text in said]
