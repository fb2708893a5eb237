"""Loads a data folder into frozen definitions, or refuses it with every problem named by file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.content.catalogue import Content, did_you_mean, near_keys
from api.content.definitions import KINDS, Definition
from api.content.problems import ContentError, Problem
from api.content.reading import Document, Unreadable, read_document
from api.content.references import check_references
from api.content.sources import Source, Sources
from api.content.story import check_stories
from api.content.texts import check_texts

MAX_BYTES = 64 * 1024
NEEDED = ("classes", "origins", "campaigns")
BESIDE = frozenset({"schemas", "storyteller", "README.md"})
_KEY = re.compile(r"[a-z][a-z0-9_]{1,47}")
_UNKNOWN_FIELD = "extra_forbidden"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded data folder and how many files it took."""

    content: Content
    files: int


def load_content(root: Path) -> Content:
    """Load and check all content below `root`, a folder per kind. Raises ContentError with every problem."""
    return load_counted(root).content


def load_counted(root: Path) -> Loaded:
    """As `load_content`, with the number of files read."""
    root = root.absolute()
    sources = Sources()
    problems: list[Problem] = []
    if not root.is_dir():
        raise ContentError([Problem(str(root), 0, "there is no such folder")])
    for folder in sorted(root.iterdir()):
        if folder.name in KINDS and folder.is_dir():
            _load_kind(root, folder, sources, problems)
        elif folder.name not in BESIDE and not folder.name.startswith("."):
            near = did_you_mean(near_keys(folder.name, set(KINDS)))
            problems.append(
                Problem(_shown(root, folder), 0, f"'{folder.name}' is not a kind of content{near}")
            )
    for kind in NEEDED:
        if not sources.names(kind):
            problems.append(Problem(f"{root.name}/{kind}", 0, "at least one file is needed here"))
    problems += check_texts(sources)
    problems += check_references(sources)
    if not sources.broken:
        problems += check_stories(sources)
    if problems:
        raise ContentError(problems)
    return Loaded(Content.from_definitions(sources.definitions()), sources.count())


def _shown(root: Path, path: Path) -> str:
    return f"{root.name}/{path.relative_to(root).as_posix()}"


def _load_kind(root: Path, folder: Path, sources: Sources, problems: list[Problem]) -> None:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        file = _shown(root, path)
        if path.suffix != ".yaml" or not path.is_file():
            problems.append(Problem(file, 0, "only files named <key>.yaml belong here"))
            continue
        if not _KEY.fullmatch(path.stem):
            problems.append(
                Problem(file, 0, f"'{path.stem}' is no key: 2 to 48 of a-z, 0-9 and _, a letter first")
            )
        try:
            source = _read(path, file, KINDS[folder.name])
        except ContentError as error:
            problems += error.problems
            sources.broken.add((folder.name, path.stem))
            continue
        sources.add(folder.name, path.stem, source)


def _read(path: Path, file: str, kind: type[Definition]) -> Source:
    if path.stat().st_size > MAX_BYTES:
        raise ContentError([Problem(file, 0, f"the file is larger than {MAX_BYTES // 1024} KiB")])
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentError([Problem(file, line, "the file is not UTF-8 text")]) from error
    try:
        document = read_document(text)
    except Unreadable as error:
        raise ContentError([Problem(file, error.line, error.reason)]) from error
    problems = [Problem(file, line, reason) for line, reason in document.faults]
    try:
        definition = kind.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        problems += _misfits(file, document, error.errors())
    if problems:
        raise ContentError(problems)
    return Source(file, definition, document)


def _misfits(file: str, document: Document, errors: list[Any]) -> Iterator[Problem]:
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
