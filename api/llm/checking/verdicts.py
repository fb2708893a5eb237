"""What the checker says of a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "item", "gold", "damage", "heal", "death", "condition", "name", "speech", "leak", "ping", "debris", "loop",
    "line", "unwelcome",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a sentence must not be shown. `reason` is a sentence that a model can mend its passage by."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`fault` is None for a sentence that may be shown; `events` are the receipts: ids of the events behind it."""

    fault: Fault | None
    events: tuple[str, ...] = ()
