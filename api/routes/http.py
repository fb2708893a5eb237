"""What every route shares: the envelope, reading a body, who is asking, and errors turned into answers once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from ulid import ULID
from werkzeug.exceptions import HTTPException

from api import VERSION
from api.errors import ApiError, BadJson, Invalid, ScopeMissing, TooLarge, Unauthenticated, Unavailable
from api.identity.local import Account
from api.services.deps import Actor, Deps
from api.services.idempotency import IdempotencyKey
from api.store.port import InDoubt, StoreError
from api.wiring import Wired

log = structlog.get_logger()
M = TypeVar("M", bound=BaseModel)

MAX_BODY = 32 * 1024
COOKIE = "coc_session"
NOTHING_CHANGED = "The store cannot be reached right now; nothing was changed. Try again shortly."
IN_DOUBT = (
    "The store was lost in the middle of this, so it may or may not be done. Ask again shortly: under the same "
    "Idempotency-Key it happens once."
)
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "bad_json",
    400: "bad_json",
}


def wired() -> Wired:
    found: Wired = current_app.extensions["coc"]
    return found


def deps() -> Deps:
    return wired().deps


def ok(result: Any, status: int = 200) -> Response:
    return _answer(status, result, None)


def _answer(status: int, result: Any, error: dict[str, Any] | None) -> Response:
    envelope = {
        "app": "Code of Conquest",
        "version": VERSION,
        "status": status,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": g.get("request_id", ""),
        "result": result,
        "error": error,
    }
    response = Response(orjson.dumps(envelope), status, mimetype="application/json")
    response.headers["X-Request-ID"] = g.get("request_id", "")
    response.headers["Cache-Control"] = "no-store"
    return response


def body(model: type[M]) -> M:
    """The JSON body, checked. Raises TooLarge, BadJson, Invalid with the first field at fault."""
    raw = request.get_data(cache=True)
    if len(raw) > MAX_BODY:
        raise TooLarge(f"The body has {len(raw)} bytes; at most {MAX_BODY} are read.")
    try:
        parsed = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise BadJson("The body is no valid JSON.") from error
    if not isinstance(parsed, dict):
        raise BadJson("The body must be a JSON object.")
    g.parsed_body = parsed
    try:
        # Through JSON mode, so that strictness means JSON's own types.
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        field = (
            ".".join(str(p) for p in first["loc"] if not str(p).startswith(("constrained-", "literal[")))
            or "body"
        )
        problem = "is not a known field" if first["type"] == "extra_forbidden" else first["msg"]
        if first["type"] == "missing":
            problem = "is needed"
        raise Invalid(field, problem) from error


def idempotency_key(actor: Actor) -> IdempotencyKey:
    return IdempotencyKey(
        actor,
        f"{request.method} {request.path}",
        request.headers.get("Idempotency-Key"),
        g.get("parsed_body", {}),
    )


def query_int(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise Invalid(name, "must be a whole number from 0 up")
    return int(text)


def current_actor() -> Actor:
    """Who is asking. Raises Unauthenticated, ScopeMissing."""
    return actor_of(wired(), request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""),
                    request.headers.get("X-Act-For", ""), request.headers.get("X-Act-Name", ""))  # fmt: skip


def actor_of(parts: Wired, authorization: str, cookie: str, act_for: str, act_name: str) -> Actor:
    """The same for Flask and the stream: service token with or without X-Act-For, bearer token, or cookie."""
    settings = parts.deps.settings
    token = authorization.removeprefix("Bearer ").strip() if authorization.startswith("Bearer ") else cookie
    if not token:
        raise Unauthenticated("Sign in first, or send a bearer token.")
    services = {settings.bot_service_token: "discord", settings.terminal_service_token: "terminal"}
    services.pop("", None)
    provider = services.get(token)
    if provider is not None:
        if not act_for:
            return Actor(provider, None, f"{provider} service")
        wanted, _, external_id = act_for.partition(":")
        if wanted != provider:
            raise ScopeMissing(f"This token vouches for {provider} users only.")
        account: Account | None = parts.identity.vouched(provider, external_id, unquote(act_name))
        assert account is not None
        return Actor(provider, account.id, account.name, act_for)
    account = parts.identity.account_of_token(token)
    if account is None:
        raise Unauthenticated("That sign-in has ended; sign in again.")
    return Actor("web", account.id, account.name, f"web:{account.id}")


def install(app: Flask) -> None:
    """Request ids, logging, and the one place that turns errors into answers."""

    @app.before_request
    def _start() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.match(given) else str(ULID())
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        if request.content_length is not None and request.content_length > MAX_BODY:
            raise TooLarge(f"The body has {request.content_length} bytes; at most {MAX_BODY} are read.")

    @app.after_request
    def _done(response: Response) -> Response:
        log.info("request", method=request.method, path=request.path, status=response.status_code)
        structlog.contextvars.unbind_contextvars("request_id")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.errorhandler(ApiError)
    def _refused(error: ApiError) -> Response:
        return _answer(
            error.status, None, {"code": error.code, "message": error.message, "details": error.details}
        )

    @app.errorhandler(StoreError)
    def _store_down(error: StoreError) -> Response:
        in_doubt = isinstance(error, InDoubt)
        log.error("store_unavailable", error=str(error), in_doubt=in_doubt)
        return _refused(Unavailable(IN_DOUBT if in_doubt else NOTHING_CHANGED))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        code = _HTTP_CODES.get(status, "internal" if status >= 500 else "invalid")
        return _answer(status, None, {"code": code, "message": error.description or "", "details": {}})

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.exception("unexpected_error", path=request.path)
        message = "Something broke on our side; it was logged under this request id."
        return _answer(500, None, {"code": "internal", "message": message, "details": {}})
