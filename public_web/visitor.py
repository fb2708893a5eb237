"""Who is asking: the browser's session cookie, the API called in their name, and pages that need an account."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import httpx
from flask import Response, current_app, flash, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from public_web.api_client import ApiClient, ApiRefusal

COOKIE = "coc_session"
DEVICE_COOKIE = "coc_device"
MONTH = 30 * 24 * 3600
HALF_A_YEAR = 180 * 24 * 3600
_NO_HEADER_TEXT = re.compile(r"[^\x20-\x7e]")
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
    return ApiClient(http, request_id(), request.cookies.get(COOKIE), _forwarded())


def _forwarded() -> dict[str, str]:
    """From where and with what browser the visitor comes, for the API's counting and its list of sign-ins."""
    token = current_app.config["WEB_SERVICE_TOKEN"]
    if not token:
        return {}
    agent = _NO_HEADER_TEXT.sub("", request.headers.get("User-Agent", ""))[:300]
    return {
        "X-Forwarded-By": token,
        "X-Client-Address": request.remote_addr or "",
        "X-Client-Agent": agent.strip(),
    }


def is_here() -> bool:
    """Whether the visitor sits at this very machine."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def signed_in() -> bool:
    """Whether the browser holds a session; the API decides whether it is still good."""
    return bool(request.cookies.get(COOKIE))


def remember(response: AnyResponse, token: str, long: bool) -> None:
    """Keeps the API's session in a cookie that no script can read, and begins the browser's own session anew."""
    session.clear()  # what was there before the sign-in, such as the form token, may be known to somebody else
    response.set_cookie(
        COOKIE,
        token,
        max_age=MONTH if long else None,
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )


def remember_device(response: AnyResponse, device: object) -> None:
    """Keeps the token by which the API knows this browser again; it is sent with the sign-in form alone."""
    if isinstance(device, str) and device:
        response.set_cookie(
            DEVICE_COOKIE,
            device,
            max_age=HALF_A_YEAR,
            path=url_for("account.sign_in"),
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
