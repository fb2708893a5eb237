"""Dice: a source that is a parameter, keyed so that a retry rolls alike, and the expressions that players type.

A die is a function of (seed, turn number, roll index) alone (`docs/rules.md`, Dice). Nothing here keeps global state.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from api.rules.errors import DiceError

MAX_DICE = 100
MAX_SIDES = 1000
MAX_TERMS = 10
MAX_LENGTH = 80


class Dice(Protocol):
    """Anything that rolls: a number from 1 to `sides`, both included."""

    def roll(self, sides: int) -> int: ...


class KeyedDice:
    """The dice of one turn. `index` counts the rolls made, so a later step of the same turn goes on where it stood."""

    def __init__(self, seed: str, turn_number: int, index: int = 0) -> None:
        self._prefix = f"{seed}:{turn_number}:"
        self.index = index

    def roll(self, sides: int) -> int:
        digest = hashlib.sha256(f"{self._prefix}{self.index}".encode()).digest()
        self.index += 1
        # 256 bits over at most 1000 faces: the bias is below 2^-240, so no rejection is needed.
        return 1 + int.from_bytes(digest, "big") * sides // (1 << 256)


_AMOUNT = re.compile(r"^([1-9][0-9]?)d(4|6|8|10|12|20)([+-][0-9]+)?$")


def roll_amount(text: str, dice: Dice, *, doubled: bool = False) -> int:
    """Roll a content amount such as `2d6+1`; `doubled` throws twice the dice (a critical hit). At least 0."""
    match = _AMOUNT.match(text)
    if match is None:
        raise DiceError(f"'{text}' is no amount such as 1d6 or 2d4+1")
    count, sides, plus = int(match[1]), int(match[2]), int(match[3] or 0)
    return max(0, sum(dice.roll(sides) for _ in range(count * (2 if doubled else 1))) + plus)


@dataclass(frozen=True, slots=True)
class DiceTerm:
    """One part of an expression: `rolls` are all dice thrown, `kept` those that count; a number has neither."""

    text: str
    sign: int
    rolls: tuple[int, ...]
    kept: tuple[int, ...]
    value: int


@dataclass(frozen=True, slots=True)
class DiceResult:
    expression: str
    terms: tuple[DiceTerm, ...]
    total: int

    @property
    def detail(self) -> str:
        """The receipt in plain text: `2d6 [3, 5] + 2 = 10`; dropped dice stand in parentheses."""
        parts: list[str] = []
        for i, term in enumerate(self.terms):
            sign = "-" if term.sign < 0 else "+" if i else ""
            shown = term.text
            if term.rolls:
                left = list(term.kept)
                faces = []
                for face in term.rolls:
                    if face in left:
                        left.remove(face)
                        faces.append(str(face))
                    else:
                        faces.append(f"({face})")
                shown += f" [{', '.join(faces)}]"
            parts.append(f"{sign} {shown}" if sign else shown)
        return f"{' '.join(parts)} = {self.total}"


_TERM = re.compile(r"([+-]?)(?:(\d{0,4})d(\d{1,5})(?:k([hl])(\d{1,3}))?|(\d{1,6}))", re.ASCII)


def roll_expression(text: str, dice: Dice) -> DiceResult:
    """Roll what a player typed: `d20`, `4d6kh3`, `2d20kl1+5`. Raises DiceError before any work is done."""
    plain = re.sub(r"\s+", "", text.lower()) if len(text) <= MAX_LENGTH else ""
    if not plain:
        raise DiceError(f"type dice such as 1d20+5, at most {MAX_LENGTH} characters")
    matches, position, thrown = [], 0, 0
    while position < len(plain):
        match = _TERM.match(plain, position)
        if match is None or (position and not match[1]):
            raise DiceError(
                f"'{plain[position : position + 12]}' is not understood; legal are 1d20+5, 4d6kh3, 2d20kl1"
            )
        matches.append(match)
        position = match.end()
        if match[3] is not None:
            count, sides = int(match[2] or 1), int(match[3])
            thrown += count
            if not 1 <= sides <= MAX_SIDES or count < 1 or thrown > MAX_DICE:
                raise DiceError(f"at most {MAX_DICE} dice with 1 to {MAX_SIDES} sides")
            if match[5] is not None and not 1 <= int(match[5]) <= count:
                raise DiceError(f"'{match[0]}' keeps {match[5]} of {count} dice")
    if len(matches) > MAX_TERMS:
        raise DiceError(f"at most {MAX_TERMS} terms")
    terms = tuple(_roll_term(m, dice) for m in matches)
    return DiceResult(plain, terms, sum(t.sign * t.value for t in terms))


def _roll_term(match: re.Match[str], dice: Dice) -> DiceTerm:
    sign = -1 if match[1] == "-" else 1
    text = match[0].lstrip("+-")
    if match[3] is None:
        return DiceTerm(text, sign, (), (), int(match[6]))
    rolls = tuple(dice.roll(int(match[3])) for _ in range(int(match[2] or 1)))
    kept = rolls
    if match[4]:
        kept = tuple(sorted(rolls, reverse=match[4] == "h")[: int(match[5])])
    return DiceTerm(text, sign, rolls, kept, sum(kept))
