"""`./coc bench`, `./coc chaos`, `./coc soak`: what is delegated, and what is said about an unknown name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from launcher.bench import benches
from launcher.cli import main, parse
from launcher.layout import ROOT, Layout


def test_every_benchmark_of_the_design_page_that_is_built_can_be_named() -> None:
    found = benches(Layout.find({}))
    assert {"turn", "rules", "workers", "stream"} <= set(found)
    assert not {"report", "crowd", "bare"} & set(found)


@pytest.mark.parametrize("name", [["nonsense"], []])
def test_an_unknown_benchmark_is_answered_with_those_that_exist(
    name: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *name]) == 1
    said = capsys.readouterr().err
    assert "turn" in said and "rules" in said


def test_options_are_passed_on_as_they_stand() -> None:
    arguments, passed_on = parse(["chaos", "--seed", "7", "--json"])
    assert (arguments.command, passed_on) == ("chaos", ["--seed", "7", "--json"])
    arguments, passed_on = parse(["bench", "turn", "--json"])
    assert (arguments.name, passed_on) == ("turn", ["--json"])


def test_the_evaluation_of_game_masters_explains_its_options() -> None:
    arguments, passed_on = parse(["eval-gm", "--with", "hostile", "--json"])
    assert (arguments.command, passed_on) == ("eval-gm", ["--with", "hostile", "--json"])
    shown = subprocess.run(
        [sys.executable, "-m", "tests.eval_gm", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert shown.returncode == 0
    assert all(option in shown.stdout for option in ("--with", "--sessions", "--turns", "--seed", "--json"))


def test_other_commands_take_no_unknown_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["doctor", "--nonsense"])
    assert "--nonsense" in capsys.readouterr().err


def test_chaos_explains_its_options() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0
    assert all(option in shown.stdout for option in ("--seed", "--parties", "--kills", "--seconds", "--json"))
