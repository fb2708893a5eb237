"""What is no dice: refused before a die falls, with its place, the reason and what was probably meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.rules.dice import (
    MAX_AGAIN,
    MAX_DEPTH,
    MAX_DICE,
    MAX_LENGTH,
    MAX_NUMBER,
    BadDice,
    KeyedDice,
    from_json,
    parse,
    roll_expression,
    spell,
    to_json,
)
from api.rules.errors import DiceError
from tests.bench.dice import REFUSED, WORST
from tests.fakes.dice import ScriptedDice


class CountedDice:
    """Keyed dice that count how often one falls."""

    def __init__(self) -> None:
        self._dice = KeyedDice("any", 1)
        self.thrown = 0

    def roll(self, sides: int) -> int:
        self.thrown += 1
        return self._dice.roll(sides)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "1000000d6",
        f"{MAX_DICE + 1}d6",
        "60d6+60d6",
        "11x(10d6)",
        "21x(1d6)",
        "0x(1d6)",
        "2x3x1d6",
        "1d0",
        "1d1001",
        "0d6",
        "4d6kh5",
        "4d6kh0",
        "4d6pl4",
        "2d6 3d6",
        "d",
        "+",
        "1d6++2",
        "1d6---2",
        "²d6",
        "١d6",
        "1d६",
        "１d6",
        "1d6; drop",
        "9" * 30,
        "1d6+" * 30,
        "1" * 5000,
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "(" * 99,
        "+".join("1" * 21),
        "999999999*999999999",
        "1000000000",
        "1/0",
        "1d6/(1d4-1)",
        "1d6/(2d6-7)",
        "1d6rr<=6",
        "1d6e<7",
        "1d1!",
        "1d6rr7",
        "1d6rr>6",
        "1d6mi7",
        "1d6rrl1",
        "1d6eh1",
        "1d6kh=1",
        "100d6rr<6",
        "9d100e<=95e<=95",
        "1d6mi1mi1mi1mi1mi1mi1",
        "1d20ra",
        "1d6 adv",
        "d20+d20 adv",
        "100d6+d20 adv",
        "99d6+d20 adv",
        "1d6[a][b]",
        "1d6[",
        "1d6[" + "x" * 25 + "]",
        "1d6[\u202e]",
        "1d6]",
        "1d6k",
        "__import__('os')",
        "1d6**2",
        "1e9",
        "0x10",
        "1_0d6",
        "ſd6",
        "1d20\u212ah1",
    ],
)
def test_what_is_no_dice_is_refused_without_a_roll(text: str) -> None:
    dice = ScriptedDice()
    with pytest.raises(DiceError) as caught:
        roll_expression(text, dice)
    assert dice.rolled == []
    assert isinstance(caught.value, BadDice) and caught.value.code == "bad_dice"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1d20+", "1d20"),
        ("d", "d20"),
        ("2d", "2d20"),
        ("2d+3", "2d20+3"),
        ("4d6k", "4d6kh3"),
        ("2d20k", "2d20kh1"),
        ("4d6p", "4d6pl1"),
        ("1d20++5", "1d20+5"),
        ("1d20---5", "1d20-5"),
        ("1d20 \u2212 2", "1d20 - 2"),
        ("2\u00d7(1d6)", "2x(1d6)"),
        ("2w6", "2d6"),
        ("2d6 3d6", "2d6+3d6"),
        ("(2d6", "(2d6)"),
        ("2d6)", "2d6"),
        ("2d6!!", "2d6!"),
        ("2d6r<3", "2d6ro<3"),
        ("1,000", "1000"),
        ("1d20+5.", "1d20+5"),
        ("((2d+1)", "((2d20+1))"),
        ("1000000d6", ""),
        ("fire", ""),
    ],
)
def test_common_slips_are_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(BadDice) as caught:
        parse(text)
    assert caught.value.suggestion == meant
    if meant:
        parse(meant)
        assert caught.value.message.endswith(f"did you mean {meant}?")
    else:
        assert "legal are 1d20+5" in caught.value.message


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("1d20++5", 5, "+5"),
        ("2d6 + 4d6kh5", 9, "kh5"),
        ("1d20 + 1000000d6", 7, "1000000d6"),
        ("1d6 / (1d4-1)", 6, "(1d4-1)"),
        ("1d20 + ", 7, ""),
        ("1d20 $ 2", 5, "$ 2"),
    ],
)
def test_a_refusal_points_at_the_fault(text: str, position: int, part: str) -> None:
    with pytest.raises(BadDice) as caught:
        parse(text)
    assert (caught.value.position, caught.value.part) == (position, part)
    assert caught.value.pointer == f"{text}\n{' ' * position}^"
    assert f"(character {position + 1})" in caught.value.message


def test_a_refusal_repeats_neither_a_wall_of_text_nor_control_characters() -> None:
    with pytest.raises(BadDice) as caught:
        parse("1\n\x1b[31m" + "z" * 10_000)
    shown = caught.value.pointer.split("\n")
    assert len(shown) == 2 and len(shown[0]) <= MAX_LENGTH and shown[0].isprintable()
    assert len(caught.value.message) < 300


# Text that is nearly an expression finds more than text of all letters.
ATOMS = (
    "1", "2", "6", "20", "95", "100", "999999999", "d", "d6", "d20", "d%", "4d6", "d1000", "kh", "kl1", "k", "pl1",
    "rr", "ro", "ra", "e", "!", "mi", "ma", "<", ">", "<=", "=", "h", "l", "+", "-", "*", "/", "//", "(", ")", "x", " ",
    "adv", "dis", "[fire]", "[", "\u00b2", "\u0661", "e>1", "rr<5", "!rr1",
)  # fmt: skip
NEARLY = st.lists(st.sampled_from(ATOMS), max_size=20).map("".join)


def worth(node: dict) -> int:
    """What a tree's dice and numbers come to, reckoned from its leaves alone."""
    match node["type"]:
        case "number":
            return node["total"]
        case "dice":
            return sum(die["face"] for die in node["dice"] if not die.get("dropped"))
        case "group":
            return worth(node["inner"])
        case "negative":
            return -worth(node["inner"])
        case "repeat":
            return sum(worth(row) for row in node["rows"])
    total = 0
    for part in node["parts"]:
        value = worth(part["node"])
        match part["sign"]:
            case "" | "+":
                total += value
            case "-":
                total -= value
            case "*":
                total *= value
            case "/":
                total //= value
    return total


