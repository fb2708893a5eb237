"""Builds the website: pages, security headers, request ids, and errors that speak plainly."""

from __future__ import annotations

import time
from typing import Any

import httpx
import structlog
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from public_web import htmx
from public_web.api_client import ApiDown, ApiRefusal
from public_web.forms import check_csrf, csrf_token
from public_web.logging_setup import set_up_logging
from public_web.pages import account, heroes, home, leaving, outbox, passwords, profile, story, ties
from public_web.plain_text import clean, paragraphs
from public_web.settings import Settings
from public_web.visitor import request_id, signed_in

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SENTENCES = {
    400: ("A torn page", "That request could not be read."),
    403: ("Not yours to open", "This belongs to somebody else."),
    404: ("Off the map", "There is nothing at this address."),
    405: ("A wrong turn", "This address cannot be used in that way."),
    413: ("Too heavy to carry", "That was too much at once."),
    429: ("Catch your breath", "That was too fast. Wait a moment and try again."),
    500: ("The ink has spilled", "Something went wrong here. It has been written down; please try again."),
    503: (
        "The game master has stepped out",
        "The game does not answer right now. Nothing is lost; try again soon.",
    ),
}

log = structlog.get_logger("public_web")


def create_app(settings: Settings, transport: httpx.BaseTransport | None = None) -> Flask:
    """`transport` replaces the network to the API, for tests."""
    set_up_logging(settings.log_level)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        WEB_SERVICE_TOKEN=settings.web_service_token,
        SESSION_COOKIE_NAME="coc_web",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=32 * 1024,
        MAX_FORM_MEMORY_SIZE=32 * 1024,
    )
    app.extensions["api_http"] = httpx.Client(
        base_url=settings.api_base_url,
        timeout=httpx.Timeout(settings.api_timeout_seconds, connect=min(2.0, settings.api_timeout_seconds)),
        transport=transport,
        trust_env=False,
    )
    app.jinja_env.finalize = _finalize
    app.jinja_env.filters["paragraphs"] = paragraphs
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"signed_in": signed_in(), "request_id": request_id()})
    parts = [home.pages, account.pages, passwords.pages, profile.pages, ties.pages, leaving.pages]
    parts += [heroes.pages, story.pages]
    if settings.flask_env != "production":
        parts.append(outbox.pages)
    for blueprint in parts:
        app.register_blueprint(blueprint)
    htmx.install(app, htmx.find_script())
    _hook_requests(app, settings)
    _hook_errors(app)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _finalize(value: Any) -> Any:
    """What a template prints: text is cleaned before it is escaped; ready markup stays as it is."""
    return clean(value) if type(value) is str else value


def _hook_requests(app: Flask, settings: Settings) -> None:
    @app.before_request
    def open_request() -> None:
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id())
        check_csrf()

    @app.after_request
    def close_request(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = request_id()
        headers["Content-Security-Policy"] = POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers.add("Vary", "HX-Request")
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if settings.secure_cookies:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in {"static", "htmx"}:
            headers.setdefault("Cache-Control", "no-store")
            milliseconds = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=milliseconds,
            )
        return response


def _hook_errors(app: Flask) -> None:
    @app.errorhandler(ApiDown)
    def api_down(problem: ApiDown) -> tuple[str, int]:
        log.warning("api_down", problem=str(problem))
        return _error_page(503)

    @app.errorhandler(ApiRefusal)
    def refused(refusal: ApiRefusal) -> tuple[str, int]:
        known = refusal.status if refusal.status in SENTENCES else 400
        return _error_page(known, refusal.sentence if known not in {404, 429} else None)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        own_words = (
            error.description if status == 400 and error.description != type(error).description else None
        )
        return _error_page(status, own_words)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[str, int]:
        log.error("unexpected", exc_info=error)
        return _error_page(500)


def _error_page(status: int, sentence: str | None = None) -> tuple[str, int]:
    title, default = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    return render_template("error.html", title=title, sentence=sentence or default, status=status), status
