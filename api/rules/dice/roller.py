"""Rolls an expression: parsed once into functions, which then only throw and add."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from api.rules.dice.grammar import parse
from api.rules.dice.limits import MAX_AGAIN, MAX_LENGTH
from api.rules.dice.modifiers import Run, Throw, modified_dice
from api.rules.dice.nodes import (
    DROPPED,
    KEPT,
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
    return modified_dice(term)


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
