"""What every route shares: the envelope, reading a body, who is asking, and errors turned into answers once."""

from __future__ import annotations

import ipaddress
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
from api.errors import (
    ApiError,
    BadJson,
    Invalid,
    RateLimited,
    ScopeMissing,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from api.identity.port import Client, Login
from api.identity.services import FORWARD, service_of
from api.routes.browsers import COOKIE, DEVICE_COOKIE, check_write
from api.services.deps import Actor, Deps
from api.services.idempotency import IdempotencyKey
from api.store.port import InDoubt, StoreError
from api.wiring import Wired

log = structlog.get_logger()
M = TypeVar("M", bound=BaseModel)

MAX_BODY = 32 * 1024
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
    return actor_and_login()[0]


def actor_and_login() -> tuple[Actor, Login | None]:
    """The same with the sign-in that was shown; None for a service. Raises Unauthenticated, ScopeMissing."""
    return _identified(wired(), request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""),
                       request.headers.get("X-Act-For", ""), request.headers.get("X-Act-Name", ""))  # fmt: skip


def session_token() -> str:
    """The bearer token or cookie of this request; empty when it has neither."""
    return _shown(request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""))


def client(device: str = "") -> Client:
    """Where the request comes from. The website says it of its visitors, with its service token; nobody else may.

    Raises ScopeMissing for a word on somebody's behalf without that token.
    """
    heads = request.headers
    device = device or request.cookies.get(DEVICE_COOKIE, "")
    if "X-Forwarded-By" not in heads:
        return Client(request.remote_addr or "", heads.get("User-Agent", ""), device)
    service = service_of(deps().settings, heads["X-Forwarded-By"])
    if service is None or not service.may(FORWARD):
        raise ScopeMissing("This token does not speak for a website.")
    return Client(heads.get("X-Client-Address", ""), heads.get("X-Client-Agent", "")[:500], device)


def from_this_machine() -> bool:
    """Whether the request comes from the machine that the API runs on."""
    try:
        return ipaddress.ip_address(client().source).is_loopback
    except ValueError:
        return False


def actor_of(parts: Wired, authorization: str, cookie: str, act_for: str, act_name: str) -> Actor:
    """The same for Flask and the stream: service token with or without X-Act-For, bearer token, or cookie."""
    return _identified(parts, authorization, cookie, act_for, act_name)[0]


def _identified(
    parts: Wired, authorization: str, cookie: str, act_for: str, act_name: str
) -> tuple[Actor, Login | None]:
    token = _shown(authorization, cookie)
    if not token:
        raise Unauthenticated("Sign in first, or send a bearer token.")
    service = service_of(parts.deps.settings, token)
    if service is not None:
        provider = service.provider
        if not act_for:
            if not service.may(f"serve:{provider}"):
                raise ScopeMissing("This token does nothing by itself.")
            return Actor(provider, None, f"{provider} service"), None
        wanted, _, external_id = act_for.partition(":")
        if not service.may(f"act-for:{wanted}"):
            whom = f"{provider} users only" if provider else "nobody"
            raise ScopeMissing(f"This token vouches for {whom}.")
        account = parts.identity.vouched(provider, external_id, unquote(act_name))
        return Actor(provider, account.id, account.name, act_for), None
    if act_for:
        raise ScopeMissing("Only a service's token can act for somebody.")
    login = parts.identity.login_of_token(token)
    if login is None:
        raise Unauthenticated("That sign-in has ended; sign in again.")
    account = login.account
    return Actor("web", account.id, account.name, f"web:{account.id}", login.id), login


def _shown(authorization: str, cookie: str) -> str:
    return authorization.removeprefix("Bearer ").strip() if authorization.startswith("Bearer ") else cookie


def install(app: Flask) -> None:
    """Request ids, logging, and the one place that turns errors into answers."""

    @app.before_request
    def _start() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.match(given) else str(ULID())
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        if request.content_length is not None and request.content_length > MAX_BODY:
            raise TooLarge(f"The body has {request.content_length} bytes; at most {MAX_BODY} are read.")
        check_write(deps().settings)

    @app.after_request
    def _done(response: Response) -> Response:
        log.info("request", method=request.method, path=request.path, status=response.status_code)
        structlog.contextvars.unbind_contextvars("request_id")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.errorhandler(ApiError)
    def _refused(error: ApiError) -> Response:
        response = _answer(
            error.status, None, {"code": error.code, "message": error.message, "details": error.details}
        )
        if isinstance(error, RateLimited):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

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
