"""`./coc test`: the order of its output, and that system parts are found by the marks of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from launcher.layout import ROOT
from launcher.system_parts import PARTS, parts_asked_for
from launcher.testing import split_held

MARK = "@pytest.mark." + 'needs("chromium")'  # in two parts, or this file would ask for it itself
CLOSING = b"===== \x1b[32m3 passed\x1b[0m in 0.12s =====\n"


def test_a_closing_line_is_held_back_until_the_end() -> None:
    assert split_held(b"tests/a.py ...\n\n" + CLOSING) == (b"tests/a.py ...\n\n", CLOSING)


def test_dots_are_shown_as_they_come() -> None:
    assert split_held(b"tests/a.py ..") == (b"tests/a.py ..", b"")


def test_a_rule_in_the_middle_is_released_by_what_follows() -> None:
    shown, held = split_held(b"==== FAILURES ====\n")
    assert (shown, held) == (b"", b"==== FAILURES ====\n")
    assert split_held(held + b"____ test ____\n") == (b"==== FAILURES ====\n____ test ____\n", b"")


def test_the_parts_are_found_by_their_mark(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(f"{MARK}\ndef test(): ...\n")
    (tmp_path / "test_b.py").write_text("def test(): ...\n")
    assert parts_asked_for([tmp_path]) == [PARTS["chromium"]]
    assert parts_asked_for([tmp_path / "test_b.py"]) == []


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_missing_part_skips_by_name_and_fails_on_the_build_machine(
    tmp_path: Path, ci: str, outcome: str
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\nmarkers = ["needs(part): x"]\n')
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        'import pytest\n@pytest.mark.needs("chromium")\ndef test_it(): ...\n'
    )
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "CI": ci},
        capture_output=True,
        text=True,
    )
    assert outcome in result.stdout, result.stdout
    assert "chromium is missing: install chromium" in result.stdout
