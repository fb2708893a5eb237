"""Characters of the asker."""

from __future__ import annotations

from flask import Blueprint, Response

from api.routes.http import body, current_actor, deps, idempotency_key, ok
from api.schemas.requests import CharacterIn, SheetIn
from api.services import characters as use
from api.services import sheets

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


@bp.post("/<character_id>/choose")
def choose(character_id: str) -> Response:
    return ok(use.choose_character(deps(), current_actor(), character_id))


@bp.get("/<character_id>/<any(skills, equipment, inventory):part>")
def show_part(character_id: str, part: str) -> Response:
    return ok(sheets.show_part(deps(), current_actor(), character_id, part))


@bp.post("/<character_id>/<any(skills, equipment, inventory):part>")
def change_part(character_id: str, part: str) -> Response:
    actor, wish = current_actor(), body(SheetIn)
    stated = sheets.SheetWish(**{**wish.model_dump(), "orders": tuple(wish.orders)})
    return ok(sheets.change_part(deps(), actor, character_id, part, stated, idempotency_key(actor)))
