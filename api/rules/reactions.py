"""What answers a blow at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api.rules.combatants import Combatant

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


class Answer(NamedTuple):
    """Whom the blow reaches, whether it misses after all, and whether its damage is halved."""

    target_id: str
    slipped: bool = False
    braced: bool = False


def answer_hit(res: Resolution, source: Combatant, target_id: str, melee: bool) -> Answer:
    """What the target or a friend does about a blow that would hit."""
    return Answer(target_id)
