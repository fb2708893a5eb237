"""The checker's two gates: no written-down lie passes, and truthful passages do."""

from __future__ import annotations

import random

import pytest

from api.content.catalogue import Content
from api.llm.checking import Checker
from api.llm.checking.sentences import split
from tests.eval_gm.corpus import alarms, composed, written
from tests.eval_gm.truth.scenarios import SCENARIOS
from tests.fakes.hostile.lying import GATED, KINDS, Lie, all_lies, fill, victims_of, wordings

LEAST_WORDINGS = 25


def shown_of(checker: Checker, scenario: str, lie: Lie) -> str:
    """What players would see of a lie that stands at the beginning of a passage."""
    passage = checker.begin(SCENARIOS[scenario]())
    shown: list[str] = []
    for sentence in split(lie.text) or [lie.text]:
        if passage.check(sentence).fault is not None:
            break
        passage.accept(sentence)
        shown.append(sentence)
    return " ".join(shown)


@pytest.mark.parametrize("kind", GATED)
def test_every_gated_kind_has_wordings_enough(kind: str) -> None:
    assert len(set(wordings(kind))) >= LEAST_WORDINGS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_no_written_down_lie_is_shown(checker: Checker, content: Content, scenario: str, kind: str) -> None:
    victims = victims_of(content, SCENARIOS[scenario]())
    lies = all_lies(kind, victims, random.Random(scenario))
    assert lies or kind in ("damage", "speech")  # nobody is left to be hurt, or all have spoken
    posted = [lie.text for lie in lies if lie.posted_in(shown_of(checker, scenario, lie))]
    assert not posted, posted


@pytest.mark.parametrize("kind", GATED)
def test_each_wording_is_tried_somewhere(content: Content, kind: str) -> None:
    victims = [victims_of(content, make()) for make in SCENARIOS.values()]
    dice = random.Random(kind)
    untried = [w for w in wordings(kind) if all(fill(kind, w, v, dice) is None for v in victims)]
    assert not untried


def test_a_posted_lie_is_found() -> None:
    lie = Lie(
        "gold", "Nell receives 40 gold from the old man.", "Nell receives 40 gold from the old man.", ""
    )
    assert lie.posted_in("It rains. Nell receives 40 gold from the old man. It stops.")
    assert lie.posted_in("And so Nell receives 40 gold from the old woman.")
    assert not lie.posted_in("Nell receives nothing.")


def test_truthful_passages_pass(checker: Checker, content: Content) -> None:
    by_hand = alarms(checker, written())
    by_us = alarms(checker, composed(content, range(6), 25))
    passages = by_hand.passages + by_us.passages
    assert by_hand.passages >= 80 and passages >= 200
    passed = 100 * (passages - by_hand.stopped - by_us.stopped) / passages
    assert passed >= 98, "\n".join(by_hand.alarms + by_us.alarms)


def test_a_check_takes_less_than_a_millisecond(checker: Checker) -> None:
    micro = sorted(alarms(checker, written()).microseconds)
    assert micro[len(micro) // 2] < 1000
