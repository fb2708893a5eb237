"""`./coc up`: the whole stack in the foreground, watched, with one status table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from launcher.console import Console
from launcher.errors import LauncherError
from launcher.family import Family
from launcher.keys import key_problems
from launcher.layout import ROOT, Layout
from launcher.locks import Busy, file_lock
from launcher.ports import free_ports, require_free
from launcher.redis_service import plan_redis
from launcher.signals import Signals
from launcher.stack import Ports, bot_service, common_environment, core_services, load_secrets, web_service
from launcher.supervisor import Supervisor, start_all, start_redis
from launcher.venv import Venv, ensure_venv

LOOK_EVERY = 2.0  # seconds between two looks at the health of all services


def up(layout: Layout, env: Mapping[str, str], console: Console, arguments: argparse.Namespace) -> int:
    """Runs until a signal; 0 after Ctrl-C, for that is how it is meant to end."""
    layout.require_writable()
    problems = key_problems(env)
    if problems:
        raise LauncherError(
            "the configuration is wrong.", "Mend it in .env or the environment:", details=problems
        )
    venv = ensure_venv(layout, console)
    if (
        Path(sys.prefix).resolve() != venv.path.resolve()
    ):  # the table is drawn by a library of the environment
        os.execv(venv.python, [str(venv.python), str(ROOT / "coc"), *sys.argv[1:]])
    try:
        with file_lock(layout.home / "running.lock", f"process {os.getpid()}"):
            return _up(layout, env, console, arguments, venv)
    except Busy as busy:
        raise LauncherError(
            f"this save is in use by another ./coc ({busy.holder}).", "Stop that one, or set COC_HOME."
        ) from None


def chosen_ports(env: Mapping[str, str], arguments: argparse.Namespace) -> Ports:
    """Flags over environment over the design's ports; raises LauncherError for one that is in use."""
    host = arguments.host or env.get("LISTEN_HOST") or "127.0.0.1"
    chosen: dict[str, int] = {}
    for name, flag, variable, default in (
        ("API", arguments.api_port, "API_PORT", 5000),
        ("website", arguments.web_port, "WEB_PORT", 5001),
        ("stream", arguments.stream_port, "STREAM_PORT", 5002),
    ):
        port = flag or int(env.get(variable) or default)
        option = f"--{'web' if name == 'website' else name.lower()}-port"
        require_free(
            port, name, f"Stop it, or choose another: {option} {port + 10} (or {variable} in .env).", host
        )
        chosen[name] = port
    return Ports(api=chosen["API"], stream=chosen["stream"], web=chosen["website"], host=host)


def _up(
    layout: Layout, env: Mapping[str, str], console: Console, arguments: argparse.Namespace, venv: Venv
) -> int:
    from launcher.status import LiveStatus, PlainStatus, look

    ports = chosen_ports(env, arguments)
    secret = load_secrets(layout, env)
    plan = plan_redis(layout, env, venv, free_ports(1)[0], secret["REDIS_PASSWORD"])
    shared = common_environment(layout, env, secret, plan.url, ports)
    services = [*core_services(venv, shared, ports), web_service(venv, shared, ports)]
    bot = bot_service(venv, shared)
    with Signals() as signals, Family(layout.logs) as family:
        supervisor = Supervisor(family, layout.root)
        with console.step("Redis") as step:
            start_redis(supervisor, plan, signals)
            step.done(plan.why)
        with console.step("API, stream, worker and website"):
            start_all(supervisor, services, signals, layout.is_new(shared["DATABASE_URL"]))
        if bot is not None:
            supervisor.start(bot)
        plain = arguments.plain or not sys.stdout.isatty()
        with PlainStatus() if plain else LiveStatus() as status:
            next_look = 0.0
            while not signals.wait(0.25):
                fresh = supervisor.tick()
                if fresh or time.monotonic() >= next_look:
                    next_look = time.monotonic() + LOOK_EVERY
                    status.show(look(supervisor, layout, plan.why, has_token=bot is not None), fresh)
        console.say("  … stopping")
    console.say("  ✓ Everything has stopped; the save is kept.")
    return 0
