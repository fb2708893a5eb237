"""A session's memories: what the story remembers, and what players say about that."""

from __future__ import annotations

from flask import Blueprint, Response

from api.routes.http import body, current_actor, deps, idempotency_key, ok, query
from api.routes.operation import operation
from api.schemas.answers.memories import MemoryOut, MemoryPage
from api.schemas.queries import MemoriesIn
from api.schemas.requests import MemoryIn, MemoryPatch
from api.services import memories

bp = Blueprint("memories", __name__, url_prefix="/sessions/<session_id>/memories")


@bp.get("")
@operation("session.read", MemoryPage, query=MemoriesIn)
def index(session_id: str) -> Response:
    """What the story remembers, newest first; details only by words or subject."""
    asked = query(MemoriesIn)
    return ok(
        memories.list_memories(
            deps(), current_actor(), session_id, subject=asked.subject, words=asked.q, pinned=asked.pinned == "true",
            cursor=asked.cursor, limit=asked.limit,
        )
    )  # fmt: skip


@bp.post("")
@operation(
    "session.remember",
    MemoryOut,
    body=MemoryIn,
    status=201,
    limit="chat",
    codes=("too_many_pins", "unwelcome"),
)
def add(session_id: str) -> Response:
    """Write something down, as one's own word."""
    actor, wish = current_actor(), body(MemoryIn)
    key = idempotency_key(actor)
    return ok(memories.add_memory(deps(), actor, session_id, wish.text, wish.pinned, wish.about, key), 201)


@bp.get("/<memory_id>")
@operation("session.read", MemoryOut)
def show(session_id: str, memory_id: str) -> Response:
    """One memory, in whatever state it is."""
    return ok(memories.show_memory(deps(), current_actor(), session_id, memory_id))


@bp.patch("/<memory_id>")
@operation(
    "session.remember", MemoryOut, body=MemoryPatch, limit="chat",
    codes=("too_many_pins", "memory_gone", "nothing_to_undo", "unwelcome"),
)  # fmt: skip
def change(session_id: str, memory_id: str) -> Response:
    """Set it right, pin or unpin it, or undo the last of these."""
    actor, wish = current_actor(), body(MemoryPatch)
    wished = memories.MemoryChange(wish.text, wish.pinned, wish.undo)
    return ok(memories.change_memory(deps(), actor, session_id, memory_id, wished, idempotency_key(actor)))


@bp.delete("/<memory_id>")
@operation("session.remember", MemoryOut, limit="chat", codes=("memory_gone",))
def forget(session_id: str, memory_id: str) -> Response:
    """No narrator is handed it any more."""
    actor = current_actor()
    return ok(memories.forget_memory(deps(), actor, session_id, memory_id, idempotency_key(actor)))
