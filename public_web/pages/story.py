"""A player's sessions, and the story so far to read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from public_web.api_client import ApiRefusal
from public_web.visitor import api, needs_account

pages = Blueprint("story", __name__, url_prefix="/story")

PASSAGES = 20
STATUS = {
    "lobby": "gathering",
    "active": "being played",
    "completed": "told to its end",
    "timeout": "resting",
}


@pages.get("")
@needs_account
def shelf() -> str:
    return render_template("story.html", sessions=api().items("sessions"), status_words=STATUS)


@pages.get("/<session_id>")
@needs_account
def read(session_id: str) -> str:
    client = api()
    view = client.get("sessions", session_id)
    query: dict[str, str | int] = {"limit": PASSAGES}
    cursor = request.args.get("cursor", "")[:200]
    if cursor:
        query["cursor"] = cursor
    page = client.get("sessions", session_id, "turns", **query)
    turns = page.get("items")
    return render_template(
        "session.html",
        view=view,
        turns=list(reversed(turns)) if isinstance(turns, list) else [],
        earlier=page.get("next_cursor"),
        cursor=cursor,
        recap=None if cursor else _recap(session_id),
        status_words=STATUS,
    )


def _recap(session_id: str) -> dict[str, Any] | None:
    """The summary above the story; a story too young for one is shown without."""
    try:
        return api().get("sessions", session_id, "recap")
    except ApiRefusal as refusal:
        if refusal.status == 401:
            raise
        return None
