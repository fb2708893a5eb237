"""One account goes up in another, in batches that a killed process may stop between: a journal says where it stood.

The first batch is the decision: from then on every way into the old account leads into the new one, so that nobody
acts as the old one any more. What belongs to it moves after that, a session with its hero at a time. A request that
was under way as the old account may still have added something; so a while later the journal looks once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from api.services.audit import audited
from api.services.deps import Deps, retrying
from api.services.linking.pairs import Pair
from api.services.personal import MERGED_BY_FIELD
from api.store.pages import every
from api.store.port import Change, Conflict, Delete, Document, Insert, Query, Update

log = structlog.get_logger()

LATE_SECONDS = 30  # after which the sweeper takes a merge up that nobody finished
SETTLE_SECONDS = 600  # after which stragglers are looked for once more
BATCH = 80


def begin_merge(deps: Deps, pair: Pair, request: Document, beside: Sequence[Change] = ()) -> None:
    """The decision, as one batch. Raises Conflict when either account, or a link of it, changed since it was read."""
    links = list(every(deps.store, "links", {"user_id": pair.goes.id}))
    stays, goes = pair.stays, pair.goes
    grants = {g["id"] + g["source"]: g for g in (*stays.body.get("grants", ()), *_carried(goes))}
    after = {**stays.body, "grants": list(grants.values())} if grants else dict(stays.body)
    after["merged"] = [*stays.body.get("merged", []), goes.id]
    gone = {**goes.body, "grants": [], "merged_into": stays.id, "epoch": int(goes.body.get("epoch", 0)) + 1}
    journal = {
        "into": stays.id, "state": "moving", "at": deps.clock.iso(), "due_at": deps.clock.iso(after=LATE_SECONDS),
        "act_for": next((link.id.replace(".", ":", 1) for link in links), ""),
    }  # fmt: skip
    deps.store.commit(
        [
            Update("accounts", stays.id, stays.revision, after),
            Update("accounts", goes.id, goes.revision, gone),
            *(Update("links", one.id, one.revision, {**one.body, "user_id": stays.id}) for one in links),
            Delete("link_requests", request.id, request.revision),
            Insert("merges", goes.id, journal),
            audited(deps.clock, "linked", user_id=stays.id, other=goes.id),
            audited(deps.clock, "linked", user_id=goes.id, other=stays.id),
            *beside,
        ]
    )
    log.info("accounts_linked", stays=stays.id, goes=goes.id)


def run_merge(deps: Deps, goes: str) -> bool:
    """Move what is left of an account; True when nothing more is to be done. Safe to run twice, anywhere."""
    journal = deps.store.get("merges", goes)
    if journal is None:
        return True
    into, act_for = journal.body["into"], journal.body["act_for"]
    for seat in every(deps.store, "seats", {"user_id": goes}):
        retrying(lambda s=seat: _move_seat(deps, s.id, goes, into))  # type: ignore[misc]
    _hosts(deps, goes, into)
    for collection, field, what in MERGED_BY_FIELD:
        _move_rows(deps, collection, field, what, goes, into)
    if act_for:
        _seats_answer(deps, into, act_for)
    return _note_progress(deps, goes)


def merges_due(deps: Deps) -> int:
    """What the sweeper does: take up merges that stand still, and look once more after those that are done."""
    due = deps.store.query(
        Query("merges", below={"due_at": deps.clock.iso()}, order_by="due_at", limit=5)
    ).items
    for journal in due:
        run_merge(deps, journal.id)
    return len(due)


def _note_progress(deps: Deps, goes: str) -> bool:
    def attempt() -> bool:
        journal = deps.store.get("merges", goes)
        if journal is None:
            return True
        if journal.body["state"] == "settling":
            if journal.body["due_at"] > deps.clock.iso():
                return False
            deps.store.commit([Delete("merges", goes, journal.revision)])
            return True
        body = {**journal.body, "state": "settling", "due_at": deps.clock.iso(after=SETTLE_SECONDS)}
        deps.store.commit([Update("merges", goes, journal.revision, body)])
        return False

    return retrying(attempt)


def _carried(goes: Document) -> list[dict[str, Any]]:
    """The grants of the old account under ids of their own, so that none replaces one of the new account."""
    return [{**g, "id": f"{g['id']}.{goes.id}"[:60]} for g in goes.body.get("grants", ())]


def _move_seat(deps: Deps, seat_id: str, goes: str, into: str) -> None:
    """A seat's row, the session's own word of it, and the hero who sits there, as one batch."""
    seat = deps.store.get("seats", seat_id)
    if seat is None or seat.body["user_id"] != goes:
        return
    changes: list[Change] = [Update("seats", seat.id, seat.revision, {**seat.body, "user_id": into})]
    session = deps.store.get("game_sessions", seat.body["session_id"])
    if session is not None and (body := _session_of(session.body, goes, into)) != session.body:
        changes.append(Update("game_sessions", session.id, session.revision, body))
    hero = deps.store.get("characters", seat.body["character_id"])
    if hero is not None and hero.body["user_id"] == goes:
        changes.append(Update("characters", hero.id, hero.revision, {**hero.body, "user_id": into}))
    deps.store.commit(changes)


def _session_of(body: dict[str, Any], goes: str, into: str) -> dict[str, Any]:
    party = [{**s, "user_id": into} if s["user_id"] == goes else s for s in body["party"]]
    seats = {k: into if body[k] == goes else body[k] for k in ("host_user_id", "sponsor_user_id")}
    return {**body, **seats, "party": party}


def _hosts(deps: Deps, goes: str, into: str) -> None:
    """Sessions whose seat moved in an earlier, interrupted run and that name the old account still."""
    for session_id in {s.body["session_id"] for s in every(deps.store, "seats", {"user_id": into})}:

        def attempt(session_id: str = session_id) -> None:
            session = deps.store.get("game_sessions", session_id)
            if session is not None and (body := _session_of(session.body, goes, into)) != session.body:
                deps.store.commit([Update("game_sessions", session.id, session.revision, body)])

        retrying(attempt)


def _seats_answer(deps: Deps, into: str, act_for: str) -> None:
    """Where the new account sits by the web, the bot finds the seat by the provider's id from now on."""
    for seat in every(deps.store, "seats", {"user_id": into}):
        if seat.body["left_at"] or not seat.body["act_for"].startswith("web:"):
            continue

        def attempt(seat: Document = seat) -> None:
            row = deps.store.get("seats", seat.id)
            session = deps.store.get("game_sessions", seat.body["session_id"])
            if row is None or session is None or session.body["status"] == "completed":
                return
            party = [{**s, "act_for": act_for} if s["user_id"] == into else s for s in session.body["party"]]
            deps.store.commit(
                [
                    Update("seats", row.id, row.revision, {**row.body, "act_for": act_for}),
                    Update("game_sessions", session.id, session.revision, {**session.body, "party": party}),
                ]
            )

        retrying(attempt)


def _move_rows(deps: Deps, collection: str, field: str, what: str, goes: str, into: str) -> None:
    """Rows that name the account in one field: moved, or dropped where they are worth nothing to the new one."""
    while rows := deps.store.query(Query(collection, {field: goes}, limit=BATCH)).items:
        changes: list[Change] = [
            Delete(collection, r.id, r.revision)
            if what == "drop"
            else Update(collection, r.id, r.revision, {**r.body, field: into})
            for r in rows
        ]
        try:
            deps.store.commit(changes)
        except Conflict:
            continue  # one of them changed this moment: they are read again
