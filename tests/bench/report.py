"""The figures of a benchmark: the JSON object that everybody can compare, and a table for people."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

Figures = dict[str, dict[str, Any]]


def figure(
    value: float | None,
    unit: str,
    *,
    baseline: str | None = None,
    gate: str | None = None,
    goal: str | None = None,
) -> dict[str, Any]:
    return {"value": value, "unit": unit, "baseline": baseline, "gate": gate, "goal": goal}


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def wants_json(name: str, doc: str | None) -> bool:
    parser = argparse.ArgumentParser(prog=f"coc bench {name}", description=doc)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line, no table")
    return bool(parser.parse_args().json)


def tell(name: str, figures: Figures, *, ok: bool, as_json: bool) -> int:
    """Print the figures; the exit status is 1 when a gate was missed."""
    if not as_json:
        for key, one in figures.items():
            notes = [f"{word} {one[word]}" for word in ("gate", "goal", "baseline") if one[word]]
            print(
                f"{key:28} {'-' if one['value'] is None else one['value']:>12} {one['unit']:14} {'; '.join(notes)}"
            )
        print(
            f"machine: {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; gates {'met' if ok else 'MISSED'}"
        )
    else:
        print(json.dumps({"name": name, "figures": figures, "ok": ok}))
    return 0 if ok else 1
