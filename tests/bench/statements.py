"""How many statements the store runs for one structured turn, as SQLite itself traces them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.content.loader import load_content
from api.settings import ROOT
from tests.fakes.game import Game


@dataclass(frozen=True, slots=True)
class Statements:
    """BEGIN and COMMIT count."""

    accept: int
    narrate: int


def statements_per_turn(log: list[str] | None = None) -> Statements:
    """One player's `pass` in a running story, with an Idempotency-Key. `log` collects the statements."""
    seen: list[str] = [] if log is None else log
    with tempfile.TemporaryDirectory(prefix="coc-bench-") as folder:
        game = Game(Path(folder), load_content(ROOT / "data"))
        table = game.table(players=1)
        table.serve_all()
        table.act(1, "pass", key="warm")
        table.serve_all()

        game.store.close()  # what it opens from here on is traced

        @sa.event.listens_for(game.store._engine, "checkout")
        def _trace(connection: Any, *_rest: Any) -> None:
            connection.set_trace_callback(seen.append)

        table.act(1, "pass", key="counted", seen=None)
        accept = len(seen)
        table.serve_all()
        narrate = len(seen) - accept
        game.store.close()
    return Statements(accept, narrate)
