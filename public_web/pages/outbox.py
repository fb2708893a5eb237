"""What would have been mailed, for a development machine; these pages do not exist in production.

Every letter shows somebody's link, so they answer to a browser on this machine alone.
"""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from public_web.visitor import api, is_here

pages = Blueprint("outbox", __name__, url_prefix="/dev/mail")


@pages.before_request
def only_here() -> None:
    if not is_here():
        abort(404)


@pages.get("")
def index() -> str:
    return render_template("outbox.html", letters=api().items("dev", "outbox"))


@pages.get("/<letter_id>")
def show(letter_id: str) -> str:
    return render_template("outbox_letter.html", letter=api().get("dev", "outbox", letter_id))
