"""Commands that another component answers in the environment, such as `./coc content`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from launcher.console import Console
from launcher.layout import Layout
from launcher.venv import ensure_venv


def content(layout: Layout, env: Mapping[str, str], console: Console, arguments: Sequence[str]) -> int:
    """Runs `python -m api.content` in the environment and returns its exit status."""
    layout.require_writable()
    venv = ensure_venv(layout, console)
    command = [str(venv.python), "-m", "api.content", *arguments]
    return subprocess.run(command, cwd=layout.root, env=dict(env)).returncode


def module(
    layout: Layout, env: Mapping[str, str], console: Console, name: str, arguments: Sequence[str]
) -> int:
    """Runs a module of the repository in the environment, as it is, and returns its exit status."""
    venv = ensure_venv(layout, console)
    return subprocess.run(
        [str(venv.python), "-m", name, *arguments], cwd=layout.root, env=dict(env)
    ).returncode


def replay(layout: Layout, env: Mapping[str, str], console: Console, arguments: Sequence[str]) -> int:
    """Runs `python -m api.replay` on the save, or on what the environment names, and returns its exit status."""
    return _on_the_save(layout, env, console, ["api.replay", *arguments])


def admin(layout: Layout, env: Mapping[str, str], console: Console, arguments: Sequence[str]) -> int:
    """Runs `python -m api.admin` likewise."""
    return _on_the_save(layout, env, console, ["api.admin", *arguments])


def _on_the_save(layout: Layout, env: Mapping[str, str], console: Console, arguments: Sequence[str]) -> int:
    layout.require_writable()
    venv = ensure_venv(layout, console)
    command = [str(venv.python), "-m", *arguments]
    filled = {**env, "DATABASE_URL": env.get("DATABASE_URL", "").strip() or layout.database_url}
    return subprocess.run(command, cwd=layout.root, env=filled).returncode
