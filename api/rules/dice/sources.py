"""Where dice come from: keyed sources, and the amounts that content writes."""

from __future__ import annotations

import hashlib
import re
from struct import Struct
from typing import Protocol

from api.rules.errors import DiceError


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
        return 1 + (int.from_bytes(digest, "big") * sides >> 256)


_WORDS = Struct(">8Q")  # a digest of 64 bytes as eight numbers of 64 bits


class TableDice:
    """The dice of one roll for fun: eight of them from one digest, so a hundred cost little.

    A die is a function of (seed, number of the roll, index) alone: word `index % 8` of the digest of block
    `index // 8`, scaled to its sides. 64 bits over at most 1000 faces leave a bias below 2^-54.
    """

    def __init__(self, seed: str, number: int) -> None:
        self._prefix = f"{seed}:table:{number}:"
        self._block = 0
        self._words: list[int] = []

    def roll(self, sides: int) -> int:
        if not self._words:
            digest = hashlib.blake2b(f"{self._prefix}{self._block}".encode()).digest()
            self._block += 1
            # Reversed, so that pop() gives the digest's first word first.
            self._words += _WORDS.unpack(digest)[::-1]
        return 1 + (self._words.pop() * sides >> 64)


_AMOUNT = re.compile(r"^([1-9][0-9]?)d(4|6|8|10|12|20)([+-][0-9]+)?$")


def roll_amount(text: str, dice: Dice, *, doubled: bool = False) -> int:
    """Roll a content amount such as `2d6+1`; `doubled` throws twice the dice (a critical hit). At least 0."""
    match = _AMOUNT.match(text)
    if match is None:
        raise DiceError(f"'{text}' is no amount such as 1d6 or 2d4+1")
    count, sides, plus = int(match[1]), int(match[2]), int(match[3] or 0)
    return max(0, sum(dice.roll(sides) for _ in range(count * (2 if doubled else 1))) + plus)
