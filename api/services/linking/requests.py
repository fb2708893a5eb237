"""Asking to link, and confirming on both sides.

One side gets a code, the other one enters it: that makes a request, which each side sees with both names and confirms.
Nothing moves before both have. The side with the e-mail address also gives its password, so that nobody is talked into
handing an account over with a click.
"""

from __future__ import annotations

from typing import Any

from api.clock import seconds_until
from api.errors import Forbidden, GameRefusal, NotFound
from api.policy import About, authorise
from api.services.audit import audited
from api.services.deps import Actor, Deps, retrying
from api.services.linking.codes import CODE_SECONDS, find_code, give_code
from api.services.linking.merging import begin_merge, run_merge
from api.services.linking.pairs import Pair, common_tables, pair_of, require_no_clash, what_comes
from api.store.pages import every
from api.store.port import Conflict, Delete, Document, Insert, Query, Update

Json = dict[str, Any]
REQUEST_SECONDS = 900


def ask_for_code(deps: Deps, actor: Actor) -> Json:
    """A code to enter on the other side. Raises RateLimited."""
    user_id = actor.require_user()
    code = give_code(deps, user_id)
    deps.store.commit([audited(deps.clock, "link_asked", user_id=user_id, provider=actor.provider)])
    return {"code": code, "expires_in": CODE_SECONDS}


def enter_code(deps: Deps, actor: Actor, typed: str, source: str) -> Json:
    """Use a code of the other side, once: a request that both confirm. Raises Invalid, RateLimited, GameRefusal."""
    user_id = actor.require_user()

    def attempt() -> Document:
        code = find_code(deps, actor, typed, source)
        pair_of(deps, user_id, code.user_id)
        body = {
            "giver": code.user_id, "taker": user_id, "confirmed": [], "state": "open",
            "at": deps.clock.iso(), "expires_at": deps.clock.iso(after=REQUEST_SECONDS),
        }  # fmt: skip
        request_id = deps.clock.new_id()
        deps.store.commit([code.use, Insert("link_requests", request_id, body)])
        return Document(request_id, 1, body)

    return request_view(deps, retrying(attempt), user_id)


def own_links(deps: Deps, actor: Actor) -> Json:
    """By what the asker comes in, and the requests that wait for a confirmation."""
    user_id = actor.require_user()
    links = [
        {"provider": link.body["provider"], "since": link.body["created_at"]}
        for link in every(deps.store, "links", {"user_id": user_id})
    ]
    open_ones = [
        request_view(deps, row, user_id)
        for side in ("giver", "taker")
        for row in deps.store.query(Query("link_requests", {side: user_id}, limit=20)).items
        if _is_open(deps, row)
    ]
    return {"items": sorted(links, key=lambda one: one["since"]), "requests": [r for r in open_ones if r]}


def confirm(deps: Deps, actor: Actor, request_id: str, *, proven: bool) -> Json:
    """One side says yes; with the second yes the accounts are merged. `proven`: the password was given with it.

    Raises NotFound for anybody else's request, Forbidden, GameRefusal cannot_link.
    """
    user_id = actor.require_user()

    def attempt() -> tuple[Document, Pair | None]:
        row = _own_request(deps, actor, request_id)
        pair = pair_of(deps, row.body["giver"], row.body["taker"])
        require_no_clash(deps, pair)
        if user_id == pair.stays.id and not proven:
            raise Forbidden("Give your password with this: it hands a way into your account out.")
        confirmed = sorted({*row.body["confirmed"], user_id})
        if len(confirmed) == 2:
            begin_merge(deps, pair, row)
            return row, pair
        body = {**row.body, "confirmed": confirmed}
        deps.store.commit([Update("link_requests", row.id, row.revision, body)])
        return Document(row.id, row.revision + 1, body), None

    row, pair = retrying(attempt)
    if pair is None:
        view = request_view(deps, row, user_id)
        return {"state": "waiting", "request": view}
    run_merge(deps, pair.goes.id)  # what a killed process leaves undone, the sweeper finishes
    return {"state": "linked", "name": pair.stays.body["name"]}


def require_side(deps: Deps, actor: Actor, request_id: str) -> None:
    """Raises NotFound alike for a request that is not there or not open, and for one between others."""
    _own_request(deps, actor, request_id)


