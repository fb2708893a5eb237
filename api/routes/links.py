"""Links: two accounts of one person become one, and a browser for whom a service vouches."""

from __future__ import annotations

from flask import Blueprint, Response

from api.errors import Forbidden
from api.routes.http import body, client, current_actor, deps, ok, shown_login, wired
from api.routes.operation import operation
from api.schemas.answers.base import Nothing
from api.schemas.answers.people import BrowserLinkOut, LinkCodeOut, LinkDoneOut, LinkRequestOut, LinksOut
from api.schemas.requests import Empty, LinkCodeIn, LinkConfirmIn, UnlinkIn
from api.services.linking import requests as use

bp = Blueprint("links", __name__, url_prefix="/links")


@bp.get("")
@operation("account.read", LinksOut)
def index() -> Response:
    """By what one comes in, and what waits for a confirmation."""
    return ok(use.own_links(deps(), current_actor()))


@bp.post("")
@operation("account.link", LinkCodeOut, body=Empty, status=201, limit="sign_in", repeat="fresh")
def give_code() -> Response:
    """A code to enter on the other side."""
    actor = current_actor()
    body(Empty)
    return ok(use.ask_for_code(deps(), actor), 201)


@bp.post("/redeem")
@operation(
    "account.link",
    LinkRequestOut,
    body=LinkCodeIn,
    status=201,
    limit="sign_in",
    repeat="fresh",
    codes=("cannot_link",),
)
def redeem() -> Response:
    """Use the code of the other side, once; both sides then confirm."""
    actor, wish = current_actor(), body(LinkCodeIn)
    return ok(use.enter_code(deps(), actor, wish.code, client().source), 201)


@bp.post("/browser")
@operation("account.browse", BrowserLinkOut, body=Empty, status=201, limit="sign_in", repeat="fresh")
def browser() -> Response:
    """A one-time link that signs a browser in, for somebody whom a service vouches for."""
    body(Empty)
    account = wired().identity.account(current_actor().require_user())
    if account is None:
        raise Forbidden("That account is gone.")
    link, seconds = wired().identity.browser_link(account)
    return ok({"url": link, "expires_in": seconds, "name": account.name}, 201)


@bp.post("/<string(length=26):request_id>/confirm")
@operation(
    "link.decide",
    LinkDoneOut,
    body=LinkConfirmIn,
    limit="sign_in",
    repeat="again",
    codes=("cannot_link", "forbidden"),
)
def confirm(request_id: str) -> Response:
    """One side says yes; with the second yes the two accounts become one."""
    actor, login = current_actor(), shown_login()
    wish = body(LinkConfirmIn)
    use.require_side(deps(), actor, request_id)  # before a password is tried on it
    proven = False
    if login is not None and login.account.email is not None and wish.password:
        wired().identity.prove(login, wish.password)
        proven = True
    return ok(use.confirm(deps(), actor, request_id, proven=proven))


@bp.post("/unlink")
@operation("account.manage", Nothing, body=UnlinkIn, repeat="again", codes=("not_linked", "last_way_in"))
def unlink() -> Response:
    """Take a way in back; what was merged stays."""
    wish = body(UnlinkIn)
    use.unlink(deps(), current_actor(), wish.provider)
    return ok({})


@bp.delete("/<string(length=26):request_id>")
@operation("link.decide", Nothing, repeat="again")
def refuse(request_id: str) -> Response:
    """Either side says no."""
    use.refuse(deps(), current_actor(), request_id)
    return ok({})
