"""Everything that is kept of an account, as JSON, page by page: `personal.KEPT` says of which collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from api.errors import NotFound
from api.identity.throttle import Limit, Mark, Throttle
from api.services.audit import audited
from api.services.deps import Deps
from api.services.personal import ids_of
from api.services.views import session_line, turn_view
from api.store.pages import every
from api.store.port import Document

Json = dict[str, Any]
Part = Callable[[Deps, Document], Iterator[Json]]
EXPORTS = Limit("exports", free=3, first=600, longest=3600, forget=6 * 3600)


def begin_export(deps: Deps, user_id: str) -> Iterator[bytes]:
    """Counts the export and writes it down; then the JSON, piece by piece. Raises NotFound, RateLimited."""
    Throttle(deps.store, deps.clock).take([Mark(EXPORTS, user_id)])
    account = deps.store.get("accounts", user_id)
    if account is None:
        raise NotFound("account")
    deps.store.commit([audited(deps.clock, "exported", user_id=user_id)])
    return _written(deps, account)


def _written(deps: Deps, account: Document) -> Iterator[bytes]:
    head = {"app": "Code of Conquest", "exported_at": deps.clock.iso(), "account_id": account.id}
    yield orjson.dumps(head)[:-1]
    for name, part in PARTS.items():
        yield b"," + orjson.dumps(name) + b":["
        for number, item in enumerate(part(deps, account)):
            yield (b"," if number else b"") + orjson.dumps(item)
        yield b"]"
    yield b"}"


def _account(deps: Deps, account: Document) -> Iterator[Json]:
    yield {k: v for k, v in account.body.items() if k not in ("password", "epoch")}


def _links(deps: Deps, account: Document) -> Iterator[Json]:
    for link in every(deps.store, "links", {"user_id": account.id}):
        provider = link.body["provider"]
        shown = account.body["email"] if provider == "email" else link.id.partition(".")[2]
        yield {"provider": provider, "id": shown, "created_at": link.body["created_at"]}


def _logins(deps: Deps, account: Document) -> Iterator[Json]:
    for login in every(deps.store, "logins", {"user_id": account.id}):
        yield {k: login.body.get(k) for k in ("device", "created_at", "last_seen_at", "expires_at")}


def _characters(deps: Deps, account: Document) -> Iterator[Json]:
    for hero in every(deps.store, "characters", {"user_id": account.id}):
        yield {"id": hero.id, **hero.body}


def _seats(deps: Deps, account: Document) -> Iterator[Json]:
    for seat in every(deps.store, "seats", {"user_id": account.id}):
        yield dict(seat.body)


def _sessions(deps: Deps, account: Document) -> Iterator[Json]:
    for session in _own_sessions(deps, account):
        yield session_line(session.id, session.body, deps.content)


def _turns(deps: Deps, account: Document) -> Iterator[Json]:
    """What the own heroes did, as it was written, and how it was told."""
    own = {seat.body["character_id"] for seat in every(deps.store, "seats", {"user_id": account.id})}
    for session in _own_sessions(deps, account):
        for turn in every(deps.store, "turns", {"session_id": session.id}):
            entries = [e for e in turn_view(turn.body)["entries"] if e["character_id"] in own]
            if entries:
                yield {
                    "session_id": session.id, "turn": turn.body["number"], "entries": entries,
                    "told": turn.body["dm_response"], "at": turn.body["opened_at"],
                }  # fmt: skip


def _talk(deps: Deps, account: Document) -> Iterator[Json]:
    """What the player said and rolled at the table."""
    ids = ids_of(account, account.id)
    for session in _own_sessions(deps, account):
        for row in every(deps.store, "feed", {"session_id": session.id}):
            for event in row.body["events"]:
                if event.get("user_id") in ids:
                    yield {"session_id": session.id, "at": row.body["at"], **event}


def _memories(deps: Deps, account: Document) -> Iterator[Json]:
    """What the player wrote into the memories of stories, and what is remembered as the words of their heroes."""
    ids = ids_of(account, account.id)
    heroes = {seat.body["character_name"] for seat in every(deps.store, "seats", {"user_id": account.id})}
    for session in _own_sessions(deps, account):
        for row in every(deps.store, "facts", {"session_id": session.id}):
            fact = row.body
            if fact.get("by_id") in ids or fact["speaker"] in heroes:
                yield {
                    "session_id": session.id, "text": fact["text"], "kind": fact["kind"], "state": fact["state"],
                    "turns": fact["turns"], "at": fact["created_at"],
                }  # fmt: skip


def _assets(deps: Deps, account: Document) -> Iterator[Json]:
    for asset in every(deps.store, "assets", {"owner": account.id}):
        yield {k: asset.body[k] for k in ("key", "content_type", "size", "created_at")}


def _audit(deps: Deps, account: Document) -> Iterator[Json]:
    for row in every(deps.store, "audit", {"user_id": account.id}):
        yield {k: row.body.get(k) for k in ("at", "what", "by", "reason", "before", "after")}


def _departure(deps: Deps, account: Document) -> Iterator[Json]:
    row = deps.store.get("departures", account.id)
    if row is not None:
        yield {k: row.body[k] for k in ("asked_at", "due_at")}


def _own_sessions(deps: Deps, account: Document) -> Iterator[Document]:
    ids = {seat.body["session_id"] for seat in every(deps.store, "seats", {"user_id": account.id})}
    for session_id in sorted(ids):
        session = deps.store.get("game_sessions", session_id)
        if session is not None:
            yield session


# By collection, as they stand in `personal.KEPT`; a test compares both.


def _costs(deps: Deps, account: Document) -> Iterator[Json]:
    for line in every(deps.store, "costs", {"user_id": account.id}):
        yield line.body


PARTS: dict[str, Part] = {
    "costs": _costs,
    "accounts": _account,
    "links": _links,
    "logins": _logins,
    "characters": _characters,
    "seats": _seats,
    "game_sessions": _sessions,
    "turns": _turns,
    "feed": _talk,
    "facts": _memories,
    "assets": _assets,
    "audit": _audit,
    "departures": _departure,
}
