"""What every route shares: the envelope, reading a body, who is asking, and errors turned into answers once."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
import structlog
from flask import Flask, Response, g, request
from flask_limiter import RateLimitExceeded
from pydantic import BaseModel, ValidationError
from ulid import ULID
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from api import VERSION
from api.errors import (
    ApiError,
    BadJson,
    Banned,
    Invalid,
    NotFound,
    RateLimited,
    ScopeMissing,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from api.identity.port import Login
from api.policy import RULES, Role, may_enter
from api.routes.browsers import COOKIE, SAFE_METHODS, check_write
from api.routes.headers import install_headers
from api.routes.limits import install_limits, seconds_to_wait
from api.routes.operation import current_operation
from api.routes.who import actor_of, client, deps, identify, operator_here, session_token, wired
from api.schemas.queries import PageIn
from api.services.deps import Actor
from api.services.idempotency import IdempotencyKey, check_key
from api.settings import Settings
from api.store.port import InDoubt, StoreError

__all__ = [
    "COOKIE", "actor_of", "body", "client", "current_actor", "current_login", "deps", "file_body", "idempotency_key",
    "if_match", "install", "ok", "page_of", "query", "session_token", "shown_login", "wired", "with_etag",
]  # fmt: skip

log = structlog.get_logger()
M = TypeVar("M", bound=BaseModel)

MAX_BODY = 32 * 1024
MAX_ID = 64  # no id in a path is longer
MAX_DEPTH = 12  # the deepest that any request means has 4
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_ETAG = re.compile(r'"([0-9]{1,9})"', re.ASCII)
_NUMBERS = ("limit", "after", "wait")
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


def ok(result: Any, status: int = 200) -> Response:
    """The envelope around a result; what is the same for everybody also gets its ETag, and 304 for who has it."""
    response = _answer(status, result, None)
    declared = current_operation()
    if declared is not None and declared.cached:
        response.set_etag(hashlib.blake2b(orjson.dumps(result), digest_size=12).hexdigest())
        response.make_conditional(request)
    return response


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
    return response


def body(model: type[M]) -> M:
    """The JSON body, checked. Raises TooLarge, BadJson, Invalid with the first field at fault."""
    raw = request.get_data(cache=True)
    if len(raw) > MAX_BODY:
        raise TooLarge(f"The body has {len(raw)} bytes; at most {MAX_BODY} are read.")
    if raw and request.mimetype != "application/json":
        raise BadJson("Send the body as application/json.")
    try:
        parsed = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise BadJson("The body is no valid JSON.") from error
    if not isinstance(parsed, dict):
        raise BadJson("The body must be a JSON object.")
    if depth_of(parsed) > MAX_DEPTH:
        raise BadJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
    g.parsed_body = parsed
    declared = current_operation()
    if declared is None or declared.body is not model:
        raise RuntimeError(f"{request.endpoint} reads {model.__name__}, which its operation does not declare")
    try:
        # Through JSON mode, so that strictness means JSON's own types.
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from error


def file_body() -> tuple[str, bytes]:
    """The content type without its parameters, and the bytes. Raises TooLarge."""
    declared = current_operation()
    if declared is None or not declared.file:
        raise RuntimeError(f"{request.endpoint} reads a file, which its operation does not declare")
    content = request.get_data(cache=False)
    if len(content) > declared.most:
        raise TooLarge(f"The file has {len(content)} bytes; at most {declared.most} are read.")
    g.parsed_body = {"sha256": hashlib.sha256(content).hexdigest()}
    return request.mimetype, content


def query(model: type[M]) -> M:
    """What stands behind the question mark, checked. Raises Invalid with the first name at fault."""
    declared = current_operation()
    if declared is None or declared.query is not model:
        raise RuntimeError(f"{request.endpoint} reads {model.__name__}, which its operation does not declare")
    given = request.args.to_dict()
    for name in model.model_fields:
        # Numbers are written in ASCII digits alone, whatever else a parser would take for one.
        if name in _NUMBERS and name in given and not _NUMBER.fullmatch(given[name]):
            raise Invalid(name, "must be a number from 0 up")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error, "query") from error


def depth_of(value: Any) -> int:
    """How many objects and lists lie in one another; a plain value has 0."""
    deepest, left = 0, [(value, 0)]
    while left:
        found, depth = left.pop()
        if isinstance(found, dict | list):
            deepest = max(deepest, depth + 1)
            left += [(v, depth + 1) for v in (found.values() if isinstance(found, dict) else found)]
    return deepest


def _invalid(error: ValidationError, whole: str) -> Invalid:
    first = error.errors()[0]
    where = (str(p) for p in first["loc"] if not str(p).startswith(("constrained-", "literal[")))
    problem = "is not a known field" if first["type"] == "extra_forbidden" else first["msg"]
    if first["type"] == "missing":
        problem = "is needed"
    return Invalid(".".join(where) or whole, problem)


def idempotency_key(actor: Actor) -> IdempotencyKey:
    return IdempotencyKey(
        actor,
        f"{request.method} {request.path}",
        request.headers.get("Idempotency-Key"),
        g.get("parsed_body", {}),
    )


def page_of(items: list[dict[str, Any]], asked: PageIn) -> dict[str, Any]:
    """A page of a list that is at hand as a whole; its cursor is the id of the page's last item. Raises Invalid."""
    ids = [item["id"] for item in items]
    if asked.cursor is not None and asked.cursor not in ids:
        raise Invalid("cursor", "is not one that a page gave")
    start = ids.index(asked.cursor) + 1 if asked.cursor is not None else 0
    page = items[start : start + asked.limit]
    more = start + asked.limit < len(items)
    return {"items": page, "next_cursor": page[-1]["id"] if more else None}


