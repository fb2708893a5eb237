"""How long prose and raw events of a session are kept: as long as its sponsor's tier says (ADR 0028).

Only old turns lose anything: what was written, told and rolled. Who did what when, the world, snapshots, and what the
story remembers stay. A feed begins after what was cleared; whoever comes with an older number gets 410 and the session
as it stands. Before a log is kept for a shorter time than so far, its party is told a week ahead.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog

from api.clock import iso
from api.errors import NotFound
from api.services.deps import Deps, retrying
from api.services.replays import NothingLogged, forget_steps
from api.services.table import Table
from api.services.tiers import limits_of
from api.store.port import Change, Conflict, Delete, Document, Insert, Query, Update

log = structlog.get_logger()

NOTICE_DAYS = 7
BATCH = 80
PAGE = 50
SETTLED = ("resolved", "narrated", "withdrawn")
MARK = "retention"  # the lease that says how far today's round has come

Json = dict[str, Any]


def clean_logs(deps: Deps) -> int:
    """One day's round over all sessions, which goes on where an interrupted one stopped; how many lost something."""
    today, done = _today(deps), 0
    while True:
        mark = deps.store.get("leases", MARK)
        after = mark.body["cursor"] if mark is not None and mark.body["day"] == today else None
        if mark is not None and mark.body["day"] == today and mark.body["done"]:
            return done
        page = deps.store.query(Query("game_sessions", limit=PAGE, cursor=after))
        for session in page.items:
            try:
                done += clean_log(deps, session.id)
            except Exception:  # one session's trouble is not the others'
                log.exception("log_not_cleaned", session_id=session.id)
        if page.next_cursor is None:
            deps.assets.tidy()
        _note(deps, mark, {"day": today, "cursor": page.next_cursor, "done": page.next_cursor is None})


def round_is_due(deps: Deps) -> str:
    """The day whose round nobody has finished yet; empty when there is nothing to do."""
    mark = deps.store.get("leases", MARK)
    today = _today(deps)
    return "" if mark is not None and mark.body["day"] == today and mark.body["done"] else today


def clean_log(deps: Deps, session_id: str) -> bool:
    """Clear what is older than the sponsor's tier keeps; whether anything was. Safe to run twice, anywhere."""
    days = retrying(lambda: _days_kept(deps, session_id))
    if days is None:
        return False
    cutoff = iso(deps.clock.now() - timedelta(days=days))
    number = _first_young_turn(deps, session_id, cutoff)
    try:
        forget_steps(deps.store, session_id, number)
    except NothingLogged:
        log.debug("nothing_logged_to_forget", session_id=session_id)
    cleared = _clear_turns(deps, session_id, number)
    return (
        retrying(lambda: _raise_floor(deps, session_id, cutoff))
        | bool(cleared)
        | bool(_clear_feed(deps, session_id))
    )


def _days_kept(deps: Deps, session_id: str) -> int | None:
    """How many days this log is kept just now. A shorter time comes with a week's notice in the feed."""
    try:
        table = Table.load(deps, session_id)
    except NotFound:
        return None
    body = table.body
    wanted, so_far = limits_of(deps, body["sponsor_user_id"]).log_days, body.get("log_days")
    notice: Json | None = body.get("log_notice")
    if so_far is None or wanted >= so_far:
        if so_far != wanted or notice:
            body["log_days"], body["log_notice"] = wanted, None
            if so_far is not None and notice:
                table.emit("log_kept", days=wanted, since=None)
            table.commit()
        return wanted
    now = deps.clock.now()
    if notice is None or notice["days"] != wanted:
        since = iso(now + timedelta(days=NOTICE_DAYS))
        body["log_notice"] = {"days": wanted, "since": since}
        table.emit("log_kept", days=wanted, since=since)
        table.commit()
        return int(so_far)
    if datetime.fromisoformat(notice["since"]) > now:
        return int(so_far)
    body["log_days"], body["log_notice"] = wanted, None
    table.commit()
    return wanted


