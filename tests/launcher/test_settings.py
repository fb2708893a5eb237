"""The `.env` reader and the judgement of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.dotenv import load_environment, parse_dotenv
from launcher.errors import LauncherError
from launcher.keys import KEYS, example_file, key_problems
from launcher.layout import ROOT


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=plain", "plain"),
        ("  K = spaced out  ", "spaced out"),
        ("export K=exported", "exported"),
        ("K=", ""),
        ("K=a=b==", "a=b=="),
        ("K=value # a remark", "value"),
        ("K=no#remark", "no#remark"),
        ("K=# only a remark", ""),
        ("K='single # $HOME \\n'", "single # $HOME \\n"),
        ('K="double # \\"quoted\\"\\nnext"', 'double # "quoted"\nnext'),
        ('K="a" # remark', "a"),
    ],
)
def test_a_line_is_read_as_written(line: str, value: str) -> None:
    assert parse_dotenv(f"\ufeff# remark\n\n{line}\n") == {"K": value}


@pytest.mark.parametrize(
    "line", ["no equals sign", "=value", "bad-key=1", 'K="never closed', "K='never closed"]
)
def test_a_broken_line_is_named_by_its_number(line: str) -> None:
    with pytest.raises(LauncherError, match=r"\.env, line 2"):
        parse_dotenv(f"A=1\n{line}\n")


def test_the_environment_wins_over_the_file_and_an_empty_line_counts_as_unset(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\nC=\n")
    assert load_environment(tmp_path, {"A": "process"}) == {"A": "process", "B": "file"}


def test_without_a_file_the_environment_is_all(tmp_path: Path) -> None:
    assert load_environment(tmp_path, {"A": "1"}) == {"A": "1"}


def test_the_example_lists_every_key_and_is_valid_as_it_stands() -> None:
    text = (ROOT / ".env.example").read_text()
    assert text == example_file(), (
        "write it anew: python -c 'from launcher.keys import *; print(example_file(), end=\"\")'"
    )
    assert set(parse_dotenv(text)) == {key.name for key in KEYS}
    assert key_problems(parse_dotenv(text)) == []


def test_the_example_names_every_variable_of_the_design() -> None:
    design = (
        "FLASK_ENV SECRET_KEY REDIS_URL DATABASE_URL API_BASE_URL DISCORD_TOKEN ANTHROPIC_API_KEY REPLICATE_API_TOKEN "
        "APPWRITE_ENDPOINT APPWRITE_PROJECT_ID APPWRITE_API_KEY APPWRITE_DATABASE_ID"
    )
    assert set(design.split()) <= {key.name for key in KEYS}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("FLASK_ENV", "staging"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY", "change-me-change-me-change-me"),
        ("DATABASE_URL", "mysql://db/coc"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:redis/0"),
        ("API_PORT", "0"),
        ("WEB_ORIGINS", "https://a.example, b.example"),
        ("WEB_ORIGINS", "https://a.example/page"),
        ("API_PORT", "65536"),
        ("API_PORT", "five"),
        ("API_BASE_URL", "localhost:5000"),
        ("DISCORD_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("DISCORD_TOKEN", "Bot " + "A" * 24 + ".BBBBBB." + "C" * 27),
        ("ANTHROPIC_API_KEY", "key"),
    ],
)
def test_a_bad_value_is_one_line_with_the_key_and_without_the_value(key: str, value: str) -> None:
    problems = key_problems({key: value})
    assert len(problems) == 1
    assert problems[0].startswith(f"{key} ")
    assert "\n" not in problems[0]
    if key.endswith(("KEY", "TOKEN")):
        assert value not in problems[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DATABASE_URL", "sqlite:////var/lib/coc.sqlite3"),
        ("DATABASE_URL", "postgresql://coc:pw@db:5432/coc"),
        ("REDIS_URL", "redis://:pw@cache:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("DISCORD_TOKEN", "A" * 24 + ".Bb-_12." + "C" * 38),
        ("API_BASE_URL", "https://play.example.org"),
    ],
)
def test_a_good_value_passes(key: str, value: str) -> None:
    assert key_problems({key: value}) == []
