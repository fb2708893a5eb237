"""Dice: keyed, even, and refusing what would be work."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.dice import MAX_DICE, KeyedDice, roll_amount, roll_expression
from api.rules.errors import DiceError
from tests.fakes.dice import ScriptedDice


def test_a_die_depends_on_seed_turn_and_index_alone() -> None:
    first = KeyedDice("seed", 7)
    faces = [first.roll(20) for _ in range(5)]
    resumed = KeyedDice("seed", 7, index=3)
    assert [resumed.roll(20), resumed.roll(20)] == faces[3:]
    assert [KeyedDice("seed", 8).roll(20) for _ in range(1)] != faces[:1] or KeyedDice("seed", 9).roll(
        20
    ) != faces[0]


def test_every_face_falls_about_as_often() -> None:
    dice = KeyedDice("fair", 1)
    counts = Counter(dice.roll(6) for _ in range(12_000))
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert all(1800 < n < 2200 for n in counts.values())


@pytest.mark.parametrize(
    ("text", "faces", "total", "detail"),
    [
        ("1d20+5", (12,), 17, "1d20 [12] + 5 = 17"),
        ("d20", (3,), 3, "d20 [3] = 3"),
        ("4d6kh3", (1, 6, 5, 2), 13, "4d6kh3 [(1), 6, 5, 2] = 13"),
        ("2d20kl1 - 1", (18, 4), 3, "2d20kl1 [(18), 4] - 1 = 3"),
        ("2D6 + 1d4", (2, 3, 4), 9, "2d6 [2, 3] + 1d4 [4] = 9"),
        ("7", (), 7, "7 = 7"),
    ],
)
def test_expressions_roll_and_explain_themselves(
    text: str, faces: tuple[int, ...], total: int, detail: str
) -> None:
    result = roll_expression(text, ScriptedDice(*faces))
    assert (result.total, result.detail) == (total, detail)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "1000000d6",
        f"{MAX_DICE + 1}d6",
        "60d6+60d6",
        "1d0",
        "1d9999",
        "0d6",
        "4d6kh5",
        "4d6kh0",
        "2d6 3d6",
        "d",
        "+",
        "1d6++2",
        "(1d6)",
        "1d6*2",
        "²d6",
        "١d6",
        "1d6; drop",
        "9" * 30,
        "1d6+" * 30,
        "1" * 5000,
        "__import__('os')",
    ],
)
def test_what_is_no_dice_is_refused_without_a_roll(text: str) -> None:
    dice = ScriptedDice()
    with pytest.raises(DiceError):
        roll_expression(text, dice)
    assert dice.rolled == []


@given(st.text(max_size=120))
def test_a_roll_or_a_dice_error_and_nothing_else(text: str) -> None:
    try:
        result = roll_expression(text, KeyedDice("any", 1))
    except DiceError:
        return
    assert result.total == sum(t.sign * t.value for t in result.terms)


def test_the_longest_expressions_cost_no_noticeable_work() -> None:
    start = time.process_time()
    for _ in range(50):
        roll_expression("+".join(["10d1000kh1"] * 6 + ["40d6"]), KeyedDice("work", 1))
    simple = time.process_time()
    for _ in range(50 * MAX_DICE):
        roll_expression("1d6", KeyedDice("work", 1))
    done = time.process_time()
    assert simple - start < 3 * (done - simple)


def test_amounts_double_their_dice_not_their_bonus() -> None:
    assert roll_amount("2d6+1", ScriptedDice(3, 4)) == 8
    assert roll_amount("2d6+1", ScriptedDice(3, 4, 1, 2), doubled=True) == 11
    assert roll_amount("1d4-3", ScriptedDice(1)) == 0
