"""Forms that only our own pages can send: one token for each browser, compared in constant time."""

from __future__ import annotations

import hmac
import secrets

from flask import abort, request, session

FIELD = "csrf_token"


def csrf_token() -> str:
    """The browser's token, made at its first form; kept in the signed cookie."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(24)
    return str(session[FIELD])


def check_csrf() -> None:
    """Aborts with 400 when a form, or a request by HTMX, comes without this browser's token."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    expected, given = str(session.get(FIELD, "")), request.form.get(FIELD, "")
    given = given or request.headers.get("X-CSRF-Token", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        abort(
            400, description="This form has gone stale. Go back, load the page again and send it once more."
        )


def field(name: str, longest: int = 200) -> str:
    """A form field, trimmed and cut to what any of our fields may hold."""
    return request.form.get(name, "").strip()[:longest]


def fresh_key() -> str:
    """An Idempotency-Key for a form that is about to be shown."""
    return "web-" + secrets.token_hex(12)


def local_path(given: str | None, default: str) -> str:
    """Where to go next: a path of this website, never another host."""
    if given and given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable():
        return given
    return default
