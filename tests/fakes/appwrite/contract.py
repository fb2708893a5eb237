"""Checks requests and answers against Appwrite's published description, which lies outside the repository."""

from __future__ import annotations

import json
import os
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fakes.appwrite.errors import ContractMissing

REPOSITORY = Path(__file__).resolve().parents[3]

# Where the recordings differ from the description, the recordings are right.
RECORDED_STATUS = {("tablesDBUpsertRow", 200): 201, ("tablesDBUpsertRows", 200): 201}
STAGED_ROWS_LACK = {"$createdAt", "$updatedAt", "$permissions"}


def contracts_folder() -> Path:
    """Where the contracts are looked for: `COC_CONTRACTS` (a folder), else beside the repository."""
    return Path(os.environ.get("COC_CONTRACTS") or REPOSITORY.parent / "shared" / "contracts")


def contract_file(name: str) -> Path | None:
    """A file of Appwrite's contract, or None after one warning; with CI=true a missing one is an error instead."""
    path = contracts_folder() / "appwrite" / name
    if path.is_file():
        return path
    if os.environ.get("CI") == "true":
        raise ContractMissing(f"Appwrite's contract is not at {path}; set COC_CONTRACTS to its folder")
    warnings.warn(f"Appwrite's contract is not at {path}: hand-written rules only", stacklevel=2)
    return None


def load_contract() -> Contract | None:
    path = contract_file("openapi-subset.json")
    return None if path is None else _read_contract(path)


@cache
def _read_contract(path: Path) -> Contract:
    return Contract(json.loads(path.read_text(encoding="utf-8")))


class Contract:
    """The published description, ready to check requests (strictly) and answers (as published)."""

    def __init__(self, document: dict[str, Any]) -> None:
        document = _modern(document)
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry = Registry().with_resource("urn:appwrite", resource)
        self._validators: dict[str, Draft202012Validator] = {}
        self._operations = sorted(
            (
                (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, operations)
                for path, operations in document["paths"].items()
            ),
            key=lambda entry: entry[1].count("{"),
        )

    def request_problems(self, method: str, path: str, query: set[str], body: Any) -> list[str]:
        """What is wrong with a request: unknown parameters, and a body that is not of the described form."""
        pointer, operation = self._operation(method, path)
        if operation is None:
            return [f"no operation {method} {path} is described"]
        named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        if method == "DELETE":  # the SDK sends a DELETE's parameters as a body, and Appwrite takes them
            query, body = query | set(body or {}), None
        problems = [f"unknown parameter '{name}'" for name in sorted(query - named)]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return problems + (["a body where none belongs"] if body else [])
        known = content["schema"].get("properties", {})
        problems += [f"unknown field '{name}'" for name in sorted(set(body or {}) - set(known))]
        reference = f"{pointer}/requestBody/content/application~1json/schema"
        return problems + [
            error.message[:200] for error in self._validator(reference).iter_errors(body or {})
        ]

    def answer_problems(
        self, method: str, path: str, status: int, body: Any, staged: bool = False
    ) -> list[str]:
        """What is wrong with our own answer to a successful request; `staged` rows lack some system fields."""
        pointer, operation = self._operation(method, path)
        if operation is None or status >= 400:
            return []
        described = RECORDED_STATUS.get((operation["operationId"], status), status)
        answer = operation["responses"].get(str(described))
        if answer is None:
            return [f"status {status} is not among {sorted(operation['responses'])}"]
        if "application/json" not in answer.get("content", {}):
            return [] if body is None else ["a body where none belongs"]
        reference = f"{pointer}/responses/{described}/content/application~1json/schema"
        if operation["operationId"] == "tablesDBCreateRow" and isinstance(body, dict) and "rows" in body:
            reference = "/components/schemas/rowList"  # the description tells of one row only
        problems = []
        for error in self._validator(reference).iter_errors(body):
            if staged and error.validator == "required" and isinstance(error.instance, dict):
                missing = set(error.validator_value) - set(error.instance)
                if missing <= STAGED_ROWS_LACK:
                    continue
            problems.append(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        return problems

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any] | None]:
        for pattern, template, operations in self._operations:
            if method.lower() in operations and pattern.match(path):
                escaped = template.replace("~", "~0").replace("/", "~1")
                return f"/paths/{escaped}/{method.lower()}", operations[method.lower()]
        return "", None

    def _validator(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._validators:
            schema = {"$ref": f"urn:appwrite#{pointer}"}
            self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[pointer]


def _modern(node: Any) -> Any:
    """A copy in today's JSON Schema: OpenAPI 3.0 says `nullable` where a schema lists the type null."""
    if isinstance(node, list):
        return [_modern(item) for item in node]
    if not isinstance(node, dict):
        return node
    modern = {key: _modern(value) for key, value in node.items() if key not in ("example", "x-example")}
    if modern.pop("nullable", False) or modern.pop("x-nullable", False):
        if isinstance(modern.get("type"), str):
            modern["type"] = [modern["type"], "null"]
        if "enum" in modern:
            modern["enum"] = [*modern["enum"], None]
    if "oneOf" in modern:  # column kinds overlap, so more than one may fit
        modern["anyOf"] = modern.pop("oneOf")
    if modern.get("type") == "array" and not isinstance(modern.get("items"), dict | bool):
        modern.pop("items", None)
    return modern
