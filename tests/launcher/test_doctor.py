"""`./coc doctor`: one line for each thing, and what is wrong really counts."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from launcher import doctor as module
from launcher.doctor import doctor, examine
from launcher.layout import Layout
from launcher.ports import free_ports

TOKEN = "A" * 24 + ".BBBBBB." + "C" * 27


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for component in ("api", "public_web"):
        (tmp_path / component / "config").mkdir(parents=True)
        (tmp_path / component / "config" / "development.yaml").touch()
    (tmp_path / "requirements.txt").touch()
    return Layout.find({}, root=tmp_path)


@pytest.fixture
def env() -> dict[str, str]:
    api, web, stream = free_ports(3)
    return {"API_PORT": str(api), "WEB_PORT": str(web), "STREAM_PORT": str(stream)}


@pytest.fixture
def discord() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers["Authorization"] == f"Bot {TOKEN}" and self.path == "/api/users/@me"
            body = json.dumps({"username": "Quill"} if good else {"message": "401"}).encode()
            self.send_response(200 if good else 401)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def bad(layout: Layout, env: dict[str, str]) -> list[str]:
    return [finding.text for finding in examine(layout, env) if finding.level == "bad"]


def test_a_healthy_tree_has_nothing_to_mend(
    layout: Layout, env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(layout, env) == 0
    assert capsys.readouterr().out.endswith("All well.\n")


def test_each_bad_key_is_one_line_and_the_status_is_one(
    layout: Layout, env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {**env, "LOG_LEVEL": "loud", "SECRET_KEY": "hunter2", "API_PORT": "http"}
    assert doctor(layout, wrong) == 1
    said = capsys.readouterr().out
    assert said.endswith("3 to mend.\n")
    assert "hunter2" not in said


def test_a_dead_redis_is_named_without_its_password(layout: Layout, env: dict[str, str]) -> None:
    (line,) = bad(layout, {**env, "REDIS_URL": f"redis://:hush@127.0.0.1:{free_ports(1)[0]}/0"})
    assert "does not answer (Connection refused)" in line
    assert "hush" not in line


def test_a_damaged_save_is_named(layout: Layout, env: dict[str, str]) -> None:
    layout.require_writable()
    layout.save.write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    (line,) = bad(layout, env)
    assert line.startswith(f"Database: {layout.save}")


def test_a_sound_save_is_well(layout: Layout, env: dict[str, str]) -> None:
    layout.require_writable()
    with sqlite3.connect(layout.save) as connection:
        connection.execute("create table t (a)")
    connection.close()
    assert bad(layout, env) == []


def test_a_missing_folder_of_the_save_is_named(layout: Layout, env: dict[str, str]) -> None:
    (line,) = bad(layout, {**env, "DATABASE_URL": "sqlite:////no/such/folder/coc.sqlite3"})
    assert "the folder /no/such/folder does not exist" in line


def test_a_good_token_is_greeted_by_name(layout: Layout, env: dict[str, str], discord: str) -> None:
    findings = list(examine(layout, {**env, "DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": discord}))
    assert "Discord: the token belongs to Quill" in [finding.text for finding in findings]


def test_a_refused_token_is_to_be_mended(layout: Layout, env: dict[str, str], discord: str) -> None:
    wrong = "B" + TOKEN[1:]
    (line,) = bad(layout, {**env, "DISCORD_TOKEN": wrong, "DISCORD_API_BASE": discord})
    assert "refused (401)" in line
    assert wrong not in line


def test_an_unreachable_discord_is_to_be_mended(layout: Layout, env: dict[str, str]) -> None:
    base = f"http://127.0.0.1:{free_ports(1)[0]}/api"
    (line,) = bad(layout, {**env, "DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": base})
    assert line.startswith("Discord: not reachable")


def test_a_mail_server_that_is_not_there_is_to_be_mended(layout: Layout, env: dict[str, str]) -> None:
    (line,) = bad(layout, {**env, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_ports(1)[0])})
    assert line.startswith("Mail: 127.0.0.1:") and "mend SMTP_HOST and SMTP_PORT" in line


def test_a_mail_server_that_answers_is_well_and_without_one_it_says_where_letters_go(
    layout: Layout, env: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        named = {**env, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.getsockname()[1])}
        assert bad(layout, named) == []
    notes = [one.text for one in examine(layout, env) if one.level == "note"]
    assert f"Mail: no SMTP_HOST; letters are written to {layout.home / 'outbox'}" in notes


def test_a_port_that_somebody_else_holds_is_to_be_mended(
    layout: Layout, env: dict[str, str], discord: str
) -> None:
    port = discord.split(":")[2].partition("/")[0]
    (line,) = bad(layout, {**env, "API_PORT": port})
    assert f"API: port {port} is in use by" in line


@pytest.mark.parametrize(
    ("state", "says"), [("ok", ""), ("near", "four fifths"), ("reached", "DAILY_CEILING_USD")]
)
def test_it_says_how_near_the_ceiling_of_a_running_api_is(state: str, says: str) -> None:
    health = {"result": {"budget": {"state": state, "resets_at": "2026-11-26T00:00:00.000Z"}}}
    found = list(module._spending(health))
    assert [f.level for f in found] == (["note"] if says else [])
    assert all(says in f.text for f in found)
    assert list(module._spending({"result": None})) == []
