"""One's own account: where one is signed in, and signing out there."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from api.errors import Invalid, NotFound
from api.routes.browsers import take_cookie
from api.routes.guards import current_login, require_auth
from api.routes.http import current_actor, deps, ok, wired
from api.services.usage import account_usage

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


@bp.get("/usage")
def usage() -> Response:
    """For whoever a service vouches for, too: sponsors sit in Discord."""
    return ok(account_usage(deps(), current_actor().require_user()))


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
