"""Jobs of the `ai_tasks` queue. They take ids, may run twice and raise on failure."""

from __future__ import annotations

from api.services.narration import serve_turn
from api.services.summaries import summarise
from api.tasks.context import wired


async def generate_dm_response(turn_id: str) -> None:
    """Rule on and narrate a turn or beat, and whatever of its session waits to be told."""
    parts = wired()
    await serve_turn(parts.deps, parts.ruler, parts.narrators, turn_id)


async def summarise_session(session_id: str) -> None:
    """Sum up what a session has told since its last summary."""
    parts = wired()
    await summarise(parts.deps, parts.summariser, session_id)
