"""The files of a data folder while they are checked: each definition with the lines it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.content.definitions import Definition
from api.content.problems import Problem
from api.content.reading import Document, Path

D = TypeVar("D", bound=Definition)


@dataclass(frozen=True, slots=True)
class Source:
    """One file's definition and where each part of it stands."""

    file: str
    definition: Any
    document: Document

    def problem(self, path: Path, reason: str) -> Problem:
        """A problem at the line of `path`, or of the nearest part that contains it."""
        return Problem(self.file, self.document.line_of(path), reason)


@dataclass(slots=True)
class Sources:
    """All files by kind and key. `broken` names those that were found but could not be read."""

    files: dict[str, dict[str, Source]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)

    def add(self, kind: str, key: str, source: Source) -> None:
        self.files.setdefault(kind, {})[key] = source

    def names(self, kind: str) -> set[str]:
        """Every key of the kind, those of broken files too, so that one fault is not reported twice."""
        return set(self.files.get(kind, {})) | {key for broken, key in self.broken if broken == kind}

    def of(self, kind: str) -> Mapping[str, Source]:
        return self.files.get(kind, {})

    def each(self, kind: str, definition: type[D]) -> Iterator[tuple[str, D, Source]]:
        """Key, definition and source of every readable file of the kind, by key."""
        for key, source in sorted(self.of(kind).items()):
            if isinstance(source.definition, definition):
                yield key, source.definition, source

    def definition(self, kind: str, key: str, definition: type[D]) -> D | None:
        source = self.of(kind).get(key)
        return source.definition if source and isinstance(source.definition, definition) else None

    def definitions(self) -> dict[str, dict[str, Definition]]:
        return {
            kind: {key: one.definition for key, one in found.items()} for kind, found in self.files.items()
        }

    def count(self) -> int:
        return sum(len(found) for found in self.files.values())
