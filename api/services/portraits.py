"""A picture of one's own hero, which those at the same table see, too."""

from __future__ import annotations

from api.assets.port import Stored
from api.errors import NotFound
from api.policy import About, authorise, may
from api.services.characters import owned_character
from api.services.deps import Actor, Deps
from api.services.table import Json, Table


def put_portrait(deps: Deps, actor: Actor, character_id: str, content_type: str, content: bytes) -> Json:
    """Keep a picture, in the place of an earlier one. Raises NotFound, Invalid, Unavailable."""
    owned_character(deps, actor, character_id, "character.change")
    stored = deps.assets.put(actor.require_user(), _key(character_id), content_type, content)
    return {"content_type": stored.content_type, "size": stored.size, "created_at": stored.created_at}


def get_portrait(deps: Deps, actor: Actor, character_id: str) -> tuple[Stored, bytes]:
    """For the owner, and for who sits at the hero's table. Raises NotFound alike for all else."""
    hero = deps.store.get("characters", character_id)
    body = hero.body if hero is not None else {"user_id": None, "seated_in": None}
    # A hero that is not there costs as many looks as one of somebody else's.
    session = deps.store.get("game_sessions", body["seated_in"] or "nowhere")
    if not may(actor, "character.read", About(owner=body["user_id"])):
        authorise(actor, "portrait.read", Table(deps, session).about if session is not None else About())
    found = deps.assets.get(body["user_id"] or "", _key(character_id))
    if found is None:
        raise NotFound("portrait")
    return found


def delete_portrait(deps: Deps, actor: Actor, character_id: str) -> None:
    """Raises NotFound."""
    owned_character(deps, actor, character_id, "character.change")
    deps.assets.delete(actor.require_user(), _key(character_id))


def _key(character_id: str) -> str:
    return f"portrait.{character_id}"
