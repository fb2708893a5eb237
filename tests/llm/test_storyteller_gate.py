"""The storyteller's gate: 20 sessions of 60 turns, every fact told right and nothing told twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.content.catalogue import Content
from api.content.loader import load_content
from api.llm.storyteller.demo import Session, ToldTurn, tougher
from api.llm.storyteller.narrator import Storyteller
from tests.llm.storyteller_checks import authored, check_facts, check_repeats, mask_pattern, plurals
from tests.llm.storyteller_scenes import world

DATA = Path(__file__).resolve().parents[2] / "data"
SESSIONS = 20
TURNS = 60


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


def _play(content: Content, seed: int) -> list[ToldTurn]:
    played = tougher(content, 4) if seed % 3 == 1 else content
    session = Session(played, Storyteller(played), f"gate-{seed}", 1 + seed % 4)
    return list(session.turns(TURNS))


def _faults(content: Content, turns: list[ToldTurn]) -> list[str]:
    names = mask_pattern(content, [m.name for m in turns[0].request.party])
    text, kinds = authored(content), plurals(content)
    faults = [
        f"turn {t.request.turn_number}: {fault}\n    {t.passage}"
        for t in turns
        for fault in check_facts(t.request, t.passage, text, kinds)
    ]
    sessions: dict[str, list[tuple[int, str]]] = {}
    for i, told in enumerate(turns):
        sessions.setdefault(told.request.session_id, []).append((i, told.passage))
    for told_in_one in sessions.values():
        faults += check_repeats(told_in_one, names)
    return faults


@pytest.mark.parametrize("seed", range(SESSIONS))
def test_a_long_session_is_told_right_and_without_repeats(content: Content, seed: int) -> None:
    faults = _faults(content, _play(content, seed))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("seed", range(6))
def test_a_world_of_two_small_scenes_is_told_as_well(seed: int) -> None:
    small = tougher(world(), 1 + 4 * (seed % 2))
    session = Session(small, Storyteller(small), f"small-{seed}", 1 + seed % 4)
    faults = _faults(small, list(session.turns(TURNS)))
    assert not faults, "\n".join(faults)


def test_fights_in_the_gate_are_long_ones(content: Content) -> None:
    runs = [0]
    for told in _play(content, 1) + _play(content, 4):
        runs = [*runs, 0] if told.request.kind != "combat" else [*runs[:-1], runs[-1] + 1]
    assert max(runs) >= 15
