"""Checks the placeholders in every text: which words in braces the narrator can fill in, and where.

A field that is not listed in ALLOWED takes no placeholder at all, so that no player ever reads a bare brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from api.content.definitions import (
    KINDS,
    AffixDef,
    ConditionDef,
    CreatureDef,
    Definition,
    HookDue,
    OriginDef,
    Outcome,
    Phase,
    Remembrance,
    Way,
)
from api.content.problems import Problem
from api.content.reading import Path
from api.content.sources import Sources

ALLOWED: dict[tuple[type[Definition], str], frozenset[str]] = {
    (Outcome, "tell"): frozenset({"actor", "they", "them", "their"}),
    (OriginDef, "hook"): frozenset({"name"}),
    (CreatureDef, "down"): frozenset({"target", "actor"}),
    (ConditionDef, "gained"): frozenset({"target"}),
    (ConditionDef, "ended"): frozenset({"target"}),
    (Phase, "tell"): frozenset({"actor"}),
    (AffixDef, "pattern"): frozenset({"item"}),
    (Remembrance, "text"): frozenset({"who"}),
    (Way, "tell"): frozenset({"actor"}),
    (HookDue, "tell"): frozenset({"name"}),
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_texts(sources: Sources) -> list[Problem]:
    """Every unknown, misplaced or unclosed placeholder."""
    problems: list[Problem] = []
    for kind, definition in KINDS.items():
        for _key, one, source in sources.each(kind, definition):
            for path, text, allowed in _texts(one, ()):
                problems += [source.problem(path, reason) for reason in placeholder_faults(text, allowed)]
    return problems


def placeholder_faults(text: str, allowed: frozenset[str]) -> list[str]:
    """What is wrong with the braces of one text, as sentences; empty when nothing is."""
    faults = []
    for name in _PLACEHOLDER.findall(text):
        if name not in allowed:
            usable = ", ".join(f"{{{one}}}" for one in sorted(allowed)) or "none"
            faults.append(f"{{{name}}} cannot stand here; placeholders for this text: {usable}")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        faults.append("a brace without its partner")
    return faults


def _texts(
    part: Any, path: Path, allowed: frozenset[str] = frozenset()
) -> Iterator[tuple[Path, str, frozenset[str]]]:
    if isinstance(part, str):
        yield path, part, allowed
    elif isinstance(part, Definition):
        for name in type(part).model_fields:
            usable = ALLOWED.get((type(part), name), frozenset())
            yield from _texts(getattr(part, name), (*path, name), usable)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _texts(value, (*path, name), allowed)
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from _texts(value, (*path, index), allowed)
