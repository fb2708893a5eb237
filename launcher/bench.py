"""`./coc bench`, `chaos`, `soak`, `fuzz` and `eval-gm`: measurements and trials that live beside the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.console import Console
from launcher.errors import LauncherError
from launcher.layout import Layout
from launcher.venv import ensure_venv

SOAK = ("--seconds", "1800", "--kills", "600", "--nonce-seconds", "60")
RESULTS = Path("docs") / "results"


def bench(
    layout: Layout, env: Mapping[str, str], console: Console, name: str | None, options: Sequence[str]
) -> int:
    """Runs `python -m tests.bench.NAME` and returns its exit status. Raises LauncherError for an unknown name."""
    known = benches(layout)
    if name not in known:
        raise LauncherError(
            f"there is no benchmark {name}." if name else "which benchmark?", f"There are {', '.join(known)}."
        )
    return _run(layout, env, console, f"tests.bench.{name}", options)


def benches(layout: Layout) -> list[str]:
    """The modules of `tests/bench/` that can be run."""
    folder = layout.root / "tests" / "bench"
    return sorted(p.stem for p in folder.glob("*.py") if "def main(" in p.read_text(encoding="utf-8"))


def chaos(layout: Layout, env: Mapping[str, str], console: Console, options: Sequence[str]) -> int:
    """Runs one evening of chaos; options as of `python -m tests.chaos`."""
    return _run(layout, env, console, "tests.chaos", options)


def soak(layout: Layout, env: Mapping[str, str], console: Console, options: Sequence[str]) -> int:
    """A long chaos whose result is kept in the tree, one for each store."""
    results = ("--results", str(layout.root / RESULTS))
    return _run(layout, env, console, "tests.chaos", (*SOAK, *results, *options))


def eval_gm(layout: Layout, env: Mapping[str, str], console: Console, options: Sequence[str]) -> int:
    """Evaluates game masters; options as of `python -m tests.eval_gm`."""
    return _run(layout, env, console, "tests.eval_gm", options)


def fuzz(layout: Layout, env: Mapping[str, str], console: Console, options: Sequence[str]) -> int:
    """Fuzzes the API; options as of `python -m tests.fuzz`. A long run keeps its result in the tree."""
    results = ("--results", str(layout.root / RESULTS)) if "--requests" in options else ()
    return _run(layout, env, console, "tests.fuzz", (*results, *options))


def _run(
    layout: Layout, env: Mapping[str, str], console: Console, module: str, options: Sequence[str]
) -> int:
    layout.require_writable()
    venv = ensure_venv(layout, console, need="test")
    command = [str(venv.python), "-m", module, *options]
    return subprocess.run(command, cwd=layout.root, env=dict(env)).returncode
