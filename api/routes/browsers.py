"""What a browser must show besides its cookie: that the page which writes is one of ours.

A cookie travels by itself, so a write that leans on it needs a token in a header, which no other site can read or send;
and any write that names an Origin must name one of ours. Bearer tokens never travel by themselves and need neither.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, request

from api.errors import CrossSite
from api.identity.port import Account, SignedIn
from api.settings import Settings

COOKIE = "coc_session"
DEVICE_COOKIE = "coc_device"
DEVICE_SECONDS = 180 * 24 * 3600
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
F = TypeVar("F", bound=Callable[..., Any])


def opens_by_itself(view: F) -> F:
    """Marks a write that no cookie has a part in, such as signing in; it needs no token, only a decent Origin."""
    view.opens_by_itself = True  # type: ignore[attr-defined]
    return view


def csrf_token(settings: Settings, session_token: str) -> str:
    """The token that belongs to one sign-in. Whoever reads it cannot work out the cookie."""
    return hmac.new(
        settings.secret_key.encode(), f"csrf:{session_token}".encode(), hashlib.sha256
    ).hexdigest()


def has_bearer() -> bool:
    return request.headers.get("Authorization", "").startswith("Bearer ")


def check_write(settings: Settings) -> None:
    """Raises CrossSite for a write that another site's page may have made."""
    if request.method in SAFE_METHODS or has_bearer():
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin not in _own_origins(settings):
        raise CrossSite("That came from a page of another website.")
    cookie = request.cookies.get(COOKIE, "")
    view = current_app.view_functions.get(request.endpoint or "")
    if not cookie or getattr(view, "opens_by_itself", False):
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token(settings, cookie).encode()):
        raise CrossSite(f"Send the csrf_token of auth/me as {CSRF_HEADER} with every write.")


def give_cookies(response: Response, signed_in: SignedIn, settings: Settings) -> None:
    """The session for the whole site, and the device's token for signing in alone; no script reads either."""
    kept: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": settings.secure_cookies}
    response.set_cookie(COOKIE, signed_in.token, max_age=signed_in.seconds, **kept)
    give_device(response, signed_in.device, settings)


def give_device(response: Response, device: str, settings: Settings) -> None:
    response.set_cookie(
        DEVICE_COOKIE, device, max_age=DEVICE_SECONDS, path="/api/v1/auth", httponly=True, samesite="Lax",
        secure=settings.secure_cookies,
    )  # fmt: skip


def take_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=settings.secure_cookies)


def account_view(account: Account) -> dict[str, Any]:
    return {"id": account.id, "name": account.name, "email": account.email, "verified": account.verified}


def _own_origins(settings: Settings) -> set[str]:
    return {f"{request.scheme}://{request.host}", *settings.browser_origins}
