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
from api.policy import RULES, Role, may_enter
from api.routes.browsers import COOKIE, DEVICE_COOKIE, check_write
from api.routes.operation import current_operation
from api.schemas.queries import PageIn
from api.services.deps import Actor, Deps
from api.services.idempotency import IdempotencyKey
from api.store.port import InDoubt, StoreError
from api.wiring import Wired

log = structlog.get_logger()
M = TypeVar("M", bound=BaseModel)

MAX_BODY = 32 * 1024
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


def identify() -> tuple[Actor | None, Login | None]:
    """Who is asking, if anybody, and the sign-in that was shown, if any. Raises Unauthenticated, ScopeMissing."""
    if not session_token():
        return None, None
    return _identified(wired(), request.headers.get("Authorization", ""), request.cookies.get(COOKIE, ""),
                       request.headers.get("X-Act-For", ""), request.headers.get("X-Act-Name", ""))  # fmt: skip


def operator_here() -> bool:
    """Whether this comes from the very machine of a development installation."""
    if deps().settings.flask_env == "production":
        return False
    try:
        return ipaddress.ip_address(client().source).is_loopback
    except (ValueError, ScopeMissing):
        return False


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
    who = f"web:{account.id}"
    return Actor("web", account.id, account.name, who, login.id, account.verified), login


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

    @app.before_request
    def _enter() -> None:
        """The door: who is asking, and whether they may come as far as the route (`api/policy`)."""
        declared = current_operation()
        if declared is None or request.method == "OPTIONS" or Role.ANYONE in RULES[declared.right].who:
            return
        for_operators = Role.OPERATOR in RULES[declared.right].who
        g.actor, g.login = (None, None) if for_operators else identify()
        may_enter(g.actor, declared.right, operator=for_operators and operator_here())

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
