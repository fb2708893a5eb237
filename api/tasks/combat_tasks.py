"""Jobs of the `combat_tasks` queue. They take ids and may run twice."""

from __future__ import annotations

from api.services.fight_figures import finalize_combat as sum_up
from api.services.turns import serve_deadline
from api.tasks.context import wired


def process_combat_round(session_id: str) -> None:
    """Serve an overdue turn of a session: whoever is missing passes, or follows standing orders in a fight."""
    serve_deadline(wired().deps, session_id)


def finalize_combat(session_id: str) -> None:
    """Tell a session what its last fight came to."""
    sum_up(wired().deps, session_id)
