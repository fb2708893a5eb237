"""Turns the text of one YAML file into plain values, and remembers on which line each of them stands.

Only what content needs is read: mappings, lists, text, whole and decimal numbers, true, false and null.
Anchors, aliases, tags and several documents in one file are refused, and so are duplicate keys, which PyYAML
would merge. Words such as `no`, `on` and `yes` stay words, so that an author need not know YAML's traps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 12
Path = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Unreadable(Exception):
    """Raised where reading cannot go on; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Document:
    """A file's value, the line of each path in it, and what is wrong with the YAML itself."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing that contains it; 1 for the file itself."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def read_document(text: str) -> Document:
    """Read one YAML document. Faults that leave the rest readable are collected; others raise Unreadable."""
    document = Document()
    events = yaml.parse(text, Loader=_LOADER)
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if document.lines:
                    raise Unreadable(_line(event), "a second document starts here; write one thing per file")
                document.lines[()] = _line(event)
                document.value = _value(next(events), events, (), document)
    except yaml.MarkedYAMLError as error:
        # What was opened and never closed is mended where it opens; all else where it is noticed.
        unclosed = error.context_mark is not None and any(w in str(error.context) for w in ("flow", "quoted"))
        mark = error.context_mark if unclosed else error.problem_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(line, f"broken YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise Unreadable(1, f"broken YAML: {error}") from error
    return document


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _value(event: Any, events: Iterator[yaml.Event], path: Path, document: Document) -> Any:
    line = _line(event)
    if len(path) > MAX_DEPTH:
        raise Unreadable(line, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise Unreadable(line, "anchors and aliases (& and *) are not read; quote the text or write it out")
    if event.tag is not None and event.tag != "!":
        raise Unreadable(line, f"tags ({event.tag}) are not read")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, document)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, path, document)
    return _mapping(events, path, document)


def _sequence(events: Iterator[yaml.Event], path: Path, document: Document) -> list[Any]:
    items: list[Any] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        here = (*path, len(items))
        document.lines[here] = _line(event)
        items.append(_value(event, events, here, document))
    return items


def _mapping(events: Iterator[yaml.Event], path: Path, document: Document) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(_line(event), "a field's name must be a plain word")
        name, line = event.value, _line(event)
        if name in entries:
            first = document.lines[(*path, name)]
            document.faults.append((line, f"'{name}' stands here twice; the first is on line {first}"))
            _value(next(events), events, (*path, name), document)
            document.lines[(*path, name)] = first
            continue
        here = (*path, name)
        document.lines[here] = line
        entries[name] = _value(next(events), events, here, document)
    return entries


def _scalar(event: yaml.ScalarEvent, document: Document) -> str | int | float | bool | None:
    text = event.value
    if event.implicit[0]:  # plain, neither quoted nor folded
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text) and len(text) < 16:
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    if not text.isprintable():
        reason = "a line break or control character stands inside the text; fold long text with >-"
        document.faults.append((_line(event), reason))
    elif text != text.strip():
        document.faults.append((_line(event), "the text begins or ends with a blank; take the blank away"))
    return str(text)
