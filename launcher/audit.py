"""Known holes in the pinned packages: `python -m launcher.audit`, the check `audit`.

It asks the public database through `pip-audit`. A machine that cannot reach it passes and says so: that nothing is
known is no fault of the tree.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.layout import ROOT

FILES = ("requirements.txt", "tests/requirements.txt")
PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Audit:
    """What was found in one file: `holes` as lines, how many packages were looked up, and why there was no answer."""

    holes: tuple[str, ...] = ()
    looked_up: int = 0
    silence: str = ""


def audit(file: Path) -> Audit:
    """Look up every pinned package of a file."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(file), "--disable-pip", "--require-hashes"]
    quiet = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run([*command, *quiet], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return Audit(silence=f"no answer within {PATIENCE} s")
    return read(done.stdout, done.stderr)


def read(output: str, trouble: str) -> Audit:
    """What pip-audit said: its JSON, or the last line of its trouble."""
    try:
        rows: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = trouble.strip().splitlines()[-1:] or ["it said nothing"]
        return Audit(silence=last[0][:200])
    looked_up = [row for row in rows if "skip_reason" not in row]
    holes = tuple(
        f"{row['name']} {row['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release'}"
        for row in looked_up
        for hole in row.get("vulns", ())
    )
    return Audit(holes, len(looked_up), "" if looked_up else "the database knows none of the packages")


def main() -> int:
    """1 when a pinned package has a known hole."""
    found = False
    for name in FILES:
        result = audit(ROOT / name)
        print(f"{name}: {result.looked_up} packages looked up, {len(result.holes)} holes")
        if result.silence:
            print(f"  the database could not be asked: {result.silence}")
        for hole in result.holes:
            found = True
            print(f"  {hole}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
