"""A process that takes leave for calls as fast as it can: `python -m tests.services.budget_racer URL TRIES [die]`.

Prints how many it got. With `die` it kills itself between taking leave and settling, as a worker is killed.
"""

from __future__ import annotations

import os
import signal
import sys

from api.clock import Clock
from api.llm.budget.port import OverBudget
from api.llm.model_client import Charge, Usage
from api.services.budget import StoreBudget
from api.store.sql import SqlStore


def calls_of(sponsor: str) -> int | None:
    """Ann has 50 calls a day, and everybody else as many as they like."""
    return 50 if sponsor == "ann" else None


WORST = Usage(1000, 100, estimated=True)


def main(url: str, tries: int, die: bool) -> None:
    store = SqlStore(url)
    budget = StoreBudget(store, Clock(), calls_of, ceiling_usd=1)
    got = 0
    sys.stdin.readline()  # until all are up
    for number in range(tries):
        try:
            leave = budget.reserve("some", Charge("combat", "ann", "s1", "FREE"), "m", WORST, 1000)
        except OverBudget:
            break
        got += 1
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        if number % 2:
            budget.settle(leave, Usage(10, 10), 7)
    print(got)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), "die" in sys.argv[3:])
