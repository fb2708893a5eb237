"""How much a dice expression may ask for. The parser checks all of it but the last before a die falls."""

from __future__ import annotations

MAX_LENGTH = 100  # characters as typed
MAX_DICE = 100  # written dice, counted over all repeats
MAX_SIDES = 1000
MAX_TERMS = 20  # dice and numbers
MAX_DEPTH = 5  # parentheses in parentheses
MAX_OPS = 5  # modifiers such as kh3 on one group of dice
MAX_REPEATS = 20
MAX_DIGITS = 9  # of a number as typed
MAX_NUMBER = 1_000_000_000  # what any part may come to, above or below zero
MAX_LABEL = 24  # characters between brackets
MOST_AGAIN_PERCENT = 95  # of a die's faces may lead to another throw, so that throwing ends
MAX_EXPECTED_AGAIN = 400  # further throws that an expression may ask for on average
MAX_AGAIN = (
    1000  # further throws in one roll; the die that would need one more stands as it fell, marked `cut`
)
