"""`./coc bench workers`: 300 turns in flight with a 5-second model in one worker process.

The turns are resolved and wait to be told, one model call each; with --free-text they wait for the built-in ruler
first. The worker, Redis and the store are real; the model is a coroutine that says five sentences.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from api.content.loader import load_content
from tests.workers.house import House, kill, pss_mb, wait_until, with_children

DATA = Path(__file__).resolve().parents[2] / "data"
STOCK_SAMPLE = 4
GOAL_RATIO, GATE_RATIO = 1.2, 2.0
GOAL_MB = 1024


def figure(value: float, unit: str, *, baseline: str | None = None, gate: str | None = None,
           goal: str | None = None) -> dict[str, Any]:  # fmt: skip
    return {"value": round(value, 3), "unit": unit, "baseline": baseline, "gate": gate, "goal": goal}


def ours(house: House, turns: int, seconds: float, free_text: bool) -> tuple[int, float, float]:
    """(most turns in flight, makespan over the model's time, MB in mid-run)."""
    waiting = house.waiting_turns(turns, free_text=free_text)
    peak_file = house.folder / "peak"
    worker = house.start_worker(
        "ai_tasks", SLOW_SECONDS=str(seconds), PEAK_FILE=str(peak_file), LOG_LEVEL="WARNING"
    )
    house.working()
    began = time.time()
    house.enqueue(waiting)
    time.sleep(max(0.0, began + 0.8 * seconds - time.time()))
    memory = sum(pss_mb(p) for p in with_children(worker.pid))
    told = house.all_told(waiting, seconds=20 * seconds + 60)
    kill(worker, signal.SIGTERM)
    worker.wait(30)
    return int(peak_file.read_text()), (max(told) - began) / seconds, memory


def stock(house: House, seconds: float) -> float:
    """MB of one stock RQ worker (with the process that it forks for its job), the mean of a few at work at once."""
    waiting = house.waiting_turns(STOCK_SAMPLE, free_text=False)
    workers = [house.start_stock_worker("stock", SLOW_SECONDS=str(seconds)) for _ in range(STOCK_SAMPLE)]
    house.working(STOCK_SAMPLE)
    queue = Queue("stock", connection=house.redis, serializer=JSONSerializer)
    for turn in waiting:
        queue.enqueue("tests.workers.slow_worker.tell", turn.turn_id)
    wait_until(lambda: all(len(with_children(w.pid)) > 1 for w in workers), 60, what=house.last_words)
    # Each has claimed its session's lease: all are in the middle of their jobs.
    leases = [f"narration.{t.session_id}" for t in waiting]
    wait_until(lambda: len(house.store.get_many("leases", leases)) == STOCK_SAMPLE, 60, what=house.last_words)
    memory = sum(pss_mb(p) for w in workers for p in with_children(w.pid)) / STOCK_SAMPLE
    for worker in workers:
        kill(worker)
    return memory


def measure(turns: int, seconds: float, free_text: bool) -> dict[str, Any]:
    content = load_content(DATA)
    with tempfile.TemporaryDirectory() as folder, House(Path(folder), content) as house:
        in_flight, ratio, memory = ours(house, turns, seconds, free_text)
    with tempfile.TemporaryDirectory() as folder, House(Path(folder), content) as house:
        each = stock(house, 4 * seconds)
    figures = {
        "in_flight": figure(in_flight, "turns", baseline="1 in a stock worker", gate=f"{turns}"),
        "makespan_ratio": figure(
            ratio, f"times the model's {seconds:g} s",
            baseline=f"{turns} by count with one stock worker", gate=f"<= {GATE_RATIO}", goal=f"<= {GOAL_RATIO}",
        ),
        "memory_mb": figure(memory, "MB (PSS)", gate=f"<= {GOAL_MB}", goal=f"<= {GOAL_MB}"),
        "stock_memory_mb": figure(
            each * turns, "MB (PSS)",
            baseline=f"{STOCK_SAMPLE} stock rq workers at work, {each:.1f} MB each, scaled to {turns}",
        ),
    }  # fmt: skip
    ok = in_flight >= turns and ratio <= GATE_RATIO and memory <= GOAL_MB
    return {"name": "workers", "figures": figures, "ok": ok}


def table(result: dict[str, Any]) -> str:
    rows = [("key", "value", "unit", "baseline", "gate", "goal")]
    for key, f in result["figures"].items():
        rows.append((key, str(f["value"]), f["unit"], f["baseline"] or "", f["gate"] or "", f["goal"] or ""))
    widths = [max(len(r[i]) for r in rows) for i in range(6)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="coc bench workers", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the model takes for a passage")
    parser.add_argument("--free-text", action="store_true", help="turns that must be ruled on first")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result = measure(chosen.turns, chosen.seconds, chosen.free_text)
    print(json.dumps(result) if chosen.json else table(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
