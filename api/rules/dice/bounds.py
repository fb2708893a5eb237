"""What an expression can come to and how much work it asks for, reckoned before a die falls."""

from __future__ import annotations

from dataclasses import dataclass

from api.rules.dice.limits import (
    MAX_AGAIN,
    MAX_DICE,
    MAX_EXPECTED_AGAIN,
    MAX_NUMBER,
    MAX_REPEATS,
    MAX_SIDES,
    MAX_TERMS,
    MOST_AGAIN_PERCENT,
)
from api.rules.dice.syntax import Op

Range = tuple[int, int]


class Excess(Exception):
    """Something legal in form that is too much or can never end; the message is the problem."""


@dataclass(slots=True)
class Work:
    """What the parts read so far ask for: dice as written, terms, and further throws to be expected."""

    dice: int = 0
    terms: int = 0
    again: float = 0.0

    def count_term(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise Excess(f"at most {MAX_TERMS} dice and numbers are added up")

    def count_dice(self, count: int, sides: int) -> None:
        self.dice += count
        if not 1 <= sides <= MAX_SIDES:
            raise Excess(f"a die has 1 to {MAX_SIDES} sides")
        if count < 1 or self.dice > MAX_DICE:
            raise Excess(f"1 to {MAX_DICE} dice fall in one roll")

    def count_again(self, expected: float) -> None:
        self.again += expected
        if self.again > MAX_EXPECTED_AGAIN:
            raise Excess(f"that throws about {self.again:.0f} dice again; {MAX_EXPECTED_AGAIN} are the most")

    def repeat(self, times: int) -> None:
        """Count everything `times` times."""
        if not 1 <= times <= MAX_REPEATS:
            raise Excess(f"a roll is repeated 1 to {MAX_REPEATS} times")
        if self.dice * times > MAX_DICE:
            raise Excess(f"{times} times {self.dice} dice are more than {MAX_DICE}")
        self.count_again(self.again * (times - 1))


def within(low: int, high: int) -> Range:
    """The range itself. Raises Excess when a number in it is out of bounds."""
    if max(abs(low), abs(high)) > MAX_NUMBER:
        raise Excess(f"that can grow beyond {MAX_NUMBER:,}")
    return low, high


def combined(sign: str, left: Range, right: Range) -> Range:
    """The range of `left sign right`. Raises Excess for what can divide by zero or grow out of bounds."""
    if sign == "+":
        return within(left[0] + right[0], left[1] + right[1])
    if sign == "-":
        return within(left[0] - right[1], left[1] - right[0])
    if sign == "*":
        corners = [a * b for a in left for b in right]
    else:
        if right[0] <= 0 <= right[1]:
            raise Excess("the divisor is or can come to 0")
        corners = [a // b for a in left for b in right]
    return within(min(corners), max(corners))


class DiceBounds:
    """Follows one group of dice through its modifiers: what a die can show, how many count, how many fall again.

    Raises Excess for dice that are too many or have too many sides.
    """

    def __init__(self, count: int, sides: int, work: Work) -> None:
        work.count_dice(count, sides)
        self._typed, self._sides, self._work = count, sides, work
        self._low, self._high = 1, sides
        self._fewest, self._most = count, count
        self._expected = float(count)  # dice on the table, on average
        self._raw = True  # the faces are still distributed as they fell

    def range(self) -> Range:
        """What the dice that count can add up to."""
        return within(self._fewest * self._low, self._most * self._high)

    def apply(self, op: Op) -> None:
        """Take one modifier into account. Raises Excess for what it may not do."""
        if op.kind in ("mi", "ma"):
            self._clamp(op)
        elif op.kind in ("kh", "kl", "ph", "pl"):
            self._rank(op)
        elif op.by in ("h", "l"):
            self._need_rank(op.value)
            self._work.count_again(op.value if op.kind == "ro" else 1)
            self._low, self._high = 1, self._sides
        else:
            self._by_face(op)
        self._raw = self._raw and op.kind in ("kh", "kl", "ph", "pl")
        if op.kind == "ra":
            self._most += 1

    def _clamp(self, op: Op) -> None:
        if not 1 <= op.value <= self._sides:
            raise Excess(f"a d{self._sides} shows 1 to {self._sides}, not {op.value}")
        if op.kind == "mi":
            self._low, self._high = max(self._low, op.value), max(self._high, op.value)
        else:
            self._low, self._high = min(self._low, op.value), min(self._high, op.value)

    def _need_rank(self, value: int) -> None:
        if not 1 <= value <= self._typed:
            raise Excess(f"that picks {value} of {self._typed} dice")

    def _rank(self, op: Op) -> None:
        self._need_rank(op.value)
        if op.kind in ("kh", "kl"):
            self._fewest, self._most = min(self._fewest, op.value), min(self._most, op.value)
        elif op.value >= self._typed:
            raise Excess(f"that drops all {self._typed} dice")
        else:
            self._fewest, self._most = max(0, self._fewest - op.value), max(0, self._most - op.value)

    def _by_face(self, op: Op) -> None:
        fitting = sum(1 for face in range(1, self._sides + 1) if op.fits(face))
        if not fitting:
            raise Excess(f"no face of a d{self._sides} is {op.by}{op.value}")
        if op.kind in ("k", "p"):
            self._fewest = 0
            return
        if op.kind in ("ro", "ra"):
            self._work.count_again(self._expected if op.kind == "ro" else 1)
        else:
            if fitting * 100 > MOST_AGAIN_PERCENT * self._sides:
                raise Excess(
                    f"at most {MOST_AGAIN_PERCENT} of 100 faces may be thrown again, else it never ends"
                )
            # Thrown until no face fits: p / (1 - p) further throws a die; one more where the first is sure to fit.
            further = self._expected * (fitting if self._raw else self._sides) / (self._sides - fitting)
            self._work.count_again(further)
            if op.kind == "e":
                self._expected += further
                self._most += MAX_AGAIN
        # A fresh die falls freely: clamps that came before do not hold for it.
        self._low, self._high = 1, self._sides
