"""Rulings out of plain text, for models that know no tools: a tolerant reader that never fails and never guesses.

It finds every object that somewhat looks like a ruling: JSON in fences or in prose, with single quotes, trailing
commas, bare words, comments, Python's constants or no end; `key: value` lines; numbered lists. What it cannot read it
leaves out, and the built-in ruler reads that entry instead. It understands structure only: whether a ruling is
possible is judged elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

Raw = dict[str, Any]

LONGEST = 6_000  # characters that are looked at
STARTS = 100  # marks at which a list or an object may begin
MOST = 40  # objects that are taken
DEEPEST = 12  # objects and lists in each other
KEYS = frozenset(
    (
        "entry", "action", "kind", "ruling", "rulings", "type", "do", "command", "verdict", "id", "key",
        "option", "choice", "target", "person", "whom", "against", "rival", "opponent", "foe", "npc", "score",
        "stat", "attribute", "ability", "ability_score", "skill", "band", "difficulty", "dc", "manner", "how",
        "reason", "why", "hero", "actor", "player", "number", "no", "character", "affordance", "item",
        "activity", "destination", "answer", "results", "actions",
    )
)  # fmt: skip
_WRAPPERS = (
    "rulings",
    "ruling",
    "results",
    "actions",
    "entries",
    "answer",
    "arguments",
    "input",
    "parameters",
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'"})
_WORDS: Mapping[str, Any] = {
    "true": True, "false": False, "null": None, "none": None, "nil": None, "undefined": None,
}  # fmt: skip
_LINE = re.compile(r"^[\s>*#|\-–•+]*\**\s*([A-Za-z][A-Za-z _-]{0,24}?)\**\s*(?:[:=]|->|→)\s*\**\s*(.+?)\s*$")
_NUMBERED = re.compile(
    r"^[\s>*#\-–•+]*\**\s*(?:(?:entry|ruling|action|number|no|hero)\b\.?\s*#?\s*)?#?(\d{1,3})\s*\**\s*(?:[.):\-–]|$)\s*\**\s*(.*)$",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_OPENING = re.compile(r"[\[{]")
_TAGGED = re.compile(r"<([A-Za-z_]{1,24})>([^<>\n]*)</\1>")
_NO_KINDS = ("function", "tool_use", "tool_call", "object", "array", "ruling")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_BARE = re.compile(r"[^,;:{}\[\]\n\"]+")
_PAIR = re.compile(r"([A-Za-z_ ]{1,24})\s*[:=]\s*(\"[^\"]*\"|'[^']*'|[^,;|\n]+)")


def rulings_in(text: str) -> list[Raw]:
    """Every ruling that the text holds, in order; empty when there is none. An `entry` may be missing."""
    text = unicodedata.normalize("NFC", text[:LONGEST]).translate(_QUOTES)
    found = [raw for value in _values(text) for raw in _flattened(value, 0)]
    if not found:
        found = list(_from_table(text)) or list(_from_lines(_TAGGED.sub(r"\n\1: \2\n", text)))
    return found[:MOST]


def rulings_of(value: Any) -> list[Raw]:
    """Every ruling in a value that is lists and objects already, such as the arguments of a tool call."""
    return list(_flattened(value, 0))[:MOST]


# --- JSON, more or less ------------------------------------------------------------------------------------------


def _values(text: str) -> Iterator[Any]:
    """Every list and object of the text, outermost first."""
    at = 0
    for _ in range(STARTS):
        match = _OPENING.search(text, at)
        if match is None:
            return
        reader = _Reader(text, match.start())
        value = reader.value(0)
        at = match.start() + 1
        if _holds_something(value):
            yield value
            at = max(reader.at, at)


def _holds_something(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_something(each) for each in value)
    if not isinstance(value, dict):
        return False
    keys = {str(k).strip().lower() for k in value}
    return bool(keys & KEYS or keys.intersection(_WRAPPERS)) or any(
        _holds_something(each) for each in value.values()
    )


def _flattened(value: Any, depth: int) -> Iterator[Raw]:
    """The rulings in a value: of lists, wrappers, and objects whose keys are the numbers of entries."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _flattened(each, depth + 1)
        return
    if not isinstance(value, dict):
        return
    own = {_key(str(k)): v for k, v in value.items()}
    for key in _WRAPPERS:
        if isinstance(own.get(key), str) and _OPENING.search(own[key]):
            own[key] = [raw for inner in _values(own[key][:LONGEST]) for raw in _flattened(inner, depth + 1)]
    inner = {k: v for k, v in own.items() if isinstance(v, dict | list)}
    flat = {k: v for k, v in own.items() if k not in inner}
    if _says_what(flat):
        yield flat
        return
    for key, each in inner.items():
        number = re.fullmatch(r"(?:entry|ruling|hero|player|no|number)?[ _#]*(\d{1,3})", key)
        for raw in _flattened(each, depth + 1):
            outer = {k: v for k, v in flat.items() if k not in raw}
            whose = {"entry": number[1]} if number else {"hero": key}
            if {"entry", "hero"} & {*raw, *outer} or key in KEYS or key in _WRAPPERS:
                whose = {}
            yield {**outer, **whose, **raw}