def _first_young_turn(deps: Deps, session_id: str, cutoff: str) -> int:
    """The number of the first turn that stays as it is: not old, or not told yet."""
    above = -1
    while True:
        page = deps.store.query(
            Query(
                "turns", {"session_id": session_id}, above={"number": above}, order_by="number", limit=BATCH
            )
        ).items
        for turn in page:
            told = turn.body["narrated_at"] or turn.body["resolved_at"]
            if turn.body["state"] == "withdrawn":
                told = turn.body["opened_at"]
            if (
                turn.body["state"] not in SETTLED
                or told is None
                or told >= cutoff
                or turn.body["state"] == "resolved"
            ):
                return int(turn.body["number"])
            above = turn.body["number"]
        if len(page) < BATCH:
            return int(above) + 1


def _clear_turns(deps: Deps, session_id: str, below: int) -> int:
    above, cleared = -1, 0
    while True:

        def attempt(above: int = above) -> tuple[tuple[Document, ...], int]:
            page = deps.store.query(
                Query("turns", {"session_id": session_id}, above={"number": above}, below={"number": below},
                      order_by="number", limit=BATCH)
            ).items  # fmt: skip
            changes: list[Change] = [
                Update("turns", t.id, t.revision, after) for t in page if (after := _bare(t.body)) != t.body
            ]
            if changes:
                deps.store.commit(changes)
            return page, len(changes)

        page, count = retrying(attempt)
        cleared += count
        if len(page) < BATCH:
            return cleared
        above = page[-1].body["number"]


# What stays of a turn: who acted, when and where, and its log. Whatever else a turn may hold is prose or raw events.
_STAYS = (
    "id", "session_id", "number", "kind", "scene", "actor", "state", "dice_index", "minutes", "attempt", "due_at",
    "opened_at", "deadline", "accepted_at", "resolved_at", "narrated_at", "narrator", "narrated_with", "steps", "log",
)  # fmt: skip


def _bare(turn: Json) -> Json:
    """A turn without what was written, told and rolled."""
    entries = [{**e, "text": "", "events": []} for e in turn["entries"]]
    kept = {name: turn[name] for name in _STAYS if name in turn}
    return {**kept, "entries": entries, "closing": [], "dm_response": "", "cleared": True}


def _raise_floor(deps: Deps, session_id: str, cutoff: str) -> bool:
    """Say first from where on the feed is kept; only then are rows deleted."""
    session = deps.store.get("game_sessions", session_id)
    if session is None:
        return False
    floor = int(session.body.get("feed_floor", 0))
    new = _last_old_row(deps, session_id, floor, cutoff)
    if new <= floor:
        return False
    deps.store.commit(
        [Update("game_sessions", session.id, session.revision, {**session.body, "feed_floor": new})]
    )
    return True


def _last_old_row(deps: Deps, session_id: str, floor: int, cutoff: str) -> int:
    found = floor
    while True:
        rows = deps.store.query(
            Query("feed", {"session_id": session_id}, above={"seq": found}, order_by="seq", limit=BATCH)
        ).items
        for row in rows:
            if row.body["at"] >= cutoff:
                return found
            found = int(row.body["seq"])
        if len(rows) < BATCH:
            return found


def _clear_feed(deps: Deps, session_id: str) -> int:
    """Delete rows up to the floor that was committed."""
    session = deps.store.get("game_sessions", session_id)
    floor = int(session.body.get("feed_floor", 0)) if session is not None else 0
    gone = 0
    while rows := deps.store.query(
        Query("feed", {"session_id": session_id}, below={"seq": floor + 1}, order_by="seq", limit=BATCH)
    ).items:
        try:
            deps.store.commit([Delete("feed", r.id, r.revision) for r in rows])
            gone += len(rows)
        except Conflict:
            continue  # another round deletes them as well
    return gone


def _note(deps: Deps, mark: Document | None, body: Json) -> None:
    try:
        deps.store.commit(
            [Insert("leases", MARK, body) if mark is None else Update("leases", MARK, mark.revision, body)]
        )
    except Conflict:
        log.info("retention_round_is_shared", day=body["day"])


def _today(deps: Deps) -> str:
    return deps.clock.now().strftime("%Y-%m-%d")
