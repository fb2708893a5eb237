"""Calls a turn and the bill of an evening, by the ledger of a game wired as in production."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from tests.eval_gm.costs import LEAST_KEPT, bill
from tests.eval_gm.report import cost_figures, moderation_figures

pytestmark = pytest.mark.slow
TURNS = 8


def test_turns_cost_one_call_or_two_and_the_bill_is_that_of_the_table_of_prices(content: Content) -> None:
    paid = {
        tier: bill(content, tier, seed="ci", turns=TURNS, players=players)
        for tier, players in (("FREE", 1), ("PREMIUM", 2))
    }
    for one in paid.values():
        assert one.turns == TURNS and one.structured and one.free_text
        assert max(one.structured) == 1 and max(one.free_text) <= 2
        assert one.aside <= 0.15
    assert paid["FREE"].micros == paid["FREE"].uncached > 0  # Replicate keeps no prefix
    assert paid["PREMIUM"].if_kept != paid["PREMIUM"].uncached
    assert 0 < max(paid["PREMIUM"].prefixes.values()) < max(LEAST_KEPT.values())
    figures = cost_figures(paid)
    assert figures["calls_structured"]["met"] and figures["calls_free_text"]["met"]
    assert 0 < figures["cost_100_turns_premium"]["value"] < 1


def test_a_third_call_for_a_text_misses_the_gate(content: Content) -> None:
    one = bill(content, "BASIC", seed="ci", turns=2, players=1)
    one.free_text.append(3)
    one.structured.append(2)
    figures = cost_figures({"BASIC": one})
    assert not figures["calls_free_text"]["met"] and not figures["calls_structured"]["met"]


def test_moderation_is_among_the_figures() -> None:
    figures = moderation_figures()
    assert figures["benign_passed"]["value"] == 100 and figures["unwelcome_caught"]["value"] >= 95
