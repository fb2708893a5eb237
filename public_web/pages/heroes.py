"""A player's heroes: the list, and making one from the classes and origins that the API offers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiRefusal
from public_web.forms import field, fresh_key
from public_web.visitor import api, needs_account

pages = Blueprint("heroes", __name__, url_prefix="/heroes")

PRONOUNS = ("they", "she", "he")


@pages.get("")
@needs_account
def mine() -> str:
    return render_template("heroes.html", heroes=api().items("characters"))


@pages.get("/new")
@needs_account
def new() -> str:
    return _form()


@pages.post("/new")
@needs_account
def create() -> str | Response | tuple[str, int]:
    try:
        hero = api().post("characters", body=_wish(), key=field("key", 64) or None)
    except ApiRefusal as refusal:
        if refusal.status == 401:
            raise
        return _form(problem=refusal.sentence, at=refusal.field), max(400, refusal.status)
    flash(f"{hero.get('name', 'Your hero')} is ready.", "good")
    return redirect(url_for("heroes.mine"))


def _wish() -> dict[str, Any]:
    """A ready-made hero by key, or one's own."""
    if ready := field("hero"):
        return {"hero": ready}
    wish = {"name": field("name"), "character_class": field("character_class"), "origin": field("origin")}
    pronouns = field("pronouns")
    return {**wish, "pronouns": pronouns} if pronouns in PRONOUNS else wish


def _form(problem: str = "", at: str = "") -> str:
    client = api()
    return render_template(
        "new_hero.html",
        ready=client.items("heroes"),
        classes=client.items("classes"),
        origins=client.items("origins"),
        pronouns=PRONOUNS,
        given=request.form,
        key=fresh_key(),
        problem=problem,
        at=at,
    )
