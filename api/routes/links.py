"""Links: two accounts of one person become one, and a browser for whom a service vouches."""

from __future__ import annotations

from flask import Blueprint, Response

from api.errors import Forbidden
from api.routes.guards import require_auth
from api.routes.http import actor_and_login, body, client, current_actor, deps, ok, wired
from api.schemas.requests import Empty, LinkCodeIn, LinkConfirmIn, UnlinkIn
from api.services.linking import requests as use

bp = Blueprint("links", __name__, url_prefix="/links")


@bp.get("")
def index() -> Response:
    return ok(use.own_links(deps(), current_actor()))


@bp.post("")
def give_code() -> Response:
    """A code to enter on the other side."""
    actor = current_actor()
    body(Empty)
    return ok(use.ask_for_code(deps(), actor), 201)


@bp.post("/redeem")
def redeem() -> Response:
    actor, wish = current_actor(), body(LinkCodeIn)
    return ok(use.enter_code(deps(), actor, wish.code, client().source), 201)


@bp.post("/browser")
def browser() -> Response:
    """A one-time link that signs a browser in, for somebody whom a service vouches for."""
    actor, login = actor_and_login()
    body(Empty)
    account = wired().identity.account(actor.require_user())
    if login is not None or account is None:
        raise Forbidden("You are signed in yourself; this is for players who come by Discord.")
    link, seconds = wired().identity.browser_link(account)
    return ok({"url": link, "expires_in": seconds, "name": account.name}, 201)


@bp.post("/<request_id>/confirm")
def confirm(request_id: str) -> Response:
    actor, login = actor_and_login()
    wish = body(LinkConfirmIn)
    proven = False
    if login is not None and login.account.email is not None and wish.password:
        wired().identity.prove(login, wish.password)
        proven = True
    return ok(use.confirm(deps(), actor, request_id, proven=proven))


@bp.post("/unlink")
@require_auth
def unlink() -> Response:
    wish = body(UnlinkIn)
    use.unlink(deps(), current_actor(), wish.provider)
    return ok({})


@bp.delete("/<request_id>")
def refuse(request_id: str) -> Response:
    use.refuse(deps(), current_actor(), request_id)
    return ok({})
