"""Every setting that an operator can give: what it is for, and what makes a value wrong."""

from __future__ import annotations

import json
import math
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


def _exactly(*allowed: str) -> Judge:
    return lambda value: None if value in allowed else f"must be {' or '.join(allowed)}"


def _port(value: str) -> str | None:
    return None if value.isdecimal() and 0 < int(value) < 65536 else "must be a number from 1 to 65535"


def _number(low: float, high: float = math.inf) -> Judge:
    """Bounds are roughly those of the component's own settings, which have the last word."""

    def judge(value: str) -> str | None:
        try:
            fits = low <= float(value) <= high
        except ValueError:
            fits = False
        bounds = f"from {low:g} up" if high == math.inf else f"from {low:g} to {high:g}"
        return None if fits else f"must be a number {bounds}"

    return judge


def _slots(value: str) -> str | None:
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(n, int) and n > 0 for n in found.values()):
        return None
    return 'must be JSON such as {"anthropic": 200}'


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


def _origins(value: str) -> str | None:
    if all(re.fullmatch(r"https?://[^\s/?#@]+", one.strip()) for one in value.split(",")):
        return None
    return "must be origins with commas between them, such as https://play.example.org"


def _sender(value: str) -> str | None:
    if value.isprintable() and re.search(r"[^@\s<]+@[^@\s>]+>?$", value):
        return None
    return "must be an address, such as Code of Conquest <game@example.org>"


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
    Key("API_SERVER", "what serves the API over HTTP: granian or gunicorn", "granian",
        _exactly("granian", "gunicorn")),
    Key("API_PORT", "port of the API", "5000", _port),
    Key("WEB_PORT", "port of the website", "5001", _port),
    Key("STREAM_PORT", "port of the event stream", "5002", _port),
    Key("API_BASE_URL", "where clients reach the API, without /api/v1; filled in by ./coc", "", _http),
    Key("STREAM_BASE_URL", "where clients reach the event stream; filled in by ./coc", "", _http),
    Key("BOT_SERVICE_TOKEN", "shared by API and bot; generated when empty", "", _secret),
    Key("TERMINAL_SERVICE_TOKEN", "shared by API and terminal; generated when empty", "", _secret),
    Key("WEB_SERVICE_TOKEN", "shared by API and website; generated when empty", "", _secret),
    Key("WEB_BASE_URL", "where people reach the website, for the links in letters; filled in by ./coc", "", _http),
    Key("WEB_ORIGINS", "more websites whose pages may write, with commas between them", "", _origins),
    Key("RATE_LIMIT_FACTOR", "multiplies how often everybody may ask (docs/operating.md); 0: no limit; empty: 1", "",
        _number(0, 1_000_000)),
    Key("SMTP_HOST", "the server that sends letters; without it MAIL_FOLDER (development), or nobody joins by e-mail"),
    Key("SMTP_PORT", "mostly 587 (STARTTLS) or 465 (TLS)", "587", _port),
    Key("SMTP_SECURITY", "starttls, tls, or none for a relay on the same machine", "starttls",
        _choice("starttls", "tls", "none")),
    Key("SMTP_USER", "empty: no sign-in at the server"),
    Key("SMTP_PASSWORD", "see SMTP_USER"),
    Key("SMTP_CA_FILE", "certificates to believe instead of the system's, for a server with its own"),
    Key("MAIL_FOLDER", "where letters go without SMTP_HOST; in development alone; empty: .coc/outbox"),
    Key("MAIL_FROM", "who letters are from", "Code of Conquest <no-reply@localhost>", _sender),
    Key("PASSWORD_LIST", "a file of passwords to refuse besides the built-in ones (docs/operating.md)"),
    Key("DISCORD_TOKEN", "the bot's token (docs/operating.md says how to get one); empty: no bot", "",
        discord_token_problem),
    Key("ANTHROPIC_API_KEY", "with it a model tells the story; empty: the built-in storyteller does", "",
        _prefix("sk-ant-", "the Anthropic console")),
    Key("REPLICATE_API_TOKEN", "the same through Replicate, for sponsors of tier FREE", "",
        _prefix("r8_", "replicate.com/account")),
    Key("DEFAULT_TIER", "of everybody without a subscription: FREE (Replicate), BASIC, PREMIUM or ELITE (Anthropic)",
        "ELITE", _choice("FREE", "BASIC", "PREMIUM", "ELITE")),
    Key("TIERS_FILE", "YAML that renames, reprices or re-limits tiers (docs/operating.md); empty: as in data/tiers"),
    Key("ASSETS_DIR", "where players' files lie, such as portraits; empty: .coc/assets"),
    Key("APPWRITE_ENDPOINT", "with all four the store is Appwrite (first cut): its address, ending in /v1", "", _http),
    Key("APPWRITE_PROJECT_ID", "see APPWRITE_ENDPOINT"),
    Key("APPWRITE_API_KEY", "see APPWRITE_ENDPOINT"),
    Key("APPWRITE_DATABASE_ID", "see APPWRITE_ENDPOINT"),
    Key("ANTHROPIC_MODEL", "in the place of every model of Anthropic's that MODELS_FILE names"),
    Key("ANTHROPIC_BASE_URL", "another address than Anthropic's own", "", _http),
    Key("REPLICATE_MODEL", "in the place of every model on Replicate that MODELS_FILE names"),
    Key("REPLICATE_BASE_URL", "another address than Replicate's own", "", _http),
    Key("MODELS_FILE", "who gets which model, at which price; empty: api/config/models/standard.yaml"),
    Key("DAILY_CEILING_USD", "that models may cost in a day, in dollars; then the storyteller tells; empty: 5", "",
        _number(0, 100_000)),
    Key("MODERATION_FILE", "lists of what is not welcome, beside the built-in ones (docs/operating.md)"),
    Key("MODERATION_URL", "a moderation service that is asked after the lists", "", _http),
    Key("MODERATION_API_KEY", "see MODERATION_URL"),
    Key("RULING_CALL_SECONDS", "for a model's reading of free text, within RULING_SECONDS; empty: 12", "", _number(1)),
    Key("STORYTELLER_PAUSE_SECONDS", "after each sentence of the built-in storyteller, to read along; empty: 0", "",
        _number(0, 1)),
    Key("PROVIDER_SLOTS", "calls at once to a provider, in one process; empty: {\"anthropic\": 200, \"replicate\": 50}",
        "", _slots),
    Key("PROVIDER_WAIT_SECONDS", "for such a call's slot, before the next narrator tells; empty: 10", "", _number(0)),
    Key("WORKER_SLOTS", "turns in flight in one worker process; empty: 300", "", _number(1, 5000)),
    Key("WORKER_SPONSOR_SHARE", "of the slots, for one sponsor at most; empty: 0.75", "", _number(0, 1)),
    Key("WORKER_JOBS_PER_SESSION", "jobs of one session at work at once; empty: 1", "", _number(1)),
    Key("WORKER_STORE_THREADS", "store calls at once in one worker process; empty: 4", "", _number(1, 64)),
    Key("WORKER_DRAIN_SECONDS", "from SIGTERM to giving up what still runs; empty: 20", "", _number(0)),
    Key("BEAT_SECONDS_LIVE", "the clock of a turn at a live table; empty: 90", "", _number(5)),
    Key("BEAT_SECONDS_BY_POST", "the same where people play by post; empty: 86400", "", _number(60)),
    Key("CLOCK_GRACE_SECONDS", "that a clock runs longer than it shows; empty: 15", "", _number(0)),
    Key("RULING_SECONDS", "after which free text is ruled on by the built-in ruler; empty: 20", "", _number(0)),
    Key("NARRATION_LEASE_SECONDS", "until a dead worker's turns are taken up; above 45; empty: 60", "", _number(0)),
    Key("SWEEP_SECONDS", "between two looks for what fell between; empty: 1", "", _number(0)),
    Key("SESSION_TIMEOUT_MINUTES", "without a word until a table sleeps; empty: 30", "", _number(1)),
    Key("DATA_DIR", "the folder of the game's content; empty: data/ of this tree"),
    Key("SECURE_COOKIES", "true or false: cookies over HTTPS only; empty: as FLASK_ENV says", "",
        _choice("true", "false")),
    Key("PROXY_HOPS", "proxies before the website whose X-Forwarded-* are believed; empty: as FLASK_ENV says", "",
        _number(0, 5)),
    Key("API_TIMEOUT_SECONDS", "that the website waits for the API; empty: 8", "", _number(0, 60)),
    Key("DISCORD_GUILD_ID", "sync the bot's commands to this server only, at once", "", _number(1)),
    Key("LEASE_SECONDS", "how long the bot's relay holds a channel unasked; empty: 15", "", _number(1, 300)),
    Key("TABLE_EDIT_SECONDS", "least time between two edits of one message; empty: 1.5", "", _number(0, 60)),
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
