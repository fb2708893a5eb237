"""Finds what fell between: lost jobs, expired leases, deadlines, idle tables. Safe to run twice, anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from api.clock import iso, seconds_until
from api.identity.accounts import email_link
from api.llm.ruler import BuiltInRuler
from api.mail.outbox import Outbox
from api.rules.commands import Command
from api.services.deps import Deps
from api.services.linking.merging import merges_due
from api.services.privacy.forgetting import departures_due
from api.services.questions import ruling_request
from api.services.resolving import pending_texts, rule_turn
from api.services.retention import round_is_due
from api.services.sessions_end import pause_line
from api.services.table import Table
from api.services.usage import budget_of
from api.store.port import Change, Conflict, Delete, Document, Query, StoreError, Update

log = structlog.get_logger()

IDEMPOTENCY_HOURS = 24
DEADLINE_RETRY_SECONDS = 5
CLEANUP_RETRY_SECONDS = 600


def sweep(deps: Deps) -> dict[str, int]:
    """One pass; returns what was mended, by kind. A fault in one place never keeps the others from being mended."""
    steps: dict[str, Callable[[Deps], int]] = {
        "ruled": _rule_overdue,
        "requeued": lambda d: _requeue(d, "accepted") + _requeue(d, "resolved"),
        "deadlines": _deadlines,
        "timeouts": _timeouts,
        "mails": lambda d: Outbox(d.store, d.clock, d.jobs.deliver_mail).requeue(),
        "reservations": lambda d: budget_of(d).expire(),
        "days_of_use": lambda d: budget_of(d).forget(),
        "logs": _logs,
        "merged": merges_due,
        "departed": departures_due,
        "forgotten": _forget,
        "expired": _expire,
    }
    done = {}
    for name, step in steps.items():
        try:
            done[name] = step(deps)
        except StoreError as error:  # it is away: the next pass finds what this one could not
            log.warning("sweep_waits_for_the_store", step=name, error=str(error))
            done[name] = 0
        except Exception:
            log.exception("sweep_step_failed", step=name)
            done[name] = 0
    return done


def _requeue(deps: Deps, state: str) -> int:
    """Turns whose narration or ruling is overdue get a fresh job under the next attempt's id."""
    now = deps.clock.iso()
    done = 0
    for turn in deps.store.query(
        Query("turns", {"state": state}, below={"due_at": now}, order_by="due_at")
    ).items:
        lease = deps.store.get("leases", f"narration.{turn.body['session_id']}")
        held = lease is not None and seconds_until(lease.body["until"], deps.clock.now()) > 0
        if state == "resolved" and held:
            continue
        # A job that waits its turn in a long queue is late, not lost: it needs time and no second job.
        late = deps.jobs.is_waiting(turn.id, turn.body["attempt"])
        attempt = turn.body["attempt"] + (not late)
        due = deps.clock.iso(after=deps.settings.narration_lease_seconds)
        try:
            deps.store.commit(
                [Update("turns", turn.id, turn.revision, {**turn.body, "attempt": attempt, "due_at": due})]
            )
        except Conflict:
            continue  # somebody moved it on: it is not lost
        if late:
            continue
        log.info("turn_requeued", turn_id=turn.id, state=state, attempt=attempt)
        session = deps.store.get("game_sessions", turn.body["session_id"])
        sponsor = session.body["sponsor_user_id"] if session else ""
        done += deps.jobs.narrate(turn.id, attempt, session_id=turn.body["session_id"], sponsor_id=sponsor)
    return done


def _rule_overdue(deps: Deps) -> int:
    """A ruling that has not come in time is made here by the built-in ruler."""
    ruler = BuiltInRuler(deps.content)
    done = 0
    for turn in deps.store.query(Query("turns", {"state": "accepted"})).items:
        if -seconds_until(turn.body["accepted_at"], deps.clock.now()) < deps.settings.ruling_seconds:
            continue
        try:
            done += _rule(deps, ruler, turn)
        except Exception:
            log.exception("overdue_turn_not_ruled", turn_id=turn.id)
    return done


