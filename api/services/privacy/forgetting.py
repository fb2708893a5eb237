"""An account whose two weeks are over is forgotten, in steps that a killed process may stop between.

First every way in is closed and the account's name is gone. Then, table by table: a story that nobody else was part of
is deleted; in one that others share, the player becomes "a former player" and what they said beside the story is
blanked. The hero stays there as the story knows it, for it is the others' story too. The account itself goes last, so
that whoever comes later finds what is left to do.
"""

from __future__ import annotations

from typing import Any

import structlog

from api.errors import ApiError
from api.services.audit import audited
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.personal import KEPT, ids_of
from api.services.sessions import leave_session
from api.store.pages import every
from api.store.port import Change, Conflict, Delete, Document, Query, Update

log = structlog.get_logger()

FORMER = "a former player"
SILENCE = "(said by a former player)"
BATCH = 80
TABLES_AT_ONCE = 20  # for one look of the sweeper
OF_A_SESSION = ("feed", "turns", "snapshots", "surfaces", "facts", "fact_rows", "summaries")

Json = dict[str, Any]


def departures_due(deps: Deps) -> int:
    """What the sweeper does: forget accounts whose time has come, one a look."""
    due = deps.store.query(
        Query("departures", below={"due_at": deps.clock.iso()}, order_by="due_at", limit=1)
    ).items
    return sum(forget(deps, row.id) for row in due)


def forget(deps: Deps, user_id: str) -> bool:
    """Take the next steps for one account; True when nothing of it is left. Safe to run twice, anywhere."""
    retrying(lambda: _close_the_doors(deps, user_id))
    ids = ids_of(deps.store.get("accounts", user_id), user_id)
    seats = deps.store.query(Query("seats", {"user_id": user_id}, limit=TABLES_AT_ONCE)).items
    for seat in seats:
        _leave_table(deps, user_id, ids, seat)
    if len(seats) == TABLES_AT_ONCE:
        return False  # the next look goes on
    _heroes(deps, user_id)
    for collection, kept in KEPT.items():
        if kept.leave == "delete":
            for field in kept.fields:
                _delete_all(deps, collection, {field: user_id})
    for asset in every(deps.store, "assets", {"owner": user_id}):
        deps.assets.delete(asset.body["owner"], asset.body["key"])
    _delete_all(deps, "assets", {"owner": user_id})  # where this installation keeps no files any more
    retrying(lambda: _last(deps, user_id))
    log.info("account_forgotten", user_id=user_id)
    return True


def _close_the_doors(deps: Deps, user_id: str) -> None:
    """Links, address, password and name are gone in one batch; a letter that waits for the address as well."""
    account = deps.store.get("accounts", user_id)
    departure = deps.store.get("departures", user_id)
    if account is None or departure is None or departure.body.get("begun"):
        return
    changes: list[Change] = [
        Update("departures", user_id, departure.revision, {**departure.body, "begun": True}),
        *(Delete("links", one.id, one.revision) for one in every(deps.store, "links", {"user_id": user_id})),
        *_letters(deps, user_id, account.body["email"]),
    ]
    body = {
        "name": FORMER, "email": None, "password": None, "verified": False, "created_at": account.body["created_at"],
        "epoch": int(account.body.get("epoch", 0)) + 1, "merged": account.body.get("merged", []),
    }  # fmt: skip
    said = audited(deps.clock, "departed", user_id=user_id)
    deps.store.commit([Update("accounts", user_id, account.revision, body), said, *changes[: BATCH - 2]])


def _letters(deps: Deps, user_id: str, address: str | None) -> list[Change]:
    return [
        Delete("mail_outbox", row.id, row.revision)
        for row in every(deps.store, "mail_outbox")
        if row.body["facts"].get("user_id") == user_id or (address and row.body["to"] == address)
    ]


# --- tables ---


def _leave_table(deps: Deps, user_id: str, ids: frozenset[str], seat: Document) -> None:
    session_id = seat.body["session_id"]
    rows = list(every(deps.store, "seats", {"session_id": session_id}))
    if all(row.body["user_id"] == user_id for row in rows):
        _delete_session(deps, session_id)
    else:
        _stand_up(deps, user_id, session_id)
        _rewrite(deps, "feed", session_id, lambda body: _feed_without(body, ids))
        _rewrite(deps, "turns", session_id, lambda body: _turn_without(body, ids))
        _rewrite(deps, "facts", session_id, lambda body: _fact_without(body, ids))
        retrying(lambda: _head_without(deps, session_id, user_id))
    retrying(lambda: _seat_without(deps, seat.id, user_id))


def _stand_up(deps: Deps, user_id: str, session_id: str) -> None:
    """Leave a running table as anybody does; where that cannot be just now, the hero stays without a player."""
    actor = Actor("web", user_id, FORMER, f"web:{user_id}")
    try:
        leave_session(deps, actor, session_id, IdempotencyKey(actor, "departure", None, {}))
    except ApiError as refused:
        log.info("former_player_keeps_a_seat", session_id=session_id, code=refused.code)


def _delete_session(deps: Deps, session_id: str) -> None:
    """A story that was nobody else's: everything of it, the session's own document last."""
    session = deps.store.get("game_sessions", session_id)
    if session is not None:
        for seat in session.body["party"]:
            _free(deps, seat["character_id"], session_id)
    for collection in OF_A_SESSION:
        _delete_all(deps, collection, {"session_id": session_id})
    _delete_one(deps, "memory_heads", session_id)
    for lease_id in (f"narration.{session_id}",):
        _delete_one(deps, "leases", lease_id)
    _delete_one(deps, "game_sessions", session_id)


