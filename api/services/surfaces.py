"""Where a session is shown outside: a channel, its messages and how far its feed was posted.

A lease with a fencing number sees to it that one process posts: who takes the lease gets a higher fence, and whatever
the earlier holder still tries to write is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from api.clock import iso, seconds_until
from api.errors import Invalid, LostRace, NotFound
from api.policy import About, authorise
from api.services.characters import page_of
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.sessions import NewSession, create_session
from api.services.table import Json, Table
from api.services.views import session_line
from api.store.port import Conflict, Document, Insert, Query, Update

log = structlog.get_logger()

KINDS = ("discord",)
LEASE_SECONDS = (1, 300)
RECENT_TURNS = 50
_TURN = re.compile(r"^[0-9A-Z]{26}(\.\d+)?$")
SHOWN_AFTER_END = timedelta(hours=1)


def create_surface(deps: Deps, actor: Actor, session_id: str, kind: str, address: Json) -> Json:
    """Show a session somewhere; the same session and kind again gives the surface that is there."""
    if kind not in KINDS:
        raise Invalid("kind", f"must be one of {', '.join(KINDS)}")
    authorise(actor, "surface.create", About(provider=kind))
    table = Table.load(deps, session_id)
    table.require_member(actor)
    surface_id = f"{kind}.{session_id}"
    now = deps.clock.iso()
    body = {
        "session_id": session_id, "kind": kind, "address": _address(address), "place": _place(address),
        "channel": _address(address).get("channel_id"), "cursor": 0,
        "fence": 0, "lease_holder": "", "lease_until": now, "messages": {}, "over_at": None, "created_at": now,
    }  # fmt: skip
    made = surface_view(Document(surface_id, 1, body))
    try:
        deps.store.commit([Insert("surfaces", surface_id, body)])
    except Conflict:
        return surface_view(_load(deps, surface_id))
    deps.publisher.wake(session_id, table.body["seq"])
    return made


def list_surfaces(deps: Deps, actor: Actor, kind: str, cursor: str | None = None, limit: int = 100) -> Json:
    """A page of the surfaces of sessions that are not long over, for the service that serves them."""
    authorise(actor, "surface.list", About(provider=kind))
    shown: list[Json] = []
    page = page_of(deps, Query("surfaces", {"kind": kind, "over_at": None}, limit=limit, cursor=cursor))
    sessions = deps.store.get_many("game_sessions", [s.body["session_id"] for s in page.items])
    for surface in page.items:
        session = sessions.get(surface.body["session_id"])
        over_at = session.body["over_at"] if session else deps.clock.iso(after=-2 * SHOWN_AFTER_END.seconds)
        if over_at and seconds_until(over_at, deps.clock.now() - SHOWN_AFTER_END) < 0:
            _take_off_the_list(deps, surface, over_at)
        else:
            shown.append(surface_view(surface))
    return {"items": shown, "next_cursor": page.next_cursor}


def _take_off_the_list(deps: Deps, surface: Document, over_at: str) -> None:
    try:
        deps.store.commit(
            [Update("surfaces", surface.id, surface.revision, {**surface.body, "over_at": over_at})]
        )
    except Conflict:
        log.info("surface_still_written_to", surface=surface.id)  # it leaves the list next time


def find_by_place(deps: Deps, actor: Actor, place: str) -> list[Json]:
    """The surfaces in a channel or thread, newest first; a channel also finds the threads that belong to it."""
    authorise(actor, "session.find", About(provider=KINDS[0]))
    found: dict[str, Document] = {}
    for field in ("place", "channel"):
        page = deps.store.query(Query("surfaces", {field: place}, order_by=None, descending=True, limit=20))
        found |= {s.id: s for s in page.items}
    return [surface_view(s) for s in sorted(found.values(), key=lambda s: s.body["created_at"], reverse=True)]


def take_lease(deps: Deps, actor: Actor, surface_id: str, holder: str, seconds: float) -> Json:
    """Become or stay the one who posts. Raises LostRace with `until` while somebody else is."""

    def attempt() -> Json:
        surface = _load(deps, surface_id)
        authorise(actor, "surface.write", About(provider=surface.body["kind"]))
        body = dict(surface.body)
        alive = seconds_until(body["lease_until"], deps.clock.now()) > 0
        if alive and body["lease_holder"] != holder:
            raise LostRace("Another process serves this surface.", until=body["lease_until"])
        if body["lease_holder"] != holder:
            body["fence"] += 1
        low, high = LEASE_SECONDS
        until = iso(deps.clock.now() + timedelta(seconds=max(low, min(seconds, high))))
        body.update(lease_holder=holder, lease_until=until)
        view = surface_view(Document(surface.id, surface.revision + 1, body))
        result = {"fence": body["fence"], "until": until, "surface": view}
        deps.store.commit([Update("surfaces", surface.id, surface.revision, body)])
        return result

    return retrying(attempt)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the holder of `fence` has posted. The cursor only grows; a message id null forgets it."""

    fence: int
    cursor: int | None = None
    address: Json | None = None
    messages: dict[str, str | None] | None = None


