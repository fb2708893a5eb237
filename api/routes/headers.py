"""What every answer says to browsers: who may read it, where it may be framed, and whether it may be kept."""

from __future__ import annotations

from flask import Flask, Response
from flask_cors import CORS

from api.routes.operation import current_operation
from api.settings import Settings

KEPT_SECONDS = 300
HSTS = "max-age=31536000"
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_ALLOWED = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-CSRF-Token", "X-Request-ID"]
_EXPOSED = ["ETag", "Retry-After", "X-Request-ID"]


def install_headers(app: Flask, settings: Settings) -> None:
    """CORS for the website's and the operator's origins alone, and the headers of every answer."""
    CORS(
        app,
        origins=list(settings.browser_origins),
        methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=_ALLOWED,
        expose_headers=_EXPOSED,
        supports_credentials=True,
        max_age=600,
        vary_header=True,
        send_wildcard=False,
    )

    @app.after_request
    def _headers(response: Response) -> Response:
        heads = response.headers
        for name, value in SAFE.items():
            heads.setdefault(name, value)
        declared = current_operation()
        shared = declared is not None and declared.cached and response.status_code in (200, 304)
        heads["Cache-Control"] = f"public, max-age={KEPT_SECONDS}" if shared else "no-store"
        if settings.flask_env == "production":
            heads["Strict-Transport-Security"] = HSTS
        return response
