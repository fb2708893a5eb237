"""Statements compiled once and run on the driver's own cursor.

Most statements of the store take a few microseconds in the database; building, caching and wrapping them anew costs ten
times as much. SQLAlchemy still writes them, for every dialect, and keeps the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine


@dataclass(frozen=True, slots=True)
class Prepared:
    """`names` are the values in the order that the driver wants them; None where it takes them by name.

    `fixed` are values that the dialect adds by itself, such as an offset of 0.
    """

    text: str
    names: tuple[str, ...] | None
    fixed: Mapping[str, Any]

    @classmethod
    def of(cls, statement: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete, engine: Engine) -> Prepared:
        compiled = statement.compile(dialect=engine.dialect)
        names = tuple(compiled.positiontup or ()) if compiled.positional else None
        return cls(str(compiled), names, {k: v for k, v in compiled.params.items() if v is not None})

    def run(self, cursor: Any, values: Mapping[str, Any]) -> None:
        """Raises the driver's own errors."""
        given = {**self.fixed, **values} if self.fixed else values
        cursor.execute(self.text, given if self.names is None else [given[name] for name in self.names])
