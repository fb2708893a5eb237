"""The outbox folder to look into, on a development machine only: whoever reads it can use everybody's links."""

from __future__ import annotations

from flask import Blueprint, Response

from api.errors import NotFound
from api.mail.folder import FolderMailer
from api.routes.http import from_this_machine, ok, wired

bp = Blueprint("development", __name__, url_prefix="/dev")


@bp.get("/outbox")
def outbox() -> Response:
    return ok({"items": _folder().letters()})


@bp.get("/outbox/<letter_id>")
def letter(letter_id: str) -> Response:
    found = _folder().letter(letter_id)
    if found is None:
        raise NotFound("letter")
    return ok(found)


def _folder() -> FolderMailer:
    """Raises NotFound in production, for a real mailer, and for whoever asks from another machine."""
    parts = wired()
    mailer = parts.mailer
    if parts.deps.settings.flask_env == "production" or not isinstance(mailer, FolderMailer):
        raise NotFound("outbox")
    if not from_this_machine():
        raise NotFound("outbox")
    return mailer
