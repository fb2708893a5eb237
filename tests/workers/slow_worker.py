"""`python -m tests.workers.slow_worker ai_tasks`: the real worker with a narrator that takes its time.

SLOW_SECONDS: how long a passage takes, in five sentences. PEAK_FILE: where it says at its end how many passages were
told at once. STOCK=1: RQ's own worker instead of ours, for comparison.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import redis
from rq import Queue
from rq import Worker as StockWorker
from rq.serializers import JSONSerializer

import api.tasks.context as context
from api.llm.port import NarrationRequest
from api.settings import Settings
from api.wiring import Wired, wire

SENTENCES = 5


class SlowNarrator:
    """Says five sentences at a steady pace and counts how many passages it tells at once."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._telling = 0
        self.peak = 0

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        self._telling += 1
        self.peak = max(self.peak, self._telling)
        try:
            for number in range(SENTENCES):
                await asyncio.sleep(self._seconds / SENTENCES)
                yield f"This is sentence {number + 1} about turn {request.turn_number}."
        finally:
            self._telling -= 1


def use(narrator: SlowNarrator) -> None:
    """Put the narrator in the place of all others, in this process only."""

    def slowly_wired(settings: Settings) -> Wired:
        return replace(wire(settings), narrators=[narrator])

    context.wire = slowly_wired


narrator = SlowNarrator(float(os.environ.get("SLOW_SECONDS", "1")))
use(narrator)


def main(arguments: list[str]) -> int:
    if os.environ.get("STOCK"):
        connection = redis.Redis.from_url(os.environ["REDIS_URL"])
        queues = [Queue(n, connection=connection, serializer=JSONSerializer) for n in arguments]
        StockWorker(queues, connection=connection, serializer=JSONSerializer).work(logging_level="WARNING")
        return 0
    from api.worker import main as work

    status = work(arguments)
    if peak_file := os.environ.get("PEAK_FILE"):
        Path(peak_file).write_text(str(narrator.peak))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
