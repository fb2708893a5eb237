"""Why an expression was refused: where, what would be legal, and what was probably meant."""

from __future__ import annotations

from api.rules.dice.limits import MAX_LENGTH
from api.rules.errors import DiceError

EXAMPLES = ("1d20+5", "4d6kh3", "2d20kl1+5", "d20+5 adv", "3d6!", "2d6ro<3", "6x(4d6kh3)")


class BadDice(DiceError):
    """An expression that cannot be read or is too large; no die has fallen.

    `position` counts characters from 0, `part` is what is at fault there (empty at the end of the text), `problem` a
    sentence without full stop, `suggestion` a legal expression or empty.
    """

    code = "bad_dice"

    def __init__(self, text: str, position: int, part: str, problem: str, suggestion: str = "") -> None:
        self.text = "".join(c if c.isprintable() else " " for c in text[:MAX_LENGTH])
        self.position = min(position, len(self.text))
        self.part = part[:MAX_LENGTH]
        self.problem = problem
        self.suggestion = suggestion
        hint = f"did you mean {suggestion}?" if suggestion else f"legal are {', '.join(EXAMPLES[:4])}"
        super().__init__(f"{problem} (character {self.position + 1}); {hint}")

    @property
    def pointer(self) -> str:
        """The expression, and under it a line with a caret at the fault."""
        return f"{self.text}\n{' ' * self.position}^"

    def to_json(self) -> dict[str, object]:
        """What a client needs to show the fault, beside the message."""
        return {
            "position": self.position, "part": self.part, "pointer": self.pointer,
            "suggestion": self.suggestion or None, "examples": list(EXAMPLES),
        }  # fmt: skip
