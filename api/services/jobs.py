"""The state of a narration job, read from the turn that it serves: the store knows, even when Redis forgot."""

from __future__ import annotations

import re

from api.errors import NotFound
from api.services.deps import Actor, Deps
from api.services.table import Json, Table
from api.tasks.queue import narration_job_id

_JOB = re.compile(r"^narrate-([0-9A-Z]{26})-([0-9]{1,6})$")
_STATUS = {
    "open": "waiting",
    "accepted": "queued",
    "ruled": "started",
    "resolved": "started",
    "narrated": "finished",
}


def job_view(deps: Deps, actor: Actor, job_id: str) -> Json:
    """`status` is queued, started, finished or superseded (a later attempt took over). Raises NotFound."""
    match = _JOB.match(job_id)
    if match is None:
        raise NotFound("job")
    document = deps.store.get("turns", match[1])
    # As many looks into the store for a job that never was as for a stranger's: their time tells nothing.
    session = deps.store.get("game_sessions", document.body["session_id"] if document else match[1])
    if document is None or session is None:
        raise NotFound("job")
    Table(deps, session).require(actor, "job.read")
    turn, attempt = document.body, int(match[2])
    status = _STATUS.get(turn["state"], turn["state"])
    if status != "finished" and attempt < turn["attempt"]:
        status = "superseded"
    current = narration_job_id(document.id, turn["attempt"])
    return {"id": job_id, "status": status, "turn_id": document.id, "current_job_id": current, "error": None}
