"""Jobs of the `combat_tasks` queue."""

from __future__ import annotations

from api.services.turns import serve_deadline
from api.tasks.context import wired


def process_combat_round(session_id: str) -> None:
    """Serve an overdue turn of a session: whoever is missing passes, or defends in a fight."""
    serve_deadline(wired().deps, session_id)
