"""Health of the process and its parts, and the state of a job."""

from __future__ import annotations

from typing import Any

import redis
from flask import Blueprint, Response

from api.routes.http import current_actor, deps, ok, wired
from api.routes.operation import operation
from api.schemas.answers.catalogue import HealthOut, JobOut
from api.services.jobs import job_view
from api.services.metrics import METRICS_TYPE, metrics_text
from api.services.usage import spending
from api.store.port import StoreError

bp = Blueprint("operations", __name__)


@bp.get("/health")
@operation("health.read", HealthOut)
def health() -> Response:
    """200 while turns can be accepted; 503 when the store is down. Redis down only delays narration."""
    parts = wired()
    store, cache, queues, outlook = "ok", "ok", {}, None
    budget = None
    try:
        parts.deps.store.ping()
        now = spending(parts.deps)
        budget = {"state": now["state"], "resets_at": now["resets_at"]}
    except StoreError as error:
        store = f"down: {error}"
    try:
        queues = parts.jobs.depths()
        outlook = parts.jobs.outlook()
    except redis.RedisError as error:
        cache = f"down: {error}"
    first = parts.narrators[0].name
    reason = "no model key is configured; the built-in storyteller tells"
    if len(parts.narrators) > 1:
        reason = "its key is configured; the built-in storyteller stands by"
    narrator = {"name": first, "reason": reason}
    result: dict[str, Any] = {
        "process": "ok", "store": store, "redis": cache, "queues": queues, "narrator": narrator,
    }  # fmt: skip
    result["narration"] = outlook.to_json() if outlook else None
    result["budget"] = budget
    return ok(result, 200 if store == "ok" else 503)


@bp.get("/metrics")
@operation("metrics.read", None, plain=True, media_type=METRICS_TYPE)
def metrics() -> Response:
    """Figures for a monitoring system, in the text form of Prometheus; with a service's token."""
    return Response(metrics_text(deps()), mimetype=METRICS_TYPE)


@bp.get("/jobs/<job_id>")
@operation("job.read", JobOut)
def job(job_id: str) -> Response:
    """How far a narration is."""
    return ok(job_view(deps(), current_actor(), job_id))
