"""Our dice beside the package d20: the same expressions, the same generator, in turns.

The generator is Python's own (what d20 rolls with), asked in the same way, so that equal seeds give equal faces on both
sides; what is compared is everything else. Each ratio tells how many of our rolls fit into one of theirs.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from api.rules.dice import BadDice, TableDice, parse, roll_expression
from tests.bench.report import Figures, figure
from tests.fakes.dice import LoadedDice

ROUNDS, A_ROUND = 25, 100
GATE, GOAL = 1.0, 3.0
SIMPLE, COMPLEX = "1d20+5", "8d6+4d10+3"
EXPRESSIONS = {
    "simple": SIMPLE,
    "complex": COMPLEX,
    "kept": "4d6kh3+2d20kl1",
    "exploding": "6d6ro<3e6",
    "nested": "(1d8+3)*2-(2d4+1)",
    "large": "100d20",
}
# The heaviest of each kind that are legal; with dice that never let it end, the limits do.
WORST = (
    "100d5e<=4", "20d20rr<=19", "100d20!", "20x(5d20rr<=15)", "100d1000kh100kl99ph1pl1k>1", "d6!+" * 19 + "d6!",
    "+".join(["5d9"] * 20),
)  # fmt: skip
REFUSED = (
    "(" * 100, "1000000d6", "9" * 100, "1d6+" * 25, "1d20++5-2w6r<3,,(4d6k", "\u0661d6", "100d6rr<6", "2d6[" + "x" * 96,
)  # fmt: skip

Roll = Callable[[str], Any]


class PythonsDice:
    """Python's generator, asked as d20 asks it."""

    def roll(self, sides: int) -> int:
        return random.randrange(sides) + 1


DICE = PythonsDice()


def our_total(expression: str) -> int:
    return roll_expression(expression, DICE).total


def our_text(expression: str) -> str:
    return roll_expression(expression, DICE).detail


def seconds(call: Roll, expressions: list[str]) -> float:
    """Of this process alone: what else runs on the machine would weigh on the slower side more often."""
    began = time.process_time()
    for expression in expressions:
        call(expression)
    return time.process_time() - began


def ratio(ours: Roll, theirs: Roll, batches: list[list[str]]) -> float:
    """Their time over ours, the median over the batches; who goes first changes from batch to batch."""
    found = []
    for number, batch in enumerate(batches):
        if number % 2:
            mine, other = seconds(ours, batch), seconds(theirs, batch)
        else:
            other, mine = seconds(theirs, batch), seconds(ours, batch)
        found.append(other / mine)
    return statistics.median(found)


def require_same_dice(theirs: Roll) -> None:
    """Raises AssertionError when equal seeds do not fall alike: then the comparison would be of different things."""
    for expression in (SIMPLE, COMPLEX, EXPRESSIONS["kept"], EXPRESSIONS["nested"], EXPRESSIONS["large"]):
        for seed in range(20):
            random.seed(seed)
            mine = our_total(expression)
            random.seed(seed)
            assert theirs(expression).total == mine, f"{expression} falls differently with seed {seed}"


def ratios(theirs: Roll) -> dict[str, float]:
    """Figure name -> our rolls for one of d20's."""
    require_same_dice(theirs)

    def their_total(expression: str) -> int:
        total: int = theirs(expression).total
        return total

    def their_text(expression: str) -> str:
        return str(theirs(expression))

    found = {}
    for name, expression in EXPRESSIONS.items():
        batches = [[expression] * A_ROUND] * ROUNDS
        found[f"dice_{name}_ratio"] = ratio(our_total, their_total, batches)
    shown = [[SIMPLE, COMPLEX, EXPRESSIONS["kept"]] * (A_ROUND // 3)] * ROUNDS
    found["dice_shown_ratio"] = ratio(our_text, their_text, shown)
    # Never seen before, by either side: the parser has to read them.
    new = [[f"{n % 9 + 1}d{n + 2}kh1+{batch}" for n in range(A_ROUND // 5)] for batch in range(ROUNDS)]
    found["dice_unseen_ratio"] = ratio(our_total, their_total, new)
    return found


def median_ms(call: Callable[[], object], times: int = 30) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def worst_ms() -> float:
    """The heaviest legal expression, read anew and rolled, with fair dice and with dice that never let it end."""

    def roll(text: str, dice: LoadedDice | TableDice) -> None:
        parse(text)
        roll_expression(text, dice)

    return max(
        median_ms(lambda text=text, dice=dice: roll(text, dice))  # type: ignore[misc]
        for text in WORST
        for dice in (TableDice("bench", 1), LoadedDice(0.0), LoadedDice(1.0))
    )


def refused_ms() -> float:
    """The refusal that takes longest."""

    def refuse(text: str) -> None:
        try:
            parse(text)
        except BadDice:
            return
        raise AssertionError(f"{text[:20]} was to be refused")

    return max(median_ms(lambda text=text: refuse(text)) for text in REFUSED)  # type: ignore[misc]


def served_us(expression: str) -> float:
    """A roll as the API makes it: fresh keyed dice for each."""
    number = iter(range(1_000_000))
    return 1000 * median_ms(lambda: roll_expression(expression, TableDice("bench", next(number))).total, 2000)


def figures(theirs: Roll | None, why_not: str) -> tuple[Figures, bool]:
    """All figures of the dice, and whether every ratio that could be measured met its gate."""
    baseline = "d20 1.1.2, same run and generator" if theirs else why_not
    found = ratios(theirs) if theirs else {}
    names = [*(f"dice_{name}_ratio" for name in EXPRESSIONS), "dice_shown_ratio", "dice_unseen_ratio"]
    told: Figures = {}
    for name in names:
        value = round(found[name], 2) if name in found else None
        told[name] = figure(value, "rolls for 1", baseline=baseline, gate=f">= {GATE:g}", goal=f">= {GOAL:g}")
    told["dice_simple_us"] = figure(round(served_us(SIMPLE), 2), f"us, {SIMPLE}")
    told["dice_complex_us"] = figure(round(served_us(COMPLEX), 2), f"us, {COMPLEX}")
    told["dice_worst_ms"] = figure(round(worst_ms(), 3), "ms")
    told["dice_refused_ms"] = figure(round(refused_ms(), 3), "ms")
    return told, all(value >= GATE for value in found.values())
