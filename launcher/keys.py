"""Every setting that an operator can give: what it is for, and what makes a value wrong."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Judge = Callable[[str], str | None]


@dataclass(frozen=True)
class Key:
    """One environment variable. `judge` returns how to mend a bad value, or None; it repeats no secret."""

    name: str
    comment: str
    example: str = ""
    judge: Judge = lambda value: None


def _url(*schemes: str) -> Judge:
    def judge(value: str) -> str | None:
        parts = urllib.parse.urlsplit(value)
        try:
            port_fits = parts.port is None or 0 < parts.port < 65536
        except ValueError:
            port_fits = False
        if parts.scheme not in schemes:
            return "must begin with " + " or ".join(f"{scheme}://" for scheme in schemes)
        if not port_fits:
            return "its port must be a number from 1 to 65535"
        if not parts.netloc and parts.scheme not in {"sqlite", "unix"}:
            return "names no host"
        if parts.query and parts.scheme in {"http", "https"}:
            return "must not have a query"
        return None

    return judge


def _choice(*allowed: str) -> Judge:
    return lambda value: None if value.upper() in map(str.upper, allowed) else f"must be {', '.join(allowed)}"


def _port(value: str) -> str | None:
    return None if value.isdecimal() and 0 < int(value) < 65536 else "must be a number from 1 to 65535"


def _secret(value: str) -> str | None:
    if len(value) < 16:
        return "is too short: use 16 characters or more, e.g. from: openssl rand -base64 32"
    if value.lower().startswith(("change", "secret", "example", "your")):
        return "is still a placeholder: use a random one, e.g. from: openssl rand -base64 32"
    return None


def discord_token_problem(value: str) -> str | None:
    """Judges the shape alone: three parts of letters, digits, `-` and `_`."""
    if re.fullmatch(r"[\w-]{17,}\.[\w-]{4,}\.[\w-]{20,}", value, re.ASCII):
        return None
    if value.startswith(("Bot ", "Bearer ")):
        return "must be the bare token, without 'Bot '"
    return "is no bot token (three parts with dots): copy the token of the Bot page, not the client secret"


def _prefix(prefix: str, where: str) -> Judge:
    return lambda value: (
        None if value.startswith(prefix) else f"must begin with {prefix}: copy it from {where}"
    )


_http = _url("http", "https")

KEYS: tuple[Key, ...] = (
    Key("FLASK_ENV", "development or production: chooses <component>/config/<name>.yaml", "development",
        _choice("development", "production")),
    Key("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", "INFO", _choice("DEBUG", "INFO", "WARNING", "ERROR")),
    Key("SECRET_KEY", "signs cookies; 16 random characters or more; generated when empty", "", _secret),
    Key("DATABASE_URL", "the save: sqlite:////absolute/path or postgresql://…; empty: a file in .coc/", "",
        _url("sqlite", "postgresql", "postgresql+psycopg")),
    Key("REDIS_URL", "a running Redis; empty: one is started for you", "", _url("redis", "rediss", "unix")),
    Key("REDIS_PASSWORD", "of the Redis that compose or ./coc starts; ./coc generates one", "", _secret),
    Key("LISTEN_HOST", "address that `./coc up` listens on; 0.0.0.0 for all", "127.0.0.1"),
    Key("API_PORT", "port of the API", "5000", _port),
    Key("WEB_PORT", "port of the website", "5001", _port),
    Key("STREAM_PORT", "port of the event stream", "5002", _port),
    Key("API_BASE_URL", "where clients reach the API, without /api/v1; filled in by ./coc", "", _http),
    Key("STREAM_BASE_URL", "where clients reach the event stream; filled in by ./coc", "", _http),
    Key("BOT_SERVICE_TOKEN", "shared by API and bot; generated when empty", "", _secret),
    Key("TERMINAL_SERVICE_TOKEN", "shared by API and terminal; generated when empty", "", _secret),
    Key("DISCORD_TOKEN", "the bot's token (docs/operating.md says how to get one); empty: no bot", "",
        discord_token_problem),
    Key("ANTHROPIC_API_KEY", "with it a model tells the story; empty: the built-in storyteller does", "",
        _prefix("sk-ant-", "the Anthropic console")),
    Key("REPLICATE_API_TOKEN", "the same through Replicate, for sponsors of tier FREE", "",
        _prefix("r8_", "replicate.com/account")),
    Key("DEFAULT_TIER", "of everybody without a subscription: FREE (Replicate), BASIC, PREMIUM or ELITE (Anthropic)",
        "ELITE", _choice("FREE", "BASIC", "PREMIUM", "ELITE")),
    Key("APPWRITE_ENDPOINT", "with all four the store is Appwrite (first cut): its address, ending in /v1", "", _http),
    Key("APPWRITE_PROJECT_ID", "see APPWRITE_ENDPOINT"),
    Key("APPWRITE_API_KEY", "see APPWRITE_ENDPOINT"),
    Key("APPWRITE_DATABASE_ID", "see APPWRITE_ENDPOINT"),
)  # fmt: skip


def key_problems(env: Mapping[str, str]) -> list[str]:
    """One line for each bad key: its name and how to mend it."""
    found = []
    for key in KEYS:
        value = env.get(key.name, "").strip()
        if key.name == "DISCORD_TOKEN" and env.get("DISCORD_API_BASE"):
            continue  # a stand-in takes any token
        problem = key.judge(value) if value else None
        if problem:
            found.append(f"{key.name} {problem}")
    return found


def example_file() -> str:
    """The text of `.env.example`; a test keeps the file equal to it."""
    head = "# Copy to .env and fill in what you need; every key is optional for ./coc play and ./coc up.\n"
    return head + "".join(f"\n# {key.comment}\n{key.name}={key.example}\n" for key in KEYS)
