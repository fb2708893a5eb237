"""Letters from templates: one text and one HTML file a kind, with the subject as the text's first line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.mail.port import Letter

KINDS = frozenset(
    {
        "confirm_address", "address_taken", "reset_password", "password_changed", "change_address",
        "address_changed", "leaving",
    }
)  # fmt: skip
TEMPLATES = Path(__file__).parent / "templates"


def render(letter_id: str, kind: str, to: str, values: Mapping[str, Any]) -> Letter:
    """A letter of one of `KINDS`. What people wrote (`name`) is escaped in HTML and never stands in a header."""
    written = _environment().get_template(f"{kind}.txt.j2").render(values)
    subject, _, text = written.partition("\n")
    html = _environment().get_template(f"{kind}.html.j2").render({**values, "subject": subject})
    return Letter(letter_id, to, subject.strip(), text.strip() + "\n", html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
