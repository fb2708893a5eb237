"""The API under 5,000 requests that schemathesis makes up; `./coc fuzz --requests 100000` is the long one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import main


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_breaks_the_api_or_its_own_description_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["fuzz", "--requests", "5000", "--examples", "60", "--results", str(tmp_path)]
    )
    status = main()
    found = json.loads((tmp_path / "schemathesis.json").read_text())
    assert not found["server_errors"], found["server_errors"]
    assert not found["failures"], found["failures"][0]
    assert found["never_succeeded"] == []
    assert found["requests"] >= 5000 and status == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == found
