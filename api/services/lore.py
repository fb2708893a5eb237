"""Asking about a thing: told once by a model and kept for everybody; in plain words where no model can be asked."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import structlog

from api.clock import seconds_until
from api.errors import GameRefusal, Invalid
from api.llm.lore import LoreTeller, Thing, facts_of, plain_lore
from api.llm.model_client import Charge
from api.rules.figures import item_key
from api.rules.items import item_of, name_of
from api.rules.shops import shops_here
from api.services.deps import Actor, Deps
from api.services.story_settings import style_of
from api.services.table import Table
from api.services.tiers import models_of
from api.store.port import Change, Conflict, Delete, Insert, StoreError, Update

log = structlog.get_logger()

Json = dict[str, Any]

LEASE_SECONDS = 30  # for one telling; then whoever took it is dead
NAMED = 20  # things that an error lists
# A telling holds a thread of the server; whoever comes when these are taken gets the plain words at once.
_TELLERS = threading.BoundedSemaphore(2)


def lore_of(deps: Deps, teller: LoreTeller | None, actor: Actor, session_id: str, wanted: str) -> Json:
    """What is told of a thing that the party carries, has cached or can buy here: `{item, name, text, teller, facts}`.

    `wanted` is a carried id, an item's key or a name. Raises NotFound, GameRefusal `not_started`, Invalid with the
    names of what can be asked about.
    """
    table = Table.load(deps, session_id)
    table.require(actor, "session.read")
    thing = _thing(table, wanted)
    cache_id = thing.cache_id(deps.content)
    kept = deps.store.get("lore", cache_id)
    if kept is None and teller is not None:
        kept_body = _told(deps, teller, table, thing, cache_id)
    else:
        kept_body = kept.body if kept else None
    text, who = (kept_body["text"], kept_body["teller"]) if kept_body else (plain_lore(thing), "storyteller")
    return {
        "item": thing.key, "name": thing.name, "text": text, "teller": who, "facts": facts_of(thing.item)
    }  # fmt: skip


def _thing(table: Table, wanted: str) -> Thing:
    """The thing that is meant. Raises GameRefusal, Invalid."""
    if not table.body["world"]:
        raise GameRefusal("not_started", "The story has not begun; the host presses Begin.")
    known = things_known(table)
    asked = " ".join(wanted.casefold().split()).removeprefix("the ").removeprefix("a ").removeprefix("an ")
    for carried, name in known.items():
        if asked and asked in (carried.casefold(), name.casefold()):
            return _made(table, carried, name)
    near = [(carried, name) for carried, name in known.items() if asked and asked in name.casefold()]
    if len({name for _, name in near}) == 1:
        return _made(table, *near[0])
    names = sorted(set(known.values()))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    problem = (
        "names nothing that your party carries or can buy here" if asked else "is needed: the name of a thing"
    )
    raise Invalid("item", f"{problem}; ask about {', '.join(names[:NAMED])}{more}", known=names)


def _made(table: Table, carried: str, name: str) -> Thing:
    item = item_of(table.deps.content, carried)
    if item is None:
        raise Invalid("item", f"{name} is something that nobody knows any more")
    return Thing(item_key(carried), item, name, style_of(table.body).language)


def things_known(table: Table) -> dict[str, str]:
    """Names by carried id of all that the party can look at: bags, the cache, and the shops here."""
    content, state = table.deps.content, table.state()
    known: dict[str, str] = {}
    for hero in state.heroes.values():
        known |= {c: name_of(content, c, hero.rolled) for c in hero.inventory}
    known |= {c: name_of(content, c, state.cached_rolls) for c in state.cache}
    if state.encounter is None:
        for key in shops_here(state, content):
            for line in content.shops[key].stock:
                known.setdefault(line.item, content.items[line.item].name)
    return {c: name for c, name in known.items() if item_of(content, c) is not None}


def _told(deps: Deps, teller: LoreTeller, table: Table, thing: Thing, cache_id: str) -> Json | None:
    """Ask the model once for everybody; None while somebody else asks it, or when it cannot be asked."""
    if not _TELLERS.acquire(blocking=False):
        return None
    try:
        lease = _claim(deps, f"lore.{cache_id}")
        if lease is None:
            return None
        sponsor = table.body["sponsor_user_id"]
        charge = Charge("item_lore", sponsor, table.id, models_of(deps, sponsor))
        told = asyncio.run(teller.tell(thing, charge))
        return _keep(deps, lease, cache_id, told)
    except StoreError as error:
        log.warning("lore_not_kept", item=thing.key, error=str(error))
        return None
    finally:
        _TELLERS.release()


def _claim(deps: Deps, lease_id: str) -> Delete | None:
    """Take the right to ask; the change that gives it back. None when somebody has it."""
    body = {"until": deps.clock.iso(after=LEASE_SECONDS)}
    held = deps.store.get("leases", lease_id)
    try:
        if held is None:
            deps.store.commit([Insert("leases", lease_id, body)])
            return Delete("leases", lease_id, 1)
        if seconds_until(held.body["until"], deps.clock.now()) > 0:
            return None
        deps.store.commit([Update("leases", lease_id, held.revision, body)])
        return Delete("leases", lease_id, held.revision + 1)
    except Conflict:
        return None


def _keep(deps: Deps, lease: Delete, cache_id: str, told: tuple[str, str] | None) -> Json | None:
    """Keep what was told, and give the lease back in the same commit."""
    changes: list[Change] = [lease]
    body: Json | None = None
    if told is not None:
        body = {"text": told[0], "teller": told[1], "told_at": deps.clock.iso()}
        changes.append(Insert("lore", cache_id, body))
    try:
        deps.store.commit(changes)
    except Conflict:  # somebody took it over, and what they told stands
        kept = deps.store.get("lore", cache_id)
        return kept.body if kept else body
    return body
