"""The OpenAPI 3.1 document. Pydantic's own JSON Schemas are what 3.1 speaks; the rest is read off the routes."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule as Route

from api import VERSION
from api.openapi.problems import ANY, KNOWN, PROBLEMS, WRITE
from api.policy import RULES, Role
from api.routes.browsers import SAFE_METHODS
from api.routes.http import MAX_ID
from api.routes.limits import row_of
from api.routes.operation import Operation, operation_at
from api.schemas.answers.base import Problem

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_PATH = re.compile(r"<(?:([^:<>]+):)?([^<>]+)>")
_LENGTH = re.compile(r"string\(length=(\d+)\)")
_ANY_OF = re.compile(r"any\((.*)\)")
_ABOUT = """Base path `/api/v1`, JSON only. Every answer is an envelope: `result` or `error`, with a `request_id`.

People sign in and send their bearer token, or their cookie with `X-CSRF-Token` on every write. A service (the bot, the
terminal) sends its own token with `X-Act-For: discord:<user id>` and `X-Act-Name`, or without them for itself.

Writes take an `Idempotency-Key`: the same key with the same body does it once. Answers may get more fields at any
time; pass over those that you do not know. Lists that grow come in pages: give `next_cursor` as `cursor`."""


def build_document(app: Flask) -> Json:
    """The document for the routes of this app."""
    rows = [
        (route, method, made)
        for route in app.url_map.iter_rules()
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"})
        if (made := operation_at(app, route.endpoint)) is not None
    ]
    models: set[type[BaseModel]] = {Problem}
    for _, _, made in rows:
        models |= {m for m in (made.answer, made.body, made.query) if m is not None}
    ordered = sorted(models, key=lambda m: m.__name__)
    refs, definitions = models_json_schema([(m, "validation") for m in ordered], ref_template=_REF)
    schemas: Json = {name: _tidied(schema) for name, schema in definitions["$defs"].items()}
    schemas["Refused"] = _envelope({"type": "null"}, {"$ref": _REF.format(model="Problem")})
    paths: dict[str, Json] = defaultdict(dict)
    for route, method, made in sorted(rows, key=lambda row: (row[0].rule, row[1])):
        path = _PATH.sub(r"{\2}", route.rule)
        view = app.view_functions[route.endpoint]
        paths[path][method.lower()] = _operation(route, method, made, view, refs, schemas)
    _link(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Code of Conquest", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": dict(paths),
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
    }


_SECURITY: Json = {
    "person": {
        "type": "http",
        "scheme": "bearer",
        "description": "the `token` of auth/login; or a service's token with X-Act-For",
    },
    "browser": {
        "type": "apiKey",
        "in": "cookie",
        "name": "coc_session",
        "description": "set by auth/login; writes need X-CSRF-Token besides",
    },
    "service": {"type": "http", "scheme": "bearer", "description": "a service's token, without X-Act-For"},
}


def _operation(route: Route, method: str, made: Operation, view: Any, refs: Any, schemas: Json) -> Json:
    tag, _, name = route.endpoint.removeprefix("v1.").partition(".")
    doc = " ".join((view.__doc__ or "").split())
    limit = row_of(made.limit, method)
    found: Json = {
        "tags": [tag],
        "operationId": f"{tag}_{name}_{method.lower()}" if len(route.methods or ()) > 3 else f"{tag}_{name}",
        "summary": doc.partition(". ")[0].rstrip("."),
        "description": f"{doc}\n\nRight: `{made.right}`. Rate limit: `{limit}`.",
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(made, schemas),
            *_header_parameters(made, method),
        ],
        "responses": _responses(route, method, made, refs),
    }
    if made.body is not None:
        schema = refs[(made.body, "validation")]
        needed = bool(schemas[made.body.__name__].get("required"))
        found["requestBody"] = {"required": needed, "content": {"application/json": {"schema": schema}}}
    if made.file:
        bytes_ = {"schema": {"type": "string", "contentEncoding": "binary", "maxLength": made.most}}
        found["requestBody"] = {"required": True, "content": dict.fromkeys(made.file, bytes_)}
    if security := _security(made):
        found["security"] = security
    return found


def _link(paths: dict[str, Json]) -> None:
    """What a created thing can be used for next: its id in the path of every operation below the same collection."""
    for path, operations in paths.items():
        created = operations.get("post", {}).get("responses", {}).get("201")
        if created is None or "{" in path:
            continue
        below = {p: ops for p, ops in paths.items() if p.startswith(f"{path}/{{")}
        created["links"] = {
            op["operationId"]: {
                "operationId": op["operationId"],
                "parameters": {below_path[len(path) + 2 :].partition("}")[0]: "$response.body#/result/id"},
            }
            for below_path, ops in below.items()
            for op in ops.values()
        }


def _path_parameters(route: Route) -> list[Json]:
    found = []
    for converter, name in _PATH.findall(route.rule):
        schema: Json = {"type": "string", "minLength": 1, "maxLength": MAX_ID}
        if match := _ANY_OF.match(converter):
            schema = {"type": "string", "enum": [word.strip() for word in match[1].split(",")]}
        elif match := _LENGTH.match(converter):
            schema = {"type": "string", "minLength": int(match[1]), "maxLength": int(match[1])}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query_parameters(made: Operation, schemas: Json) -> list[Json]:
    if made.query is None:
        return []
    model = schemas[made.query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in model.get("required", ()),
            "schema": _without_null(schema),
            "description": schema.get("description", ""),
        }
        for name, schema in model["properties"].items()
    ]


def _header_parameters(made: Operation, method: str) -> list[Json]:
    if method in SAFE_METHODS:
        return []
    kept = {
        "kept": "the same key with the same body answers the same again; kept for 24 hours",
        "again": "accepted; doing this twice comes to the same",
        "fresh": "accepted; what is secret is not kept, so it is done again",
    }[made.repeat]
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_:.-]{1,64}$", "minLength": 1, "maxLength": 64}
    found = [
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": kept}
    ]
    if "stale_revision" in made.codes:
        tag = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        why = "the ETag of the document that is meant to be changed"
        found.append(
            {"name": "If-Match", "in": "header", "required": False, "schema": tag, "description": why}
        )
    return found


def problem_codes(made: Operation, method: str, *, has_path: bool) -> list[str]:
    """Every code that an operation can answer with."""
    codes: list[str] = [*ANY, *made.codes]
    rule = RULES[made.right]
    if method not in SAFE_METHODS:
        codes += WRITE
    if made.query is not None:
        codes.append("invalid")
    if Role.ANYONE not in rule.who and Role.OPERATOR not in rule.who:
        codes += KNOWN
    if Role.VERIFIED in rule.who:
        codes.append("email_unverified")
    if has_path or rule.what or made.body is not None:
        codes.append("not_found")
    return sorted(set(codes), key=lambda code: (PROBLEMS[code].status, code))


def _responses(route: Route, method: str, made: Operation, refs: Any) -> Json:
    found: Json = {str(made.status): _success(made, refs)}
    if made.cached:
        found["304"] = {"description": "what If-None-Match names is still so"}
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in problem_codes(made, method, has_path="<" in route.rule):
        by_status[PROBLEMS[code].status].append(code)
    for status, codes in by_status.items():
        found[str(status)] = {
            "description": " ".join(f"`{code}`: {PROBLEMS[code].meaning}" for code in codes),
            "content": {"application/json": {"schema": {"$ref": _REF.format(model="Refused")}}},
        }
    if made.right == "health.read":  # the same view, told with another status
        found["503"] = {**found[str(made.status)], "description": "the store is down"}
    return found


def _success(made: Operation, refs: Any) -> Json:
    if made.answer is None:
        if made.status == 307:
            return {
                "description": "`Location` says where",
                "headers": {"Location": {"schema": {"type": "string"}}},
            }
        what = {"text/html": "a page"}.get(
            made.media_type, "text" if made.media_type.startswith("text/") else "a file"
        )
        return {"description": what, "content": {made.media_type: {"schema": {"type": "string"}}}}
    schema = refs[(made.answer, "validation")]
    described = (made.answer.__doc__ or "").strip().partition("\n")[0]
    if not made.plain:
        schema = _envelope(schema, {"type": "null"})
    return {"description": described or "done", "content": {made.media_type: {"schema": schema}}}


def _envelope(result: Json, error: Json) -> Json:
    text = {"type": "string"}
    fields: Json = {
        "app": {"const": "Code of Conquest"},
        "version": text,
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "timestamp": text,
        "request_id": text,
        "result": result,
        "error": error,
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _security(made: Operation) -> list[Json]:
    who = RULES[made.right].who
    if who & {Role.ANYONE, Role.OPERATOR}:
        return []
    services: list[Json] = [{"service": []}] if who & {Role.SERVICE, Role.SHOWS, Role.LOCAL} else []
    people: list[Json] = [] if who == {Role.SHOWS} else [{"person": []}, {"browser": []}]
    return people + services


def _without_null(schema: Json) -> Json:
    """What can stand in a query is never null: it is left out instead."""
    plain = {k: v for k, v in schema.items() if k not in ("title", "description", "default")}
    options = [o for o in plain.pop("anyOf", []) if o.get("type") != "null"]
    return {**plain, **options[0]} if options else plain


def _tidied(schema: Json) -> Json:
    """A schema without the titles that repeat the names of its fields."""
    if isinstance(schema, dict):
        return {k: _tidied(v) for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return [_tidied(v) for v in schema] if isinstance(schema, list) else schema
