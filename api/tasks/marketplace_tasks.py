"""Jobs of the `marketplace_tasks` queue, which the sweeper asks for as their time comes. They may run twice."""

from __future__ import annotations

from api.services.retention import clean_logs
from api.tasks.context import wired


def cleanup_old_session_logs(day: str) -> None:
    """The day's round over all sessions: prose and raw events that are kept no longer go."""
    clean_logs(wired().deps)
