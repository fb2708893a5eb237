"""Dice that are thrown again, explode, are clamped or kept by more than one rule: one step for each modifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from api.rules.dice.nodes import DROPPED, KEPT, MARKS, Die, Rolled, RolledDice
from api.rules.dice.syntax import MATCHES, DiceTerm, Op, spell_dice

Throw: TypeAlias = Callable[[int], int]
Run: TypeAlias = Callable[
    [Throw, list[int]], Rolled
]  # the throw, and how many further throws are left (one number)


class _Falling:
    """A die while its modifiers are at work. `was` and `marks` are made for the few that need them."""

    __slots__ = ("face", "kept", "marks", "was")

    def __init__(self, face: int, marks: tuple[str, ...] = ()) -> None:
        self.face = face
        self.kept = True
        self.was: list[int] | None = None
        self.marks = marks

    def becomes(self, face: int) -> None:
        if self.was is None:
            self.was = []
        self.was.append(self.face)
        self.face = face

    def done(self) -> Die:
        if self.was is None and not self.marks:
            return (KEPT if self.kept else DROPPED)[self.face]
        marks = tuple([mark for mark in MARKS if mark in self.marks])
        return Die(self.face, self.kept, tuple(self.was or ()), marks)


# Another face on account of this die; 0, and the die is marked, when no further throw is left.
Again: TypeAlias = Callable[[_Falling], int]
Step: TypeAlias = Callable[[list[_Falling], Again], None]
Choose: TypeAlias = Callable[[list[_Falling]], list[_Falling]]


def modified_dice(term: DiceTerm) -> Run:
    """The function that throws the dice and then takes one modifier after the other."""
    text, count, sides, label = spell_dice(term), term.count, term.sides, term.label
    each = (sides,) * count
    steps = [_step(op, sides) for op in term.ops]

    def run(throw: Throw, budget: list[int]) -> Rolled:
        def again(die: _Falling) -> int:
            if not budget[0]:
                die.marks += ("cut",)
                return 0
            budget[0] -= 1
            return throw(sides)

        dice = [_Falling(throw(s)) for s in each]
        for step in steps:
            step(dice, again)
        total = sum([die.face for die in dice if die.kept])
        return RolledDice(total, text, sides, tuple([die.done() for die in dice]), label)

    return run


def _step(op: Op, sides: int) -> Step:
    if op.kind in ("kh", "kl", "ph", "pl"):
        return _rank(op)
    if op.kind in ("mi", "ma"):
        return _clamp(op)
    fits = bytes([op.by in MATCHES and op.fits(face) for face in range(sides + 1)])
    if op.kind in ("k", "p"):
        return _by_face(fits, drop=op.kind == "p")
    choose = _by_rank(op) if op.by in ("h", "l") else _that_fit(fits)
    match op.kind:
        case "ro":
            return _reroll_once(choose)
        case "rr":
            return _reroll(choose, fits)
        case "ra":
            return _add_one(choose)
    return _explode(choose, fits)


def _that_fit(fits: bytes) -> Choose:
    return lambda dice: [die for die in dice if fits[die.face] and die.kept]


def _by_rank(op: Op) -> Choose:
    def choose(dice: list[_Falling]) -> list[_Falling]:
        kept = [die for die in dice if die.kept]
        return sorted(kept, key=lambda die: die.face, reverse=op.by == "h")[: op.value]

    return choose


def _rank(op: Op) -> Step:
    highest, keeps = op.kind in ("kh", "pl"), op.kind in ("kh", "kl")

    def step(dice: list[_Falling], again: Again) -> None:
        kept = [die for die in dice if die.kept]
        # Sorting is stable: of equal dice the one that fell first is kept, whether ranks are kept or dropped.
        ranked = sorted(kept, key=lambda die: die.face, reverse=highest)
        for die in ranked[op.value if keeps else max(0, len(kept) - op.value) :]:
            die.kept = False

    return step


def _by_face(fits: bytes, *, drop: bool) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        for die in dice:
            if bool(fits[die.face]) is drop:
                die.kept = False

    return step


def _clamp(op: Op) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        for die in dice:
            if die.kept and (die.face < op.value if op.kind == "mi" else die.face > op.value):
                die.becomes(op.value)
                die.marks += ("clamped",)

    return step


def _reroll_once(choose: Choose) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        for die in choose(dice):
            _fall_again(die, again)

    return step


def _reroll(choose: Choose, fits: bytes) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        for die in choose(dice):
            while fits[die.face] and _fall_again(die, again):
                pass

    return step


def _fall_again(die: _Falling, again: Again) -> bool:
    """Whether the die could be thrown again, and was; a clamp that came before no longer holds."""
    face = again(die)
    if face:
        die.becomes(face)
        die.marks = tuple([mark for mark in die.marks if mark != "clamped"])
    return bool(face)


def _add_one(choose: Choose) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        for die in choose(dice)[:1]:
            _burst(dice, die, again)

    return step


def _explode(choose: Choose, fits: bytes) -> Step:
    def step(dice: list[_Falling], again: Again) -> None:
        waiting = choose(dice)
        for die in waiting:  # grows while it is worked off
            extra = _burst(dice, die, again)
            if extra is not None and fits[extra.face]:
                waiting.append(extra)

    return step


def _burst(dice: list[_Falling], die: _Falling, again: Again) -> _Falling | None:
    """One more die on the table on account of this one; it stands at the end of the row."""
    face = again(die)
    if not face:
        return None
    die.marks += ("burst",)
    extra = _Falling(face, ("extra",))
    dice.append(extra)
    return extra
