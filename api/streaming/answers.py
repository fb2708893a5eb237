"""The API's envelope and its refusals, as the stream process answers them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from ulid import ULID

from api import VERSION
from api.errors import ApiError, Unavailable
from api.routes.headers import SAFE

log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CODES = {404: "not_found", 405: "method_not_allowed"}


def request_id(request: Request) -> str:
    """The caller's, where it is one, else a new one; the same for the whole request."""
    known = getattr(request.state, "request_id", None)
    if known is None:
        given = request.headers.get("x-request-id", "")
        known = given if _REQUEST_ID.fullmatch(given) else str(ULID())
        request.state.request_id = known
    return str(known)


def common_headers(request: Request) -> dict[str, str]:
    return {
        "X-Request-ID": request_id(request),
        "Cache-Control": "no-store",
        **SAFE,
    }


def answer(request: Request, status: int, result: bytes, error: dict[str, Any] | None = None) -> Response:
    """The envelope around a result that is JSON already."""
    around = {
        "app": "Code of Conquest",
        "version": VERSION,
        "status": status,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": request_id(request),
    }
    head = json.dumps(around, ensure_ascii=False)[:-1].encode()
    tail = json.dumps(error, ensure_ascii=False).encode()
    body = head + b', "result": ' + result + b', "error": ' + tail + b"}"
    return Response(body, status, common_headers(request), "application/json")


async def refused(request: Request, error: Exception) -> Response:
    """An ApiError as its answer."""
    assert isinstance(error, ApiError)
    log.info("request_refused", path=request.url.path, code=error.code, request_id=request_id(request))
    shown = {"code": error.code, "message": error.message, "details": error.details}
    response = answer(request, error.status, b"null", shown)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response


async def store_down(request: Request, error: Exception) -> Response:
    log.error("store_unavailable", error=str(error), request_id=request_id(request))
    sentence = "The store cannot be reached right now. Try again shortly."
    return await refused(request, Unavailable(sentence, retry_after=5))


async def not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "internal" if error.status_code >= 500 else "invalid")
    shown = {"code": code, "message": error.detail, "details": {}}
    return answer(request, error.status_code, b"null", shown)


async def broken(request: Request, error: Exception) -> Response:
    log.error("unexpected_error", path=request.url.path, request_id=request_id(request), exc_info=error)
    message = "Something broke on our side; it was logged under this request id."
    return answer(request, 500, b"null", {"code": "internal", "message": message, "details": {}})