@given(st.one_of(st.text(max_size=MAX_LENGTH + 20), NEARLY))
@settings(max_examples=600)
@example("9d100e<=95rr1[x]-(d20 dis)*2")
@example("2d20e<=15rr1[x]-(d20 dis)*2 x4")
@example("100d1000kh50")
def test_a_roll_or_a_dice_error_and_nothing_else(text: str) -> None:
    dice = CountedDice()
    try:
        result = roll_expression(text, dice)
    except BadDice:
        assert dice.thrown == 0
        return
    tree = to_json(result.tree)
    assert dice.thrown <= MAX_DICE + MAX_AGAIN
    assert result.total == tree["total"] == worth(tree) and abs(result.total) <= MAX_NUMBER
    assert from_json(tree) == result.tree
    assert result.detail.split(" = ")[-1].split(",")[0] == str(result.total)
    parsed = parse(text)
    assert spell(parsed) == result.expression
    if len(result.expression) <= MAX_LENGTH:
        assert parse(result.expression) == parsed


@given(NEARLY)
@settings(max_examples=300)
def test_a_suggestion_is_always_legal(text: str) -> None:
    try:
        parse(text)
    except BadDice as error:
        assert not error.suggestion or parse(error.suggestion)
        assert 0 <= error.position <= MAX_LENGTH


def test_the_heaviest_expressions_throw_no_more_than_the_limits_say() -> None:
    for text in WORST:
        assert len(text) <= MAX_LENGTH
        dice = CountedDice()
        roll_expression(text, dice)
        assert dice.thrown <= MAX_DICE + MAX_AGAIN, text


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_slowest_to_refuse_is_refused(text: str) -> None:
    with pytest.raises(BadDice):
        parse(text)


def test_every_refusal_is_a_sentence_for_people() -> None:
    for text in ("", "1d20+", "4d6k", "1d0", "1/0", "(((((((1", "9" * 200):
        with pytest.raises(BadDice) as caught:
            parse(text)
        assert re.fullmatch(r"[^\n]+ \(character \d+\); [^\n]+", caught.value.message)
