"""`python -m bot.terminal` as a process would be judged by: its exit status and its last words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import terminal


def test_without_a_token_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TERMINAL_SERVICE_TOKEN", raising=False)
    assert terminal.main([]) == terminal.BAD_USE
    assert "TERMINAL_SERVICE_TOKEN is not set" in capsys.readouterr().err


def test_a_script_that_cannot_be_read_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TERMINAL_SERVICE_TOKEN", "x")
    script = tmp_path / "odd.txt"
    script.write_text("@jump\n")
    assert terminal.main(["--script", str(script)]) == terminal.FAILED
    assert "odd.txt:1: there is no directive @jump" in capsys.readouterr().err
    assert terminal.main(["--script", str(tmp_path / "none.txt")]) == terminal.FAILED


def test_an_api_that_never_answers_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TERMINAL_SERVICE_TOKEN", "x")
    monkeypatch.setattr(terminal.Patience.__init__, "__kwdefaults__", {"longest": 0.0, "pause": None})
    script = tmp_path / "fine.txt"
    script.write_text("I look\n")
    url = "http://127.0.0.1:9"
    assert terminal.main(["--api", url, "--stream", url, "--script", str(script)]) == terminal.NO_API
    assert "(unreachable)" in capsys.readouterr().err


@pytest.mark.parametrize("party", ["0", "7", "many"])
def test_a_party_that_does_not_fit_one_keyboard_is_refused(party: str) -> None:
    with pytest.raises(SystemExit):
        terminal.arguments(["--party", party])
