"""Where combatants stand and what they hold against each other: rows, reach, threat, who joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.definitions import Summon

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def summon(res: Resolution, source_id: str, summoned: Summon) -> None:
    """Creatures join the side of `source_id`."""


def push(res: Resolution, target_id: str, row: str) -> None:
    """Move the target into `row`."""


def add_threat(res: Resolution, holder_id: str, against_id: str, amount: int) -> None:
    """The holder holds so much more (or less) against somebody."""
