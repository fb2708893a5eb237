"""Asks services whether they are ready: HTTP health answers and Redis pings."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from launcher.errors import LauncherError, Stopped
from launcher.family import Family
from launcher.signals import Signals

_direct = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # a proxy knows nothing of this machine


def http_health(url: str, seconds: float = 2.0) -> Mapping[str, Any] | None:
    """The JSON body of a 200 answer ({} when it is no JSON object), or None while it is not ready."""
    try:
        with _direct.open(url, timeout=seconds) as answer:
            body = answer.read(200_000)
    except (OSError, http.client.HTTPException):  # URLError and HTTPError are OSErrors
        return None
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def redis_problem(url: str, seconds: float = 2.0) -> str | None:
    """None when Redis at the URL answers PING after authentication, else what is wrong, in a few words."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "redis":
        return None if parts.scheme in {"rediss", "unix"} else f"{parts.scheme}:// is no Redis address"
    try:
        with socket.create_connection(
            (parts.hostname or "127.0.0.1", parts.port or 6379), seconds
        ) as connection:
            connection.settimeout(seconds)
            with connection.makefile("rb") as answers:
                if parts.password:
                    user = [urllib.parse.unquote(parts.username)] if parts.username else []
                    error = _ask(connection, answers, "AUTH", *user, urllib.parse.unquote(parts.password))
                    if error:
                        return error
                return _ask(connection, answers, "PING")
    except (OSError, ValueError) as problem:
        return str(getattr(problem, "strerror", None) or problem or type(problem).__name__)


def _ask(connection: socket.socket, answers: Any, *words: str) -> str | None:
    encoded = [word.encode() for word in words]
    connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
    answer = answers.readline().decode("utf-8", "replace").strip()
    if answer.startswith("+"):
        return None
    return answer.removeprefix("-") or "it closed the connection"


def await_ready(
    name: str, ready: Callable[[], bool], family: Family, signals: Signals, seconds: float = 40.0
) -> None:
    """Polls until `ready()`; raises LauncherError with a child's last log lines when it ends or time is up.

    Raises Stopped when a signal asks the launcher to end meanwhile.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        for child in family.children:
            if not child.alive:
                raise LauncherError(
                    f"{child.name} {child.exit_sentence()} while starting.",
                    f"Its last words ({child.log}):",
                    details=child.last_lines(),
                )
        if time.monotonic() > deadline:
            slow = next((child for child in family.children if child.name == name), None)
            raise LauncherError(
                f"{name} was not ready within {seconds:.0f} s.",
                f"Its last words ({slow.log}):" if slow else "",
                details=slow.last_lines() if slow else [],
            )
        if signals.wait(0.05):
            raise Stopped(signals.ending or 0)
