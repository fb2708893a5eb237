"""G13: what is benign passes, all of it; what is unwelcome is caught, in its disguises too."""

from __future__ import annotations

from collections import Counter

import pytest

from api.moderation.builtin import standard_moderator
from api.moderation.port import AUDIENCES
from tests.moderation.corpus import EVASIONS, benign, unwelcome

LEAST = 0.95
BENIGN = list(benign())
NAMES = (
    "Dick Whittington", "Wang Li", "Phuc", "Cockburn", "Titus", "Nigel", "Fanny", "Hancock", "Spicer", "Sergej",
    "Сергей", "Nguyễn", "李明", "Þórunn", "Scunthorpe Sam", "Kikeru", "Assata", "Shital", "Matsushita", "Mohammed",
    "Gaylord", "Randy", "Weiner", "Dyker", "Analise", "Raghnall", "Cummings", "Butt", "Lipshitz", "Heebner",
)  # fmt: skip


def test_there_are_benign_texts_enough() -> None:
    assert len(BENIGN) >= 150


@pytest.mark.parametrize("where", ["action", "chat", "prose", "memory"])
@pytest.mark.parametrize("audience", ["teen", "mature"])
def test_g13_a_benign_text_passes_everywhere(where: str, audience: str) -> None:
    moderator = standard_moderator()
    stopped = [(t, v) for t in BENIGN if (v := moderator.look(t, where, audience)).action != "allow"]  # type: ignore[arg-type]
    assert stopped == []


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lists_trip_over_can_be_borne(name: str) -> None:
    assert standard_moderator().look(name, "name", "everyone").action == "allow"


def test_what_is_unwelcome_is_caught_with_its_category_in_every_disguise() -> None:
    moderator = standard_moderator()
    caught, missed, seen = Counter[str](), [], Counter[str]()
    for sample in unwelcome():
        verdict = moderator.look(sample.text, sample.where, sample.audience)  # type: ignore[arg-type]
        seen[sample.evasion] += 1
        caught[sample.evasion] += verdict.action != "allow"
        if verdict.action == "allow":
            missed.append((sample.category, sample.evasion))
    assert set(seen) == set(EVASIONS) and sum(seen.values()) >= 500
    assert sum(caught.values()) >= LEAST * sum(seen.values()), Counter(missed)
    for evasion in EVASIONS:
        assert caught[evasion] >= 0.9 * seen[evasion], (evasion, missed)


def test_as_they_are_all_of_them_are_caught_in_their_category() -> None:
    moderator = standard_moderator()
    for sample in unwelcome():
        if sample.evasion == "as it is":
            verdict = moderator.look(sample.text, sample.where, sample.audience)  # type: ignore[arg-type]
            assert (verdict.action != "allow", verdict.category) == (True, sample.category), sample


def test_what_has_to_do_with_children_is_refused_for_everybody() -> None:
    moderator = standard_moderator()
    minors = [s for s in unwelcome() if s.category == "minors" and s.evasion == "as it is"]
    assert len(minors) >= 15
    for sample in minors:
        for audience in AUDIENCES:
            assert moderator.look(sample.text, sample.where, audience).action == "refuse"  # type: ignore[arg-type]
