"""The outbox folder to look into, on a development machine only: whoever reads it can use everybody's links."""

from __future__ import annotations

from flask import Blueprint, Response

from api.errors import NotFound
from api.mail.folder import FolderMailer
from api.routes.http import ok, wired
from api.routes.operation import operation
from api.schemas.answers.base import Items
from api.schemas.answers.catalogue import LetterLine, LetterOut

bp = Blueprint("development", __name__, url_prefix="/dev")


@bp.get("/outbox")
@operation("outbox.read", Items[LetterLine])
def outbox() -> Response:
    """The latest letters of a development machine."""
    return ok({"items": _folder().letters()})


@bp.get("/outbox/<letter_id>")
@operation("outbox.read", LetterOut)
def letter(letter_id: str) -> Response:
    """One of them."""
    found = _folder().letter(letter_id)
    if found is None:
        raise NotFound("letter")
    return ok(found)


def _folder() -> FolderMailer:
    """Raises NotFound where letters go to a real server; the policy lets none but this machine's operator come here."""
    mailer = wired().mailer
    if not isinstance(mailer, FolderMailer):
        raise NotFound("outbox")
    return mailer
