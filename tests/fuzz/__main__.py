"""Fuzzes the running API with schemathesis: `python -m tests.fuzz [--requests N] [--seed N] [--results FOLDER]`.

Real processes (Redis, API, worker), every check of schemathesis, fitting and unfitting data, sequences of requests, in
the name of a player, of somebody whom the bot vouches for, of the bot and of nobody. Round follows round, each with
the next seed, until so many requests were answered. Exit status 1 for a failed check, an answer from 500 up, or an
operation that never succeeded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.stack import ROOT, Stack

HERE = Path(__file__).parent
PATIENCE = 3600  # seconds for one round, on a machine that has other things to do


def main() -> int:
    """Runs it and prints one line of JSON last."""
    parser = argparse.ArgumentParser(prog="./coc fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000, help="how many at least (default 5000)")
    parser.add_argument("--examples", type=int, default=30, help="of each operation in a round (default 30)")
    parser.add_argument(
        "--seconds", type=int, default=0, help="begin no further round after so long; 0: no limit"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="a folder for schemathesis.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coc_fuzz_") as folder:
        found = asyncio.run(fuzz(Path(folder), options))
    print(json.dumps(found))
    if options.results is not None:
        options.results.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        (options.results / "schemathesis.json").write_text(text, encoding="utf-8")
    return 0 if found["ok"] else 1


async def fuzz(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Rounds until there were enough requests; what came of them all."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    errors: list[str] = []
    began = time.monotonic()
    rounds = 0
    env = {"MAIL_FOLDER": str(folder / "outbox"), "ASSETS_DIR": str(folder / "assets"),
           "WEB_SERVICE_TOKEN": "web-token", "FLASK_ENV": "development",
           "SECURE_COOKIES": "false", "LOG_LEVEL": "WARNING"}  # fmt: skip
    async with Stack(folder, **env) as stack:
        operations = operations_of(stack.api_url)
        counts["GET /api/v1/openapi.json 200"] += 1  # just asked for; schemathesis passes over its own source
        while not rounds or (counts.total() < options.requests and not failures):
            if options.seconds and time.monotonic() - began > options.seconds:
                break
            told, words = await asyncio.to_thread(
                one_round, stack.api_url, folder, options.seed + rounds, options
            )
            counts.update(told["counts"])
            errors += told["server_errors"]
            failures += words
            rounds += 1
            print(f"round {rounds}: {counts.total()} requests, {len(failures)} failures", flush=True)
    reached = {re.sub(r" \d+$", "", key) for key in counts if key.endswith((" 200", " 201", " 202", " 307"))}
    never = sorted(operations - reached)
    statuses: Counter[str] = Counter()
    for key, number in counts.items():
        statuses[key.rpartition(" ")[2]] += number
    print("\n".join(f"{number:7} {key}" for key, number in sorted(counts.items())))
    return {
        "requests": counts.total(),
        "operations": len(operations),
        "never_succeeded": never,
        "rounds": rounds,
        "seconds": round(time.monotonic() - began),
        "first_seed": options.seed,
        "statuses": dict(sorted(statuses.items())),
        "server_errors": errors[:20],
        "failures": failures[:20],
        "ok": not (never or errors or failures) and counts.total() >= options.requests,
    }


def operations_of(api: str) -> set[str]:
    import requests

    document = requests.get(f"{api}/api/v1/openapi.json", timeout=30).json()
    return {f"{m.upper()} {path}" for path, methods in document["paths"].items() for m in methods}


def one_round(
    api: str, folder: Path, seed: int, options: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """Every phase once with one seed: the counts of answers, and the failures in words."""
    counts = folder / f"counts-{seed}.json"
    report = folder / f"report-{seed}.xml"
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "FUZZ_API": api, "FUZZ_SEED": str(seed),
           "FUZZ_COUNTS": str(counts), "PYTHONPATH": str(ROOT)}  # fmt: skip
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        f"{api}/api/v1/openapi.json", "--checks", "all", "--mode", "all", "--max-examples", str(options.examples),
        "--seed", str(seed), "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all",
        "--warnings", "off", "--max-redirects", "0", "--generation-database", "none",
        "--report-junit-path", str(report), "--report", "junit",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE)
    told = (
        json.loads(counts.read_text(encoding="utf-8"))
        if counts.exists()
        else {"counts": {}, "server_errors": []}
    )
    if done.returncode == 0:
        return told, []
    words = [
        part[1][:6000]
        for name in ("ERRORS", "FAILURES")
        if (part := re.search(rf"=+ {name} =+\n(.*?)\n=====", done.stdout, re.S))
    ]
    return told, ["\n".join(words) or (done.stdout + done.stderr)[-6000:]]


if __name__ == "__main__":
    sys.exit(main())
