"""`./coc play` end to end with stand-in services: real processes, real Redis, real signals."""

from __future__ import annotations

import os
import signal
import stat

import pytest

from tests.launcher.stub_tree import StubTree, wait_until

pytestmark = pytest.mark.e2e


def test_the_table_gets_its_arguments_and_its_exit_status_is_passed_on(tree: StubTree) -> None:
    (tree.root / "lines.txt").write_text("look\n")
    result = tree.run("play", "--party", "3", "--script", "lines.txt", "--campaign", "lamp", STUB_STATUS="7")
    assert result.returncode == 7, result.stderr
    assert "--party 3" in result.stdout
    assert f"--script {tree.root}/lines.txt" in result.stdout
    assert "--campaign lamp" in result.stdout
    assert tree.processes() == []


def test_a_language_is_passed_on_and_an_unknown_one_starts_nothing(tree: StubTree) -> None:
    assert "--language en" in tree.run("play", "--language", "en").stdout
    refused = tree.run("play", "--language", "tlh")
    assert refused.returncode == 1 and "does not speak 'tlh'" in refused.stderr and "en" in refused.stderr
    assert tree.processes() == []


def test_the_queues_and_the_secrets_are_there_at_the_second_start(tree: StubTree) -> None:
    assert "starts 1" in tree.run("play").stdout
    secrets = (tree.home / "secrets.json").read_text()
    assert "starts 2" in tree.run("play").stdout
    assert (tree.home / "secrets.json").read_text() == secrets


def test_a_fresh_start_keeps_the_old_save_beside_it(tree: StubTree) -> None:
    tree.run("play")
    (tree.home / "coc.sqlite3").write_text("the old save")
    result = tree.run("play", "--fresh")
    assert "starts 1" in result.stdout
    assert [path.read_text() for path in tree.home.glob("old-*/coc.sqlite3")] == ["the old save"]


def test_nobody_else_may_read_the_secrets(tree: StubTree) -> None:
    tree.run("play")
    private = [tree.home / "secrets.json", *tree.home.glob("redis/*/redis.conf")]
    assert len(private) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child(tree: StubTree, number: signal.Signals) -> None:
    play = tree.start("play", STUB_TABLE="waits")
    assert wait_until(lambda: "starts" in tree.output()), tree.output()
    # coc, redis, the API's server and its worker, stream, our worker and its child, the table
    assert len(tree.processes()) >= 7
    play.send_signal(number)
    assert play.wait(20) == 128 + number
    assert tree.processes() == []


def test_not_even_sigkill_of_the_launcher_leaves_an_orphan(tree: StubTree) -> None:
    play = tree.start("play", STUB_TABLE="waits")
    assert wait_until(lambda: "starts" in tree.output()), tree.output()
    play.kill()
    play.wait()
    assert wait_until(lambda: tree.processes() == []), tree.processes()


def test_sigkill_of_the_whole_process_group_leaves_none_either(tree: StubTree) -> None:
    play = tree.start("play", STUB_TABLE="waits")
    assert wait_until(lambda: "starts" in tree.output()), tree.output()
    os.killpg(play.pid, signal.SIGKILL)
    play.wait()
    assert wait_until(lambda: tree.processes() == []), tree.processes()


def test_a_service_that_dies_at_the_start_is_named_with_its_last_words(tree: StubTree) -> None:
    (tree.root / "api" / "wsgi.py").write_text("raise RuntimeError('no lamp oil')")
    result = tree.run("play")
    assert result.returncode == 1
    assert "coc: api ended with status" in result.stderr
    assert "no lamp oil" in result.stderr
    assert tree.processes() == []


def test_two_starts_at_once_do_not_share_a_save(tree: StubTree) -> None:
    first = tree.start("play", STUB_TABLE="waits")
    assert wait_until(lambda: "starts" in tree.output()), tree.output()
    second = tree.run("play")
    assert second.returncode == 1
    assert f"in use by another ./coc (process {first.pid})" in second.stderr
    assert "starts 1" in tree.run("play", COC_HOME=str(tree.root / "other")).stdout
    first.terminate()
    first.wait(20)


def test_a_worker_that_crashes_in_mid_game_is_started_again(tree: StubTree) -> None:
    play = tree.start("play", STUB_TABLE="waits")
    assert wait_until(lambda: "starts" in tree.output()), tree.output()
    os.kill(_process(tree, "api.worker"), signal.SIGKILL)
    assert wait_until(lambda: "starts so far 2" in (tree.home / "logs" / "worker.log").read_text())
    play.terminate()
    play.wait(20)
    assert "worker was ended by SIGKILL; started again" in tree.output()
    assert tree.processes() == []


def _process(tree: StubTree, word: str) -> int:
    for process in tree.processes():
        with open(f"/proc/{process}/cmdline") as handle:
            if word in handle.read().split("\0"):
                return process
    raise AssertionError(f"no process runs {word}")
