"""Loads a data folder into frozen definitions, or refuses it with every problem named by file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from api.content.catalogue import Content, did_you_mean, near_keys
from api.content.definitions import KINDS
from api.content.files import read_definition
from api.content.problems import ContentError, Problem
from api.content.references import check_references
from api.content.sources import Sources
from api.content.story import check_stories
from api.content.texts import check_texts
from api.content.tiers import FOLDER as TIERS
from api.content.tiers import check_tiers

NEEDED = ("classes", "origins", "campaigns")
BESIDE = frozenset({"schemas", "storyteller", TIERS, "README.md"})
_KEY = re.compile(r"[a-z][a-z0-9_]{1,47}")


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
    problems += check_tiers(root)
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
            source = read_definition(path, file, KINDS[folder.name])
        except ContentError as error:
            problems += error.problems
            sources.broken.add((folder.name, path.stem))
            continue
        sources.add(folder.name, path.stem, source)
