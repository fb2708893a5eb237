"""Dice: sources that are a parameter, keyed so that a retry rolls alike, and the expressions that players type.

A die is a function of (seed, turn number, roll index) alone (`docs/rules.md`, Dice). Nothing here keeps global state
but a memory of expressions that were read before.
"""

from api.rules.dice.grammar import parse
from api.rules.dice.limits import (
    MAX_AGAIN,
    MAX_DEPTH,
    MAX_DICE,
    MAX_EXPECTED_AGAIN,
    MAX_LABEL,
    MAX_LENGTH,
    MAX_NUMBER,
    MAX_OPS,
    MAX_REPEATS,
    MAX_SIDES,
    MAX_TERMS,
    MOST_AGAIN_PERCENT,
)
from api.rules.dice.nodes import Die, Rolled, from_json, to_json
from api.rules.dice.refusal import EXAMPLES, BadDice
from api.rules.dice.result import DiceResult
from api.rules.dice.roller import roll_expression
from api.rules.dice.sources import Dice, KeyedDice, TableDice, roll_amount
from api.rules.dice.syntax import Expression, spell
from api.rules.errors import DiceError

__all__ = [
    "EXAMPLES", "MAX_AGAIN", "MAX_DEPTH", "MAX_DICE", "MAX_EXPECTED_AGAIN", "MAX_LABEL", "MAX_LENGTH", "MAX_NUMBER",
    "MAX_OPS", "MAX_REPEATS", "MAX_SIDES", "MAX_TERMS", "MOST_AGAIN_PERCENT", "BadDice", "Dice", "DiceError",
    "DiceResult", "Die", "Expression", "KeyedDice", "Rolled", "TableDice", "from_json", "parse", "roll_amount",
    "roll_expression", "spell", "to_json",
]  # fmt: skip
