"""Rolls an expression: parsed once into functions, which then only throw and add."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from api.rules.dice.grammar import parse
from api.rules.dice.limits import MAX_AGAIN, MAX_LENGTH
from api.rules.dice.nodes import (
    DROPPED,
    KEPT,
    MARKS,
    Die,
    Rolled,
    RolledChain,
    RolledDice,
    RolledGroup,
    RolledNegative,
    RolledNumber,
    RolledRepeat,
)
from api.rules.dice.result import DiceResult
from api.rules.dice.sources import Dice
from api.rules.dice.syntax import (
    Chain,
    DiceTerm,
    Expression,
    Group,
    Negative,
    Number,
    Op,
    Repeat,
    spell,
    spell_dice,
)

REMEMBERED = 512  # expressions whose plan is kept; each is short, see MAX_LENGTH
USUAL_SIDES = 100  # a single die of up to so many sides is made ready for each of its faces

Throw = Callable[[int], int]
Run = Callable[[Throw, list[int]], Rolled]
new = tuple.__new__  # a NamedTuple's own constructor is a Python function and costs twice as much


class _Plan(NamedTuple):
    expression: str
    run: Run


def roll_expression(text: str, dice: Dice) -> DiceResult:
    """Roll what a player typed: `d20`, `4d6kh3`, `2d20kl1+5`. Raises BadDice before a die falls, never after."""
    plan = _plan(text) if len(text) <= MAX_LENGTH else _planned(text)
    return new(DiceResult, (plan[0], plan[1](dice.roll, [MAX_AGAIN])))


def _planned(text: str) -> _Plan:
    tree = parse(text)
    return _Plan(spell(tree), _compiled(tree))


# A text that is too long never gets here, so the cache holds short keys only; refusals are not kept.
_plan = lru_cache(maxsize=REMEMBERED)(_planned)


def _compiled(node: Expression) -> Run:
    """The function that rolls this node: it takes the throw and the budget of further throws (one number in a list)."""
    match node:
        case Number():
            number = RolledNumber(node.value, node.label)
            return lambda throw, budget: number
        case DiceTerm():
            return _dice(node)
        case Group():
            return _group(_compiled(node.inner), node.label)
        case Negative():
            return _negative(_compiled(node.inner))
        case Chain():
            return _chain([(sign, _compiled(part)) for sign, part in node.parts])
        case Repeat():
            return _repeat(_compiled(node.inner), node.times)


def _group(inner: Run, label: str) -> Run:
    def run(throw: Throw, budget: list[int]) -> Rolled:
        rolled = inner(throw, budget)
        return RolledGroup(rolled.total, rolled, label)

    return run


def _negative(inner: Run) -> Run:
    def run(throw: Throw, budget: list[int]) -> Rolled:
        rolled = inner(throw, budget)
        return RolledNegative(-rolled.total, rolled)

    return run


def _repeat(inner: Run, times: int) -> Run:
    def run(throw: Throw, budget: list[int]) -> Rolled:
        rows = tuple([inner(throw, budget) for _ in range(times)])
        return RolledRepeat(sum(row.total for row in rows), rows)

    return run


def _chain(parts: list[tuple[str, Run]]) -> Run:
    first, rest = parts[0][1], parts[1:]

    def run(throw: Throw, budget: list[int]) -> Rolled:
        rolled = first(throw, budget)
        total = rolled[0]
        done = [("", rolled)]
        for sign, part in rest:
            rolled = part(throw, budget)
            if sign == "+":
                total += rolled[0]
            elif sign == "-":
                total -= rolled[0]
            elif sign == "*":
                total *= rolled[0]
            else:
                total //= rolled[0]
            done.append((sign, rolled))
        return new(RolledChain, (total, tuple(done)))

    return run


# --- dice --------------------------------------------------------------------------------------------------------


def _dice(term: DiceTerm) -> Run:
    """Plain dice and a single keep or drop by rank are nearly all that is rolled: they have ways of their own."""
    if not term.ops:
        return _plain_die(term) if term.count == 1 else _plain_dice(term)
    op = term.ops[0]
    if len(term.ops) == 1 and op.kind in ("kh", "kl", "ph", "pl"):
        return _ranked_dice(term, op)
    return _modified_dice(term)


def _plain_die(term: DiceTerm) -> Run:
    text, sides, label = spell_dice(term), term.sides, term.label
    if sides <= USUAL_SIDES and not label:
        usual = _usual(sides)
        return lambda throw, budget: usual[throw(sides)]

    def run(throw: Throw, budget: list[int]) -> Rolled:
        face = throw(sides)
        return new(RolledDice, (face, text, sides, (KEPT[face],), label))

    return run


@lru_cache(maxsize=USUAL_SIDES)
def _usual(sides: int) -> tuple[RolledDice, ...]:
    """What a single unlabelled die can come to, by its face; there is no face 0."""
    return tuple(RolledDice(face, f"1d{sides}", sides, (KEPT[face],)) for face in range(sides + 1))


def _plain_dice(term: DiceTerm) -> Run:
    text, count, sides, label = spell_dice(term), term.count, term.sides, term.label
    each = (sides,) * count

    def run(throw: Throw, budget: list[int]) -> Rolled:
        faces = [throw(s) for s in each]
        return new(RolledDice, (sum(faces), text, sides, tuple([KEPT[f] for f in faces]), label))

    return run


def _ranked_dice(term: DiceTerm, op: Op) -> Run:
    text, count, sides, label = spell_dice(term), term.count, term.sides, term.label
    highest = op.kind in ("kh", "pl")
    keep = op.value if op.kind in ("kh", "kl") else count - op.value
    each, order = (sides,) * count, range(count)

    def run(throw: Throw, budget: list[int]) -> Rolled:
        faces = [throw(s) for s in each]
        dice = [DROPPED[f] for f in faces]
        total = 0
        # Sorting is stable: of equal dice the one that fell first is kept.
        for index in sorted(order, key=faces.__getitem__, reverse=highest)[:keep]:
            face = faces[index]
            total += face
            dice[index] = KEPT[face]
        return new(RolledDice, (total, text, sides, tuple(dice), label))

    return run


class _Falling:
    """A die while its modifiers are at work."""

    __slots__ = ("face", "kept", "marks", "was")

    def __init__(self, face: int, *marks: str) -> None:
        self.face = face
        self.kept = True
        self.was: list[int] = []
        self.marks: set[str] = set(marks)

    def becomes(self, face: int) -> None:
        self.was.append(self.face)
        self.face = face

    def done(self) -> Die:
        if not self.was and not self.marks:
            return (KEPT if self.kept else DROPPED)[self.face]
        marks = tuple(mark for mark in MARKS if mark in self.marks)
        return Die(self.face, self.kept, tuple(self.was), marks)


class _Throws:
    """Throws of one group; further ones are paid from the roll's budget."""

    def __init__(self, throw: Throw, sides: int, budget: list[int]) -> None:
        self._throw, self._sides, self._budget = throw, sides, budget

    def first(self) -> int:
        return self._throw(self._sides)

    def further(self, die: _Falling) -> int | None:
        """Another face on account of this die; None, and the die marked, once the budget is spent."""
        if self._budget[0] == 0:
            die.marks.add("cut")
            return None
        self._budget[0] -= 1
        return self._throw(self._sides)