def _says_what(flat: Raw) -> bool:
    said = [flat.get(k) for k in ("action", "kind", "ruling", "type", "do", "command", "verdict")]
    return any(isinstance(each, str) and each.strip() and each not in _NO_KINDS for each in said)


class _Reader:
    """A reader of almost-JSON. It goes on where a parser would stop, and ends where the text does."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def value(self, depth: int) -> Any:
        self._skip()
        char = self._peek()
        if depth > DEEPEST:
            self.at = len(self._text)
            return None
        if char == "{":
            return self._object(depth)
        if char == "[":
            return self._list(depth)
        return self._word("")

    def _object(self, depth: int) -> Raw:
        self.at += 1
        found: Raw = {}
        while True:
            self._skip(",;")
            if self._peek() in ("}", ""):
                self.at += 1
                return found
            if (
                self._peek() in "]{["
            ):  # an end that is missing, or a key that is: leave it to whoever reads on
                if self._peek() == "]":
                    return found
                found.setdefault("rulings", []).append(self.value(depth + 1))
                continue
            start = self.at
            key = str(self._word(":"))
            self._skip()
            if self._peek() in (":", "="):
                self.at += 1
                if self._peek() == ">":
                    self.at += 1
                found.setdefault(key.strip(), self.value(depth + 1))
            elif self.at == start:
                self.at += 1

    def _list(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while True:
            self._skip(",;")
            if self._peek() in ("]", ""):
                self.at += 1
                return found
            if self._peek() == "}":
                return found
            start = self.at
            found.append(self.value(depth + 1))
            if self.at == start:
                self.at += 1

    def _word(self, stop: str) -> Any:
        """A string, or a bare word up to the next mark."""
        quoted = _STRING.match(self._text, self.at)
        if quoted is not None:
            self.at = quoted.end()
            return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), quoted[0][1:-1])
        bare = _BARE.match(self._text, self.at)
        if bare is None:
            self.at += self._peek() not in ("", "}", "]", ":")
            return ""
        self.at = bare.end()
        word = bare[0].strip().strip("'")
        if stop:
            return word
        return _WORDS.get(word.lower(), word)

    def _skip(self, also: str = "") -> None:
        """Past blanks, comments and `also`."""
        while self.at < len(self._text):
            comment = _COMMENT.match(self._text, self.at)
            if comment is not None:
                self.at = comment.end()
            elif self._text[self.at].isspace() or self._text[self.at] in also:
                self.at += 1
            else:
                return

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]


# --- lines -------------------------------------------------------------------------------------------------------


def _from_lines(text: str) -> Iterator[Raw]:
    """`key: value` lines; a number or a repeated key begins the next ruling. Several pairs may stand on one line."""
    current: Raw = {}
    for line in text.splitlines():
        line = line.strip().strip("|").strip()
        numbered = _NUMBERED.match(line)
        if numbered is not None:
            if _says_what(current):
                yield current
            current = {"entry": numbered[1]}
            line = numbered[2]
            if line and not any(True for _ in _pairs(line)):
                current["action"] = _value(line)
        for key, value in _pairs(line):
            if key in current and (key == "entry" or _says_what(current)):
                if _says_what(current):
                    yield current
                current = {}
            current[key] = value
    if _says_what(current):
        yield current


def _from_table(text: str) -> Iterator[Raw]:
    """The rows of a table whose first row names the fields."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if "|" not in line or all(not c.strip("-: ") for c in cells):
            continue
        if not header:
            header = [_key(_value(c)) for c in cells]
            if not {"action", "kind", "ruling"} & set(header):
                header = []
        elif len(cells) == len(header):
            row = {k: _value(c) for k, c in zip(header, cells, strict=True) if k in KEYS and _value(c)}
            if _says_what(row):
                yield row


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    several = [(_known(k), v) for k, v in _PAIR.findall(line) if _known(k)]
    if len(several) > 1:
        for key, value in several:
            yield key, _value(value)
        return
    single = _LINE.match(line)
    if single is not None and _known(single[1]):
        yield _known(single[1]), _value(single[2])


def _known(text: str) -> str:
    """The field that the words before a colon name, by all of them or the last one; empty when none."""
    key = _key(text)
    last = key.rsplit("_", 1)[-1]
    return key if key in KEYS else last if last in KEYS else ""


def _key(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def _value(text: str) -> str:
    """Without quotation marks, emphasis, a closing bracket or a full stop around it."""
    return text.strip().strip("*_\"'`,;.()[]{} ").strip()
