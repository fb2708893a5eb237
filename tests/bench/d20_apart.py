"""The field's dice package in an environment of its own, made on demand: it clashes with a package named `lark`."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from launcher.layout import Layout
from launcher.venv import pip_environment

PINS = Path(__file__).with_name("d20.txt")
PATIENCE = 300  # seconds for making the environment and installing


class NotInstalled(Exception):
    """The package cannot be had here; the message says why in one line."""


def field_roll(home: Path | None = None) -> Callable[[str], Any]:
    """The package's `roll`, from an environment below `home` (the launcher's state folder). Raises NotInstalled.

    It runs in this process, so that both sides share one interpreter and one minute of this machine; its folder stands
    on the path only while it is imported.
    """
    packages = str(_installed((home or Layout.find(os.environ).home) / "bench-d20"))
    sys.path.insert(0, packages)
    try:
        roll: Callable[[str], Any] = importlib.import_module("d20").roll
    except ImportError as problem:
        raise NotInstalled(f"d20 is installed but cannot be imported: {problem}") from problem
    finally:
        sys.path.remove(packages)
    return roll


def _installed(folder: Path) -> Path:
    """The environment's packages, installed as `d20.txt` says. Raises NotInstalled."""
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    stamp = folder / "installed"
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if packages.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return packages
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--require-hashes",
        "-r",
        str(PINS),
    ]
    try:
        venv.create(folder, clear=True, with_pip=True)
        done = subprocess.run(
            command, env=pip_environment(os.environ), capture_output=True, text=True, timeout=PATIENCE
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise NotInstalled(f"d20 cannot be installed: {problem}") from problem
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise NotInstalled(f"d20 cannot be installed: {said[-1] if said else 'pip failed'}")
    stamp.write_text(wanted, encoding="ascii")
    return packages
