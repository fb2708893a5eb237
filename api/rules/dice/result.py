"""A roll, and how it reads as one line of plain text. Other surfaces draw it from the tree's JSON."""

from __future__ import annotations

from typing import NamedTuple

from api.rules.dice.nodes import (
    Die,
    Rolled,
    RolledChain,
    RolledDice,
    RolledGroup,
    RolledNegative,
    RolledNumber,
    RolledRepeat,
)


class DiceResult(NamedTuple):
    """A roll: the expression in its shortest spelling, and the tree of what fell."""

    expression: str
    tree: Rolled

    @property
    def total(self) -> int:
        return self.tree.total

    @property
    def natural(self) -> int | None:
        """20 or 1 when the roll has exactly one group of d20 and that shows it; else None."""
        groups: list[RolledDice] = []
        _gather_d20(self.tree, groups)
        return groups[0].natural if len(groups) == 1 else None

    @property
    def detail(self) -> str:
        """The receipt: `4d6kh3 [(1), 6, 5, 2] + 1 = 14`.

        In brackets: (1) was dropped, 1>4 was thrown again or clamped, 6! brought another die, 5~ was stopped by the
        limit.
        """
        natural = self.natural
        end = f", natural {natural}" if natural else ""
        return f"{_text(self.tree)} = {self.total}{end}"


def _gather_d20(node: Rolled, found: list[RolledDice]) -> None:
    match node:
        case RolledDice():
            if node.sides == 20:
                found.append(node)
        case RolledChain():
            for _, part in node.parts:
                _gather_d20(part, found)
        case RolledGroup() | RolledNegative():
            _gather_d20(node.inner, found)
        case RolledRepeat():
            for row in node.rows:
                _gather_d20(row, found)


def _text(node: Rolled) -> str:
    match node:
        case RolledDice():
            return f"{node.text}{_label(node.label)} [{', '.join(map(_die, node.dice))}]"
        case RolledNumber():
            return f"{node.total}{_label(node.label)}"
        case RolledChain():
            return "".join([f" {sign} {_text(part)}" if sign else _text(part) for sign, part in node.parts])
        case RolledGroup():
            return f"({_text(node.inner)}){_label(node.label)}"
        case RolledNegative():
            return f"- {_text(node.inner)}"
        case RolledRepeat():
            return "; ".join(f"{_text(row)} = {row.total}" for row in node.rows) + "; all"


def _die(die: Die) -> str:
    face, kept, was, marks = die
    if was or marks:
        shown = ">".join([str(one) for one in (*was, face)])
        shown += ("!" if "burst" in marks else "") + ("~" if "cut" in marks else "")
        return shown if kept else f"({shown})"
    return str(face) if kept else f"({face})"


def _label(label: str) -> str:
    return f" {label}" if label else ""
