"""Whole evenings over real HTTP: what a model that lies in every answer gets posted, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.content.catalogue import Content
from tests.eval_gm.__main__ import evening
from tests.eval_gm.report import evening_figures, found_lies
from tests.fakes.hostile.lying import Lie

pytestmark = pytest.mark.slow
TURNS = 12


@pytest.mark.parametrize("number", [0, 1], ids=["anthropic", "replicate"])
def test_a_hostile_model_changes_nothing_loses_nothing_and_gets_no_lie_posted(
    content: Content, tmp_path: Path, number: int
) -> None:
    posted, lies = evening(
        content, tmp_path, "hostile", number, {"seed": f"ci-{number}", "turns": TURNS, "players": 2}
    )
    told = [lie for those in lies.values() for lie in those]
    assert len(told) >= TURNS
    assert found_lies(posted, lies) == []
    assert posted.changed == [] and posted.lost == 0 and posted.doubled == 0
    assert posted.turns > TURNS / 2
    assert posted.proposed == 0


@pytest.mark.parametrize("number", [0, 1], ids=["anthropic", "replicate"])
def test_an_honest_model_is_hardly_ever_asked_to_mend(content: Content, tmp_path: Path, number: int) -> None:
    posted, _ = evening(
        content, tmp_path, "honest", number, {"seed": f"ci-{number}", "turns": TURNS, "players": 2}
    )
    assert posted.repairs <= 0.15 * posted.turns
    assert posted.narrators.get("storyteller", 0) == 0
    assert posted.lost == 0 and posted.changed == []


def test_the_figures_count_a_lie_that_was_posted(content: Content, tmp_path: Path) -> None:
    posted, _ = evening(content, tmp_path, "storyteller", 0, {"seed": "ci", "turns": 2, "players": 1})
    turn_id, text = next(iter(posted.passages.items()))
    lies = {turn_id: [Lie("gold", text[:80], text[:80], "")]}
    figures = evening_figures("x", [posted], [lies])
    assert figures["x_lies_posted_gold"]["value"] == 1 and not figures["x_lies_posted_gold"]["met"]