def with_etag(response: Response, revision: int) -> Response:
    """The revision of a document that can be edited, for `If-Match`."""
    response.headers["ETag"] = f'"{revision}"'
    return response


def if_match() -> int | None:
    """The revision that a write wants to change, and no other; None where it does not say. Raises Invalid."""
    given = request.headers.get("If-Match")
    if given is None or given == "*":
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        raise Invalid("If-Match", 'must be the ETag of an answer, such as "7"')
    return int(found[1])


def current_actor() -> Actor:
    """Who is asking, as the door found out. Only for routes whose right is not for anyone."""
    actor: Actor = g.actor
    return actor


def current_login() -> Login:
    """The sign-in of this request, where the right is for people who signed in themselves."""
    login: Login = g.login
    return login


def shown_login() -> Login | None:
    """The sign-in of this request; None for whoever a service vouches for."""
    login: Login | None = g.login
    return login


def install(app: Flask) -> None:
    """Request ids, logging, the door, and the one place that turns errors into answers."""
    settings: Settings = app.extensions["coc"].deps.settings

    @app.before_request
    def _start() -> None:
        given = request.headers.get("X-Request-ID", "")
        declared = current_operation()
        anonymous = declared is not None and declared.anonymous  # then no log of the client's has its id too
        g.request_id = given if _REQUEST_ID.match(given) and not anonymous else str(ULID())
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.before_request
    def _identify() -> None:
        """Find out who asks, where the right is not for anyone; a token that is none still counts for its network."""
        g.actor, g.login, g.turned_away = None, None, None
        declared = current_operation()
        if declared is None or request.method == "OPTIONS" or Role.ANYONE in RULES[declared.right].who:
            return
        if Role.OPERATOR in RULES[declared.right].who:
            return
        try:
            g.actor, g.login = identify(note=not declared.anonymous)
        except (Unauthenticated, ScopeMissing, Banned, Invalid) as refusal:
            g.turned_away = refusal

    limiter = install_limits(app, settings)

    @app.before_request
    def _enter() -> None:
        """The door: a decent write, and somebody who may come as far as the route (`api/policy`)."""
        declared = current_operation()
        most = request.max_content_length = declared.most if declared is not None else MAX_BODY
        if request.content_length is not None and request.content_length > most:
            raise TooLarge(f"The body has {request.content_length} bytes; at most {most} are read.")
        check_write(settings)
        if declared is None or request.method == "OPTIONS":
            return
        if any(len(str(value)) > MAX_ID for value in (request.view_args or {}).values()):
            raise NotFound()
        if g.turned_away is not None:
            raise g.turned_away
        may_enter(g.actor, declared.right, operator=operator_here())
        if request.method not in SAFE_METHODS:
            check_key(request.headers.get("Idempotency-Key"))

    install_headers(app, settings)

    @app.after_request
    def _done(response: Response) -> Response:
        log.info("request", method=request.method, path=request.path, status=response.status_code)
        structlog.contextvars.unbind_contextvars("request_id")
        return response

    @app.errorhandler(ApiError)
    def _refused(error: ApiError) -> Response:
        response = _answer(
            error.status, None, {"code": error.code, "message": error.message, "details": error.details}
        )
        if isinstance(error, RateLimited):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(RateLimitExceeded)
    def _too_often(_: RateLimitExceeded) -> Response:
        return _refused(RateLimited(seconds_to_wait(limiter)))

    @app.errorhandler(StoreError)
    def _store_down(error: StoreError) -> Response:
        in_doubt = isinstance(error, InDoubt)
        log.error("store_unavailable", error=str(error), in_doubt=in_doubt)
        return _refused(Unavailable(IN_DOUBT if in_doubt else NOTHING_CHANGED))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        code = _HTTP_CODES.get(status, "internal" if status >= 500 else "invalid")
        response = _answer(status, None, {"code": code, "message": error.description or "", "details": {}})
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.exception("unexpected_error", path=request.path)
        message = "Something broke on our side; it was logged under this request id."
        return _answer(500, None, {"code": "internal", "message": message, "details": {}})
