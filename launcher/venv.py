"""Builds the virtual environment and keeps it in step with the requirement files."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.console import Console, Step
from launcher.errors import LauncherError
from launcher.layout import Layout, require_writable_folder
from launcher.locks import file_lock
from launcher.orphans import die_with_parent
from launcher.system_parts import install_with_apt

STAMP = "coc-stamp.json"
INCOMPLETE = ".coc-incomplete"
NEEDS = {"play": "requirements.txt", "test": "tests/requirements.txt"}
_PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._\[\]-]*==", re.MULTILINE)
_OFFLINE = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|Name or service not known"
    r"|Network is unreachable|Connection refused|ProxyError|ConnectTimeoutError|Max retries exceeded",
)


@dataclass(frozen=True)
class Venv:
    """A virtual environment on disk."""

    path: Path

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    def stamp(self) -> dict[str, str]:
        try:
            found = json.loads((self.path / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_current(self, root: Path, need: str) -> bool:
        """True when the packages of `need` are installed as the requirement file stands now."""
        stamp = self.stamp()
        return (
            stamp.get("path") == str(self.path)
            and stamp.get(need) == requirement_hash(root, need)
            and not (self.path / INCOMPLETE).exists()
            and os.access(self.python, os.X_OK)
        )


def requirement_hash(root: Path, need: str) -> str:
    """The fingerprint that decides whether packages must be installed again."""
    return hashlib.sha256((root / NEEDS[need]).read_bytes()).hexdigest()


def existing_venv(layout: Layout, need: str = "play") -> Venv | None:
    """The environment that is ready for use, or None; changes nothing."""
    ready = (Venv(path) for path in layout.venv_candidates())
    return next((venv for venv in ready if venv.is_current(layout.root, need)), None)


def ensure_venv(layout: Layout, console: Console, need: str = "play") -> Venv:
    """Returns an environment with the packages of `need` ("play" or "test"), building it if it must.

    Raises LauncherError with one clear line when that is impossible.
    """
    ready = existing_venv(layout, need)
    if ready:
        return ready
    venv = Venv(layout.venv_candidates()[-1])
    venv.path.parent.mkdir(parents=True, exist_ok=True)
    require_writable_folder(venv.path.parent)

    def tell(holder: str) -> None:
        console.say(f"  … another ./coc is setting up ({holder}); waiting for it")

    with file_lock(layout.home / "setup.lock", f"process {os.getpid()}", on_wait=tell):
        if venv.is_current(layout.root, need):
            return venv
        _build(layout, venv, console)
        _install(layout, venv, console, need)
    return venv


def _build(layout: Layout, venv: Venv, console: Console) -> None:
    if _healthy(venv):
        return
    with console.step("Python environment") as step:
        if venv.path.exists():
            _remove(venv)
            step.done(f"{venv.path.name} was half-made or out of place, built anew")
        venv.path.mkdir(parents=True)
        (venv.path / INCOMPLETE).touch()
        if not _has_ensurepip():
            install_with_apt([f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"], step.progress)
        _create(venv)


def _healthy(venv: Venv) -> bool:
    """A venv without the launcher's stamp (made by hand) is taken over when it works."""
    if (venv.path / INCOMPLETE).exists() or not os.access(venv.python, os.X_OK):
        return False
    home = venv.stamp().get("path", str(venv.path))
    probe = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    return (
        home == str(venv.path)
        and subprocess.run([venv.python, "-c", probe], capture_output=True).returncode == 0
    )


def _remove(venv: Venv) -> None:
    ours = (venv.path / "pyvenv.cfg").exists() or (venv.path / INCOMPLETE).exists()
    if not ours and any(venv.path.iterdir()):
        raise LauncherError(
            f"{venv.path} is in the way and is no virtual environment.", "Move it, then run ./coc again."
        )
    shutil.rmtree(venv.path)


def _has_ensurepip() -> bool:
    return (
        subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0
    )


