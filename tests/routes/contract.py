"""Holds an answer against the OpenAPI document that the app itself serves."""

from __future__ import annotations

import copy
import re
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api.openapi.document import build_document

Json = dict[str, Any]
# Facts and details differ by kind: docs/wire.md lists their fields, and clients pass over those that they do not know.
OPEN = {"Event", "ProblemDetails", "OpenApiOut"}


class Contract:
    """The document of an app. `strict` also refuses fields that the document does not name."""

    def __init__(self, app: Flask, *, strict: bool = False) -> None:
        document = copy.deepcopy(build_document(app))
        if strict:
            for name, schema in document["components"]["schemas"].items():
                if name not in OPEN and schema.get("properties"):
                    schema["additionalProperties"] = False
        self.paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operations)
            for path, operations in document["paths"].items()
        ]
        resource = Resource(contents=document, specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:api", resource)
        self._validators: dict[int, Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> Json | None:
        """What the document says of a request; None for what it does not know. Fixed paths go before open ones."""
        found = [ops[method.lower()] for pattern, ops in self.paths
                 if pattern.fullmatch(path) and method.lower() in ops]  # fmt: skip
        return min(found, key=lambda op: sum(p["in"] == "path" for p in op["parameters"]), default=None)

    def fault(self, method: str, path: str, status: int, envelope: Json) -> str:
        """What is wrong with an answer, in a line; empty when it is as documented."""
        operation = self.operation(method, path.partition("?")[0])
        if operation is None or status in (405,):
            return ""
        answer = operation["responses"].get(str(status))
        if answer is None:
            return f"{method} {path}: status {status} is not documented: {envelope.get('error')}"
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return ""
        validator = self._validators.get(id(schema))
        if validator is None:
            pointed = _pointing_into_the_document(schema)
            validator = self._validators[id(schema)] = Draft202012Validator(pointed, registry=self._registry)
        first = next(iter(validator.iter_errors(envelope)), None)
        where = "/".join(map(str, first.absolute_path)) if first else ""
        return f"{method} {path} {status}: {where}: {first.message[:300]}" if first else ""


def _pointing_into_the_document(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            k: f"urn:api{v}" if k == "$ref" else _pointing_into_the_document(v) for k, v in schema.items()
        }
    return [_pointing_into_the_document(v) for v in schema] if isinstance(schema, list) else schema
