"""The figures of an evaluation and their gates."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.eval_gm.corpus import Alarms
from tests.eval_gm.evening import Posted
from tests.fakes.hostile.lying import GATED, KINDS, Lie

TRUTH_GATE = 98.0
REPAIRS_GATE = 0.15


def found_lies(posted: Posted, lies: dict[str, list[Lie]]) -> list[tuple[str, Lie]]:
    """Labelled lies that stand in what was posted: the passage of the turn, or what deltas showed of it."""
    found = []
    for turn_id, told in lies.items():
        shown = [posted.passages.get(turn_id, ""), "".join(posted.deltas.get(turn_id, []))]
        found += [(turn_id, lie) for lie in told if any(lie.posted_in(text) for text in shown)]
    return found


def evening_figures(name: str, evenings: list[Posted], lies: list[dict[str, list[Lie]]]) -> dict[str, Any]:
    """Figures of evenings with one kind of narrator; `lies` beside them, empty for one that tells none."""
    posted: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for evening, labelled in zip(evenings, lies, strict=True):
        posted.update(lie.kind for _, lie in found_lies(evening, labelled))
        told.update(lie.kind for those in labelled.values() for lie in those)
    turns = sum(e.turns for e in evenings)
    figures: dict[str, Any] = {
        f"{name}_turns": _figure(turns, "turns"),
        f"{name}_lost": _figure(sum(e.lost + e.doubled for e in evenings), "turns", 0),
        f"{name}_illegal_changes": _figure(sum(len(e.changed) for e in evenings), "changes", 0),
        f"{name}_proposals_accepted": _figure(
            sum(e.proposed for e in evenings), "turns", 0 if any(lies) else None
        ),
        f"{name}_repairs": _figure(
            round(sum(e.repairs for e in evenings) / max(1, turns), 3), "calls a turn",
            None if any(lies) else REPAIRS_GATE,
        ),
        f"{name}_sentences_with_receipts": _figure(
            round(100 * (1 - sum(e.without_receipts for e in evenings) / max(1, sum(e.sentences for e in evenings)))),
            "%",
        ),
    }  # fmt: skip
    for kind in KINDS if any(lies) else ():
        figures[f"{name}_lies_told_{kind}"] = _figure(told[kind], "lies")
        figures[f"{name}_lies_posted_{kind}"] = _figure(posted[kind], "lies", 0 if kind in GATED else None)
    return figures


def truth_figures(written: Alarms, composed: Alarms) -> dict[str, Any]:
    micro = written.microseconds + composed.microseconds
    both = written.passages + composed.passages
    passed = 100 * (both - written.stopped - composed.stopped) / max(1, both)
    return {
        "truthful_passages": _figure(both, "passages"),
        "truthful_passed": _figure(round(passed, 2), "%", TRUTH_GATE, at_least=True),
        "truthful_passed_written": _figure(round(written.passed_percent, 2), "%"),
        "truthful_passed_composed": _figure(round(composed.passed_percent, 2), "%"),
        "check_p50": _figure(round(statistics.median(micro)), "µs a sentence", 1000),
        "check_p99": _figure(round(statistics.quantiles(micro, n=100)[98]), "µs a sentence"),
    }


def _figure(value: float, unit: str, gate: float | None = None, *, at_least: bool = False) -> dict[str, Any]:
    met = gate is None or (value >= gate if at_least else value <= gate)
    shown = None if gate is None else f"{'at least' if at_least else 'at most'} {gate:g}"
    return {"value": value, "unit": unit, "baseline": None, "gate": shown, "goal": None, "met": met}


def show(figures: dict[str, Any], stories: list[str], *, as_json: bool, seed: str) -> bool:
    """Print the table (on standard error with `as_json`) and the JSON line; True when every gate is met."""
    ok = all(f["met"] for f in figures.values())
    console = Console(stderr=as_json, highlight=False)
    table = Table("figure", "value", "unit", "gate", "met", title=f"game master, seed {seed}")
    for key, figure in figures.items():
        table.add_row(
            key, str(figure["value"]), figure["unit"], figure["gate"] or "", "" if figure["met"] else "NO"
        )
    if not as_json:
        console.print(table)
    for story in stories:
        console.print(story, markup=False)
    print(json.dumps({"name": "eval-gm", "seed": seed, "figures": figures, "ok": ok}), flush=True)
    return ok
