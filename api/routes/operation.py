"""What a route promises, said at the route: its right, what it takes, what it answers, how often, and how it fails.

From these the door (`http.py`), the rate limits, the OpenAPI document and the generated tests are made. A route without
one does not start (`routes_without_one`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Flask, current_app, request
from pydantic import BaseModel

from api.policy import RULES

F = TypeVar("F", bound=Callable[..., Any])

# kept: the first answer is stored under the Idempotency-Key with the work. again: the work has the same outcome when it
# is done twice. fresh: the answer holds a secret or a letter goes out, so nothing is kept and it is simply done again.
Repeat = Literal["kept", "again", "fresh"]


@dataclass(frozen=True, slots=True)
class Operation:
    """`right` is a row of the policy table, `limit` a row of the rate limits, `codes` its own problem codes."""

    right: str
    answer: type[BaseModel] | None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    limit: str = ""
    repeat: Repeat = "kept"
    codes: tuple[str, ...] = ()
    media_type: str = "application/json"
    plain: bool = False  # without the envelope
    cached: bool = False  # the same for everybody, so anybody may keep it
    anonymous: bool = False  # nothing that is kept, counted or logged may tell who asked (ADR 0025)
    file: tuple[str, ...] = ()  # the body is a file of one of these types
    most: int = 32 * 1024  # bytes of the body that are read


def operation(
    right: str,
    answer: type[BaseModel] | None,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    status: int = 200,
    limit: str = "",
    repeat: Repeat = "kept",
    codes: tuple[str, ...] = (),
    media_type: str = "application/json",
    plain: bool = False,
    cached: bool = False,
    anonymous: bool = False,
    file: tuple[str, ...] = (),
    most: int = 32 * 1024,
) -> Callable[[F], F]:
    """Declare a route. Raises KeyError at once for a right that the policy table does not have."""
    RULES[right]
    made = Operation(
        right,
        answer,
        body,
        query,
        status,
        limit,
        repeat,
        codes,
        media_type,
        plain,
        cached,
        anonymous,
        file,
        most,
    )

    def mark(view: F) -> F:
        view.operation = made  # type: ignore[attr-defined]
        return view

    return mark


def operation_at(app: Flask, endpoint: str | None) -> Operation | None:
    """What is declared for one of Flask's endpoints; None where there is no such route."""
    return getattr(app.view_functions.get(endpoint or ""), "operation", None)


def current_operation() -> Operation | None:
    """The operation that this request asks for; None for an unknown path or method."""
    return operation_at(current_app, request.endpoint)


def routes_without_one(app: Flask) -> list[str]:
    """Routes that say nothing of who may use them: `METHOD path`, one a line."""
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if operation_at(app, rule.endpoint) is None
    )
