"""One's own account: where one is signed in, and signing out there."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from api.errors import NotFound
from api.routes.browsers import take_cookie
from api.routes.http import (
    body,
    current_actor,
    current_login,
    deps,
    idempotency_key,
    ok,
    page_of,
    query,
    wired,
)
from api.routes.operation import operation
from api.schemas.answers.base import Nothing, Page
from api.schemas.answers.catalogue import LoginOut
from api.schemas.answers.people import DepartureOut, OwnTierOut
from api.schemas.answers.usage import AccountUsage
from api.schemas.queries import PageIn, RevokeIn
from api.schemas.requests import LeaveIn
from api.services.privacy import departures
from api.services.privacy.export import begin_export
from api.services.tiers import own_view
from api.services.usage import account_usage

bp = Blueprint("account", __name__, url_prefix="/account")

_LOGIN_ID = re.compile(r"[0-9a-f]{36}")


@bp.get("/sessions")
@operation("account.manage", Page[LoginOut], query=PageIn)
def sessions() -> Response:
    """Where one is signed in, latest first."""
    here = current_login()
    items = [
        {
            "id": login.id,
            "device": login.device,
            "created_at": login.created_at,
            "last_seen_at": login.last_seen_at,
            "expires_at": login.expires_at,
            "current": login.id == here.id,
        }
        for login in wired().identity.logins(here.account)
    ]
    return ok(page_of(items, query(PageIn)))


@bp.get("/usage")
@operation("account.read", AccountUsage)
def usage() -> Response:
    """What one sponsors: today's calls of models, what is left of them, and the costs of the own sessions by day."""
    return ok(account_usage(deps(), current_actor().require_user()))


@bp.get("/tier")
@operation("account.read", OwnTierOut)
def tier() -> Response:
    """What the asker's subscription gives, and how much of it is used."""
    return ok(own_view(deps(), current_actor().require_user()))


@bp.get("/export")
@operation("account.manage", None, media_type="application/octet-stream", plain=True)
def export() -> Response:
    """Everything that is kept of the account, as one JSON file, written while it is read."""
    pieces = begin_export(deps(), current_login().account.id)
    response = Response(pieces, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = 'attachment; filename="code-of-conquest.json"'
    return response


@bp.get("/delete")
@operation("account.manage", DepartureOut)
def leaving() -> Response:
    """When the account goes, if its owner has asked for that."""
    return ok(departures.departure(deps(), current_login().account.id))


@bp.post("/delete")
@operation(
    "account.manage",
    DepartureOut,
    body=LeaveIn,
    status=202,
    limit="sign_in",
    codes=("leaving_already", "forbidden"),
)
def leave() -> Response:
    """Asked for with the password again, or with a fresh sign-in where there is none; two weeks to think it over."""
    actor, login, wish = current_actor(), current_login(), body(LeaveIn)
    key = idempotency_key(actor)
    earlier = key.earlier(deps())
    if earlier is not None:
        return ok(earlier, 202)
    if login.account.email is not None:
        wired().identity.prove(login, wish.password)
    else:
        departures.require_fresh(deps(), login)
    return ok(departures.ask_to_leave(deps(), wired().outbox, login.account.id, key), 202)


@bp.delete("/delete")
@operation("account.manage", Nothing, repeat="again")
def stay() -> Response:
    """Stay after all; also for who never asked to leave."""
    departures.cancel(deps(), current_login().account.id)
    return ok({})


@bp.delete("/sessions")
@operation("account.manage", Nothing, query=RevokeIn, repeat="again")
def revoke_all() -> Response:
    """Signs out everywhere; with `?except=current` everywhere else."""
    kept = query(RevokeIn).except_
    here = current_login()
    wired().identity.revoke_all(here.account, keep=here.id if kept else None)
    response = ok({})
    if not kept:
        take_cookie(response, wired().deps.settings)
    return response


@bp.delete("/sessions/<login_id>")
@operation("account.manage", Nothing, repeat="again")
def revoke(login_id: str) -> Response:
    """End one sign-in."""
    here = current_login()
    if not _LOGIN_ID.fullmatch(login_id) or not wired().identity.revoke(here.account, login_id):
        raise NotFound("sign-in")
    response = ok({})
    if login_id == here.id:
        take_cookie(response, wired().deps.settings)
    return response
