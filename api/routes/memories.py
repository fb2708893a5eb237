"""A session's memories: what the story remembers, and what players say about that."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.errors import Invalid
from api.routes.http import body, current_actor, deps, idempotency_key, ok, query_int
from api.schemas.requests import MemoryIn, MemoryPatch
from api.services import memories

bp = Blueprint("memories", __name__, url_prefix="/sessions/<session_id>/memories")
LONGEST_QUERY = 100


@bp.get("")
def index(session_id: str) -> Response:
    asked = request.args
    subject, words, pinned = asked.get("subject", ""), asked.get("q", ""), asked.get("pinned", "false")
    for name, value in (("subject", subject), ("q", words)):
        if len(value) > LONGEST_QUERY:
            raise Invalid(name, f"has {len(value)} characters; at most {LONGEST_QUERY} are read")
    if pinned not in ("true", "false"):
        raise Invalid("pinned", "must be true or false")
    return ok(
        memories.list_memories(
            deps(), current_actor(), session_id, subject=subject, words=words, pinned=pinned == "true",
            cursor=asked.get("cursor"), limit=query_int("limit", 20),
        )
    )  # fmt: skip


@bp.post("")
def add(session_id: str) -> Response:
    actor, wish = current_actor(), body(MemoryIn)
    key = idempotency_key(actor)
    return ok(memories.add_memory(deps(), actor, session_id, wish.text, wish.pinned, wish.about, key), 201)


@bp.get("/<memory_id>")
def show(session_id: str, memory_id: str) -> Response:
    return ok(memories.show_memory(deps(), current_actor(), session_id, memory_id))


@bp.patch("/<memory_id>")
def change(session_id: str, memory_id: str) -> Response:
    actor, wish = current_actor(), body(MemoryPatch)
    wished = memories.MemoryChange(wish.text, wish.pinned, wish.undo)
    return ok(memories.change_memory(deps(), actor, session_id, memory_id, wished, idempotency_key(actor)))


@bp.delete("/<memory_id>")
def forget(session_id: str, memory_id: str) -> Response:
    actor = current_actor()
    return ok(memories.forget_memory(deps(), actor, session_id, memory_id, idempotency_key(actor)))
