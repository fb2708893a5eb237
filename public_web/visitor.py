"""Who is asking: the browser's session cookie, the API called in their name, and pages that need an account."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import httpx
from flask import Response, current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from public_web.api_client import ApiClient, ApiRefusal

COOKIE = "coc_session"
MONTH = 30 * 24 * 3600
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


def request_id() -> str:
    """The caller's X-Request-ID when it is well-formed, else a new one; the same for the whole request."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(12)
    return str(g.request_id)


def api() -> ApiClient:
    """The API in this visitor's name."""
    http: httpx.Client = current_app.extensions["api_http"]
    return ApiClient(http, request_id(), request.cookies.get(COOKIE))


def signed_in() -> bool:
    """Whether the browser holds a session; the API decides whether it is still good."""
    return bool(request.cookies.get(COOKIE))


def remember(response: AnyResponse, token: str, long: bool) -> None:
    """Keeps the API's session in a cookie that no script can read."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=MONTH if long else None,
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )


def forget(response: AnyResponse) -> None:
    response.delete_cookie(
        COOKIE, httponly=True, secure=bool(current_app.config["SESSION_COOKIE_SECURE"]), samesite="Lax"
    )


def to_sign_in(sentence: str) -> AnyResponse:
    """Leads to the sign-in page and back here afterwards."""
    flash(sentence, "note")
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    response = redirect(url_for("account.sign_in", next=here))
    forget(response)
    return response


def needs_account(page: Callable[..., Any]) -> Callable[..., Any]:
    """A page for signed-in people; a session that the API no longer knows leads to the sign-in page too."""

    @wraps(page)
    def guarded(*args: Any, **kwargs: Any) -> str | Response | AnyResponse:
        if not signed_in():
            return to_sign_in("Sign in to see this page.")
        try:
            return page(*args, **kwargs)  # type: ignore[no-any-return]
        except ApiRefusal as refusal:
            if refusal.status == 401:
                return to_sign_in("You have been signed out. Sign in again to go on.")
            raise

    return guarded
