"""Leaving for good: asked for, waited for, and taken back within two weeks (ADR 0036)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from api.clock import iso, seconds_until
from api.errors import Forbidden, GameRefusal, NotFound
from api.identity.port import Login
from api.mail.outbox import Outbox
from api.services.audit import audited
from api.services.deps import Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.store.port import Change, Delete, Insert

Json = dict[str, Any]
GRACE_DAYS = 14
FRESH_SECONDS = 600  # how old a sign-in may be that stands for a password, where there is none


def require_fresh(deps: Deps, login: Login) -> None:
    """For an account without a password: only a sign-in of this moment counts. Raises Forbidden."""
    age = -seconds_until(login.created_at, deps.clock.now())
    if age > FRESH_SECONDS:
        raise Forbidden("Sign in anew for this: use /web in Discord and come back with the fresh link.")


def ask_to_leave(deps: Deps, outbox: Outbox, user_id: str, key: IdempotencyKey) -> Json:
    """The account goes in two weeks, unless that is taken back. Raises NotFound, GameRefusal leaving_already."""

    def attempt() -> tuple[Json, Insert | None]:
        if (earlier := key.earlier(deps)) is not None:
            return earlier, None
        account = deps.store.get("accounts", user_id)
        if account is None:
            raise NotFound("account")
        if deps.store.get("departures", user_id) is not None:
            raise GameRefusal("leaving_already", "This account is about to be deleted already.")
        due = iso(deps.clock.now() + timedelta(days=GRACE_DAYS))
        body = {"asked_at": deps.clock.iso(), "due_at": due}
        changes: list[Change] = [
            Insert("departures", user_id, body),
            audited(deps.clock, "departure_asked", user_id=user_id),
        ]
        letter, view = None, departure_view(body)
        changes += key.changes(deps, view)
        if account.body["email"]:
            letter = outbox.row(
                "leaving", account.body["email"], name=account.body["name"], day=_day(due), days=GRACE_DAYS
            )
            changes.append(letter)
        deps.store.commit(changes)
        return view, letter

    view, letter = retrying(attempt)
    if letter is not None:
        outbox.posted(letter)
    return view


def cancel(deps: Deps, user_id: str) -> None:
    """Stay after all; who never asked to leave stays anyway. Raises NotFound when it has begun."""

    def attempt() -> None:
        row = deps.store.get("departures", user_id)
        if row is None:
            return
        if row.body.get("begun"):
            raise NotFound("account")
        said = audited(deps.clock, "departure_cancelled", user_id=user_id)
        deps.store.commit([Delete("departures", user_id, row.revision), said])

    retrying(attempt)


def departure(deps: Deps, user_id: str) -> Json:
    """When the account goes; both None while it stays."""
    row = deps.store.get("departures", user_id)
    return departure_view(row.body) if row else {"asked_at": None, "leaves_at": None}


def departure_view(body: Json) -> Json:
    return {"asked_at": body["asked_at"], "leaves_at": body["due_at"]}


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%-d %B %Y")