def write_surface(deps: Deps, actor: Actor, surface_id: str, progress: Progress) -> Json:
    """Save progress under its fence. Raises LostRace when another process holds a newer one."""

    def attempt() -> Json:
        surface = _load(deps, surface_id)
        authorise(actor, "surface.write", About(provider=surface.body["kind"]))
        body = dict(surface.body)
        if progress.fence != body["fence"]:
            raise LostRace("Another process has taken this surface over.", fence=body["fence"])
        if progress.cursor is not None:
            body["cursor"] = max(body["cursor"], progress.cursor)
        if progress.address:
            body["address"] = {**body["address"], **_address(progress.address)}
            body["place"] = _place(body["address"])
            body["channel"] = body["address"].get("channel_id")
        body["messages"] = _recent({**body["messages"], **(progress.messages or {})})
        view = surface_view(Document(surface.id, surface.revision + 1, body))
        deps.store.commit([Update("surfaces", surface.id, surface.revision, body)])
        return view

    return retrying(attempt)


def surface_view(document: Document) -> Json:
    keys = ("session_id", "kind", "address", "cursor", "fence", "lease_holder", "lease_until", "messages")
    return {"id": document.id, **{k: document.body[k] for k in keys}}


def _load(deps: Deps, surface_id: str) -> Document:
    document = deps.store.get("surfaces", surface_id)
    if document is None:
        raise NotFound("surface")
    return document


def _recent(messages: dict[str, str | None]) -> dict[str, str]:
    """Named messages (the lobby, the table) for good, those of turns only the latest: the channel keeps the rest."""
    kept = {k: v for k, v in messages.items() if v is not None}
    of_turns = [k for k in kept if _TURN.match(k)]
    for old in of_turns[:-RECENT_TURNS]:
        del kept[old]
    return kept


def _address(address: Json) -> dict[str, str]:
    known = ("guild_id", "channel_id", "thread_id", "lobby_message_id")
    return {k: str(v) for k, v in address.items() if k in known and v is not None}


def _place(address: dict[str, Any]) -> str:
    """Where people type: the thread once there is one, else the channel."""
    return str(address.get("thread_id") or address.get("channel_id") or "")


def open_table(
    deps: Deps, actor: Actor, wish: NewSession, surface: tuple[str, Json] | None, key: IdempotencyKey
) -> Json:
    """Create a session and, where one is given, show it on its surface; repeating either changes nothing."""
    view = create_session(deps, actor, wish, key)
    if surface is not None:
        view["surface"] = create_surface(deps, actor, view["id"], *surface)
    return view


def sessions_in(deps: Deps, actor: Actor, place: str) -> list[Json]:
    """Short views of the sessions shown in a channel or thread, the running ones first."""
    found = find_by_place(deps, actor, place)
    documents = deps.store.get_many("game_sessions", [s["session_id"] for s in found])
    lines = [
        {**session_line(s["session_id"], documents[s["session_id"]].body, deps.content), "surface": s}
        for s in found
        if s["session_id"] in documents
    ]
    return sorted(lines, key=lambda line: line["status"] == "completed")
