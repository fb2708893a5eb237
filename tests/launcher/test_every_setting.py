"""The list of settings (`launcher/keys.py`, `.env.example`, docker-compose.yml) beside what the components read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from api.settings import Settings as ApiSettings
from bot.settings import BotSettings
from launcher.keys import KEYS
from launcher.layout import ROOT
from public_web.settings import Settings as WebSettings

LISTED = {key.name: key for key in KEYS}
READERS: dict[str, type[BaseSettings]] = {"api": ApiSettings, "web": WebSettings, "bot": BotSettings}
# Only tests give these; the launcher and compose make the last from LISTEN_HOST.
NOT_FOR_OPERATORS = {"DISCORD_API_BASE", "DISCORD_GATEWAY", "STREAM_HOST"}
# Read without a settings class: by the launcher, by `api/serve.py`, by each component to choose its configuration.
OTHER_READERS = (
    "launcher/up.py",
    "launcher/stack.py",
    "launcher/redis_service.py",
    "api/serve.py",
    "api/settings.py",
)
BY_FLASK_ENV = {"SECURE_COOKIES", "PROXY_HOPS", "LOG_LEVEL"}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def read_by(reader: str) -> set[str]:
    return {name.upper() for name in READERS[reader].model_fields} - NOT_FOR_OPERATORS


@pytest.mark.parametrize("reader", READERS)
def test_what_a_component_reads_is_listed(reader: str) -> None:
    assert read_by(reader) <= set(LISTED)


def test_what_is_listed_is_read_by_somebody() -> None:
    elsewhere = "\n".join((ROOT / path).read_text() for path in OTHER_READERS)
    read = set().union(*map(read_by, READERS), re.findall(r'"([A-Z][A-Z_]+)"', elsewhere))
    assert set(LISTED) <= read


@pytest.mark.parametrize(
    ("service", "reader"),
    [("api", "api"), ("worker", "api"), ("stream", "api"), ("web", "web"), ("bot", "bot")],
)
def test_compose_passes_on_what_a_component_reads(service: str, reader: str) -> None:
    # The port inside a stream's container is given to the stream alone.
    assert read_by(reader) - {"STREAM_PORT"} <= set(COMPOSE[service]["environment"])


def test_compose_lets_the_operator_choose_the_apis_server() -> None:
    assert COMPOSE["api"]["environment"]["API_SERVER"] == "${API_SERVER:-granian}"


def defaults() -> list[tuple[str, Any]]:
    found = {
        name.upper(): field.default
        for reader in READERS.values()
        for name, field in reader.model_fields.items()
    }
    plain = {name: value for name, value in found.items() if isinstance(value, (int, float, str, dict))}
    return [(name, plain[name]) for name in LISTED if "; empty: " in LISTED[name].comment and name in plain]


@pytest.mark.parametrize(("name", "default"), defaults())
def test_the_default_that_a_comment_names_is_the_one_in_the_code(name: str, default: Any) -> None:
    told = LISTED[name].comment.rpartition("; empty: ")[2]
    if name in BY_FLASK_ENV:
        assert told == "as FLASK_ENV says"
    elif isinstance(default, dict):
        assert json.loads(told) == default
    elif isinstance(default, (int, float)):
        assert float(told) == default
    else:
        assert told == default


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_line_counts_as_unset_for_a_component_too(reader: str) -> None:
    assert READERS[reader].model_config.get("env_ignore_empty") is True


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKER_SLOTS", "many"), ("WORKER_SLOTS", "0"), ("PROVIDER_SLOTS", "200"),
     ("PROVIDER_SLOTS", '{"anthropic": "x"}'), ("API_SERVER", "waitress"), ("API_SERVER", "Granian"),
     ("SECURE_COOKIES", "perhaps")],
)  # fmt: skip
def test_a_value_that_a_component_would_refuse_is_told_before_anything_starts(name: str, value: str) -> None:
    assert LISTED[name].judge(value) is not None
