"""Characters of the asker."""

from __future__ import annotations

from flask import Blueprint, Response

from api.assets.port import MAX_BYTES, TYPES
from api.routes.http import (
    body,
    current_actor,
    deps,
    file_body,
    idempotency_key,
    if_match,
    ok,
    query,
    with_etag,
)
from api.routes.operation import operation
from api.schemas.answers.base import Nothing, Page
from api.schemas.answers.characters import CharacterOut, SheetChanged, SheetPart
from api.schemas.answers.people import PortraitOut
from api.schemas.queries import PageIn
from api.schemas.requests import CharacterIn, Empty, SheetIn
from api.services import characters as use
from api.services import portraits, sheets

bp = Blueprint("characters", __name__, url_prefix="/characters")


@bp.post("")
@operation(
    "character.create", CharacterOut, body=CharacterIn, status=201, codes=("tier_limit", "tier_needed")
)
def create() -> Response:
    """A ready-made hero, or one of name, class and origin."""
    actor = current_actor()
    wish = use.NewCharacter(**body(CharacterIn).model_dump())
    return ok(use.create_character(deps(), actor, wish, idempotency_key(actor)), 201)


@bp.get("")
@operation("character.list", Page[CharacterOut], query=PageIn)
def index() -> Response:
    """The asker's characters, newest first."""
    asked = query(PageIn)
    return ok(use.list_characters(deps(), current_actor(), asked.cursor, asked.limit))


@bp.get("/<character_id>")
@operation("character.read", CharacterOut)
def show(character_id: str) -> Response:
    """The sheet; its `revision` is also the ETag."""
    sheet = use.get_character(deps(), current_actor(), character_id)
    return with_etag(ok(sheet), sheet["revision"])


@bp.delete("/<character_id>")
@operation("character.retire", Nothing, codes=("seat_taken", "stale_revision"))
def retire(character_id: str) -> Response:
    """Take a character out of use; nothing is deleted."""
    actor = current_actor()
    use.retire_character(deps(), actor, character_id, idempotency_key(actor), if_match())
    return ok({})


@bp.put("/<character_id>/portrait")
@operation(
    "character.change", PortraitOut, repeat="again", file=tuple(TYPES), most=MAX_BYTES, codes=("no_files",)
)
def paint(character_id: str) -> Response:
    """Give the hero a picture; an earlier one is replaced."""
    actor = current_actor()
    content_type, content = file_body()
    return ok(portraits.put_portrait(deps(), actor, character_id, content_type, content))


@bp.get("/<character_id>/portrait")
@operation("portrait.read", None, media_type="image/*", plain=True)
def portrait(character_id: str) -> Response:
    """The picture, for the owner and for who sits at the hero's table."""
    stored, content = portraits.get_portrait(deps(), current_actor(), character_id)
    response = Response(content, mimetype=stored.content_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.delete("/<character_id>/portrait")
@operation("character.change", Nothing, repeat="again")
def unpaint(character_id: str) -> Response:
    """Take the picture down, if there is one."""
    portraits.delete_portrait(deps(), current_actor(), character_id)
    return ok({})


@bp.post("/<character_id>/choose")
@operation("character.change", CharacterOut, body=Empty)
def choose(character_id: str) -> Response:
    """The hero that its owner means away from any table from now on."""
    actor = current_actor()
    body(Empty)
    return ok(use.choose_character(deps(), actor, character_id, idempotency_key(actor)))


@bp.get("/<character_id>/<any(skills, equipment, inventory):part>")
@operation("character.read", SheetPart)
def show_part(character_id: str, part: str) -> Response:
    """What there is, and the `options` to change it."""
    return ok(sheets.show_part(deps(), current_actor(), character_id, part))


@bp.post("/<character_id>/<any(skills, equipment, inventory):part>")
@operation("character.change", SheetChanged, body=SheetIn, codes=("sheet", "stale_revision", "tier_needed"))
def change_part(character_id: str, part: str) -> Response:
    """Make one change; it takes no turn."""
    actor, wish = current_actor(), body(SheetIn)
    stated = sheets.SheetWish(**{**wish.model_dump(), "orders": tuple(wish.orders)})
    key = idempotency_key(actor)
    return ok(sheets.change_part(deps(), actor, character_id, part, stated, key, if_match()))