def _create(venv: Venv) -> None:
    attempts = [[sys.executable, "-m", "venv", str(venv.path)]] if _has_ensurepip() else []
    if _runs([sys.executable, "-m", "virtualenv", "--version"]):
        attempts.append([sys.executable, "-m", "virtualenv", str(venv.path)])
    if found := shutil.which("virtualenv"):
        attempts.append([found, "-p", sys.executable, str(venv.path)])
    if _runs([sys.executable, "-m", "pip", "--python", sys.executable, "--version"]):
        attempts.append([sys.executable, "-m", "venv", "--without-pip", str(venv.path)])
    output = ""
    for attempt in attempts:
        result = subprocess.run(attempt, capture_output=True, text=True, preexec_fn=die_with_parent())
        if result.returncode == 0:
            return
        output = result.stdout + result.stderr
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise LauncherError(
        "Python cannot make a virtual environment here (ensurepip is missing).",
        f"Run: sudo apt-get install python{version}-venv",
        details=output.strip().splitlines()[-5:],
    )


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def pip_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The caller's pip settings without those that contradict a file of pinned hashes.

    A constraint file of the machine could forbid our pins, `user` and `target` would install elsewhere.
    Indexes, proxies and certificates stay: the hashes decide what is accepted from them.
    """
    dropped = {
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_NO_DEPS",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_REQUIREMENT",
        "PYTHONPATH",
        "PYTHONHOME",
    }
    kept = {key: value for key, value in env.items() if key not in dropped}
    return {
        **kept,
        "PIP_CONSTRAINT": os.devnull,
        "PIP_BUILD_CONSTRAINT": os.devnull,
        "PIP_USER": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONUNBUFFERED": "1",
    }


def _pip(venv: Venv) -> list[str]:
    """The environment's own pip, else the system's, told to install there."""
    own = [str(venv.python), "-m", "pip"]
    return own if _runs([*own, "--version"]) else [sys.executable, "-m", "pip", "--python", str(venv.python)]


def _install(layout: Layout, venv: Venv, console: Console, need: str) -> None:
    requirements = layout.root / NEEDS[need]
    total = len(_PINNED.findall(requirements.read_text(encoding="utf-8")))
    (venv.path / INCOMPLETE).touch()
    with console.step("Packages") as step:
        command = [
            *(*_pip(venv), "install", "--require-hashes", "--retries", "2"),
            *("--progress-bar", "off", "-r", str(requirements)),
        ]
        _run_pip(command, step, total, layout.root)
        step.done(f"{total} from {NEEDS[need]}")
    stamp = {**venv.stamp(), "path": str(venv.path), need: requirement_hash(layout.root, need)}
    if need == "test":
        stamp["play"] = requirement_hash(layout.root, "play")  # tests/requirements.txt holds all of it
    (venv.path / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    (venv.path / INCOMPLETE).unlink()


def _run_pip(command: list[str], step: Step, total: int, cwd: Path) -> None:
    seen = 0
    last: deque[str] = deque(maxlen=40)
    pip = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=cwd,
        env=pip_environment(os.environ),
        preexec_fn=die_with_parent(),
    )
    assert pip.stdout is not None
    for line in pip.stdout:
        last.append(line.rstrip())
        if line.startswith(("Collecting", "Requirement already satisfied")):
            seen += 1
            step.progress(f"{min(seen, total)} of {total}")
        elif line.startswith("Installing collected packages"):
            step.progress("installing")
    if pip.wait() == 0:
        return
    text = "\n".join(last)
    if _OFFLINE.search(text):
        raise LauncherError(
            "no network: the packages could not be downloaded.",
            "Connect this machine (or point PIP_INDEX_URL at a mirror) and run ./coc again.",
        )
    if "No space left" in text:
        raise LauncherError("the disk is full: the packages could not be installed.", "Free about 500 MB.")
    raise LauncherError("the packages could not be installed.", "What pip said:", details=list(last)[-12:])
