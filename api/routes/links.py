"""Links: two accounts of one person become one, and a browser for whom a service vouches."""

from __future__ import annotations

from flask import Blueprint, Response

from api.errors import Forbidden
from api.routes.http import body, client, current_actor, current_login, deps, idempotency_key, ok, wired
from api.routes.operation import operation
from api.schemas.answers.base import Nothing
from api.schemas.answers.people import BrowserLink, LinkCode, Linked, LinkRequest, LinksOut
from api.schemas.requests import Empty, LinkCodeIn, LinkConfirmIn, UnlinkIn
from api.services.linking import requests as use

bp = Blueprint("links", __name__, url_prefix="/links")


@bp.get("")
@operation("link.use", LinksOut)
def index() -> Response:
    """By what the asker comes in, and the requests that wait for a confirmation."""
    return ok(use.own_links(deps(), current_actor()))


@bp.post("")
@operation("link.use", LinkCode, body=Empty, status=201, limit="sign_in", repeat="fresh")
def give_code() -> Response:
    """A code to enter on the other side; an earlier one ends."""
    actor = current_actor()
    body(Empty)
    return ok(use.ask_for_code(deps(), actor), 201)


@bp.post("/redeem")
@operation("link.use", LinkRequest, body=LinkCodeIn, status=201, limit="sign_in", codes=("cannot_link",))
def redeem() -> Response:
    """Use a code of the other side, once: a request that both confirm."""
    actor, wish = current_actor(), body(LinkCodeIn)
    return ok(use.enter_code(deps(), actor, wish.code, client().source, idempotency_key(actor)), 201)


@bp.post("/browser")
@operation("link.use", BrowserLink, body=Empty, status=201, limit="sign_in", repeat="fresh")
def browser() -> Response:
    """A one-time link that signs a browser in, for somebody whom a service vouches for."""
    actor = current_actor()
    body(Empty)
    account = wired().identity.account(actor.require_user())
    if actor.login_id or account is None:
        raise Forbidden("You are signed in yourself; this is for players who come by Discord.")
    link, seconds = wired().identity.browser_link(account)
    return ok({"url": link, "expires_in": seconds, "name": account.name}, 201)


@bp.post("/unlink")
@operation("account.manage", Nothing, body=UnlinkIn)
def unlink() -> Response:
    """Close a way in; what was merged stays."""
    actor, wish = current_actor(), body(UnlinkIn)
    use.unlink(deps(), actor, wish.provider, idempotency_key(actor))
    return ok({})


@bp.post("/<request_id>/confirm")
@operation("link.use", Linked, body=LinkConfirmIn, limit="sign_in", codes=("cannot_link",))
def confirm(request_id: str) -> Response:
    """One side says yes, the one with an address with its password; with the second yes the accounts are one."""
    actor, wish = current_actor(), body(LinkConfirmIn)
    login = current_login() if actor.login_id else None
    proven = False
    if login is not None and login.account.email is not None and wish.password:
        wired().identity.prove(login, wish.password)
        proven = True
    return ok(use.confirm(deps(), actor, request_id, idempotency_key(actor), proven=proven))


@bp.delete("/<request_id>")
@operation("link.use", Nothing)
def refuse(request_id: str) -> Response:
    """Either side says no."""
    actor = current_actor()
    use.refuse(deps(), actor, request_id, idempotency_key(actor))
    return ok({})
