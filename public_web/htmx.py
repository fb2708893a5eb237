"""HTMX out of the installed package that ships it, byte for byte the release that we know; pages do without it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import structlog
from flask import Flask, Response

RELEASE = "2.0.3"
SHA256 = "491955cd1810747d7d7b9ccb936400afb760e06d25d53e4572b64b6563b2784e"  # of that release's htmx.min.js
PACKAGE, FILE = "django-js-lib-htmx", "js_lib_htmx/static/htmx/htmx.min.js"
INTEGRITY = "sha256-" + base64.b64encode(bytes.fromhex(SHA256)).decode()

log = structlog.get_logger("public_web")


@dataclass(frozen=True)
class Script:
    """The script as it is served; browsers check it against `integrity` once more."""

    text: bytes
    integrity: str = INTEGRITY


def find_script() -> Script | None:
    """The script, or None when the package is missing or holds something else: then forms are plain forms."""
    try:
        text = Path(str(metadata.distribution(PACKAGE).locate_file(FILE))).read_bytes()
    except (metadata.PackageNotFoundError, OSError) as problem:
        log.warning("htmx_missing", problem=type(problem).__name__)
        return None
    if hashlib.sha256(text).hexdigest() != SHA256:
        log.warning("htmx_unknown", expected=SHA256)
        return None
    return Script(text)


def install(app: Flask, script: Script | None) -> None:
    """Give every template `htmx`, and the script an address that changes with its release."""
    app.jinja_env.globals["htmx"] = script
    if script is None:
        return

    @app.get(f"/lib/htmx-{RELEASE}.min.js", endpoint="htmx")
    def serve() -> Response:
        answer = Response(script.text, mimetype="text/javascript")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
