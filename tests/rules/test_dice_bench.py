"""The comparison with the package d20: what it says where the package cannot be had, and that it is kept apart."""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import d20_apart, dice, rules


def stand_in(expression: str) -> Any:
    """A package that rolls as ours does."""
    return SimpleNamespace(total=dice.our_total(expression))


def test_a_comparison_that_cannot_be_made_has_no_figure_and_says_why() -> None:
    told, met = dice.figures(None, "d20 cannot be installed: no network")
    assert met and told["dice_simple_ratio"]["value"] is None
    assert told["dice_simple_ratio"]["baseline"] == "d20 cannot be installed: no network"
    assert told["dice_worst_ms"]["value"] > 0


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_without_the_package_only_the_build_machine_misses_the_gate(
    ci: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Any:
        raise d20_apart.NotInstalled("d20 cannot be installed: no network")

    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(rules, "field_roll", missing)
    monkeypatch.setattr(rules, "STORIES", 1)
    monkeypatch.setattr(
        rules.battles, "figures", lambda content: ({}, True)
    )  # a gate of its own, not of dice
    monkeypatch.setattr(sys, "argv", ["rules"])
    assert rules.main() == status
    assert "no network" in capsys.readouterr().out


def test_a_slower_package_meets_the_gate_and_a_faster_one_misses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dice, "ratios", lambda theirs: {"dice_simple_ratio": 3.2, "dice_large_ratio": 0.9})
    assert dice.figures(stand_in, "")[1] is False
    monkeypatch.setattr(dice, "ratios", lambda theirs: {"dice_simple_ratio": 3.2})
    told, met = dice.figures(stand_in, "")
    assert met and told["dice_simple_ratio"]["value"] == 3.2


def test_dice_that_fall_otherwise_are_not_compared() -> None:
    dice.require_same_dice(stand_in)

    def other(expression: str) -> Any:
        random.random()
        return stand_in(expression)

    with pytest.raises(AssertionError, match="falls differently"):
        dice.require_same_dice(other)


def test_the_package_is_loaded_from_its_own_folder_and_leaves_the_path_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bench-d20"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = folder / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    (packages / "d20.py").write_text("def roll(expression):\n    return 'from apart'\n")
    (folder / "installed").write_text(hashlib.sha256(d20_apart.PINS.read_bytes()).hexdigest())
    monkeypatch.delitem(sys.modules, "d20", raising=False)
    before = list(sys.path)
    try:
        assert d20_apart.field_roll(tmp_path)("1d20") == "from apart"
    finally:
        sys.modules.pop("d20", None)
    assert sys.path == before


@pytest.mark.slow
def test_a_machine_without_packages_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(
        d20_apart.NotInstalled, match="^d20 cannot be installed: .*No matching distribution[^\n]*$"
    ):
        d20_apart.field_roll(tmp_path)
