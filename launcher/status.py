"""What `./coc up` shows: a table on a terminal, else log lines. Runs inside the venv: rich draws it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from launcher.health import http_health, redis_problem
from launcher.layout import Layout
from launcher.supervisor import Supervisor, Watched

HOW_TO_GET_A_TOKEN = (
    "no DISCORD_TOKEN: make an application at discord.com/developers/applications, copy the token from "
    "its Bot page into .env, start again (docs/operating.md)"
)
NOTES_SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One line of the table. `state` is up, starting, down or off."""

    name: str
    state: str
    detail: str


def look(supervisor: Supervisor, layout: Layout, redis_why: str, has_token: bool) -> list[Row]:
    """Asks every service for its health now and describes what it said."""
    rows = []
    health: dict[str, Any] = {}
    for name, watched in supervisor.watched.items():
        row, answer = _row(name, watched, redis_why)
        rows.append(row)
        if name == "api":
            health = answer
    if not has_token:
        rows.append(Row("bot", "off", HOW_TO_GET_A_TOKEN))
    rows.append(Row("queues", "up" if health else "down", queue_sentence(health)))
    rows.append(Row("narrator", "up" if health else "down", narrator_sentence(health)))
    rows.append(Row("logs", "up", str(layout.logs)))
    return rows


def _row(name: str, watched: Watched, redis_why: str) -> tuple[Row, dict[str, Any]]:
    times = f", restarted {watched.restarts}×" if watched.restarts else ""
    child, service = watched.child, watched.service
    if child is None or not child.alive:
        return Row(name, "down", f"waiting to start it again{times}"), {}
    if name == "redis":
        problem = redis_problem(service.env.get("REDIS_URL", "")) if service.env.get("REDIS_URL") else None
        return Row(name, "down" if problem else "up", (problem or redis_why) + times), {}
    if name == "bot":
        connected = bot_sentence(child.first_lines())
        return Row(
            name, "up" if connected else "starting", (connected or "connecting to Discord") + times
        ), {}
    if service.health is None:
        return Row(name, "up", f"process {child.popen.pid}{times}"), {}
    body = http_health(service.health)
    if body is None:
        return Row(name, "starting", f"{service.url or ''} no healthy answer yet{times}"), {}
    result = body.get("result")
    return Row(name, "up", f"{service.url or ''}{times}"), dict(result if isinstance(result, dict) else body)


def bot_sentence(lines: Sequence[str]) -> str:
    """`connected as …` once the bot has logged that Discord greeted it, else an empty text."""
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "ready":
            servers = said.get("guilds")
            return f"connected as {said.get('user')}, {servers} server{'' if servers == 1 else 's'}"
    return ""


def queue_sentence(health: dict[str, Any]) -> str:
    """`ai_tasks 0, combat_tasks 2 …` from the API's health."""
    queues = health.get("queues")
    if not isinstance(queues, dict):
        return "unknown until the API answers"
    return ", ".join(f"{name} {depth}" for name, depth in queues.items())


def narrator_sentence(health: dict[str, Any]) -> str:
    """The narrator in use and why, from the API's health (a text, or an object with name and reason)."""
    narrator = health.get("narrator")
    if isinstance(narrator, dict):
        name, why = (
            narrator.get("name") or narrator.get("key") or "?",
            narrator.get("why") or narrator.get("reason"),
        )
        return f"{name} ({why})" if why else str(name)
    return str(narrator) if narrator else "unknown until the API answers"


class LiveStatus:
    """Redraws one table in place; the latest notes stand below it."""

    def __init__(self) -> None:
        self._live = Live(console=Console(), auto_refresh=False, transient=False)
        self._notes: list[str] = []

    def __enter__(self) -> LiveStatus:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, rows: Sequence[Row], fresh: Sequence[str]) -> None:
        stamp = time.strftime("%H:%M:%S")
        self._notes = [*self._notes, *(f"{stamp} {note}" for note in fresh)][-NOTES_SHOWN:]
        colours = {"up": "green", "starting": "yellow", "down": "red", "off": "dim"}
        table = Table(title="Code of Conquest", title_justify="left", expand=False)
        for heading in ("what", "state", "details"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(row.name, Text(row.state, style=colours[row.state]), Text(row.detail))
        notes = [Text(note, style="yellow") for note in self._notes]
        self._live.update(Group(table, *notes, Text("Ctrl-C stops everything.", style="dim")), refresh=True)


class PlainStatus:
    """Writes a line when something changed; for logs and service managers."""

    def __init__(self) -> None:
        self._shown: dict[str, Row] = {}

    def __enter__(self) -> PlainStatus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, rows: Sequence[Row], fresh: Sequence[str]) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for note in fresh:
            print(f"{stamp} {note}", flush=True)
        for row in rows:
            if self._shown.get(row.name) != row:
                self._shown[row.name] = row
                print(f"{stamp} {row.name}: {row.state}: {row.detail}", file=sys.stdout, flush=True)
