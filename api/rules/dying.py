"""The fallen: death checks, and what strikes those who lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def struck(res: Resolution, target_id: str) -> None:
    """Harm to somebody who is down already."""
