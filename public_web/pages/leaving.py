"""All that is kept of somebody as a file, and leaving for good."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, flash, redirect, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from public_web.api_client import ApiRefusal
from public_web.pages.profile import account_page
from public_web.visitor import api, needs_account

pages = Blueprint("leaving", __name__, url_prefix="/account")


@pages.post("/export")
@needs_account
def export() -> Response:
    """Passed on piece by piece as the API writes it. A form, so that no other page can have it made."""
    answer = api().download("account", "export")

    def pieces() -> Iterator[bytes]:
        try:
            yield from answer.iter_raw()
        finally:
            answer.close()

    response = FlaskResponse(pieces(), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="code-of-conquest.json"'
    return response


@pages.post("/delete")
@needs_account
def leave() -> Response | tuple[str, int]:
    try:
        api().post("account", "delete", body={"password": request.form.get("password", "")})
    except ApiRefusal as refusal:
        if refusal.status == 401:
            raise
        return account_page("leave", refusal.sentence, refusal.field), max(400, refusal.status)
    flash("Your account will be deleted. Until then you can change your mind here.", "note")
    return redirect(url_for("profile.show") + "#leaving")


@pages.post("/stay")
@needs_account
def stay() -> Response:
    try:
        api().delete("account", "delete")
    except ApiRefusal as refusal:
        if refusal.status != 404:
            raise
    flash("Good to have you. Everything stays as it is.", "good")
    return redirect(url_for("profile.show"))
