"""Choosing from a select menu."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.discord import components, options
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.model import Guild
from tests.fakes.discord.world import World

SELECT_THINGS = {
    components.USER_SELECT: options.USER,
    components.ROLE_SELECT: options.ROLE,
    components.MENTIONABLE_SELECT: options.MENTIONABLE,
    components.CHANNEL_SELECT: options.CHANNEL,
}


def chosen(world: World, guild: Guild, menu: dict[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """What choosing `values` from a menu sends: `values` and, for people and places, `resolved`."""
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not least <= len(values) <= most:
        raise Refused(f"the menu {menu['custom_id']!r} takes {least} to {most} values, not {len(values)}")
    if menu["type"] == components.SELECT:
        by_label = {option["label"]: option["value"] for option in menu["options"]}
        known = set(by_label.values())
        picked = [value if value in known else by_label.get(value) for value in values]
        if None in picked:
            raise Refused(f"the menu {menu['custom_id']!r} offers {sorted(known)}, not {list(values)}")
        return {"values": picked}
    resolved: dict[str, dict[str, Any]] = {}
    kind = SELECT_THINGS[menu["type"]]
    ids = [
        options.resolve_thing(
            world, guild, kind, menu["custom_id"], value, resolved, menu.get("channel_types")
        )
        for value in values
    ]
    return {"values": ids, "resolved": resolved}
