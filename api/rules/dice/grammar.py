"""Reads what players type: text -> tree, every limit checked on the way, every fault with its place.

roll    = [N "x"] body | body ["x" N]
body    = sum {"adv" | "dis"}                                   (on the one d20 in it)
sum     = product {("+" | "-") product}
product = signed {("*" | "/") signed}                           (division rounds down)
signed  = ["-"] (number | dice | "(" body ")") ["[" label "]"]
dice    = [N] "d" (N | "%") {modifier}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from api.rules.dice.bounds import DiceBounds, Excess, Range, Work, combined, within
from api.rules.dice.limits import MAX_DEPTH, MAX_DIGITS, MAX_LABEL, MAX_LENGTH, MAX_OPS
from api.rules.dice.refusal import BadDice
from api.rules.dice.slips import likely_meant
from api.rules.dice.syntax import Chain, DiceTerm, Expression, Group, Negative, Number, Op, Repeat

# ASCII: other scripts have digits too, and letters that fold to k and s.
_FLAGS = re.ASCII | re.IGNORECASE
_SPACE = re.compile(r"\s*", _FLAGS)
_DIGITS = re.compile(r"[0-9]+", _FLAGS)
_DICE = re.compile(r"([0-9]*)\s*d(?![a-z])\s*([0-9]+|%)?", _FLAGS)
_OP = re.compile(r"(kh|kl|k|ph|pl|p|dh|dl|rr|ro|ra|mi|ma|e|!)\s*(>=|<=|[<>=hl])?\s*([0-9]+)?", _FLAGS)
_LABEL = re.compile(r"\[([^\[\]]*)\]")
_TIMES = re.compile(r"([0-9]+)\s*x", _FLAGS)
_TIMES_AFTER = re.compile(r"x\s*([0-9]+)", _FLAGS)
_HELP = re.compile(r"(advantage|adv|disadvantage|dis)(?![a-z0-9])", _FLAGS)
_ADVANTAGE = {"adv": (Op("kh", "", 1),), "dis": (Op("kl", "", 1),)}
_SAME = {"dh": "ph", "dl": "pl", "!": "e"}
_NEEDED = "a number, dice such as 2d6 or a parenthesis must stand here"
Read = tuple[Expression, Range]


def parse(text: str) -> Expression:
    """The tree of an expression. Raises BadDice; the work is bounded by MAX_LENGTH."""
    if len(text) > MAX_LENGTH:
        raise BadDice(text, MAX_LENGTH, "", f"an expression has at most {MAX_LENGTH} characters")
    try:
        return _Reader(text).roll()
    except _Fault as fault:
        meant = likely_meant(text, _is_legal)
        raise BadDice(text, fault.position, fault.part, str(fault), meant) from None


def _is_legal(text: str) -> bool:
    try:
        _Reader(text).roll()
    except _Fault:
        return False
    return True


class _Fault(Exception):
    def __init__(self, position: int, part: str, problem: str) -> None:
        super().__init__(problem)
        self.position, self.part = position, part


class _Reader:
    """One pass over the text; `_at` stands before the next character that is no space."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._work = Work()
        self._skip()

    # --- small steps -------------------------------------------------------------------------------------------------

    def _skip(self) -> None:
        if self._text[self._at : self._at + 1].isspace() and (match := _SPACE.match(self._text, self._at)):
            self._at = match.end()

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if self._at == len(self._text):
            return None
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            self._skip()
        return match

    def _sign(self, signs: str) -> str:
        """The next character when it is one of these, consumed; else empty. `//` counts as `/`."""
        found = self._text[self._at : self._at + 1]
        if not found or found not in signs:
            return ""
        self._at += 2 if self._text.startswith("//", self._at) else 1
        self._skip()
        return found

    def _fail(self, problem: str, start: int | None = None) -> NoReturn:
        """Raise a fault at the next character, or over what was read since `start`."""
        if start is None:
            raise _Fault(self._at, self._text[self._at : self._at + 12], problem)
        raise _Fault(start, self._text[start : self._at].strip(), problem)

    def _number(self, digits: str, start: int) -> int:
        if len(digits) > MAX_DIGITS:
            self._fail(f"a number has at most {MAX_DIGITS} digits", start)
        return int(digits)

    # --- the grammar -------------------------------------------------------------------------------------------------

    def roll(self) -> Expression:
        """The whole text."""
        if self._at == len(self._text):
            self._fail("type dice such as 1d20+5")
        start = self._at
        before = self._take(_TIMES)
        times = self._number(before[1], start) if before else 1
        self._sign("+")
        tree, bounds = self._body()
        after_at = self._at
        if after := self._take(_TIMES_AFTER):
            if before:
                self._fail("a roll is repeated once", after_at)
            start, times = after_at, self._number(after[1], after_at)
        if self._at < len(self._text):
            self._fail("this is not understood here")
        if not (before or after):
            return tree
        try:
            self._work.repeat(times)
            within(bounds[0] * times, bounds[1] * times)
        except Excess as excess:
            self._fail(str(excess), start)
        while isinstance(tree, Group) and not tree.label:
            tree = tree.inner  # 6x(4d6) is 4d6 x6
        return Repeat(tree, times) if times > 1 else tree

    def _body(self) -> Read:
        tree, bounds = self._sum()
        start, words = self._at, set()
        while found := self._take(_HELP):
            words.add(found[1].lower()[:3])
        if not words:
            return tree, bounds
        found_d20, tree = _helped(tree, _ADVANTAGE[words.pop()] if len(words) == 1 else ())
        if found_d20 != 1:
            self._fail("advantage needs one single d20 to work on", start)
        try:
            self._work.count_dice(1, 20)
        except Excess as excess:
            self._fail(str(excess), start)
        return tree, bounds

    def _sum(self) -> Read:
        return self._chain("+-", lambda: self._chain("*/", self._signed))

    def _chain(self, signs: str, read: Callable[[], Read]) -> Read:
        first, bounds = read()
        parts = [("", first)]
        while sign := self._sign(signs):
            start = self._at
            part, other = read()
            parts.append((sign, part))
            try:
                bounds = combined(sign, bounds, other)
            except Excess as excess:
                self._fail(str(excess), start)
        return (Chain(tuple(parts)), bounds) if len(parts) > 1 else (first, bounds)

    def _signed(self) -> Read:
        if self._sign("-"):
            inner, (low, high) = self._primary()
            return Negative(inner), (-high, -low)
        return self._primary()

    def _primary(self) -> Read:
        start = self._at
        if self._sign("("):
            return self._group(start)
        tree: Number | DiceTerm
        try:
            self._work.count_term()
            if dice := self._take(_DICE):
                tree, bounds = self._dice(dice, start)
            elif digits := self._take(_DIGITS):
                value = self._number(digits[0], start)
                tree, bounds = Number(value), within(value, value)
            else:
                self._fail(_NEEDED)
        except Excess as excess:
            self._fail(str(excess), start)
        label = self._label()
        return (replace(tree, label=label) if label else tree), bounds

    def _group(self, start: int) -> Read:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"parentheses stand at most {MAX_DEPTH} deep", start)
        inner, bounds = self._body()
        if not self._sign(")"):
            self._fail("a closing parenthesis is missing" if self._at == len(self._text) else "this is not "
                       "understood here")  # fmt: skip
        self._depth -= 1
        return Group(inner, self._label()), bounds

    def _dice(self, match: re.Match[str], start: int) -> tuple[DiceTerm, Range]:
        count = self._number(match[1], start) if match[1] else 1
        if match[2] is None:
            self._fail(f"how many sides has the die '{match[0].strip()}'?", start)
        sides = 100 if match[2] == "%" else self._number(match[2], start)
        bounds = DiceBounds(count, sides, self._work)
        ops: list[Op] = []
        at = self._at
        while found := self._take(_OP):
            if len(ops) == MAX_OPS:
                self._fail(f"dice take at most {MAX_OPS} modifiers", at)
            op = self._op(found, sides, at)
            if op.kind == "e" and any(earlier.kind == "e" for earlier in ops):
                self._fail("dice explode by one rule", at)
            try:
                bounds.apply(op)
            except Excess as excess:
                self._fail(str(excess), at)
            ops.append(op)
            at = self._at
        return DiceTerm(count, sides, tuple(ops)), bounds.range()

    def _op(self, match: re.Match[str], sides: int, start: int) -> Op:
        typed = match[1].lower()
        kind, by = _SAME.get(typed, typed), (match[2] or "").lower()
        value = self._number(match[3], start) if match[3] else None
        if kind in ("kh", "kl", "ph", "pl"):
            if by:
                self._fail(f"after '{typed}' stands how many dice, as in {typed}3", start)
            return Op(kind, "", 1 if value is None else value)
        if value is None:
            if kind == "e" and not by:
                return Op("e", "=", sides)
            wanted = {"k": "kh3", "p": "pl1", "mi": "mi2", "ma": "ma5", "e": "e>4"}.get(kind, f"{kind}<3")
            self._fail(f"'{match[0].strip()}' lacks a number, as in {wanted}", start)
        if kind in ("k", "p") and by in ("", "h", "l"):
            # A bare count means what it means at most tables: keep the highest, drop the lowest.
            return Op(kind + (by or ("h" if kind == "k" else "l")), "", value)
        if kind in ("mi", "ma"):
            if by:
                self._fail(f"after '{kind}' stands a plain number", start)
            return Op(kind, "", value)
        if by in ("h", "l") and kind in ("e", "rr"):
            self._fail(f"'{kind}' picks by face, as in {kind}<3; the {match[0]} would never end", start)
        return Op(kind, by or "=", value)

    def _label(self) -> str:
        start = self._at
        match = self._take(_LABEL) if self._text.startswith("[", start) else None
        if match is None:
            return ""
        label = " ".join(match[1].split())
        if len(label) > MAX_LABEL or not label.isprintable():
            self._fail(f"a label has at most {MAX_LABEL} visible characters", start)
        return label


def _helped(tree: Expression, ops: tuple[Op, ...]) -> tuple[int, Expression]:
    """How many plain d20 stand in the tree, and the tree with advantage on them (no `ops`: both cancel)."""
    match tree:
        case DiceTerm(count=1, sides=20, ops=()):
            return 1, replace(tree, count=2, ops=ops) if ops else tree
        case Group() | Negative():
            found, inner = _helped(tree.inner, ops)
            return found, replace(tree, inner=inner)
        case Chain():
            done = [(sign, _helped(part, ops)) for sign, part in tree.parts]
            found = sum(count for _, (count, _) in done)
            return found, Chain(tuple((sign, part) for sign, (_, part) in done))
    return 0, tree
