"""The one tool of a ruling call: its schema names only what this scene and these heroes can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.llm.model_client import ToolSpec
from api.llm.rulings.menu import BANDS, MANNERS, REASONS, SCORES, Menu

NAME = "rule_on_entries"
_DESCRIPTION = "Say what each entry means in the rules. One ruling for every entry."
MOST_ENTRIES = 10  # heroes at the largest table
_ROLLED = ("check", "contest", "group_check")


def ruling_tool(menu: Menu) -> ToolSpec:
    """The tool for one scene. Fields that no possible action asks for are left out, and how many texts there are makes
    no difference: as long as the same things are possible, a provider finds it in its cache."""
    fields: dict[str, Any] = {
        "entry": {"type": "integer", "enum": list(range(1, MOST_ENTRIES + 1))},
        "action": {"type": "string", "enum": list(menu.kinds)},
    }
    if menu.ids:
        fields["id"] = {"type": "string", "enum": list(menu.ids)}
    if menu.targets:
        fields["target"] = {"type": "string", "enum": list(menu.targets)}
    if any(kind in menu.kinds for kind in _ROLLED):
        fields["score"] = {"type": "string", "enum": list(SCORES)}
        fields["band"] = {"type": "string", "enum": list(BANDS)}
        fields["manner"] = {"type": "string", "enum": list(MANNERS)}
    fields["reason"] = {"type": "string", "enum": list(REASONS)}
    one = {
        "type": "object",
        "properties": fields,
        "required": ["entry", "action"],
        "additionalProperties": False,
    }
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {"rulings": {"type": "array", "items": one}},
        "required": ["rulings"],
        "additionalProperties": False,
    }
    return ToolSpec(NAME, _DESCRIPTION, schema)
