"""The processes of an installation and the environment they share: one list for play, up and doctor."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from launcher.layout import Layout
from launcher.redis_service import write_private
from launcher.venv import Venv

SECRETS = (
    "SECRET_KEY",
    "BOT_SERVICE_TOKEN",
    "TERMINAL_SERVICE_TOKEN",
    "WEB_SERVICE_TOKEN",
    "REDIS_PASSWORD",
)
GTHREAD = ("-k", "gthread", "--threads", "8", "--no-control-socket")
QUEUES = ("ai_tasks", "combat_tasks", "marketplace_tasks", "mail_tasks")


@dataclass(frozen=True)
class Ports:
    """Where the services listen."""

    api: int
    stream: int
    web: int = 0
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """A process to start; `health` answers 200 when it is ready (None: being alive must do)."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    health: str | None = None
    url: str | None = None


def load_secrets(layout: Layout, env: Mapping[str, str]) -> dict[str, str]:
    """What the environment gives, else what was generated at the first start (kept with mode 600)."""
    try:
        kept = json.loads(layout.secrets_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    complete = {name: kept.get(name) or secrets.token_urlsafe(32) for name in SECRETS}
    if complete != kept:
        write_private(layout.secrets_file, json.dumps(complete, indent=1))
    return {name: env.get(name) or value for name, value in complete.items()}


def common_environment(
    layout: Layout, env: Mapping[str, str], secret: Mapping[str, str], redis_url: str, ports: Ports
) -> dict[str, str]:
    """The caller's environment with everything that all components need filled in."""
    reach = "127.0.0.1" if ports.host in {"0.0.0.0", "::"} else ports.host
    shared = {key: value for key, value in secret.items() if key != "REDIS_PASSWORD"}
    defaults = {"DATABASE_URL": layout.database_url, "FLASK_ENV": "development", "LOG_LEVEL": "INFO"}
    defaults["ASSETS_DIR"] = str(layout.home / "assets")
    if ports.web:
        defaults["WEB_BASE_URL"] = f"http://{reach}:{ports.web}"
    if env.get("FLASK_ENV") != "production":
        defaults["MAIL_FOLDER"] = str(layout.home / "outbox")
    return {
        **env,
        **{key: env.get(key) or value for key, value in defaults.items()},
        **shared,
        "REDIS_URL": redis_url,
        "API_BASE_URL": f"http://{reach}:{ports.api}",
        "STREAM_BASE_URL": f"http://{reach}:{ports.stream}",
        "STREAM_HOST": ports.host,
        "STREAM_PORT": str(ports.stream),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
    }


def core_services(venv: Venv, env: Mapping[str, str], ports: Ports) -> list[Service]:
    """API, stream and worker: what every installation runs."""
    python = str(venv.python)
    api_url, stream_url = env["API_BASE_URL"], env["STREAM_BASE_URL"]
    where = {"LISTEN_HOST": ports.host, "API_PORT": str(ports.api)}
    return [
        Service("api", (python, "-m", "api.serve"), {**env, **where}, f"{api_url}/api/v1/health", api_url),
        Service("stream", (python, "-m", "api.stream"), env, f"{stream_url}/health", stream_url),
        Service("worker", (python, "-m", "api.worker", *QUEUES), env),
    ]


def web_service(venv: Venv, env: Mapping[str, str], ports: Ports) -> Service:
    reach = "127.0.0.1" if ports.host in {"0.0.0.0", "::"} else ports.host
    url = f"http://{reach}:{ports.web}"
    bind = ("-b", f"{ports.host}:{ports.web}")
    gunicorn = (str(venv.python), "-m", "gunicorn", *GTHREAD, *bind, "public_web.wsgi:app")
    return Service("web", gunicorn, env, f"{url}/health", url)


def bot_service(venv: Venv, env: Mapping[str, str]) -> Service | None:
    """None without a DISCORD_TOKEN."""
    if not env.get("DISCORD_TOKEN", "").strip():
        return None
    return Service("bot", (str(venv.python), "-m", "bot"), env)
