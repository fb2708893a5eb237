"""Where two values of JSON differ, as paths that an operator can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 80  # characters of a value that are shown


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is like `world.encounter.combatants["rat.1"].hp`; the values are JSON, shortened, `nothing` if absent."""

    path: str
    logged: str
    replayed: str

    def __str__(self) -> str:
        return f"{self.path}: logged {self.logged}, replayed {self.replayed}"

    def to_json(self) -> dict[str, str]:
        return {"path": self.path, "logged": self.logged, "replayed": self.replayed}


def differences(logged: Any, replayed: Any) -> list[Difference]:
    """Every innermost place at which two JSON values differ, in the order of the paths; none when they are equal.

    Numbers are compared as JSON has them, so 1 and 1.0 are equal, while true and 1 are not.
    """
    return list(_compared("", logged, replayed))


def _compared(path: str, logged: Any, replayed: Any) -> Iterator[Difference]:
    if isinstance(logged, Mapping) and isinstance(replayed, Mapping):
        for key in sorted({*logged, *replayed}):
            below = _below(path, str(key))
            if key in logged and key in replayed:
                yield from _compared(below, logged[key], replayed[key])
            else:
                yield Difference(below, _shown(logged, key), _shown(replayed, key))
    elif isinstance(logged, list | tuple) and isinstance(replayed, list | tuple):
        for index in range(max(len(logged), len(replayed))):
            below = f"{path}[{index}]"
            if index < len(logged) and index < len(replayed):
                yield from _compared(below, logged[index], replayed[index])
            else:
                yield Difference(below, _listed(logged, index), _listed(replayed, index))
    elif isinstance(logged, bool) is not isinstance(replayed, bool) or logged != replayed:
        yield Difference(path or "all of it", _short(logged), _short(replayed))


def _below(path: str, key: str) -> str:
    if not _PLAIN.fullmatch(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _shown(values: Mapping[str, Any], key: str) -> str:
    return _short(values[key]) if key in values else "nothing"


def _listed(values: list[Any] | tuple[Any, ...], index: int) -> str:
    return _short(values[index]) if index < len(values) else "nothing"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
