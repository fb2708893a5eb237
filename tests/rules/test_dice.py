"""Dice: their sources, what players may type, how it falls and how it is told."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from api.rules.dice import (
    Die,
    KeyedDice,
    TableDice,
    from_json,
    parse,
    roll_amount,
    roll_expression,
    spell,
    to_json,
)
from api.rules.errors import DiceError
from tests.fakes.dice import LoadedDice, ScriptedDice


def fallen(text: str, *faces: int) -> tuple[int, str]:
    """Total and receipt of an expression whose dice fall as given, every one of them."""
    dice = ScriptedDice(*faces)
    result = roll_expression(text, dice)
    assert dice.unused == []
    assert from_json(json.loads(json.dumps(to_json(result.tree)))) == result.tree
    return result.total, result.detail


# --- sources -----------------------------------------------------------------------------------------------------


def test_a_die_depends_on_seed_turn_and_index_alone() -> None:
    first = KeyedDice("seed", 7)
    faces = [first.roll(20) for _ in range(5)]
    resumed = KeyedDice("seed", 7, index=3)
    assert [resumed.roll(20), resumed.roll(20)] == faces[3:]
    assert [KeyedDice("seed", 8).roll(20) for _ in range(1)] != faces[:1] or KeyedDice("seed", 9).roll(
        20
    ) != faces[0]


def test_the_dice_of_a_turn_fall_as_they_always_fell() -> None:
    """Stories are audited with these values: whatever makes rolling faster may not change them."""
    dice = KeyedDice("seed", 7)
    assert [dice.roll(20) for _ in range(8)] == [19, 17, 19, 12, 3, 8, 12, 3]


@pytest.mark.parametrize("dice", [KeyedDice("fair", 1), TableDice("fair", 1)], ids=["turn", "table"])
def test_every_face_falls_about_as_often(dice: KeyedDice | TableDice) -> None:
    counts = Counter(dice.roll(6) for _ in range(12_000))
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert all(1800 < n < 2200 for n in counts.values())


def test_a_die_at_the_table_depends_on_seed_roll_and_index_alone() -> None:
    def rolled(seed: str, number: int, sides: list[int]) -> list[int]:
        dice = TableDice(seed, number)
        return [dice.roll(s) for s in sides]

    faces = rolled("seed", 3, [1000] * 20)
    assert rolled("seed", 3, [1000] * 20) == faces
    # What fell before, and with how many sides, is of no account.
    assert rolled("seed", 3, [2, 20, 6] * 6 + [1000, 1000])[18:] == faces[18:]
    assert rolled("seed", 4, [1000] * 20) != faces != rolled("seeds", 3, [1000] * 20)
    assert len(set(faces)) > 15


def test_amounts_double_their_dice_not_their_bonus() -> None:
    assert roll_amount("2d6+1", ScriptedDice(3, 4)) == 8
    assert roll_amount("2d6+1", ScriptedDice(3, 4, 1, 2), doubled=True) == 11
    assert roll_amount("1d4-3", ScriptedDice(1)) == 0
    with pytest.raises(DiceError):
        roll_amount("4d6kh3", ScriptedDice())


# --- what players type -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "faces", "total", "detail"),
    [
        ("1d20+5", (12,), 17, "1d20 [12] + 5 = 17"),
        ("d20", (3,), 3, "1d20 [3] = 3"),
        ("4d6kh3", (1, 6, 5, 2), 13, "4d6kh3 [(1), 6, 5, 2] = 13"),
        ("2d20kl1 - 1", (18, 4), 3, "2d20kl1 [(18), 4] - 1 = 3"),
        ("2D6 + 1d4", (2, 3, 4), 9, "2d6 [2, 3] + 1d4 [4] = 9"),
        ("7", (), 7, "7 = 7"),
        ("d%", (100,), 100, "1d100 [100] = 100"),
    ],
)
def test_expressions_roll_and_explain_themselves(
    text: str, faces: tuple[int, ...], total: int, detail: str
) -> None:
    assert fallen(text, *faces) == (total, detail)


@pytest.mark.parametrize(
    ("text", "faces", "total"),
    [
        ("2+3*4", (), 14),
        ("(2+3)*4", (), 20),
        ("7/2", (), 3),
        ("7//2", (), 3),
        ("-7/2", (), -4),
        ("2*-3", (), -6),
        ("20/2/5", (), 2),
        ("10-2-3", (), 5),
        ("+5", (), 5),
        ("-2d6+1", (3, 4), -6),
        ("(1d4+1)*(1d4+1)", (1, 3), 8),
    ],
)
def test_arithmetic_works_off_from_the_left_and_rounds_down(
    text: str, faces: tuple[int, ...], total: int
) -> None:
    assert fallen(text, *faces)[0] == total


@pytest.mark.parametrize(
    ("text", "faces", "detail"),
    [
        ("4d6kl1", (3, 2, 2, 6), "4d6kl1 [(3), 2, (2), (6)] = 2"),
        ("4d6k3", (3, 1, 4, 6), "4d6kh3 [3, (1), 4, 6] = 13"),
        ("4d6pl1", (3, 1, 4, 6), "4d6pl1 [3, (1), 4, 6] = 13"),
        ("4d6dl1", (3, 1, 4, 6), "4d6pl1 [3, (1), 4, 6] = 13"),
        ("4d6p1", (3, 1, 4, 6), "4d6pl1 [3, (1), 4, 6] = 13"),
        ("4d6ph2", (3, 1, 4, 6), "4d6ph2 [3, 1, (4), (6)] = 4"),
        ("2d20kh", (3, 9), "2d20kh1 [(3), 9] = 9"),
        ("4d6k>3", (3, 1, 4, 6), "4d6k>3 [(3), (1), 4, 6] = 10"),
        ("4d6p<=3", (3, 1, 4, 6), "4d6p<=3 [(3), (1), 4, 6] = 10"),
        ("4d6k=6", (3, 6, 4, 6), "4d6k=6 [(3), 6, (4), 6] = 12"),
        ("4d6pl1kh2", (3, 1, 4, 6), "4d6pl1kh2 [(3), (1), 4, 6] = 10"),
    ],
)
def test_dice_are_kept_and_dropped_by_rank_or_by_face(text: str, faces: tuple[int, ...], detail: str) -> None:
    assert fallen(text, *faces)[1] == detail


@pytest.mark.parametrize(
    ("text", "faces", "detail"),
    [
        ("2d6ro<3", (1, 5, 2), "2d6ro<3 [1>2, 5] = 7"),
        ("2d6rr<3", (1, 5, 2, 6), "2d6rr<3 [1>2>6, 5] = 11"),
        ("3d6rol1", (4, 2, 5, 6), "3d6rol1 [4, 2>6, 5] = 15"),
        ("2d6ra6", (6, 6, 6), "2d6ra6 [6!, 6, 6] = 18"),
        ("2d6ra6", (5, 4), "2d6ra6 [5, 4] = 9"),
        ("2d6!", (6, 2, 6, 1), "2d6e6 [6!, 2, 6!, 1] = 15"),
        ("2d6e>4", (5, 2, 4), "2d6e>4 [5!, 2, 4] = 11"),
        ("3d6mi2", (1, 2, 6), "3d6mi2 [1>2, 2, 6] = 10"),
        ("3d6ma5", (1, 2, 6), "3d6ma5 [1, 2, 6>5] = 8"),
        ("2d6!kh2", (6, 2, 5), "2d6e6kh2 [6!, (2), 5] = 11"),
    ],
)
def test_dice_are_thrown_again_explode_and_are_clamped(
    text: str, faces: tuple[int, ...], detail: str
) -> None:
    assert fallen(text, *faces)[1] == detail


def test_r4_disadvantage_on_a_typed_d20_takes_the_lower_and_both_cancel() -> None:
    assert fallen("d20+5 adv", 4, 17) == (22, "2d20kh1 [(4), 17] + 5 = 22")
    assert fallen("d20+5 dis", 4, 17) == (9, "2d20kl1 [4, (17)] + 5 = 9")
    assert fallen("d20 + 5 Advantage disadvantage", 4) == (9, "1d20 [4] + 5 = 9")
    assert fallen("(1d20 dis) + (1d20 adv)", 4, 17, 5, 6)[0] == 4 + 6


def test_a_repeated_roll_has_a_row_for_each() -> None:
    detail = "2d6kh1 [(1), 3] = 3; 2d6kh1 [4, (2)] = 4; all = 7"
    for text in ("2x(2d6kh1)", "2x2d6kh1", "2d6kh1 x2", "2 X 2D6KH1"):
        assert fallen(text, 1, 3, 4, 2) == (7, detail)
    assert fallen("d6+1 x1", 3) == (4, "1d6 [3] + 1 = 4")


def test_labels_say_what_dice_are_for() -> None:
    assert fallen("2d6[fire] + 3 [Kraft]", 3, 4) == (10, "2d6 fire [3, 4] + 3 Kraft = 10")


@pytest.mark.parametrize(
    ("text", "faces", "natural"),
    [
        ("d20+5", (20,), 20),
        ("d20+5", (1,), 1),
        ("d20+5", (19,), None),
        ("2d20kl1", (20, 1), 1),
        ("2d20kh1", (20, 1), 20),
        ("2d20", (20, 20), None),
        ("d20+d20", (20, 1), None),
        ("d20mi20", (3,), None),
        ("d20ro1", (1, 20), 20),
        ("d6", (1,), None),
        ("20", (), None),
    ],
)
def test_a_natural_twenty_or_one_of_a_single_kept_d20_is_flagged(
    text: str, faces: tuple[int, ...], natural: int | None
) -> None:
    result = roll_expression(text, ScriptedDice(*faces))
    assert result.natural == natural
    assert result.detail.endswith(f", natural {natural}") == (natural is not None)


def test_the_tree_says_all_that_a_surface_shows() -> None:
    result = roll_expression("2d20kl1[luck] + 1d6!", ScriptedDice(20, 1, 6, 2))
    tree = to_json(result.tree)
    assert tree["total"] == 9
    assert tree["parts"][0] == {
        "sign": "",
        "node": {
            "type": "dice", "total": 1, "text": "2d20kl1", "sides": 20, "natural": 1, "label": "luck",
            "dice": [{"face": 20, "dropped": True}, {"face": 1}],
        },
    }  # fmt: skip
    assert tree["parts"][1]["node"]["dice"] == [
        {"face": 6, "marks": ["burst"]},
        {"face": 2, "marks": ["extra"]},
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"type": "number"},
        {"type": "soup", "total": 1},
        {"type": "group", "total": 1, "inner": 3},
        {"type": "dice", "total": 1, "text": "1d6", "sides": 6, "dice": [{}]},
        [],
    ],
)
def test_what_is_no_tree_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(DiceError):
        from_json(broken)


def test_results_cannot_be_changed() -> None:
    result = roll_expression("2d6+1", ScriptedDice(1, 2))
    for frozen, field in ((result, "tree"), (result.tree, "total"), (Die(3), "face")):
        with pytest.raises(AttributeError):
            setattr(frozen, field, 7)


def test_spelling_is_short_and_reads_back() -> None:
    for text, spelled in {
        " 2D6  + d% [ a  b ]": "2d6+1d100[a b]",
        "3x( (d6) )": "1d6 x3",
        "4d6!dl1 // 2": "4d6e6pl1/2",
        "2d6rr=1k=6": "2d6rr1k=6",
        "-(d6 - -2)": "-(1d6--2)",
    }.items():
        assert spell(parse(text)) == spelled
        assert parse(spelled) == parse(text)


def test_a_die_that_explodes_for_ever_is_stopped_and_marked() -> None:
    """No fair die comes so far; only the limit keeps a loaded one from rolling on."""
    result = roll_expression("1d6!", LoadedDice(1.0))
    dice = to_json(result.tree)["dice"]
    assert len(dice) == 1001 and dice[-1]["marks"] == ["extra", "cut"]
    again = to_json(roll_expression("2d6rr6", LoadedDice(1.0)).tree)["dice"]
    assert [len(die["was"]) for die in again if "was" in die] == [1000]
    assert all("cut" in die["marks"] for die in again)
