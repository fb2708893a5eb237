"""What `./coc check audit` makes of pip-audit's words."""

from __future__ import annotations

import json

import pytest

from launcher import audit


def said(*rows: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(rows), "fixes": []})


def test_a_known_hole_fails_with_its_name_and_the_release_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hole = {"id": "CVE-2026-1", "fix_versions": ["2.1"], "aliases": [], "description": ""}
    found = audit.read(said({"name": "flask", "version": "2.0", "vulns": [hole]}), "")
    assert found.holes == ("flask 2.0: CVE-2026-1, mended in 2.1",) and found.looked_up == 1
    monkeypatch.setattr(audit, "audit", lambda _: found)
    assert audit.main() == 1
    assert "CVE-2026-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "trouble", "why"),
    [("", "ConnectionError: no route", "ConnectionError: no route"), ("<html>", "", "it said nothing"),
     (said({"name": "flask", "skip_reason": "not found"}), "", "the database knows none of the packages")],
)  # fmt: skip
def test_a_database_that_cannot_be_asked_is_said_and_is_no_failure(
    output: str, trouble: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = audit.read(output, trouble)
    assert (found.holes, found.silence) == ((), why)
    monkeypatch.setattr(audit, "audit", lambda _: found)
    assert audit.main() == 0
    assert f"could not be asked: {why}" in capsys.readouterr().out


def test_packages_without_a_hole_pass() -> None:
    found = audit.read(said({"name": "flask", "version": "3.1", "vulns": []}), "")
    assert found == audit.Audit((), 1, "")
