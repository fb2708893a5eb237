"""`./coc up` end to end with stand-in services."""

from __future__ import annotations

import signal
import socket

import pytest

from launcher.ports import free_ports
from tests.launcher.stub_tree import StubTree, wait_until

pytestmark = pytest.mark.e2e


def _flags() -> list[str]:
    api, web, stream = free_ports(3)
    return ["up", "--api-port", str(api), "--web-port", str(web), "--stream-port", str(stream)]


def test_the_log_mode_names_addresses_queues_narrator_and_the_missing_token(tree: StubTree) -> None:
    flags = _flags()
    up = tree.start(*flags)
    assert wait_until(lambda: "narrator: up" in tree.output()), tree.output()
    text = tree.output()
    assert f"api: up: http://127.0.0.1:{flags[2]}" in text
    assert f"web: up: http://127.0.0.1:{flags[4]}" in text
    assert "queues: up: ai_tasks 3" in text
    assert "narrator: up: storyteller" in text
    assert "bot: off: no DISCORD_TOKEN" in text
    up.send_signal(signal.SIGINT)
    assert up.wait(20) == 0
    assert tree.processes() == []


def test_a_service_that_keeps_crashing_is_restarted_with_back_off_and_said_so(tree: StubTree) -> None:
    (tree.root / "bot" / "__main__.py").write_text("raise SystemExit('the bot has no voice')")
    token = "A" * 24 + ".BBBBBB." + "C" * 27
    up = tree.start(*_flags(), DISCORD_TOKEN=token)
    assert wait_until(lambda: tree.output().count("bot ended with status 1") >= 2), tree.output()
    text = tree.output()
    assert "started again in 0.5 s (log bot.log: the bot has no voice)" in text
    assert "started again in 1.0 s" in text
    assert token not in text
    up.terminate()
    up.wait(20)


def test_a_port_in_use_is_one_clear_line(tree: StubTree) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = tree.run("up", "--api-port", str(port))
    assert result.returncode == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"coc: port {port} (API) is in use by ")
    assert "--api-port" in lines[0]
    assert tree.processes() == []


def test_a_wrong_setting_is_named_before_anything_starts(tree: StubTree) -> None:
    (tree.root / ".env").write_text("LOG_LEVEL=chatty\nAPI_PORT=http\nSECRET_KEY=hunter2\n")
    result = tree.run("up")
    assert result.returncode == 1
    assert "LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR" in result.stderr
    assert "API_PORT must be a number" in result.stderr
    assert "SECRET_KEY is too short" in result.stderr
    assert "hunter2" not in result.stderr


def test_a_dead_redis_is_one_clear_line_without_its_password(tree: StubTree) -> None:
    port = free_ports(1)[0]
    result = tree.run(*_flags(), REDIS_URL=f"redis://:hush@127.0.0.1:{port}/0")
    assert result.returncode == 1
    assert "does not answer (Connection refused)" in result.stderr
    assert "remove REDIS_URL" in result.stderr
    assert "hush" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
