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
    document = deps.store.get("turns", match[1]) if match else None
    if match is None or document is None:
        raise NotFound("job")
    Table.load(deps, document.body["session_id"]).require_member(actor)
    turn, attempt = document.body, int(match[2])
    status = _STATUS.get(turn["state"], turn["state"])
    if status != "finished" and attempt < turn["attempt"]:
        status = "superseded"
    current = narration_job_id(document.id, turn["attempt"])
    return {"id": job_id, "status": status, "turn_id": document.id, "current_job_id": current, "error": None}