def _free(deps: Deps, character_id: str, session_id: str) -> None:
    def attempt() -> None:
        hero = deps.store.get("characters", character_id)
        if hero is not None and hero.body["seated_in"] == session_id:
            deps.store.commit(
                [Update("characters", hero.id, hero.revision, {**hero.body, "seated_in": None})]
            )

    retrying(attempt)


def _head_without(deps: Deps, session_id: str, user_id: str) -> None:
    session = deps.store.get("game_sessions", session_id)
    if session is None:
        return
    body = session.body
    party = [
        {**s, "user_id": "", "player_name": FORMER, "act_for": ""} if s["user_id"] == user_id else s
        for s in body["party"]
    ]
    after = {**body, "party": party}
    heir = next((s for s in party if s["user_id"]), None)
    if body["host_user_id"] == user_id:
        after |= {
            "host_user_id": heir["user_id"] if heir else "",
            "host_name": heir["player_name"] if heir else FORMER,
        }
    if body["sponsor_user_id"] == user_id:
        after["sponsor_user_id"] = after["host_user_id"]
    if after != body:
        deps.store.commit([Update("game_sessions", session.id, session.revision, after)])


def _seat_without(deps: Deps, seat_id: str, user_id: str) -> None:
    seat = deps.store.get("seats", seat_id)
    if seat is None or seat.body["user_id"] != user_id:
        return
    if deps.store.get("game_sessions", seat.body["session_id"]) is None:
        deps.store.commit([Delete("seats", seat.id, seat.revision)])
        return
    body = {**seat.body, "user_id": "", "player_name": FORMER, "act_for": ""}
    deps.store.commit([Update("seats", seat.id, seat.revision, body)])


def _feed_without(body: Json, ids: frozenset[str]) -> Json:
    return {**body, "events": [_event_without(e, ids) for e in body["events"]]}


def _event_without(event: Json, ids: frozenset[str]) -> Json:
    if event["type"] == "session_created" and event.get("host") in ids:
        return {**event, "host": ""}
    if event["type"] == "memory_changed" and event.get("by_id") in ids:  # whoever changes it now
        event = {**event, "by_id": "", "memory": {**event["memory"], "by": FORMER}}
    if event.get("user_id") not in ids:
        return event
    after = {**event, "user_id": ""}
    if event["type"] == "chat_said":
        return {**after, "name": FORMER, "text": SILENCE}
    if event["type"] == "member_joined":
        return {**after, "player_name": FORMER}
    if event["type"] in ("dice_rolled", "sponsor_changed", "memory_changed"):
        return {**after, "name": FORMER}
    return after


def _fact_without(body: Json, ids: frozenset[str]) -> Json:
    """What somebody wrote into a story's memory stays the story's, as a hero's deeds do; the name does not."""
    return {**body, "by": FORMER, "by_id": ""} if body.get("by_id") in ids else body


def _turn_without(body: Json, ids: frozenset[str]) -> Json:
    entries = [{**e, "user_id": ""} if e.get("user_id") in ids else e for e in body["entries"]]
    return {**body, "entries": entries}


# --- heroes, rows, the end ---


def _heroes(deps: Deps, user_id: str) -> None:
    """A hero whom a kept story still has in its party stays, without an owner; every other one is deleted."""
    for hero in every(deps.store, "characters", {"user_id": user_id}):

        def attempt(hero_id: str = hero.id) -> None:
            found = deps.store.get("characters", hero_id)
            if found is None:
                return
            if _is_in_a_story(deps, hero_id):
                body = {**found.body, "user_id": "", "is_active": False}
                deps.store.commit([Update("characters", hero_id, found.revision, body)])
            else:
                deps.store.commit([Delete("characters", hero_id, found.revision)])

        retrying(attempt)


def _is_in_a_story(deps: Deps, hero_id: str) -> bool:
    for seat in every(deps.store, "seats", {"character_id": hero_id}):
        session = deps.store.get("game_sessions", seat.body["session_id"])
        if session is not None and hero_id in session.body["party_member_ids"]:
            return True
    return False


def _last(deps: Deps, user_id: str) -> None:
    account, departure = deps.store.get("accounts", user_id), deps.store.get("departures", user_id)
    changes: list[Change] = []
    if account is not None:
        changes.append(Delete("accounts", account.id, account.revision))
        merged = [deps.store.get("accounts", one) for one in account.body.get("merged", [])]
        changes += [Delete("accounts", one.id, one.revision) for one in merged if one is not None]
    if departure is not None:
        changes.append(Delete("departures", departure.id, departure.revision))
    if changes:
        deps.store.commit(changes)


def _rewrite(deps: Deps, collection: str, session_id: str, change: Any) -> None:
    """Change every row of a session that is not yet as it should be, a batch at a time."""
    cursor = None
    while True:
        query = Query(collection, {"session_id": session_id}, limit=BATCH, cursor=cursor)
        page = deps.store.query(query)
        changes: list[Change] = [
            Update(collection, d.id, d.revision, after)
            for d in page.items
            if (after := change(d.body)) != d.body
        ]
        try:
            if changes:
                deps.store.commit(changes)
        except Conflict:
            continue  # one of them changed this moment: this page is read again
        cursor = page.next_cursor
        if cursor is None:
            return


def _delete_all(deps: Deps, collection: str, where: Json) -> None:
    while rows := deps.store.query(Query(collection, where, limit=BATCH)).items:
        try:
            deps.store.commit([Delete(collection, r.id, r.revision) for r in rows])
        except Conflict:
            continue


def _delete_one(deps: Deps, collection: str, document_id: str) -> None:
    def attempt() -> None:
        found = deps.store.get(collection, document_id)
        if found is not None:
            deps.store.commit([Delete(collection, found.id, found.revision)])

    retrying(attempt)
