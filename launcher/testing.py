"""`./coc test`: sets up what the tests need, runs the checks, then pytest."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.console import Console
from launcher.errors import LauncherError
from launcher.layout import Layout
from launcher.orphans import die_with_parent
from launcher.system_parts import ensure_parts, parts_asked_for
from launcher.venv import Venv, ensure_venv

FAST = "not slow and not e2e"
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_NO_TESTS = 5  # pytest's exit status when it collected nothing


CHECK_NAMES = ("lint", "format", "types", "imports", "security", "content", "audit")
ON_DEMAND = ("audit",)  # asks the network: by its name, and on the build machine


@dataclass(frozen=True)
class Check:
    """One static check: its name for `./coc check`, its title in the summary, its command."""

    name: str
    title: str
    command: tuple[str, ...]


def checks(venv: Venv) -> list[Check]:
    python = str(venv.python)
    return [
        Check("lint", "lint (ruff)", (python, "-m", "ruff", "check", "--output-format=concise", ".")),
        Check(
            "format",
            "format (ruff format)",
            (python, "-m", "ruff", "format", "--check", "--output-format=concise", "."),
        ),
        Check("types", "types (mypy --strict)", (python, "-m", "mypy")),
        Check("imports", "imports (import-linter)", (str(venv.path / "bin" / "lint-imports"),)),
        Check(
            "security",
            "security (bandit)",
            (
                python,
                "-m",
                "bandit",
                "-q",
                "-c",
                "pyproject.toml",
                "-r",
                "api",
                "bot",
                "public_web",
                "launcher",
            ),
        ),
        Check("content", "content (data/)", (python, "-m", "api.content", "check")),
        Check("audit", "known holes (pip-audit)", (python, "-m", "launcher.audit")),
    ]


def chosen_checks(venv: Venv, names: Sequence[str] = (), *, ci: bool = False) -> list[Check]:
    """Those named; without names all but those on demand, which the build machine runs as well."""
    if names:
        return [check for check in checks(venv) if check.name in names]
    return [check for check in checks(venv) if ci or check.name not in ON_DEMAND]


def run_tests(layout: Layout, console: Console, arguments: argparse.Namespace, extra: Sequence[str]) -> int:
    """Returns 0 only when every check and every test passed."""
    layout.require_writable()
    ci = arguments.ci or os.environ.get("CI") == "true"
    env = {**os.environ, "CI": "true"} if ci else dict(os.environ)
    venv = ensure_venv(layout, console, need="test")
    paths = list(arguments.paths)
    _provide_parts(layout, console, paths, ci)

    failed: list[str] = []
    if not paths and not extra:
        failed = [c.title for c in chosen_checks(venv, ci=ci) if not _passes(c, layout.root, env)]
    command = [str(venv.python), "-m", "pytest", *(["-m", FAST] if arguments.fast else []), *paths, *extra]
    status = _pytest(command, layout.root, env, failed)
    if status == 0 and failed:
        return 1
    return status


def run_checks(layout: Layout, console: Console, names: Sequence[str]) -> int:
    """The static checks alone, all or those named; 1 when one of them fails."""
    layout.require_writable()
    venv = ensure_venv(layout, console, need="test")
    chosen = chosen_checks(venv, names)
    results = [_passes(check, layout.root, dict(os.environ)) for check in chosen]
    return 0 if all(results) else 1


def _provide_parts(layout: Layout, console: Console, paths: Sequence[str], ci: bool) -> None:
    files = [layout.root / path.partition("::")[0] for path in paths] or [layout.root / "tests"]
    missing = ensure_parts(parts_asked_for(files), console)
    if missing and ci:
        names = ", ".join(part.name for part in missing)
        raise LauncherError(
            f"the tests need {names}, which could not be installed.", "With CI=true none is skipped."
        )
    for part in missing:
        console.warn(f"{part.name} is missing: the tests that need it are skipped")


def _passes(check: Check, root: Path, env: dict[str, str]) -> bool:
    result = subprocess.run(
        check.command,
        cwd=root,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent(),
    )
    print(f"  {'✓' if result.returncode == 0 else '✗'} {check.title}", flush=True)
    if result.returncode:
        _emit(result.stdout.rstrip() + b"\n")
    return result.returncode == 0


def _pytest(command: list[str], root: Path, env: dict[str, str], failed: Sequence[str]) -> int:
    """Streams pytest's output; failed checks are named before its closing line, which stays last."""
    if sys.stdout.isatty():
        command = [*command, "--color=yes"]
    pytest = subprocess.Popen(
        command,
        cwd=root,
        env={**env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent(),
    )
    assert pytest.stdout is not None
    held = b""  # the latest line of '=': held back until something follows it
    for piece in iter(lambda: os.read(pytest.stdout.fileno(), 65536), b""):  # type: ignore[union-attr]
        shown, held = split_held(held + piece)
        _emit(shown)
    status = pytest.wait()
    if failed:
        print(f"\nchecks failed: {', '.join(failed)}", flush=True)
    if status == _NO_TESTS:
        print("\nno tests were found.", flush=True)
    _emit(held)
    return status if status >= 0 else 128 - status


def split_held(output: bytes) -> tuple[bytes, bytes]:
    """Cuts output into what may be shown now and a last line that may be pytest's closing line."""
    body = output[:-1] if output.endswith(b"\n") else output
    start = body.rfind(b"\n") + 1
    if _COLOUR.sub(b"", output[start:]).startswith(b"="):
        return output[:start], output[start:]
    return output, b""


def _emit(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
