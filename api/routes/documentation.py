"""The API's own description: for machines, and for people."""

from __future__ import annotations

from functools import lru_cache

import orjson
from flask import Blueprint, Flask, Response, current_app

from api.openapi.document import build_document
from api.openapi.page import POLICY, build_page
from api.routes.operation import operation
from api.schemas.answers.catalogue import OpenApiOut

bp = Blueprint("documentation", __name__)


@bp.get("/openapi.json")
@operation("documentation.read", OpenApiOut, cached=True, plain=True)
def openapi() -> Response:
    """This API as OpenAPI 3.1."""
    return Response(_made(_app())[0], mimetype="application/json")


@bp.get("/docs")
@operation("documentation.read", None, cached=True, media_type="text/html")
def docs() -> Response:
    """The same as a page to read."""
    response = Response(_made(_app())[1], mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


@lru_cache(maxsize=1)
def _made(app: Flask) -> tuple[bytes, str]:
    """Both, made at the first question: the routes of an app do not change."""
    document = build_document(app)
    return orjson.dumps(document), build_page(document)
