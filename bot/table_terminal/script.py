"""A script as steps: what players type, and `@` directives that choose, loop and check (docs/examples/README.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.table_terminal.conditions import BadCondition, Condition, parse_condition


class ScriptProblem(Exception):
    """A script that cannot be read or whose check failed; the text begins with file:line."""


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int

    def problem(self, what: str) -> ScriptProblem:
        return ScriptProblem(f"{self.file}:{self.line}: {what}")


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `body` and `other` are the steps inside an `@if` and its `@else`; `do` is what an `@until` repeats."""

    at: Place
    name: str  # "" for a typed line, else the directive without its @
    text: str = ""
    condition: Condition | None = None
    most: int = 0
    do: Step | None = None
    body: tuple[Step, ...] = ()
    other: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """`heroes` are keys by seat number; `seats` is None when the command line decides."""

    steps: tuple[Step, ...]
    seats: int | None = None
    heroes: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    campaign: str | None = None
    mode: str = "beats"
    resume: bool = False


SETTINGS = ("seats", "hero", "name", "campaign", "mode", "resume")
DIRECTIVES = (
    "expect",
    "require",
    "choose",
    "try",
    "all",
    "go",
    "fight",
    "until",
    "if",
    "else",
    "end",
    "note",
)
_UNTIL = re.compile(r"^(?P<condition>.+?)\s+max=(?P<most>[1-9][0-9]{0,2})\s+do:\s*(?P<do>\S.*)$")
_NUMBERED = re.compile(r"^(?P<seat>[1-9])\s*=\s*(?P<value>\S.*)$")


def read_script(path: Path) -> Script:
    """Raises ScriptProblem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptProblem(f"{path}: cannot be read ({error})") from error
    return parse_script(text, path.name)


def parse_script(text: str, name: str = "script") -> Script:
    """Raises ScriptProblem with the place of the first line that cannot be understood."""
    rows = [
        (Place(name, number), row.strip())
        for number, row in enumerate(text.splitlines(), 1)
        if row.strip() and not row.strip().startswith("#")
    ]
    settings: dict[str, object] = {"heroes": {}, "names": {}}
    lines = iter(rows)
    steps: list[Step] = []
    for at, row in lines:
        word = row[1:].split(maxsplit=1)[0] if row.startswith("@") and len(row) > 1 else ""
        if word in SETTINGS:
            _setting(at, word, row[1 + len(word) :].strip(), settings)
        else:
            steps.append(_step(at, row, lines))
    return Script(tuple(steps), **settings)  # type: ignore[arg-type]


def _setting(at: Place, word: str, rest: str, into: dict[str, object]) -> None:
    if word == "resume":
        into["resume"] = True
    elif word == "seats":
        if rest not in ("1", "2", "3", "4", "5", "6"):
            raise at.problem("@seats takes a number from 1 to 6")
        into["seats"] = int(rest)
    elif word in ("hero", "name"):
        match = _NUMBERED.match(rest)
        if match is None:
            raise at.problem(f"@{word} is written @{word} 1 = {'KEY' if word == 'hero' else 'NAME'}")
        table = into["heroes" if word == "hero" else "names"]
        assert isinstance(table, dict)
        table[int(match["seat"])] = match["value"].strip()
    elif not rest:
        raise at.problem(f"@{word} needs a value")
    elif word == "mode" and rest not in ("beats", "ordered", "free"):
        raise at.problem("@mode is beats, ordered or free")
    else:
        into[word] = rest


def _step(at: Place, row: str, lines: Iterator[tuple[Place, str]]) -> Step:
    if not row.startswith("@"):
        return Step(at, "", row)
    name, _, rest = row[1:].partition(" ")
    rest = rest.strip()
    if name not in DIRECTIVES:
        raise at.problem(f"there is no directive @{name}; known are @{', @'.join(SETTINGS + DIRECTIVES)}")
    match name:
        case "expect" | "require":
            return Step(at, name, rest, condition=_condition(at, rest))
        case "if":
            return _branch(at, rest, lines)
        case "else" | "end":
            raise at.problem(f"@{name} without an @if before it")
        case "until":
            return _loop(at, rest)
        case "fight":
            if rest not in ("auto", ""):
                raise at.problem("@fight knows only auto")
        case _:
            if not rest:
                raise at.problem(f"@{name} needs something to do")
    return Step(at, name, rest)


def _condition(at: Place, text: str) -> Condition:
    try:
        return parse_condition(text)
    except BadCondition as error:
        raise at.problem(str(error)) from error


def _loop(at: Place, text: str) -> Step:
    match = _UNTIL.match(text)
    if match is None:
        raise at.problem("@until is written @until CONDITION max=N do: LINE")
    inner = match["do"].strip()
    if inner.startswith(("@if", "@until")):
        raise at.problem("an @until repeats one line, not another block")
    do = _step(at, inner, iter(()))
    return Step(
        at, "until", text, condition=_condition(at, match["condition"]), most=int(match["most"]), do=do
    )


def _branch(at: Place, text: str, lines: Iterator[tuple[Place, str]]) -> Step:
    condition = _condition(at, text)
    body: list[Step] = []
    other: list[Step] = []
    into = body
    for place, row in lines:
        if row == "@end":
            return Step(at, "if", text, condition=condition, body=tuple(body), other=tuple(other))
        if row == "@else":
            if into is other:
                raise place.problem("a second @else in one @if")
            into = other
            continue
        into.append(_step(place, row, lines))
    raise at.problem("this @if has no @end")