def _rule(deps: Deps, ruler: BuiltInRuler, turn: Document) -> bool:
    session_id = turn.body["session_id"]
    table = Table.load(deps, session_id)
    state = table.state()
    rulings: dict[str, Command] = {
        e["character_id"]: ruler.read(ruling_request(table, turn.body, state, e))
        for e in pending_texts(turn.body)
    }
    attempt = turn.body["attempt"] + 1
    if not rule_turn(deps, session_id, turn.id, rulings, attempt_number=attempt):
        return False
    log.info("turn_ruled_by_sweeper", turn_id=turn.id)
    sponsor = table.body["sponsor_user_id"]
    deps.jobs.narrate(turn.id, attempt, session_id=session_id, sponsor_id=sponsor)
    return True


def _deadlines(deps: Deps) -> int:
    due = deps.store.query(
        Query(
            "game_sessions", {"status": "active"}, below={"deadline": deps.clock.iso()}, order_by="deadline"
        )
    )
    # The occasion changes every few seconds: a job that was lost is asked for again under another id.
    moment = int(deps.clock.now().timestamp()) // DEADLINE_RETRY_SECONDS
    return sum(deps.jobs.process_combat_round(s.id, f"{s.body['turn_number']}-{moment}") for s in due.items)


def _timeouts(deps: Deps) -> int:
    """Half an hour of silence unpins a live table; any action resumes it."""
    shortest = iso(deps.clock.now() - timedelta(minutes=1))
    done = 0
    query = Query(
        "game_sessions", {"status": "active"}, below={"last_activity": shortest}, order_by="last_activity"
    )
    for session in deps.store.query(query).items:
        silent = -seconds_until(session.body["last_activity"], deps.clock.now()) / 60
        if session.body["pace"] != "live" or silent < session.body["config"]["timeout_minutes"]:
            continue
        table = Table(deps, session)
        table.body["status"] = "timeout"
        table.body["deadline"] = None
        table.emit("session_timeout", cliffhanger=pause_line(table))
        try:
            table.commit()
            done += 1
        except Conflict:
            continue
    return done


def _logs(deps: Deps) -> int:
    """The day's round over old logs is asked for until it is done, every ten minutes under another id."""
    day = round_is_due(deps)
    moment = int(deps.clock.now().timestamp()) // CLEANUP_RETRY_SECONDS
    return int(deps.jobs.clean_logs(day, str(moment))) if day else 0


def _forget(deps: Deps) -> int:
    """Idempotency keys older than a day, and sign-ins that have ended."""
    old = iso(deps.clock.now() - timedelta(hours=IDEMPOTENCY_HOURS))
    keys = deps.store.query(
        Query("idempotency", below={"created_at": old}, order_by="created_at", limit=40)
    ).items
    ended = deps.store.query(
        Query("logins", below={"expires_at": deps.clock.iso()}, order_by="expires_at", limit=40)
    ).items
    gone = [Delete("idempotency", r.id, r.revision) for r in keys]
    gone += [Delete("logins", r.id, r.revision) for r in ended]
    if gone:
        try:
            deps.store.commit(gone)
        except Conflict:
            return 0
    return len(gone)


def _expire(deps: Deps) -> int:
    """Links, devices and counted tries that have expired; and accounts whose address nobody confirmed in time."""
    done = 0
    for collection in ("one_time_tokens", "devices", "throttles", "link_requests", "audit"):
        query = Query(collection, below={"expires_at": deps.clock.iso()}, order_by="expires_at", limit=40)
        for row in deps.store.query(query).items:
            gone: list[Change] = [Delete(collection, row.id, row.revision)]
            if row.body.get("purpose") == "confirm_address":
                gone += _never_confirmed(deps, row)
            try:
                deps.store.commit(gone)
                done += 1
            except Conflict:
                continue  # in use again this moment; the next pass looks again
    return done


def _never_confirmed(deps: Deps, token: Document) -> list[Change]:
    """The changes that forget an address that somebody gave and nobody confirmed, unless a later letter may still."""
    account = deps.store.get("accounts", token.body["user_id"])
    if account is None or account.body["verified"]:
        return []
    if len(deps.store.query(Query("one_time_tokens", {"user_id": account.id}, limit=2)).items) > 1:
        return []
    link = deps.store.get("links", email_link(account.body["email"]))
    gone: list[Change] = [Delete("accounts", account.id, account.revision)]
    if link is not None and link.body["user_id"] == account.id:
        gone.append(Delete("links", link.id, link.revision))
    return gone
