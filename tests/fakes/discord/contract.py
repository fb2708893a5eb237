"""Checks bodies against Discord's published OpenAPI document, a cut of which lies outside the repository."""

import copy
import json
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fakes.discord.errors import ContractMissing, FormProblem

REPOSITORY = Path(__file__).resolve().parents[3]

# Sent by discord.py and taken by Discord, though the published description does not list them.
TAKEN_ANYWAY = {
    "RichEmbed": {"flags": {"type": ["integer", "null"]}},
    "MessageEditRequestPartial": {"tts": {"type": ["boolean", "null"]}},
    "IncomingWebhookUpdateRequestPartial": {"tts": {"type": ["boolean", "null"]}},
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": {"tts": {"type": ["boolean", "null"]}},
    "ApplicationCommandCreateRequest": {"nsfw": {"type": ["boolean", "null"]}},
    "ApplicationCommandUpdateRequest": {"nsfw": {"type": ["boolean", "null"]}},
    "ApplicationCommandPatchRequestPartial": {"nsfw": {"type": ["boolean", "null"]}},
}

# Types of entitlement from Discord's documentation that the published description does not list:
# bought, bought in test mode.
ENTITLEMENT_TYPES_TOO = (1, 4)

# A JSON-schema keyword in Discord's own words.
FORM_CODES = {
    "maxLength": ("BASE_TYPE_BAD_LENGTH", "Must be {} or fewer in length."),
    "minLength": ("BASE_TYPE_BAD_LENGTH", "Must be {} or more in length."),
    "maxItems": ("BASE_TYPE_BAD_LENGTH", "Must be {} or fewer in length."),
    "minItems": ("BASE_TYPE_BAD_LENGTH", "Must be {} or more in length."),
    "maximum": ("NUMBER_TYPE_MAX", "Value should be less than or equal to {}."),
    "minimum": ("NUMBER_TYPE_MIN", "Value should be greater than or equal to {}."),
    "enum": ("BASE_TYPE_CHOICES", "Value must be one of {}."),
    "uniqueItems": ("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value."),
    "pattern": ("STRING_TYPE_REGEX", "Value does not match {}."),
    "type": ("BASE_TYPE_BAD_TYPE", "Must be of type {}."),
}


def contract_file() -> Path:
    """Where the description is looked for: `COC_CONTRACTS` (a folder), else beside the repository."""
    folder = os.environ.get("COC_CONTRACTS") or REPOSITORY.parent / "shared" / "contracts"
    return Path(folder) / "discord" / "openapi-subset.json"


def load_contract() -> "Contract | None":
    """The contract, or None after one warning; with CI=true a missing file is an error instead."""
    path = contract_file()
    if path.is_file():
        return _read_contract(path)
    if os.environ.get("CI") == "true":
        raise ContractMissing(f"Discord's API description is not at {path}; set COC_CONTRACTS to its folder")
    warnings.warn(
        f"Discord's API description is not at {path}: the stand-in checks its hand-written rules only",
        stacklevel=2,
    )
    return None


@cache
def _read_contract(path: Path) -> "Contract":
    return Contract(json.loads(path.read_text(encoding="utf-8")))


