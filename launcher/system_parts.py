"""System programs that only some tests need, and how to get them."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.console import Console


@dataclass(frozen=True)
class SystemPart:
    """A program that a test asks for with `@pytest.mark.needs("<name>")`."""

    name: str
    programs: tuple[str, ...]  # any one of them will do
    packages: tuple[str, ...]  # Debian's and Ubuntu's
    beside: tuple[str, ...] = ()  # patterns of absolute paths for programs that are not put on PATH

    def find(self) -> str | None:
        on_path = (path for program in self.programs if (path := shutil.which(program)))
        elsewhere = (path for pattern in self.beside for path in sorted(glob.glob(pattern), reverse=True))
        return next(on_path, None) or next(elsewhere, None)


PARTS: Mapping[str, SystemPart] = {
    part.name: part
    for part in (
        SystemPart("chromium", ("chromium", "chromium-browser", "google-chrome"), ("chromium",)),
        SystemPart("git", ("git",), ("git",)),
        SystemPart("postgresql", ("postgres",), ("postgresql",), ("/usr/lib/postgresql/*/bin/postgres",)),
    )
}

_NEEDS = re.compile(r"""\bmark\.needs\(\s*["']([a-z0-9_-]+)["']""")


def parts_asked_for(paths: Iterable[Path]) -> list[SystemPart]:
    """The parts that the test files at or below these paths name, in the order of the registry."""
    names: set[str] = set()
    for path in paths:
        files = path.rglob("*.py") if path.is_dir() else [path]
        for file in files:
            if file.suffix == ".py" and file.is_file():
                names.update(_NEEDS.findall(file.read_text(encoding="utf-8", errors="replace")))
    return [part for name, part in PARTS.items() if name in names]


def ensure_parts(parts: Iterable[SystemPart], console: Console) -> list[SystemPart]:
    """Installs what is missing where that is possible; returns the parts that are still missing."""
    missing = [part for part in parts if not part.find()]
    for part in missing:
        with console.step(f"System part {part.name}") as step:
            installed = install_with_apt(part.packages, step.progress)
            step.done("installed" if installed and part.find() else "not available here")
    return [part for part in missing if not part.find()]


def apt_prefix() -> list[str] | None:
    """How apt-get can be run without asking anybody: as root, by passwordless sudo, or not at all (None)."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def install_with_apt(packages: Iterable[str], progress: Callable[[str], None]) -> bool:
    """Installs Debian packages without questions; False when that is impossible here."""
    prefix = apt_prefix()
    if prefix is None:
        return False
    progress("installing " + ", ".join(packages) + " with apt-get")
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    install = [*prefix, *quiet, "install", "-y", "--no-install-recommends", *packages]
    if subprocess.run(install, capture_output=True).returncode == 0:
        return True
    subprocess.run([*prefix, *quiet, "update"], capture_output=True)
    return subprocess.run(install, capture_output=True).returncode == 0
