"""A picture of one's own hero, which those at the same table see, too."""

from __future__ import annotations

from dataclasses import replace

from api.assets.port import Stored
from api.errors import NotFound
from api.policy import About, authorise
from api.services.characters import owned_character
from api.services.deps import Actor, Deps
from api.services.table import Json, Table
from api.store.port import Document


def put_portrait(deps: Deps, actor: Actor, character_id: str, content_type: str, content: bytes) -> Json:
    """Keep a picture, in the place of an earlier one. Raises NotFound, Invalid, Unavailable."""
    owned_character(deps, actor, character_id, "character.change")
    stored = deps.assets.put(actor.require_user(), _key(character_id), content_type, content)
    return {"content_type": stored.content_type, "size": stored.size, "created_at": stored.created_at}


def get_portrait(deps: Deps, actor: Actor, character_id: str) -> tuple[Stored, bytes]:
    """For the owner, and for who sits at the hero's table. Raises NotFound alike for all else."""
    hero = deps.store.get("characters", character_id)
    if hero is None:
        raise NotFound("portrait")
    authorise(actor, "portrait.read", _about(deps, hero))
    found = deps.assets.get(hero.body["user_id"], _key(character_id))
    if found is None:
        raise NotFound("portrait")
    return found


def delete_portrait(deps: Deps, actor: Actor, character_id: str) -> None:
    """Raises NotFound."""
    owned_character(deps, actor, character_id, "character.change")
    deps.assets.delete(actor.require_user(), _key(character_id))


def _about(deps: Deps, hero: Document) -> About:
    """The hero's owner, and the table at which it sits."""
    owner = hero.body["user_id"]
    if not hero.body["seated_in"]:
        return About(owner=owner)
    return replace(Table.load(deps, hero.body["seated_in"]).about, owner=owner)


def _key(character_id: str) -> str:
    return f"portrait.{character_id}"
