"""`python -m tests.replays`: record the golden logs anew, after the rules have changed on purpose.

A log that would come out differently under the same RULES_VERSION is not written: let it grow in `api/rules/replay.py`
first, or sessions under way would be said to be altered. `--same-version` is for rules that no release has had yet.
"""

from __future__ import annotations

import argparse
import sys

from api.rules.audit import replay
from api.rules.replay import RULES_VERSION
from tests.replays.golden import LOGS, read_log, shown, turns_of, world_hash, write_log
from tests.replays.stories import MUST_SHOW, STORIES
from tests.replays.world import frozen_world


def main(arguments: list[str] | None = None) -> int:
    """Record every story; returns 1 when one of them was not written."""
    parser = argparse.ArgumentParser(prog="python -m tests.replays", description=__doc__)
    parser.add_argument(
        "--same-version", action="store_true", help="write although RULES_VERSION did not grow"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(STORIES)}; all without it")
    asked = parser.parse_args(arguments)
    content = frozen_world()
    failed = 0
    for name in asked.names or STORIES:
        path = LOGS / f"{name}.json"
        old = read_log(path) if path.exists() else None
        log = STORIES[name](content).log()
        if old == log:
            print(f"{name}: as it was")
            continue
        lacks = sorted(MUST_SHOW[name] - shown(log))
        if lacks:
            print(f"{name}: it no longer shows {', '.join(lacks)}; mend its story", file=sys.stderr)
            failed += 1
            continue
        # A changed story or world is no change of the rules: then the old log still plays as it did.
        if old is not None and old["rules"] == RULES_VERSION and old["world"] == world_hash():
            wrong = replay(turns_of(old, content), old["seed"], content).mismatch
            if wrong is not None and not asked.same_version:
                print(f"{name}: turn {wrong.turn} comes out differently: {wrong.reason}", file=sys.stderr)
                print("  let RULES_VERSION grow in api/rules/replay.py, then record again", file=sys.stderr)
                failed += 1
                continue
        write_log(path, log)
        print(f"{name}: {len(log['turns'])} turns recorded")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
