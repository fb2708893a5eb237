"""Prompts are Jinja2 files in `api/llm/prompts/`: one environment for all of them, and blocks rendered one by one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

PROMPTS = Path(__file__).parent / "prompts"


@cache
def environment() -> jinja2.Environment:
    """Plain text for a model: nothing is escaped for HTML, and no value begins a line of its own."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PROMPTS),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        finalize=_one_line,
    )
    # The default escapes quotes and brackets for HTML; kept, for it also keeps a player's text from closing a tag.
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    return made


def block(template: jinja2.Template, name: str, values: Mapping[str, Any]) -> str:
    """One block of a template as text, without blanks around it."""
    context = template.new_context(dict(values))
    return "".join(template.blocks[name](context)).strip()


def _one_line(value: Any) -> Any:
    """A name or a text cannot pose as another fact on a line of its own."""
    return " ".join(value.split()) if isinstance(value, str) else value
