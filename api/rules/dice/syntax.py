"""What a dice expression says, as a tree of frozen nodes, and how such a tree is spelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Keep = Literal["kh", "kl", "ph", "pl"]
Compare = Literal["=", "<", ">", "<=", ">="]
MATCHES: dict[str, Callable[[int, int], bool]] = {
    "=": lambda face, value: face == value,
    "<": lambda face, value: face < value,
    ">": lambda face, value: face > value,
    "<=": lambda face, value: face <= value,
    ">=": lambda face, value: face >= value,
}


@dataclass(frozen=True, slots=True)
class Op:
    """One modifier. `kind` is kh kl ph pl (by rank), k p (by face), rr ro ra e (throw again), mi ma (clamp).

    `by` is one of `MATCHES` for a face, h or l for the highest or lowest `value` dice, empty for a rank or clamp.
    """

    kind: str
    by: str
    value: int

    def fits(self, face: int) -> bool:
        """Whether the selector picks a die for its face. Only where `by` compares."""
        return MATCHES[self.by](face, self.value)


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class DiceTerm:
    """`count` dice with `sides` sides and what is done to them, in this order."""

    count: int
    sides: int
    ops: tuple[Op, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses."""

    inner: Expression
    label: str = ""


@dataclass(frozen=True, slots=True)
class Negative:
    inner: Expression


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts joined by + and -, or by * and /, worked off from left to right; the first part's sign is empty."""

    parts: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same again: `times` rolls of their own, 2 or more, and their sum. Only at the top."""

    inner: Expression
    times: int


Expression: TypeAlias = Number | DiceTerm | Group | Negative | Chain | Repeat


def spell(node: Expression) -> str:
    """The shortest spelling, without spaces; parsing it gives the same tree."""
    match node:
        case Number():
            return f"{node.value}{_label(node.label)}"
        case DiceTerm():
            return spell_dice(node) + _label(node.label)
        case Group():
            return f"({spell(node.inner)}){_label(node.label)}"
        case Negative():
            return f"-{spell(node.inner)}"
        case Chain():
            return "".join(sign + spell(part) for sign, part in node.parts)
        case Repeat():
            return f"{spell(node.inner)} x{node.times}"


def spell_dice(node: DiceTerm) -> str:
    """`4d6kh3`: the dice and their modifiers without the label."""
    return f"{node.count}d{node.sides}" + "".join(map(_op, node.ops))


def _op(op: Op) -> str:
    # After k and p a bare number would be a rank; everywhere else it is a face.
    by = "" if op.by == "=" and op.kind not in ("k", "p") else op.by
    return f"{op.kind}{by}{op.value}"


def _label(label: str) -> str:
    return f"[{label}]" if label else ""
