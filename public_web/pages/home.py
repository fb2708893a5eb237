"""The front page: what this is, how to play, and whether the game is running right now."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from public_web.api_client import ApiDown, ApiRefusal
from public_web.visitor import api

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> str:
    return render_template("home.html", status=_status(), campaigns=_campaigns())


@pages.get("/health")
def health() -> dict[str, str]:
    """For supervisors: this process answers. It does not ask the API."""
    return {"status": "ok", "process": "web"}


def _status() -> dict[str, Any]:
    """`open`, a sentence, and how many turns wait to be told."""
    try:
        health = api().health()
    except ApiDown:
        return {
            "open": False,
            "sentence": "The game does not answer right now. Nothing is lost; look in again soon.",
        }
    if health.get("store") not in ("ok", "up", True):
        return {"open": False, "sentence": "The game's archive is closed for a moment. Nothing is lost."}
    queues = health.get("queues")
    waiting = sum(n for n in queues.values() if isinstance(n, int)) if isinstance(queues, dict) else 0
    sentence = "The table is open."
    if waiting:
        sentence += f" {waiting} turn{'s' if waiting > 1 else ''} being told right now."
    return {"open": True, "sentence": sentence, "narrator": _narrator(health.get("narrator"))}


def _narrator(found: Any) -> str:
    if isinstance(found, dict):
        found = found.get("name") or found.get("key")
    return str(found or "")


def _campaigns() -> list[dict[str, Any]]:
    """The campaigns that can be played; the page does without them when the API will not say."""
    try:
        return api().items("campaigns")[:6]
    except (ApiDown, ApiRefusal):
        return []