def _modified_dice(term: DiceTerm) -> Run:
    text, count, sides, label, ops = spell_dice(term), term.count, term.sides, term.label, term.ops

    def run(throw: Throw, budget: list[int]) -> Rolled:
        throws = _Throws(throw, sides, budget)
        dice = [_Falling(throws.first()) for _ in range(count)]
        for op in ops:
            _APPLY[op.kind](dice, op, throws)
        total = sum(die.face for die in dice if die.kept)
        return RolledDice(total, text, sides, tuple(die.done() for die in dice), label)

    return run


def _chosen(dice: list[_Falling], op: Op) -> list[_Falling]:
    """The kept dice that the selector picks."""
    kept = [die for die in dice if die.kept]
    if op.by in ("h", "l"):
        return sorted(kept, key=lambda die: die.face, reverse=op.by == "h")[: op.value]
    return [die for die in kept if op.fits(die.face)]


def _rank(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    kept = [die for die in dice if die.kept]
    # Of equal dice the one that fell first is kept, whether ranks are kept or dropped.
    ranked = sorted(kept, key=lambda die: die.face, reverse=op.kind in ("kh", "pl"))
    keep = op.value if op.kind in ("kh", "kl") else max(0, len(kept) - op.value)
    for die in ranked[keep:]:
        die.kept = False


def _by_face(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    for die in dice:
        if die.kept and op.fits(die.face) is (op.kind == "p"):
            die.kept = False


def _clamp(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    for die in dice:
        if die.face < op.value if op.kind == "mi" else die.face > op.value:
            die.becomes(op.value)
            die.marks.add("clamped")


def _reroll(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    for die in _chosen(dice, op):
        face = throws.further(die)
        while face is not None:
            die.becomes(face)
            die.marks.discard("clamped")
            face = throws.further(die) if op.kind == "rr" and op.fits(face) else None


def _add_one(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    for die in _chosen(dice, op)[:1]:
        _burst(dice, die, throws)


def _explode(dice: list[_Falling], op: Op, throws: _Throws) -> None:
    waiting = _chosen(dice, op)
    for die in waiting:  # grows while it is worked off
        extra = _burst(dice, die, throws)
        if extra is not None and op.fits(extra.face):
            waiting.append(extra)


def _burst(dice: list[_Falling], die: _Falling, throws: _Throws) -> _Falling | None:
    """One more die on the table on account of this one; it stands at the end of the row."""
    face = throws.further(die)
    if face is None:
        return None
    die.marks.add("burst")
    extra = _Falling(face, "extra")
    dice.append(extra)
    return extra


_APPLY: dict[str, Callable[[list[_Falling], Op, _Throws], None]] = {
    "kh": _rank, "kl": _rank, "ph": _rank, "pl": _rank, "k": _by_face, "p": _by_face, "mi": _clamp, "ma": _clamp,
    "rr": _reroll, "ro": _reroll, "ra": _add_one, "e": _explode,
}  # fmt: skip
