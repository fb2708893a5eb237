"""The document as a page that people read: no script, and a style that the policy admits by its hash."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

_FOLDER = Path(__file__).parent
STYLE = (_FOLDER / "docs.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def build_page(document: dict[str, Any]) -> str:
    """HTML of every operation: what it takes, what it answers and how it fails."""
    pages = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["kind"] = kind_of
    pages.filters["prose"] = prose
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = {**operation, "method": method.upper(), "path": path}
            by_tag.setdefault(operation["tags"][0], []).append(shown)
    schemas = document["components"]["schemas"]
    template = pages.get_template("docs.html.j2")
    return template.render(info=document["info"], by_tag=by_tag, schemas=schemas, style=STYLE)


def prose(text: str) -> Markup:
    """Text with what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # nosec B704  # escaped just now


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few words, with the names of others."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind_of(option) for option in schema["anyOf"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{kind_of(schema.get('items', {}))}]"
    if kind == "object" and "result" in schema.get("properties", {}):
        return kind_of(schema["properties"]["result"])
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{text: {kind_of(schema['additionalProperties'])}}}"
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
        )
        if key in schema
    ]
    return f"{kind} ({', '.join(bounds)})" if bounds else str(kind)
