"""Jobs of the `ai_tasks` queue. They take ids, may run twice and raise on failure."""

from __future__ import annotations

from api.services.narration import serve_turn
from api.tasks.context import wired


async def generate_dm_response(turn_id: str) -> None:
    """Rule on and narrate a turn or beat, and whatever of its session waits to be told."""
    parts = wired()
    await serve_turn(parts.deps, parts.ruler, parts.narrators, turn_id)
