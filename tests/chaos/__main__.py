"""`python -m tests.chaos`: what `./coc chaos` and `./coc soak` run."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.evening import Wish, spend
from tests.chaos.report import show, summary
from tests.chaos.stores import STORES


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="coc chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="play the same plan again; a fresh one without it")
    parser.add_argument(
        "--parties", type=int, default=10, metavar="N", help="at once; three of them in Discord"
    )
    parser.add_argument("--kills", type=int, default=60, metavar="N", help="SIGKILLs, at least")
    parser.add_argument("--seconds", type=float, default=150.0, help="how long the blows fall")
    parser.add_argument(
        "--nonce-seconds", type=float, default=300.0, help="how long Discord remembers a nonce"
    )
    parser.add_argument(
        "--store", choices=STORES, default="sqlite", help="what the house runs on; a server is struck, too"
    )
    parser.add_argument(
        "--copies", type=int, choices=(1, 2), default=1, help="of the API and of the bot; workers are two"
    )
    parser.add_argument("--folder", type=Path, help="keep store and logs here (an empty folder)")
    parser.add_argument("--result", type=Path, help="write the result to this file, too")
    parser.add_argument("--json", action="store_true", help="the JSON line alone on standard output")
    return parser


def main() -> int:
    asked = build_parser().parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1 << 32)
    wish = Wish(
        seed, asked.parties, asked.kills, asked.seconds, asked.nonce_seconds, asked.store, asked.copies
    )
    logging.getLogger("aiohttp.server").setLevel(
        logging.CRITICAL
    )  # of the stand-ins, whose clients are killed
    with tempfile.TemporaryDirectory(prefix="coc-chaos-") as fresh:
        folder = asked.folder or Path(fresh)
        folder.mkdir(parents=True, exist_ok=True)
        chronicle = asyncio.run(spend(wish, folder))
    result = summary(chronicle, wish)
    show(chronicle, result, as_json=asked.json)
    if asked.result is not None:
        asked.result.parent.mkdir(parents=True, exist_ok=True)
        told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **result}
        asked.result.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
