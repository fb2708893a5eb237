"""What stands in the way is said in one line, with the way out; never a traceback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.errors import LauncherError
from launcher.health import redis_problem
from launcher.layout import ROOT, Layout
from launcher.ports import free_ports
from launcher.redis_service import without_password


def coc(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "coc"), *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_an_unwritable_folder_is_one_line_that_names_coc_home() -> None:
    result = coc("play", COC_HOME="/proc/self/nowhere")
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("coc: cannot write in /proc/self/nowhere (")
    assert "COC_HOME" in result.stderr


def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("setpriv is missing: root may write everywhere")
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    folder = tmp_path / "state"
    folder.mkdir(mode=0o555)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from launcher.layout import Layout; "
    code += "from launcher.errors import LauncherError\n"
    code += "try: Layout.find({'COC_HOME': sys.argv[2]}).require_writable()\n"
    code += "except LauncherError as e: print(e.line())"
    shutil.copytree(
        ROOT / "launcher", tmp_path / "copy" / "launcher", ignore=shutil.ignore_patterns("__pycache__")
    )
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*drop, "/usr/bin/env", "python3", "-c", code, str(tmp_path / "copy"), str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin"})
    if result.returncode:
        pytest.skip(f"no Python that another user may run: {result.stderr[-200:]}")
    assert "cannot write in" in result.stdout
    assert "Permission denied" in result.stdout


def test_an_unknown_command_lists_those_that_exist() -> None:
    result = coc("conquer")
    assert result.returncode == 2
    for command in ("play", "up", "test", "doctor", "content", "replay", "lock"):
        assert command in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["play", "up", "test", "check", "doctor", "content", "replay", "lock"])
def test_every_command_explains_itself(command: str) -> None:
    result = coc(command, "--help")
    assert result.returncode == 0
    assert f"usage: coc {command}" in result.stdout


@pytest.mark.parametrize("party", ["0", "11", "many", "-1"])
def test_a_party_has_one_to_ten_players(party: str) -> None:
    result = coc("play", f"--party={party}")
    assert result.returncode == 2
    assert "1 to 10 players" in result.stderr


def test_a_missing_script_is_named() -> None:
    result = coc("play", "--script", "no-such-file.txt")
    assert result.returncode == 1
    assert "there is no script no-such-file.txt" in result.stderr


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path) -> None:
    """The launcher's first file must at least parse and answer on an old Python; the version is faked here."""
    source = (ROOT / "coc").read_text()
    probe = "import sys, shutil\nshutil.which = lambda name: None\n"
    probe += "sys.version_info = type('V', (tuple,), {})((3, 8, 0))\n"
    code = probe + f"__file__ = {str(ROOT / 'coc')!r}\n" + source
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed, this is 3.8" in result.stderr
    assert not re.search(r"\bf['\"]|:=|\bmatch ", source), "keep the first file readable for an old Python"


def test_a_dead_redis_and_a_wrong_password_are_told_apart(tmp_path: Path) -> None:
    assert redis_problem(f"redis://127.0.0.1:{free_ports(1)[0]}/0") == "Connection refused"
    assert redis_problem("http://127.0.0.1") == "http:// is no Redis address"


def test_a_url_is_shown_without_its_password() -> None:
    assert without_password("redis://:s3cret@h:1/0") == "redis://…@h:1/0"
    assert without_password("redis://h:1/0") == "redis://h:1/0"


def test_an_error_is_one_sentence_after_another() -> None:
    assert LauncherError("it broke.", "Mend it.").line() == "it broke. Mend it."
    assert Layout.find({}).home == ROOT / ".coc"