def refuse(deps: Deps, actor: Actor, request_id: str) -> None:
    """Either side says no. Raises NotFound."""
    user_id = actor.require_user()

    def attempt() -> None:
        row = _own_request(deps, actor, request_id)
        said = audited(deps.clock, "link_refused", user_id=user_id)
        deps.store.commit([Delete("link_requests", row.id, row.revision), said])

    retrying(attempt)


def unlink(deps: Deps, actor: Actor, provider: str) -> None:
    """Take a way in back: who comes from there next time begins with an account of their own. What was merged stays.

    Raises GameRefusal: not_linked, last_way_in for an account that has no other.
    """
    user_id = actor.require_user()

    def attempt() -> list[Document]:
        account = deps.store.get("accounts", user_id)
        links = list(every(deps.store, "links", {"user_id": user_id}))
        gone = [link for link in links if link.body["provider"] == provider != "email"]
        if not gone:
            raise GameRefusal("not_linked", f"This account has no link to {provider}.")
        if account is None or account.body["email"] is None:
            raise GameRefusal(
                "last_way_in", "This account has no e-mail address; without that link nobody could come in."
            )
        row = audited(deps.clock, "unlinked", user_id=user_id, provider=provider)
        deps.store.commit([*(Delete("links", link.id, link.revision) for link in gone), row])
        return gone

    for link in retrying(attempt):
        _seats_speak_for(deps, user_id, link.id.replace(".", ":", 1), f"web:{user_id}")


def _seats_speak_for(deps: Deps, user_id: str, before: str, after: str) -> None:
    """At running tables the bot no longer finds these seats by the provider's id."""
    for seat in every(deps.store, "seats", {"user_id": user_id}):
        if seat.body["left_at"] or seat.body["act_for"] != before:
            continue
        session = deps.store.get("game_sessions", seat.body["session_id"])
        changes = [Update("seats", seat.id, seat.revision, {**seat.body, "act_for": after})]
        if session is not None:
            party = [{**s, "act_for": after} if s["act_for"] == before else s for s in session.body["party"]]
            changes.append(
                Update("game_sessions", session.id, session.revision, {**session.body, "party": party})
            )
        try:
            deps.store.commit(changes)
        except Conflict:
            _seats_speak_for(deps, user_id, before, after)  # the table moved on this moment; look again
            return


def request_view(deps: Deps, row: Document, user_id: str) -> Json:
    """A request as one side sees it: both names, which account stays, what comes over, what stands in the way."""
    pair = pair_of(deps, row.body["giver"], row.body["taker"])
    mine, theirs = (pair.stays, pair.goes) if user_id == pair.stays.id else (pair.goes, pair.stays)
    return {
        "id": row.id,
        "expires_at": row.body["expires_at"],
        "you": _side(deps, mine),
        "other": _side(deps, theirs),
        "stays": "you" if mine is pair.stays else "other",
        "needs_password": mine is pair.stays,
        "confirmed": {"you": user_id in row.body["confirmed"], "other": theirs.id in row.body["confirmed"]},
        "comes": what_comes(deps, pair),
        "clashes": common_tables(deps, pair),
    }


def _side(deps: Deps, account: Document) -> Json:
    """A name and what kind of account it is; the address only its owner knows."""
    providers = sorted(
        {link.body["provider"] for link in every(deps.store, "links", {"user_id": account.id})}
    )
    return {"name": account.body["name"], "providers": providers}


def _own_request(deps: Deps, actor: Actor, request_id: str) -> Document:
    row = deps.store.get("link_requests", request_id)
    if row is None:
        raise NotFound("request to link")
    authorise(actor, "link.decide", About(members=frozenset((row.body["giver"], row.body["taker"]))))
    if not _is_open(deps, row):
        raise NotFound("request to link")
    return row


def _is_open(deps: Deps, row: Document) -> bool:
    if row.body["state"] != "open" or seconds_until(row.body["expires_at"], deps.clock.now()) <= 0:
        return False
    try:
        pair_of(deps, row.body["giver"], row.body["taker"])
    except GameRefusal:
        return False
    return True
