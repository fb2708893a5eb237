"""`./coc play`: the services on free ports and the table in the foreground of this terminal."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from launcher.console import Console
from launcher.errors import LauncherError, Stopped
from launcher.family import Family
from launcher.layout import Layout
from launcher.locks import Busy, file_lock
from launcher.orphans import die_with_parent
from launcher.ports import free_ports
from launcher.redis_service import RedisPlan, plan_redis
from launcher.signals import Signals
from launcher.stack import Ports, Service, common_environment, core_services, load_secrets
from launcher.supervisor import Supervisor, start_all, start_redis
from launcher.venv import Venv, ensure_venv

GRACE = 2.0  # seconds that the table has to end by itself after a signal


def play(layout: Layout, env: Mapping[str, str], console: Console, arguments: argparse.Namespace) -> int:
    """Returns the table's exit status; every child is gone when it returns."""
    started = time.monotonic()
    script = _script(arguments.script)
    _require_language(layout, arguments.language)
    layout.require_writable()
    venv = ensure_venv(layout, console)
    try:
        with file_lock(layout.home / "running.lock", f"process {os.getpid()}"):
            if arguments.fresh:
                begin_anew(layout, console)
            return _play(layout, env, console, arguments, venv, script, started)
    except Busy as busy:
        raise LauncherError(
            f"this save is in use by another ./coc ({busy.holder}).",
            "Stop that one, or play beside it with COC_HOME=/some/other/folder ./coc play",
        ) from None


def _script(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given).absolute()
    if not path.is_file():
        raise LauncherError(f"there is no script {given}.", "Name a file with one line per input.")
    return path


def _require_language(layout: Layout, code: str | None) -> None:
    """Says which there are before anything is started. Raises LauncherError."""
    known = ["en", *sorted(path.stem for path in (layout.root / "bot" / "texts").glob("*.po"))]
    if code is not None and code not in known:
        raise LauncherError(f"the table does not speak {code!r}.", f"It speaks {', '.join(known)}.")


def begin_anew(layout: Layout, console: Console) -> None:
    """Moves the save and the queues into `.coc/old-<time>`; nothing is deleted."""
    old = layout.home / time.strftime("old-%Y%m%d-%H%M%S")
    found = [*layout.home.glob(layout.save.name + "*"), *layout.home.glob("redis")]
    if not found:
        return
    old.mkdir(exist_ok=True)
    for path in found:
        path.rename(old / path.name)
    console.say(f"  ✓ A new save; the old one lies in {old}")


def _play(
    layout: Layout,
    env: Mapping[str, str],
    console: Console,
    arguments: argparse.Namespace,
    venv: Venv,
    script: Path | None,
    started: float,
) -> int:
    api, stream, redis_port = free_ports(3)
    ports = Ports(api=api, stream=stream)
    secret = load_secrets(layout, env)
    plan = plan_redis(layout, env, venv, redis_port, secret["REDIS_PASSWORD"])
    shared = common_environment(layout, env, secret, plan.url, ports)
    # Nobody but this keyboard asks, and a script types faster than people may.
    shared["RATE_LIMIT_FACTOR"] = env.get("RATE_LIMIT_FACTOR") or "0"
    if arguments.verbose:
        shared["LOG_LEVEL"] = "DEBUG"
    with Signals() as signals, Family(layout.logs) as family:
        supervisor = Supervisor(family, layout.root)
        new = layout.is_new(shared["DATABASE_URL"])
        _start(supervisor, signals, console, plan, core_services(venv, shared, ports), new)
        console.say(f"  ✓ Ready after {time.monotonic() - started:.1f} s; logs in {layout.logs}")
        if arguments.verbose:
            for child in family.children:
                console.say(f"    {child.name}: {' '.join(child.command)}")
        try:
            return _table(layout, venv, shared, arguments, script, signals, supervisor)
        finally:
            for note in supervisor.notes:
                console.warn(note)


def _start(
    supervisor: Supervisor,
    signals: Signals,
    console: Console,
    plan: RedisPlan,
    services: Sequence[Service],
    new: bool,
) -> None:
    with console.step("Redis") as step:
        start_redis(supervisor, plan, signals)
        step.done(plan.why)
    with console.step("API, stream and worker"):
        start_all(supervisor, services, signals, first_alone=new)


def table_command(
    venv: Venv, env: Mapping[str, str], arguments: argparse.Namespace, script: Path | None
) -> list[str]:
    command = [
        str(venv.python),
        "-m",
        "bot.terminal",
        "--api",
        env["API_BASE_URL"],
        "--stream",
        env["STREAM_BASE_URL"],
    ]
    if arguments.party:
        command += ["--party", str(arguments.party)]
    if script:
        command += ["--script", str(script)]
    if arguments.language:
        command += ["--language", arguments.language]
    if arguments.campaign:
        command += ["--campaign", arguments.campaign]
    return command


def _table(
    layout: Layout,
    venv: Venv,
    env: Mapping[str, str],
    arguments: argparse.Namespace,
    script: Path | None,
    signals: Signals,
    supervisor: Supervisor,
) -> int:
    """Runs the table on this tty and keeps the services alive until it ends or a signal comes."""
    tty = _tty_settings()
    table = subprocess.Popen(
        table_command(venv, env, arguments, script),
        cwd=layout.root,
        env=dict(env),
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        while table.poll() is None:
            if signals.wait(0.5):
                _end(table)
                raise Stopped(signals.ending or 0)
            supervisor.tick()
    finally:
        _end(table)
        if tty is not None:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, tty)
    return table.returncode if table.returncode >= 0 else 128 - table.returncode


def _end(table: subprocess.Popen[bytes]) -> None:
    """A Ctrl-C reached the table too; give it a moment, then insist."""
    for insist in (None, signal.SIGTERM, signal.SIGKILL):
        if table.poll() is not None:
            return
        if insist is not None:
            table.send_signal(insist)
        try:
            table.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue


def _tty_settings() -> list[Any] | None:
    if not sys.stdin.isatty():
        return None
    return termios.tcgetattr(sys.stdin.fileno())
