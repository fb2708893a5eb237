"""What a person can put into a slash command: Discord's client sends only declared and valid options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.errors import Refused
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.model import Channel, Guild, Role
from tests.fakes.discord.world import World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(
    1, 12
)

LARGEST_NUMBER = 2**53


@dataclass
class Filled:
    """The inner part of a command's interaction."""

    options: list[dict[str, Any]]
    resolved: dict[str, dict[str, Any]] = field(default_factory=dict)


def declared(command: dict[str, Any], words: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The options of the (sub)command that `words` lead to, and the steps `{type, name}` on the way there."""
    options, steps = command.get("options", []), []
    for word in words:
        step = next(
            (one for one in options if one["type"] in (SUBCOMMAND, GROUP) and one["name"] == word), None
        )
        if step is None:
            raise Refused(f"/{command['name']} has no subcommand {word!r}")
        steps.append({"type": step["type"], "name": step["name"]})
        options = step.get("options", [])
    if any(one["type"] in (SUBCOMMAND, GROUP) for one in options):
        raise Refused(f"/{' '.join([command['name'], *words])} needs one of its subcommands")
    return options, steps


def fill(
    world: World,
    guild: Guild | None,
    options: list[dict[str, Any]],
    values: Mapping[str, Any],
    focused: str | None = None,
) -> Filled:
    """Turn values into the options of an interaction, or refuse what Discord's client would not send.

    While someone still types (`focused`), required options may be missing and values need not be complete.
    """
    known = {option["name"]: option for option in options}
    for name in values:
        if name not in known:
            raise Refused(f"the command declares no option {name!r}, only {sorted(known)}")
    if focused is None:
        for name, option in known.items():
            if option.get("required") and values.get(name) is None:
                raise Refused(f"the option {name!r} is required")
    filled = Filled([])
    for name, value in values.items():
        if value is None:
            continue
        option = known[name]
        if name == focused:
            filled.options.append({"type": option["type"], "name": name, "value": value, "focused": True})
        else:
            raw = _raw_value(world, guild, option, value, filled)
            filled.options.append({"type": option["type"], "name": name, "value": raw})
    return filled


def nested(steps: list[dict[str, Any]], options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wrap options into their subcommand and its group."""
    for step in reversed(steps):
        options = [{**step, "options": options}]
    return options


def _raw_value(world: World, guild: Guild | None, option: dict[str, Any], value: Any, filled: Filled) -> Any:
    kind, name = option["type"], option["name"]
    if kind == STRING:
        _refuse_unless(isinstance(value, str), name, "text")
        _check_bounds(name, len(value), option.get("min_length"), option.get("max_length"), "characters")
    elif kind in (INTEGER, NUMBER):
        wanted = int if kind == INTEGER else (int, float)
        _refuse_unless(isinstance(value, wanted) and not isinstance(value, bool), name, "a number")
        _check_bounds(name, value, option.get("min_value"), option.get("max_value"), "as its value")
        _refuse_unless(abs(value) <= LARGEST_NUMBER, name, "a number within 2^53")
    elif kind == BOOLEAN:
        _refuse_unless(isinstance(value, bool), name, "True or False")
    elif kind == ATTACHMENT:
        _refuse_unless(isinstance(value, Upload), name, "an Upload")
        return _resolve_upload(world, value, filled.resolved)
    else:
        return resolve_thing(world, guild, kind, name, value, filled.resolved, option.get("channel_types"))
    choices = [choice["value"] for choice in option.get("choices", [])]
    if choices and value not in choices:
        raise Refused(f"the option {name!r} offers {choices}, not {value!r}")
    return value


def resolve_thing(
    world: World,
    guild: Guild | None,
    kind: int,
    name: str,
    value: Any,
    resolved: dict[str, dict[str, Any]],
    channel_types: list[int] | None = None,
) -> str:
    """The id of a user, role or channel (anything with an `id`), which also goes into `resolved`."""
    thing_id = str(getattr(value, "id", value))
    if isinstance(value, Channel) or thing_id in world.channels:
        _refuse_unless(kind == CHANNEL, name, "no channel")
        channel = world.channels[thing_id]
        if channel_types and channel.kind not in channel_types:
            raise Refused(f"{name!r} takes channels of the kinds {channel_types}, not {channel.kind}")
        shape = {**world.channel_json(channel), "permissions": "0"}
        resolved.setdefault("channels", {})[thing_id] = shape
    elif isinstance(value, Role) or (guild and thing_id in guild.roles):
        _refuse_unless(kind in (ROLE, MENTIONABLE) and guild is not None, name, "no role")
        assert guild is not None
        resolved.setdefault("roles", {})[thing_id] = guild.roles[thing_id].json()
    else:
        _refuse_unless(kind in (USER, MENTIONABLE) and thing_id in world.accounts, name, "an existing thing")
        resolved.setdefault("users", {})[thing_id] = world.accounts[thing_id].json()
        if guild is not None and thing_id in guild.members:
            member = guild.members[thing_id].json_without_user()
            resolved.setdefault("members", {})[thing_id] = {**member, "permissions": "0"}
    return thing_id


def _resolve_upload(world: World, upload: Upload, resolved: dict[str, dict[str, Any]]) -> str:
    attachment_id = world.ids.next()
    world.files[attachment_id] = (upload.content_type, upload.content)
    url = f"{world.address}/attachments/{attachment_id}/{upload.name}"
    resolved.setdefault("attachments", {})[attachment_id] = {
        "id": attachment_id,
        "filename": upload.name,
        "size": len(upload.content),
        "url": url,
        "proxy_url": url,
        "content_type": upload.content_type,
        "ephemeral": True,
    }
    return attachment_id


def _refuse_unless(fits: bool, name: str, wanted: str) -> None:
    if not fits:
        raise Refused(f"{name!r} takes {wanted}")


def _check_bounds(name: str, value: float, least: Any, most: Any, what: str) -> None:
    if least is not None and value < least:
        raise Refused(f"the option {name!r} takes at least {least} {what}, not {value}")
    if most is not None and value > most:
        raise Refused(f"the option {name!r} takes at most {most} {what}, not {value}")
