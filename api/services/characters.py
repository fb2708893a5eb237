"""Making, listing and retiring characters. A character has one owner, and only its owner sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from api.content.catalogue import Content
from api.errors import GameRefusal, Invalid, NotFound, StaleRevision
from api.policy import About, authorise
from api.rules.equipment import dressed
from api.rules.figures import SCORES
from api.rules.state import Hero
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.moderating import moderated_name
from api.services.names import clean_name
from api.services.sheet_views import character_view
from api.services.table import Json
from api.services.tiers import require_class, room_for_character
from api.store.port import BadChange, Document, Insert, Page, Query, Update


@dataclass(frozen=True, slots=True)
class NewCharacter:
    """Either a ready-made `hero`, or name, class and origin."""

    hero: str = ""
    name: str = ""
    character_class: str = ""
    origin: str = ""
    pronouns: str = "they"


def new_hero(content: Content, character_id: str, wish: NewCharacter) -> Hero:
    """A level-1 sheet, dressed in its starting gear (`docs/rules.md`, Sheets).

    Raises Invalid naming the field and what is legal.
    """
    name, class_key, origin_key, pronouns = wish.name, wish.character_class, wish.origin, wish.pronouns
    if wish.hero:
        ready = content.heroes.get(wish.hero)
        if ready is None:
            raise Invalid("hero", f"must be one of {', '.join(sorted(content.heroes))}")
        name = wish.name or ready.name
        class_key, origin_key, pronouns = ready.character_class, ready.origin, ready.pronouns
    if class_key not in content.classes:
        raise Invalid("character_class", f"must be one of {', '.join(sorted(content.classes))}")
    if origin_key not in content.origins:
        raise Invalid("origin", f"must be one of {', '.join(sorted(content.origins))}")
    if pronouns not in ("she", "he", "they"):
        raise Invalid("pronouns", "must be she, he or they")
    cls, origin = content.classes[class_key], content.origins[origin_key]
    stats: dict[str, int] = {s: getattr(cls.stats, s) + origin.bonus.get(s, 0) for s in SCORES}
    inventory: dict[str, int] = {}
    for item in (*cls.starting_items, *origin.starting_items):
        inventory[item] = inventory.get(item, 0) + 1
    plain = Hero(
        id=character_id, name=clean_name(name), pronouns=pronouns, character_class=class_key, origin=origin_key,
        level=1, xp=0, stats=stats, hp=1, hp_max=1, mp=0, mp_max=0, evade=cls.evade, gold=origin.gold,
        abilities=cls.abilities, inventory=inventory, row=cls.row,
    )  # fmt: skip
    hero = dressed(plain, content)
    return replace(hero, hp=hero.hp_max, mp=hero.mp_max)


def create_character(deps: Deps, actor: Actor, wish: NewCharacter, key: IdempotencyKey) -> Json:
    user_id = actor.require_user()

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        if wish.name:
            moderated_name(deps.moderator, wish.name)
        claim = room_for_character(deps, user_id)
        hero = new_hero(deps.content, deps.clock.new_id(), wish)
        require_class(deps, user_id, deps.content.classes[hero.character_class])
        body = {
            **hero.to_json(), "user_id": user_id, "seated_in": None, "is_active": True,
            "created_at": deps.clock.iso(),
        }  # fmt: skip
        view = _view(deps, Document(hero.id, 1, body))
        deps.store.commit([Insert("characters", hero.id, body), *claim, *key.changes(deps, view)])
        return view

    return retrying(attempt)


def list_characters(deps: Deps, actor: Actor, cursor: str | None = None, limit: int = 100) -> Json:
    """A page of the asker's active characters, newest first. Raises Invalid for a cursor that no page gave."""
    own = Query("characters", {"user_id": actor.require_user()}, order_by="created_at", descending=True,
                limit=limit, cursor=cursor)  # fmt: skip
    page = page_of(deps, own)
    items = [_view(deps, d) for d in page.items if d.body["is_active"]]
    return {"items": items, "next_cursor": page.next_cursor}


def page_of(deps: Deps, query: Query) -> Page:
    """A page of the store for a client, whose cursor may be anything. Raises Invalid."""
    try:
        return deps.store.query(query)
    except BadChange as error:
        raise Invalid("cursor", str(error)) from error


def get_character(deps: Deps, actor: Actor, character_id: str) -> Json:
    """The sheet with its `revision`. Raises NotFound."""
    return _view(deps, owned_character(deps, actor, character_id))


def owned_character(
    deps: Deps, actor: Actor, character_id: str, right: str = "character.read", revision: int | None = None
) -> Document:
    """The document of a character to which the asker has that right.

    Raises NotFound alike for a character that does not exist and for somebody else's; StaleRevision when it is no
    longer at the `revision` that the asker wants to change.
    """
    document = deps.store.get("characters", character_id)
    if document is None or not document.body["is_active"]:
        raise NotFound("character")
    authorise(actor, right, About(owner=document.body["user_id"]))
    if revision is not None and document.revision != revision:
        raise StaleRevision(
            f"The character is at revision {document.revision} by now; look again.",
            revision=document.revision,
        )
    return document


def choose_character(deps: Deps, actor: Actor, character_id: str, key: IdempotencyKey) -> Json:
    """Make this the hero that is meant away from any table; what it is and has stays as it is."""

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        document = owned_character(deps, actor, character_id, "character.change")
        chosen = {**document.body, "chosen_at": deps.clock.iso()}
        view = _view(deps, Document(document.id, document.revision + 1, chosen))
        deps.store.commit(
            [Update("characters", document.id, document.revision, chosen), *key.changes(deps, view)]
        )
        return view

    return retrying(attempt)


def retire_character(
    deps: Deps, actor: Actor, character_id: str, key: IdempotencyKey, revision: int | None = None
) -> None:
    """Take a character out of use; nothing is deleted. Refused while it sits at a table."""

    def attempt() -> None:
        if key.earlier(deps) is not None:
            return
        document = owned_character(deps, actor, character_id, "character.retire", revision)
        if document.body["seated_in"]:
            raise GameRefusal("seat_taken", f"{document.body['name']} sits at a table; leave that first.")
        out_of_use = {**document.body, "is_active": False}
        deps.store.commit(
            [Update("characters", document.id, document.revision, out_of_use), *key.changes(deps, {})]
        )

    retrying(attempt)


def _view(deps: Deps, document: Document) -> Json:
    return {**character_view(deps.content, document.id, document.body), "revision": document.revision}
