"""One content file read into its definition, or refused with every problem named by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.content.definitions import Definition
from api.content.problems import ContentError, Problem
from api.content.reading import Document, Unreadable, read_document
from api.content.sources import Source

MAX_BYTES = 64 * 1024
_UNKNOWN_FIELD = "extra_forbidden"


def read_definition(path: Path, file: str, kind: type[Definition]) -> Source:
    """The definition in a file; `file` is how problems call it. Raises ContentError."""
    document = read_text(path, file)
    problems = [Problem(file, line, reason) for line, reason in document.faults]
    definition = None
    try:
        definition = kind.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        problems += misfits(file, document, error.errors())
    if problems:
        raise ContentError(problems)
    return Source(file, definition, document)


def read_text(path: Path, file: str) -> Document:
    """A file of ours as plain values with their lines. Raises ContentError."""
    if path.stat().st_size > MAX_BYTES:
        raise ContentError([Problem(file, 0, f"the file is larger than {MAX_BYTES // 1024} KiB")])
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentError([Problem(file, line, "the file is not UTF-8 text")]) from error
    try:
        return read_document(text)
    except Unreadable as error:
        raise ContentError([Problem(file, error.line, error.reason)]) from error


def misfits(file: str, document: Document, errors: list[Any]) -> Iterator[Problem]:
    """A problem for each of the errors that a model found in a document."""
    for error in errors:
        below = [
            one for one in errors if one is not error and one["loc"][: len(error["loc"])] == error["loc"]
        ]
        if error["type"] == "too_short" and below:
            continue  # the list is short only because its entries are at fault
        yield _misfit(file, document, error)


def _misfit(file: str, document: Document, error: Any) -> Problem:
    where = tuple(part for part in error["loc"] if part != "[key]")
    field = ".".join(str(part) for part in where)
    if error["type"] == _UNKNOWN_FIELD:
        reason = f"unknown field '{field}'"
    elif error["type"] == "missing":
        reason = f"'{field}' is missing"
    else:
        message = error["msg"].removeprefix("Value error, ")
        if isinstance(error["input"], str | int | float):
            message = f"{message}, not {error['input']!r:.60}"
        reason = f"{field}: {message}" if field else message
    return Problem(file, document.line_of(where), reason)
