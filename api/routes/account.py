"""One's own account: where one is signed in, what one's tier gives, all that is kept, and leaving for good."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from api.errors import Invalid, NotFound
from api.routes.browsers import take_cookie
from api.routes.guards import current_login, require_auth
from api.routes.http import body, current_actor, deps, ok, wired
from api.schemas.requests import LeaveIn
from api.services.privacy import departures
from api.services.privacy.export import begin_export
from api.services.tiers import own_view

bp = Blueprint("account", __name__, url_prefix="/account")

_LOGIN_ID = re.compile(r"[0-9a-f]{36}")


@bp.get("/sessions")
@require_auth
def sessions() -> Response:
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
    return ok({"items": items})


@bp.get("/tier")
def tier() -> Response:
    """What the asker's subscription gives, and how much of it is used."""
    return ok(own_view(deps(), current_actor().require_user()))


@bp.get("/export")
@require_auth
def export() -> Response:
    """Everything that is kept of the account, as one JSON file, written while it is read."""
    pieces = begin_export(deps(), current_login().account.id)
    response = Response(pieces, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="code-of-conquest.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/delete")
@require_auth
def leaving() -> Response:
    return ok(departures.departure(deps(), current_login().account.id))


@bp.post("/delete")
@require_auth
def leave() -> Response:
    """Asked for with the password again, or with a fresh sign-in where there is none; two weeks to think it over."""
    login, wish = current_login(), body(LeaveIn)
    if login.account.email is not None:
        wired().identity.prove(login, wish.password)
    else:
        departures.require_fresh(deps(), login)
    return ok(departures.ask_to_leave(deps(), wired().outbox, login.account.id), 202)


@bp.delete("/delete")
@require_auth
def stay() -> Response:
    departures.cancel(deps(), current_login().account.id)
    return ok({})


@bp.delete("/sessions")
@require_auth
def revoke_all() -> Response:
    """Signs out everywhere; with `?except=current` everywhere else."""
    kept = request.args.get("except")
    if kept not in (None, "current"):
        raise Invalid("except", "can only be current")
    here = current_login()
    wired().identity.revoke_all(here.account, keep=here.id if kept else None)
    response = ok({})
    if not kept:
        take_cookie(response, wired().deps.settings)
    return response


@bp.delete("/sessions/<login_id>")
@require_auth
def revoke(login_id: str) -> Response:
    here = current_login()
    if not _LOGIN_ID.fullmatch(login_id) or not wired().identity.revoke(here.account, login_id):
        raise NotFound("sign-in")
    response = ok({})
    if login_id == here.id:
        take_cookie(response, wired().deps.settings)
    return response
