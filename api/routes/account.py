"""One's own account: where one is signed in, and signing out there."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from api.errors import NotFound
from api.routes.browsers import take_cookie
from api.routes.http import current_actor, current_login, deps, ok, page_of, query, wired
from api.routes.operation import operation
from api.schemas.answers.base import Nothing, Page
from api.schemas.answers.catalogue import LoginOut
from api.schemas.answers.people import OwnTierOut
from api.schemas.queries import PageIn, RevokeIn
from api.services.tiers import own_view

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


@bp.get("/tier")
@operation("account.read", OwnTierOut)
def tier() -> Response:
    """What the asker's subscription gives, and how much of it is used."""
    return ok(own_view(deps(), current_actor().require_user()))


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
