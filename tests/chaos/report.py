"""Tells how a run ended: a table, a readable story of each violation, and one JSON line."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.chronicle import Chronicle
from tests.chaos.evening import Wish

MOST_STORIES = 12
# key: (unit, gate)
KEYS = {
    "parties": ("parties", None),
    "kills": ("kills", "at least as many as asked for"),
    "kills_of_the_store": ("kills", None),
    "stops": ("stops", None),
    "full_disks": ("times", None),
    "redis_wiped": ("times", None),
    "turns_accepted": ("actions", None),
    "turns_narrated": ("turns", None),
    "lost": ("turns", "0"),
    "doubled": ("turns", "0"),
    "violations": ("violations", "0"),
    "doubled_after_nonce_window": ("messages", None),
    "requests_repeated": ("requests", None),
    "answers_replayed": ("answers", None),
    "answers_503": ("answers", None),
    "streams_cut": ("times", None),
    "rows_streamed": ("rows", None),
    "feed_rows_proved": ("rows", None),
    "channel_turns_proved": ("turns", None),
    "sheets_proved": ("sheets", None),
    "turns_replayed": ("turns", None),
    "passages_by_the_model": ("passages", None),
    "model_failures": ("requests", None),
    "stories_ended": ("stories", None),
    "presses_answered": ("presses", None),
    "presses_unanswered": ("presses", None),
    "settle_ms": ("ms", None),
    "seconds": ("s", None),
}


def figures(chronicle: Chronicle, parties: int) -> dict[str, Any]:
    counts, rules = chronicle.counts, [v.rule for v in chronicle.violations]
    values = dict(counts) | {
        "parties": parties,
        "kills_of_the_store": counts["kill:postgres"] + counts["kill:postgres-child"],
        "stops": sum(n for key, n in counts.items() if key.startswith("stop:")),
        "full_disks": sum(n for key, n in counts.items() if key.startswith("full_disk:")),
        "redis_wiped": counts["wipe:redis"],
        "lost": rules.count("lost"),
        "doubled": rules.count("doubled"),
        "violations": len(rules),
    }
    return {
        key: {"value": values.get(key, 0), "unit": unit, "baseline": None, "gate": gate, "goal": None}
        for key, (unit, gate) in KEYS.items()
    }


def summary(chronicle: Chronicle, wish: Wish) -> dict[str, Any]:
    """The object of the last line. `seed` lets anybody play the same plan again."""
    ok = not chronicle.violations and chronicle.counts["kills"] >= wish.kills
    return {
        "name": "chaos",
        "seed": chronicle.seed,
        "store": wish.store,
        "copies": wish.copies,
        "figures": figures(chronicle, wish.parties),
        "ok": ok,
    }


def show(chronicle: Chronicle, result: dict[str, Any], *, as_json: bool) -> None:
    console = Console(stderr=as_json, highlight=False)
    table = Table("figure", "value", "unit", "gate", title=f"chaos, seed {chronicle.seed}")
    for key, figure in result["figures"].items():
        table.add_row(key, str(figure["value"]), figure["unit"], figure["gate"] or "")
    if not as_json:
        console.print(table)
    for line in stories(chronicle):
        console.print(line, markup=False)
    print(json.dumps(result), flush=True)


def stories(chronicle: Chronicle) -> list[str]:
    """What broke, about which turn, and which blows fell around it."""
    lines: list[str] = []
    for violation in chronicle.violations[:MOST_STORIES]:
        lines.append(f"BROKEN ({violation.rule}): {violation.story}")
        lines.append(
            f"  seed {chronicle.seed}, session {violation.session_id or '-'}, turn {violation.turn_id or '-'}"
        )
        lines += [f"  {blow}" for blow in chronicle.around(violation.moment)]
    left = len(chronicle.violations) - MOST_STORIES
    return [*lines, f"and {left} more"] if left > 0 else lines
