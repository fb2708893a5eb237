"""The table of tiers: `data/tiers/`, and a file of the operator's that renames, reprices and re-limits.

It is no part of the world's content: another price changes no story, so the content's hash does not know it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from api.content.definitions.base import Tier
from api.content.definitions.tiers import TierDef
from api.content.files import misfits, read_definition, read_text
from api.content.problems import ContentError, Problem

FOLDER = "tiers"
TIERS: tuple[Tier, ...] = get_args(Tier)  # the least first
STANDARD = Path(__file__).resolve().parents[2] / "data" / FOLDER

TierTable = Mapping[Tier, TierDef]
_TABLE: TypeAdapter[dict[Tier, TierDef]] = TypeAdapter(dict[Tier, TierDef])


def load_tiers(folder: Path = STANDARD, overrides: Path | None = None) -> TierTable:
    """All four tiers by key. `overrides` is YAML with some fields of some tiers. Raises ContentError."""
    problems: list[Problem] = []
    table: dict[Tier, TierDef] = {}
    for tier in TIERS:
        path, shown = folder / f"{tier.lower()}.yaml", f"{folder.name}/{tier.lower()}.yaml"
        if not path.is_file():
            problems.append(Problem(shown, 0, "this file is needed"))
            continue
        try:
            source = read_definition(path, shown, TierDef)
        except ContentError as error:
            problems += error.problems
            continue
        table[tier] = source.definition
        problems += [source.problem((field,), reason) for field, reason in _contradictions(table[tier])]
    problems += [
        Problem(f"{folder.name}/{name}", 0, f"tiers are {', '.join(TIERS)}") for name in _strange(folder)
    ]
    if problems:
        raise ContentError(problems)
    return MappingProxyType(table if overrides is None else _overridden(table, overrides))


def check_tiers(root: Path) -> tuple[Problem, ...]:
    """What is wrong with the tiers of a data folder; a folder without any uses the standard ones."""
    if not (root / FOLDER).is_dir():
        return ()
    try:
        load_tiers(root / FOLDER)
    except ContentError as error:
        return error.problems
    return ()


@cache
def standard_tiers() -> TierTable:
    """The tiers of this tree, as nobody changed them."""
    return load_tiers()


def tiers_in(data_dir: Path, overrides: Path | None) -> TierTable:
    """The tiers of an installation. Raises ContentError."""
    own = data_dir / FOLDER
    return load_tiers(own if own.is_dir() else STANDARD, overrides)


def _overridden(table: Mapping[Tier, TierDef], path: Path) -> dict[Tier, TierDef]:
    if not path.is_file():
        raise ContentError([Problem(path.name, 0, f"TIERS_FILE: there is no file {path}")])
    document = read_text(path, path.name)
    problems = [Problem(path.name, line, reason) for line, reason in document.faults]
    given: Any = document.value
    if not isinstance(given, dict) or not all(isinstance(fields, dict) for fields in given.values()):
        raise ContentError(
            [Problem(path.name, 1, "must be tiers with the fields to change, such as BASIC: {party: 3}")]
        )
    merged = {tier: one.model_dump() for tier, one in table.items()}
    for tier, fields in given.items():
        merged[tier] = {**merged.get(tier, {}), **fields}
        if tier not in TIERS:
            problems.append(Problem(path.name, document.line_of((tier,)), f"tiers are {', '.join(TIERS)}"))
    if problems:
        raise ContentError(problems)
    try:
        found = _TABLE.validate_json(json.dumps(merged), strict=True)
    except ValidationError as error:
        raise ContentError(misfits(path.name, document, error.errors())) from error
    faults = [
        Problem(path.name, document.line_of((tier, field)), reason)
        for tier, one in found.items()
        for field, reason in _contradictions(one)
    ]
    if faults:
        raise ContentError(faults)
    return found


def _contradictions(tier: TierDef) -> list[tuple[str, str]]:
    found = []
    if tier.price_usd > 0 and tier.models == "FREE":
        found.append(("models", "who pays never gets the models of FREE"))
    if tier.priority_listings and not tier.market:
        found.append(("priority_listings", "listings come first only for who may use the market"))
    return found


def _strange(folder: Path) -> list[str]:
    known = {f"{tier.lower()}.yaml" for tier in TIERS}
    return sorted(p.name for p in folder.glob("*") if not p.name.startswith(".") and p.name not in known)
