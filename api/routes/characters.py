"""Characters of the asker."""

from __future__ import annotations

from flask import Blueprint, Response

from api.assets.port import MAX_BYTES
from api.routes.http import body, current_actor, deps, file_body, idempotency_key, ok, takes_files
from api.schemas.requests import CharacterIn, SheetIn
from api.services import characters as use
from api.services import portraits, sheets

bp = Blueprint("characters", __name__, url_prefix="/characters")


@bp.post("")
def create() -> Response:
    actor = current_actor()
    wish = use.NewCharacter(**body(CharacterIn).model_dump())
    return ok(use.create_character(deps(), actor, wish, idempotency_key(actor)), 201)


@bp.get("")
def index() -> Response:
    return ok({"items": use.list_characters(deps(), current_actor())})


@bp.get("/<character_id>")
def show(character_id: str) -> Response:
    return ok(use.get_character(deps(), current_actor(), character_id))


@bp.delete("/<character_id>")
def retire(character_id: str) -> Response:
    use.retire_character(deps(), current_actor(), character_id)
    return ok({})


@bp.put("/<character_id>/portrait")
@takes_files(MAX_BYTES)
def paint(character_id: str) -> Response:
    """The body is the picture itself: PNG, JPEG or WebP."""
    actor = current_actor()
    content_type, content = file_body()
    return ok(portraits.put_portrait(deps(), actor, character_id, content_type, content))


@bp.get("/<character_id>/portrait")
def portrait(character_id: str) -> Response:
    stored, content = portraits.get_portrait(deps(), current_actor(), character_id)
    response = Response(content, mimetype=stored.content_type)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.delete("/<character_id>/portrait")
def unpaint(character_id: str) -> Response:
    portraits.delete_portrait(deps(), current_actor(), character_id)
    return ok({})


@bp.get("/<character_id>/<any(skills, equipment, inventory):part>")
def show_part(character_id: str, part: str) -> Response:
    return ok(sheets.show_part(deps(), current_actor(), character_id, part))


@bp.post("/<character_id>/<any(skills, equipment, inventory):part>")
def change_part(character_id: str, part: str) -> Response:
    actor, wish = current_actor(), body(SheetIn)
    stated = sheets.SheetWish(**{**wish.model_dump(), "orders": tuple(wish.orders)})
    return ok(sheets.change_part(deps(), actor, character_id, part, stated, idempotency_key(actor)))
