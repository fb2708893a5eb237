"""Filling in a modal, with the checks that Discord's client makes before it sends one off."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.discord import components
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.menus import chosen
from tests.fakes.discord.model import Guild
from tests.fakes.discord.replies import Modal
from tests.fakes.discord.world import World

RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 21, 22, 23


def filled_form(world: World, guild: Guild, modal: Modal, values: Mapping[str, Any]) -> dict[str, Any]:
    """The interaction data of a submitted modal. Fields that are not named keep their defaults."""
    named = {modal.field(key).custom_id: value for key, value in values.items()}
    resolved: dict[str, Any] = {}
    numbers = iter(range(1, 1000))
    parts = [_filled(world, guild, part, named, resolved, numbers) for part in modal.data["components"]]
    data: dict[str, Any] = {"custom_id": modal.custom_id, "components": parts}
    if resolved:
        data["resolved"] = resolved
    return data


def _filled(
    world: World,
    guild: Guild,
    part: dict[str, Any],
    values: Mapping[str, Any],
    resolved: dict[str, Any],
    numbers: Any,
) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": part["type"], "id": part.get("id") or next(numbers)}
    kind = part["type"]
    if kind == components.ROW:
        shape["components"] = [
            _filled(world, guild, inner, values, resolved, numbers) for inner in part["components"]
        ]
    elif kind == components.LABEL:
        shape["component"] = _filled(world, guild, part["component"], values, resolved, numbers)
    elif kind == components.TEXT_INPUT:
        shape.update(custom_id=part["custom_id"], value=_text(part, values))
    elif kind in components.SELECTS:
        shape.update(_selection(world, guild, part, values, resolved))
    elif kind in (RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX):
        shape.update(custom_id=part["custom_id"], **_ticked(part, values))
    return shape


def _text(part: dict[str, Any], values: Mapping[str, Any]) -> str:
    text = values.get(part["custom_id"], part.get("value") or "")
    least = part.get("min_length") or 0
    most = part.get("max_length") or 4000
    required = part.get("required") is not False
    name = part.get("label") or part["custom_id"]
    if required and not text:
        raise Refused(f"the field {name!r} must be filled in")
    if text and not least <= len(text) <= most:
        raise Refused(f"the field {name!r} takes {least} to {most} characters, not {len(text)}")
    return text


def _selection(
    world: World, guild: Guild, part: dict[str, Any], values: Mapping[str, Any], resolved: dict[str, Any]
) -> dict[str, Any]:
    defaults = [option["value"] for option in part.get("options") or [] if option.get("default")]
    picked = values.get(part["custom_id"], defaults)
    if not picked:
        if part.get("required") is not False:
            raise Refused(f"the menu {part['custom_id']!r} must be filled in")
        return {"custom_id": part["custom_id"], "values": []}
    sent = chosen(world, guild, {key: value for key, value in part.items() if value is not None}, picked)
    for kind, things in sent.get("resolved", {}).items():
        resolved.setdefault(kind, {}).update(things)
    return {"custom_id": part["custom_id"], "values": sent["values"]}


def _ticked(part: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    kind, given = part["type"], values.get(part["custom_id"])
    if kind == CHECKBOX:
        return {"value": bool(part.get("default") if given is None else given)}
    offered = [option["value"] for option in part["options"]]
    default = [option["value"] for option in part["options"] if option.get("default")]
    picked = default if given is None else ([given] if isinstance(given, str) else list(given))
    if any(one not in offered for one in picked):
        raise Refused(f"the field {part['custom_id']!r} offers {offered}, not {picked}")
    if not picked and part.get("required") is not False:
        raise Refused(f"the field {part['custom_id']!r} must be filled in")
    return {"values": picked} if kind == CHECKBOX_GROUP else {"value": picked[0] if picked else None}