def _pointer_escape(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


class Contract:
    """The published description, ready to check requests (strictly) and answers (as published)."""

    def __init__(self, document: dict[str, Any]) -> None:
        document = _dispatched(document)
        self._answers = _registry("urn:answers", document)
        self._requests = _registry("urn:requests", _strict(document))
        self._validators: dict[str, Draft202012Validator] = {}
        self._operations = sorted(
            (
                (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, operations)
                for path, operations in document["paths"].items()
            ),
            key=lambda entry: entry[1].count("{"),
        )

    def request_problems(
        self, method: str, path: str, body: Any, schema: str | None = None
    ) -> list[FormProblem]:
        """What is wrong with a request's JSON body; `schema` narrows a union to one component schema."""
        pointer, operation = self._operation(method, path)
        if operation is None:
            return []
        content = (operation.get("requestBody") or {}).get("content", {})
        if body is None or "application/json" not in content:
            return []
        if schema is None:
            reference = f"urn:requests#{pointer}/requestBody/content/application~1json/schema"
        else:
            reference = f"urn:requests#/components/schemas/{schema}"
        return list(_form_problems(self._validator(reference, self._requests).iter_errors(body)))

    def answer_problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with our own answer to a successful request."""
        pointer, operation = self._operation(method, path)
        if operation is None or status >= 400:
            return []
        answer = operation["responses"].get(str(status))
        if answer is None:
            return [f"status {status} is not among {sorted(operation['responses'])}"]
        if "application/json" not in answer.get("content", {}):
            return [] if body is None else ["a body where none belongs"]
        reference = f"urn:answers#{pointer}/responses/{status}/content/application~1json/schema"
        return self._complaints(reference, body)

    def object_problems(self, schema: str, value: Any) -> list[str]:
        """What is wrong with an object (a message, a thread ...) embedded in a gateway event."""
        return self._complaints(f"urn:answers#/components/schemas/{schema}", value)

    def knows(self, method: str, path: str) -> bool:
        """Whether the description has this operation."""
        return self._operation(method, path)[1] is not None

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any] | None]:
        for pattern, template, operations in self._operations:
            if method.lower() in operations and pattern.match(path):
                return f"/paths/{_pointer_escape(template)}/{method.lower()}", operations[method.lower()]
        return "", None

    def _validator(self, reference: str, registry: Registry) -> Draft202012Validator:
        if reference not in self._validators:
            self._validators[reference] = Draft202012Validator({"$ref": reference}, registry=registry)
        return self._validators[reference]

    def _complaints(self, reference: str, value: Any) -> list[str]:
        validator = self._validator(reference, self._answers)
        return [str(problem) for problem in _form_problems(validator.iter_errors(value))]


def _registry(name: str, document: dict[str, Any]) -> Registry:
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    return Registry().with_resource(name, resource)


def _dispatched(document: dict[str, Any]) -> dict[str, Any]:
    """A copy whose unions look at `type` first: much faster to check, and faults are named at their place."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    schemas["EntitlementTypes"]["oneOf"] += [{"const": kind} for kind in ENTITLEMENT_TYPES_TOO]
    for name, schema in schemas.items():
        schemas[name] = _dispatch(schema, schemas)
    document["paths"] = _dispatch(document["paths"], schemas)
    return document


def _dispatch(node: Any, schemas: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_dispatch(item, schemas) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _dispatch(value, schemas) for key, value in node.items()}
    for union in ("oneOf", "anyOf"):
        branches = node.get(union)
        if isinstance(branches, list) and all(isinstance(branch, dict) for branch in branches):
            replacement = _as_choice(branches, schemas)
            if replacement is not None:
                del node[union]
                node.update(replacement)
    return node


def _as_choice(branches: list[dict[str, Any]], schemas: dict[str, Any]) -> dict[str, Any] | None:
    """A union as an enumeration, as "null or else ...", or as one condition per value of `type`."""
    if all("const" in branch for branch in branches):
        return {"enum": [branch["const"] for branch in branches]}
    null, others = {"type": "null"}, [branch for branch in branches if branch != {"type": "null"}]
    if len(others) == 1 and len(branches) == 2:
        return {"if": null, "then": True, "else": others[0]}
    kinds = [_kinds(branch, schemas) for branch in others]
    flat = [kind for some in kinds for kind in some]
    if not all(kinds) or len(flat) != len(set(flat)) or len(others) != len(branches):
        return None
    conditions = [{"if": _of_kind(some), "then": branch} for some, branch in zip(kinds, others, strict=True)]
    return {"allOf": [_of_kind(flat), *conditions]}


def _of_kind(kinds: list[Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["type"], "properties": {"type": {"enum": kinds}}}


def _kinds(branch: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    """The values of `type` that a branch of a union is for; none if it does not say."""
    schema = schemas.get(str(branch.get("$ref", "")).rpartition("/")[2], {})
    if "type" not in schema.get("required", []):
        return []
    return schema.get("properties", {}).get("type", {}).get("enum", [])


def _strict(document: dict[str, Any]) -> dict[str, Any]:
    """A copy in which request objects take no unknown fields, and ids may be numbers as Discord allows."""
    strict = copy.deepcopy(document)
    schemas = strict["components"]["schemas"]
    for operations in strict["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                for name in _reachable(operation.get("requestBody", {}), schemas):
                    if "properties" in schemas[name]:
                        schemas[name].setdefault("additionalProperties", False)
    for name, extra in TAKEN_ANYWAY.items():
        schemas[name]["properties"].update(extra)
    schemas["SnowflakeType"] = {"type": ["string", "integer"], "pattern": "^(0|[1-9][0-9]*)$"}
    return strict


def _reachable(node: Any, schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting.extend(current)
        elif isinstance(current, dict):
            name = str(current.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(current.values())
    return found


def _form_problems(errors: Iterable[ValidationError]) -> Iterator[FormProblem]:
    seen = set()
    for error in errors:
        for leaf in _leaves(error):
            for problem in _problems_of_leaf(leaf):
                if problem not in seen:
                    seen.add(problem)
                    yield problem


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The errors that matter below a union: those of the branch that the body evidently meant."""
    if error.validator not in ("oneOf", "anyOf") or not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    candidates = [[leaf for inner in branch for leaf in _leaves(inner)] for branch in branches.values()]
    meant = [leaves for leaves in candidates if not any(_wrong_branch(leaf, error) for leaf in leaves)]
    if meant:
        return min(meant, key=len)
    return [leaf for leaf in max(candidates, key=_depth) if _wrong_branch(leaf, error)][:1]


def _depth(leaves: list[ValidationError]) -> int:
    return max(len(leaf.absolute_path) for leaf in leaves)


def _wrong_branch(leaf: ValidationError, union: ValidationError) -> bool:
    """Whether `leaf` only says that the body is of another kind than this branch of the union describes."""
    depth = len(leaf.absolute_path) - len(union.absolute_path)
    if depth == 0:
        return leaf.validator == "type"
    return depth == 1 and leaf.absolute_path[-1] == "type" and leaf.validator == "enum"


def _problems_of_leaf(leaf: ValidationError) -> Iterator[FormProblem]:
    path = tuple(leaf.absolute_path)
    if leaf.validator == "required":
        for name in leaf.validator_value:
            if name not in leaf.instance:
                yield FormProblem((*path, name), "BASE_TYPE_REQUIRED", "This field is required")
    elif leaf.validator == "additionalProperties" and leaf.validator_value is False:
        for name in sorted(set(leaf.instance) - set(leaf.schema["properties"])):
            yield FormProblem((*path, name), "UNKNOWN_FIELD", "Discord knows no such field here")
    else:
        code, sentence = FORM_CODES.get(str(leaf.validator), ("BASE_TYPE_CHOICES", ""))
        yield FormProblem(path, code, sentence.format(leaf.validator_value) or leaf.message[:160])
