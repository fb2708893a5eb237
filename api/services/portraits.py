"""A picture of one's own hero, which those at the same table see, too."""

from __future__ import annotations

from api.assets.port import Stored
from api.errors import NotFound
from api.services.characters import owned_character
from api.services.deps import Actor, Deps
from api.services.table import Json, Table
from api.store.port import Document


def put_portrait(deps: Deps, actor: Actor, character_id: str, content_type: str, content: bytes) -> Json:
    """Keep a picture, in the place of an earlier one. Raises NotFound, Invalid, Unavailable."""
    owned_character(deps, actor, character_id)
    stored = deps.assets.put(actor.require_user(), _key(character_id), content_type, content)
    return {"content_type": stored.content_type, "size": stored.size, "created_at": stored.created_at}


def get_portrait(deps: Deps, actor: Actor, character_id: str) -> tuple[Stored, bytes]:
    """For the owner, and for who sits at the hero's table. Raises NotFound alike for all else."""
    hero = deps.store.get("characters", character_id)
    if hero is None or not _may_see(deps, actor, hero):
        raise NotFound("portrait")
    found = deps.assets.get(hero.body["user_id"], _key(character_id))
    if found is None:
        raise NotFound("portrait")
    return found


def delete_portrait(deps: Deps, actor: Actor, character_id: str) -> None:
    """Raises NotFound."""
    owned_character(deps, actor, character_id)
    if not deps.assets.delete(actor.require_user(), _key(character_id)):
        raise NotFound("portrait")


def _may_see(deps: Deps, actor: Actor, hero: Document) -> bool:
    if not actor.is_service and hero.body["user_id"] == actor.user_id:
        return True
    if not hero.body["seated_in"]:
        return False
    try:
        Table.load(deps, hero.body["seated_in"]).require_member(actor)
    except NotFound:
        return False
    return True


def _key(character_id: str) -> str:
    return f"portrait.{character_id}"
