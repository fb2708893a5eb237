"""`./coc lock`: compiles every requirements.in into requirements.txt with hashes."""

from __future__ import annotations

import os
import subprocess
import sys

from launcher.console import Console
from launcher.errors import LauncherError
from launcher.layout import Layout
from launcher.venv import ensure_venv, pip_environment

TESTS = "tests/requirements"
OTHERS = (
    "requirements",
    "api/requirements",
    "bot/requirements",
    "public_web/requirements",
    "tests/bench/d20",
)


def lock(layout: Layout, console: Console) -> int:
    """The tests' file first: it holds everything, and the others follow its versions."""
    layout.require_writable()
    uv = layout.home / "lock" / "bin" / "uv"
    env = pip_environment(os.environ)
    if not uv.exists():
        with console.step("uv"):
            _run([sys.executable, "-m", "venv", str(uv.parent.parent)], layout, env)
            _run([str(uv.parent / "python"), "-m", "pip", "install", "-q", "uv"], layout, env)
    for name in (TESTS, *OTHERS):
        with console.step(f"{name}.txt"):
            follow = [] if name == TESTS else ["-c", f"{TESTS}.txt"]
            compile_one = [str(uv), "pip", "compile", "-q", "--universal", "--python-version", "3.11"]
            shape = ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]
            _run([*compile_one, *shape, *follow, f"{name}.in", "-o", f"{name}.txt"], layout, env)
    ensure_venv(layout, console, need="test")
    return 0


def _run(command: list[str], layout: Layout, env: dict[str, str]) -> None:
    result = subprocess.run(command, cwd=layout.root, env=env, capture_output=True, text=True)
    if result.returncode:
        lines = (result.stdout + result.stderr).strip().splitlines()
        raise LauncherError(f"{command[0]} failed.", "It said:", details=lines[-12:])
