"""Whether a turn of a long story costs more than one of a young story."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from api.content.catalogue import Content
from api.content.loader import load_content
from api.settings import ROOT
from tests.fakes.game import Game, RunningTable

OLD, YOUNG = 5000, 10
AROUND = 5  # turns before and after
PAIRS = 8


@dataclass(frozen=True, slots=True)
class Age:
    """Medians in milliseconds of accepting and telling one turn."""

    young_ms: float
    old_ms: float

    @property
    def ratio(self) -> float:
        return self.old_ms / self.young_ms


def play_on(table: RunningTable, until: int) -> None:
    while table.load().body["turn_number"] < until:
        _turn(table)


def _turn(table: RunningTable) -> float:
    """Seconds for one turn, with free words and buttons in turns."""
    number = table.load().body["turn_number"]
    kind = ("pass", "talk", "free")[number % 3]
    began = time.perf_counter()
    if kind == "free":
        table.act(1, "free", text="I look at the water", key=f"k{number}", seen=None)
    else:
        table.act(1, kind, key=f"k{number}", seen=None)
    table.serve_all()
    return time.perf_counter() - began


def old_over_young() -> Age:
    """One session is played to turn 5000 with the services themselves; then its turns around 5000 and those around 10
    of fresh sessions, each in a store of its own, are timed one after the other."""
    content = load_content(ROOT / "data")
    with tempfile.TemporaryDirectory(prefix="coc-bench-") as folder:
        old = _table(Path(folder) / "old", content)
        play_on(old, OLD - PAIRS * AROUND)
        youngs = [_table(Path(folder) / f"young{n}", content) for n in range(PAIRS)]
        olds_seconds: list[float] = []
        young_seconds: list[float] = []
        for young in youngs:
            play_on(young, YOUNG - AROUND)
            for _ in range(2 * AROUND):
                olds_seconds.append(_turn(old))
                young_seconds.append(_turn(young))
        for table in (old, *youngs):
            table.game.store.close()
    return Age(1000 * statistics.median(young_seconds), 1000 * statistics.median(olds_seconds))


def _table(folder: Path, content: Content) -> RunningTable:
    folder.mkdir()
    table = Game(folder, content).table(players=1)
    table.serve_all()
    return table
