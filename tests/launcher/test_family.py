"""Children and their children: none may outlive the launcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from launcher.family import Family, tail
from launcher.layout import ROOT
from tests.launcher.stub_tree import wait_until

STUBBORN = "trap '' TERM; sleep 997 & echo $! > {pid}; wait; wait; sleep 997"


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_leaving_the_block_ends_children_and_grandchildren(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with Family(tmp_path) as family:
        child = family.start(
            "shell", ["sh", "-c", f"sleep 996 & echo $! > {note}; wait"], dict(os.environ), tmp_path
        )
        assert wait_until(lambda: note.exists() and note.read_text().strip() != "")
        grandchild = int(note.read_text())
        assert alive(grandchild)
    assert not alive(child.popen.pid)
    assert wait_until(lambda: not alive(grandchild), 5)


def test_an_error_inside_the_block_ends_them_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Family(tmp_path) as family:
        child = family.start("sleep", ["sleep", "996"], dict(os.environ), tmp_path)
        raise RuntimeError
    assert not alive(child.popen.pid)


@pytest.mark.slow
def test_after_sigkill_of_the_parent_even_children_that_ignore_sigterm_go(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        from launcher.family import Family
        with Family(Path({str(tmp_path)!r})) as family:
            child = family.start("stubborn", ["sh", "-c", {STUBBORN.format(pid=note)!r}], dict(os.environ), Path("/"))
            print(child.popen.pid, flush=True)
            signal.pause()
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert wait_until(lambda: note.exists() and note.read_text().strip() != "")
    grandchild = int(note.read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    assert wait_until(lambda: not alive(child) and not alive(grandchild), 15)


def test_a_new_session_begins_a_new_log_and_a_restart_goes_on_in_it(tmp_path: Path) -> None:
    def say(family: Family, words: str) -> None:
        child = family.start("voice", ["echo", words], dict(os.environ), tmp_path)
        child.popen.wait()
        family.forget(child)

    with Family(tmp_path) as family:
        say(family, "yesterday")
    with Family(tmp_path) as family:
        say(family, "one")
        say(family, "two")
    assert tail(tmp_path / "voice.log", 9) == ["one", "two"]
    assert tail(tmp_path / "voice.previous.log", 9) == ["yesterday"]


def test_an_exit_is_told_in_words(tmp_path: Path) -> None:
    with Family(tmp_path) as family:
        child = family.start("sleep", ["sleep", "996"], dict(os.environ), tmp_path)
        child.popen.send_signal(signal.SIGKILL)
        child.popen.wait()
        assert child.exit_sentence() == "was ended by SIGKILL"
