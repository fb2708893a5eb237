"""`python -m api.content check|stats`: for authors, to see whether content is sound and how much there is."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from api.content.loader import load_counted
from api.content.problems import ContentError
from api.content.stats import counts, figures

DATA = Path(__file__).resolve().parents[2] / "data"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 when the content is sound, 1 when it is not."""
    parser = argparse.ArgumentParser(prog="python -m api.content", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check every file and print what must be mended")
    stats = commands.add_parser("stats", help="count what there is")
    for command in (check, stats):
        command.add_argument("root", nargs="?", type=Path, default=DATA, help="the data folder")
    stats.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args(arguments)
    try:
        loaded = load_counted(chosen.root)
    except ContentError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} to mend", file=sys.stderr)
        return 1
    if chosen.command == "check":
        print(f"{loaded.files} files, ok")
    elif chosen.json:
        print(json.dumps(figures(loaded.content)))
    else:
        for key, value in counts(loaded.content).items():
            print(f"{key:<14}{value:>5}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
