"""Rolled dice on every surface, drawn from the API's tree alone."""

from __future__ import annotations

import io

import pytest

from api.rules.dice import MAX_LENGTH, roll_expression, to_json
from bot import cards
from bot.cards.as_discord import to_messages
from bot.cards.as_html import to_html
from bot.cards.as_text import to_text
from bot.cards.model import Card
from bot.errors import sentence_for
from bot.table_terminal.screen import Screen
from tests.fakes.dice import LoadedDice, ScriptedDice


def rolled(text: str, *faces: int) -> Card:
    """The card of an expression whose dice fall as given."""
    result = roll_expression(text, ScriptedDice(*faces))
    answer = {"expression": result.expression, "total": result.total, "detail": "no tree was drawn"}
    return cards.roll({**answer, "natural": result.natural, "tree": to_json(result.tree)}, "Nell")


def in_discord(card: Card) -> str:
    (message,) = to_messages(card)
    return str(message["embeds"][0].description)


def in_terminal(card: Card) -> str:
    out = io.StringIO()
    Screen(out, width=88, tty=False).card(card)
    return out.getvalue().strip()


def test_dropped_dice_are_struck_through_and_criticals_bold() -> None:
    card = rolled("2d20kh1+5", 20, 7)
    expected = "🎲 **Nell** rolls `2d20kh1+5` → **25**  2d20kh1 \\[**20**, ~~7~~\\] + 5 — **natural 20**"
    assert in_discord(card) == expected
    assert "<strong>20</strong>, <s>7</s>]" in to_html(card)
    plain = "🎲 Nell rolls 2d20kh1+5 → 25  2d20kh1 [20, (7)] + 5 — natural 20"
    assert to_text(card) == plain == in_terminal(card)


@pytest.mark.parametrize(
    ("text", "faces", "shown"),
    [
        ("d20", (1,), "→ 1  1d20 [1] — natural 1"),
        ("-(2d6[fire] - 1)*2/3", (3, 4), "→ -4  −(2d6 fire [3, 4] − 1) × 2 ÷ 3"),
        ("3d6!ro1", (6, 1, 2, 3, 4), "→ 15  3d6e6ro1 [6!, 1→4, 2, 3]"),
        ("4d6kh3", (1, 6, 5, 2), "→ 13  4d6kh3 [(1), 6, 5, 2]"),
        ("1d6rr<6", (1, 2, 3, 4, 5, 6), "→ 6  1d6rr<6 […→3→4→5→6]"),
        ("7", (), "→ 7  7"),
    ],
)
def test_every_kind_of_node_reads_well(text: str, faces: tuple[int, ...], shown: str) -> None:
    assert to_text(rolled(text, *faces)).endswith(shown)


def test_a_repeated_roll_has_a_line_for_each() -> None:
    text = to_text(rolled("2x(2d6kl1+1)", 1, 3, 4, 2))
    first, second, third = text.split("\n")
    assert first.endswith("→ 5")
    assert (second, third) == ("2d6kl1 [1, (3)] + 1 = 2", "2d6kl1 [(4), 2] + 1 = 3")


@pytest.mark.parametrize("text", ["100d4!", "20x(5d1000)", "1d20rr<20", "50d6[a]+50d6[b]"])
def test_the_largest_rolls_fit_into_one_message(text: str) -> None:
    result = roll_expression(text, LoadedDice(1.0 if "!" in text else 0.0 if "rr" in text else 0.5))
    answer = {"expression": result.expression, "total": result.total, "tree": to_json(result.tree)}
    (message,) = to_messages(cards.roll(answer, "N" * MAX_LENGTH))
    assert len(message["embeds"]) == 1
    if text.startswith(("100d", "50d")):
        assert "more" in message["embeds"][0].description


def test_a_label_cannot_carry_markup_or_a_mention() -> None:
    card = rolled("1d6[**x** @everyone <@1>]", 3)
    shown = in_discord(card).split("`")[2]  # behind the code span, in which nothing has a meaning
    assert "**x**" not in shown and "@everyone" not in shown and "<@1>" not in shown
    assert "&lt;@1&gt;" in to_html(card)


def test_a_roll_without_a_tree_shows_its_receipt() -> None:
    old = {"expression": "2d6", "total": 5, "detail": "2d6 [2, 3] = 5"}
    assert to_text(cards.roll(old)) == "🎲 2d6 → 5  2d6 [2, 3] = 5"


def test_a_kind_of_node_that_is_new_shows_its_total() -> None:
    answer = {"expression": "?", "total": 5, "tree": {"type": "swarm", "total": 5}}
    assert to_text(cards.roll(answer)) == "🎲 ? → 5  5"


def test_bad_dice_are_told_in_the_apis_own_words() -> None:
    details = {"field": "expression", "problem": "'k' lacks a number; did you mean 4d6kh3?"}
    assert sentence_for("bad_dice", "x", details) == "'k' lacks a number; did you mean 4d6kh3?"
    assert sentence_for("bad_dice") == "Those dice could not be read. Try 1d20+5, 4d6kh3 or d20+5 adv."
