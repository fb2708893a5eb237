"""Rules that hold for the tree as a whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.layout import ROOT

SKIPPED = {".git", ".venv", ".coc", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".godot"}
SKIPPED |= {".hypothesis", ".import_linter_cache"}
# Kinds of place, so that this very rule names none: checkouts, local package folders, download hosts, this tree itself.
FORBIDDEN = re.compile(
    r"/(?:work|srv|home/\w+)/main\b|/(?:opt|srv)/(?:wheels|pypi)\b|\bfiles\.\w+hosted\.org"
    r"|--(?:extra-)?index-url\s+\S|--find-links\s+\S"
    rf"|{re.escape(str(ROOT))}/"
)


def tree_files() -> list[Path]:
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not SKIPPED & set(path.relative_to(ROOT).parts)
        and path.stat().st_size < 2_000_000
    ]


def test_no_file_names_an_index_or_a_folder_of_some_machine() -> None:
    found = []
    for path in tree_files():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FORBIDDEN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("component", [".", "api", "bot", "public_web", "tests"])
def test_every_requirement_is_pinned_with_hashes(component: str) -> None:
    folder = ROOT / component
    compiled = (folder / "requirements.txt").read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", compiled, flags=re.MULTILINE).strip())
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


@pytest.mark.parametrize("component", ["api", "bot", "public_web"])
def test_a_component_alone_has_the_versions_that_are_tested(component: str) -> None:
    pin = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,-]+\])?==([^\s;\\]+)", re.MULTILINE)
    tested = dict(pin.findall((ROOT / "tests" / "requirements.txt").read_text()))
    own = dict(pin.findall((ROOT / component / "requirements.txt").read_text()))
    assert own and {name: tested.get(name) for name in own} == own


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("api/rules/dice/sources.py", "import random", "api.rules does no I/O"),
        ("api/rules/dice/sources.py", "from api.store import port", "api.rules does no I/O"),
        ("bot/__init__.py", "import api.errors", "Clients and the launcher never import the API"),
        ("public_web/__init__.py", "import api.errors", "Clients and the launcher never import the API"),
        ("api/errors.py", "import bot", "The API knows no client"),
        ("public_web/__init__.py", "import bot", "The bot and the website do not know each other"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for name in ("api", "bot", "public_web", "launcher"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as handle:
        handle.write(f"\n{line}\n")
    command = [str(Path(sys.prefix) / "bin" / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert re.search(rf"{re.escape(contract)}.* BROKEN", result.stdout), result.stdout


def test_the_launcher_needs_no_package_before_its_environment_exists() -> None:
    """All modules but those that say so import under -I -S: the standard library alone."""
    inside = {"status"}
    names = sorted(
        path.stem for path in (ROOT / "launcher").glob("*.py") if path.stem not in inside | {"__init__"}
    )
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfor name in {names!r}: __import__('launcher.' + name)"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "inside the venv" in (ROOT / "launcher" / "status.py").read_text().splitlines()[0]
