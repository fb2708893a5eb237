"""When packages are installed, when not, and what happens to an environment that was left half-made."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import venv as venv_module
from launcher.console import Console
from launcher.errors import LauncherError
from launcher.layout import Layout
from launcher.locks import Busy, file_lock
from launcher.venv import INCOMPLETE, Venv, ensure_venv, existing_venv, pip_environment

PIP_CALLS: list[list[str]] = []


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A tree with requirement files; pip is replaced by a note of its calls."""
    PIP_CALLS.clear()
    (tmp_path / "tests").mkdir()
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "tests" / "requirements.txt").write_text("a==1\nb==2\n")
    monkeypatch.setattr(venv_module, "_run_pip", lambda command, *rest: PIP_CALLS.append(command))
    found = Layout.find({}, root=tmp_path)
    found.require_writable()
    return found


def quiet() -> Console:
    return Console(io.StringIO(), quiet=True)


@pytest.mark.slow
def test_packages_are_installed_once_and_again_when_the_file_changes(layout: Layout) -> None:
    made = ensure_venv(layout, quiet())
    assert made.path == layout.root / ".venv"
    ensure_venv(layout, quiet())
    assert len(PIP_CALLS) == 1
    assert "--require-hashes" in PIP_CALLS[0]
    (layout.root / "requirements.txt").write_text("a==2\n")
    assert existing_venv(layout) is None
    ensure_venv(layout, quiet())
    assert len(PIP_CALLS) == 2


@pytest.mark.slow
def test_the_packages_of_the_tests_suffice_to_play(layout: Layout) -> None:
    ensure_venv(layout, quiet(), need="test")
    ensure_venv(layout, quiet(), need="play")
    assert len(PIP_CALLS) == 1


@pytest.mark.slow
def test_a_setup_that_was_interrupted_is_built_anew(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(venv_module, "_run_pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ensure_venv(layout, quiet())
    rubble = layout.root / ".venv" / "rubble"
    rubble.touch()
    assert existing_venv(layout) is None
    made = ensure_venv(layout, quiet())
    assert not rubble.exists()
    assert not (made.path / INCOMPLETE).exists()


@pytest.mark.slow
def test_an_environment_that_was_copied_elsewhere_is_built_anew(layout: Layout, tmp_path: Path) -> None:
    made = ensure_venv(layout, quiet())
    stamp = made.path / venv_module.STAMP
    stamp.write_text(stamp.read_text().replace(str(made.path), "/somewhere/else/.venv"))
    assert existing_venv(layout) is None
    marker = made.path / "marker"
    marker.touch()
    ensure_venv(layout, quiet())
    assert not marker.exists()


def test_a_folder_that_is_no_environment_is_never_deleted(layout: Layout) -> None:
    precious = layout.root / ".venv" / "precious.txt"
    precious.parent.mkdir()
    precious.touch()
    with pytest.raises(LauncherError, match="is in the way"):
        ensure_venv(layout, quiet())
    assert precious.exists()


def test_with_coc_home_a_ready_environment_of_the_tree_is_used_and_else_one_is_made_there(
    tmp_path: Path,
) -> None:
    layout = Layout.find({"COC_HOME": str(tmp_path / "home")}, root=tmp_path / "tree")
    assert layout.venv_candidates() == [tmp_path / "tree" / ".venv", tmp_path / "home" / "venv"]
    assert layout.database_url == f"sqlite:///{tmp_path}/home/coc.sqlite3"


def test_machine_wide_pip_settings_that_would_break_the_pins_are_overruled() -> None:
    env = pip_environment(
        {"PIP_CONSTRAINT": "/etc/limits.txt", "PIP_TARGET": "/x", "PIP_INDEX_URL": "i", "HOME": "/h"}
    )
    assert env["PIP_CONSTRAINT"] == os.devnull
    assert "PIP_TARGET" not in env
    assert env["PIP_INDEX_URL"] == "i"
    assert env["HOME"] == "/h"


@pytest.mark.e2e
def test_without_a_network_there_is_one_clear_line(tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "COC_HOME": str(tmp_path / "home"),
    }
    root = tmp_path / "tree"
    root.mkdir()
    source = Path(venv_module.__file__).parent.parent
    for name in ("coc", "launcher", "requirements.txt"):
        (root / name).symlink_to(source / name)
    probe = "import sys; sys.path.insert(0, '.'); import launcher.layout as l; from pathlib import Path; "
    probe += "l.ROOT = Path('.').absolute(); import launcher.cli as c; c.ROOT = l.ROOT; "
    probe += "l.Layout.find.__func__.__defaults__ = (l.ROOT,); sys.exit(c.main(['content', 'check']))"
    result = subprocess.run(
        [sys.executable, "-c", probe], cwd=root, env=env, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 1
    assert (
        result.stderr.strip()
        .splitlines()[-1]
        .startswith("coc: no network: the packages could not be downloaded.")
    )
    assert "Traceback" not in result.stderr


def test_a_lock_is_held_by_one_and_freed_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path, "process 1"), pytest.raises(Busy, match="process 1"), file_lock(path, "process 2"):
        raise AssertionError("both held it")
    with file_lock(path, "process 3"):
        assert path.read_text() == "process 3"


def test_a_venv_without_a_stamp_is_not_current(layout: Layout) -> None:
    assert not Venv(layout.root / ".venv").is_current(layout.root, "play")
