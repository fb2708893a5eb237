"""`python -m tests.workers.slow_worker ai_tasks`: the real worker with a narrator that takes its time.

SLOW_SECONDS: how long a passage takes, in five sentences. PEAK_FILE: where it says at its end how many passages were
told at once. For comparison, `tell` is a job that RQ's own worker can run with the same narrator.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

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


async def tell(turn_id: str) -> None:
    from api.tasks.ai_tasks import generate_dm_response

    await generate_dm_response(turn_id)


def main(arguments: list[str]) -> int:
    from api.worker import main as work

    status = work(arguments)
    if peak_file := os.environ.get("PEAK_FILE"):
        Path(peak_file).write_text(str(narrator.peak))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
