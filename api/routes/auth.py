"""Sign-in: register, log in and out, and who am I."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from api.errors import Forbidden
from api.identity.local import Account
from api.routes.http import COOKIE, body, current_actor, ok, wired
from api.schemas.requests import Empty, LoginIn, RegisterIn

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.post("/register")
def register() -> Response:
    wish = body(RegisterIn)
    account = wired().identity.register(wish.email, wish.password, wish.name)
    return _signed_in(account, wish.remember, 201)


@bp.post("/login")
def login() -> Response:
    wish = body(LoginIn)
    return _signed_in(wired().identity.sign_in(wish.email, wish.password), wish.remember, 200)


@bp.post("/logout")
def logout() -> Response:
    body(Empty)
    header = request.headers.get("Authorization", "")
    wired().identity.close_login(header.removeprefix("Bearer ").strip() or request.cookies.get(COOKIE, ""))
    response = ok({})
    response.delete_cookie(COOKIE)
    return response


@bp.get("/me")
def me() -> Response:
    actor = current_actor()
    account = wired().identity.account(actor.require_user())
    if account is None:
        raise Forbidden("That account is gone.")
    return ok(_view(account))


def _signed_in(account: Account, remember: bool, status: int) -> Response:
    token, seconds = wired().identity.open_login(account, remember=remember)
    response = ok({"user": _view(account), "token": token, "expires_in": seconds}, status)
    response.set_cookie(
        COOKIE,
        token,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=wired().deps.settings.secure_cookies,
    )
    return response


def _view(account: Account) -> dict[str, Any]:
    return {"id": account.id, "name": account.name, "email": account.email}
