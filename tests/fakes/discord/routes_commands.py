"""REST: application commands, for all guilds or for one."""

from collections.abc import Iterator
from typing import Any

from tests.fakes.discord import command_rules
from tests.fakes.discord.errors import DiscordError, FormProblem, unknown
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()

EVERYWHERE = "/applications/{application}/commands"
IN_GUILD = "/applications/{application}/guilds/{guild}/commands"


def _list_rules(world: World, call: Call) -> Iterator[FormProblem]:
    return command_rules.commands_problems(call.body)


def _one_rules(world: World, call: Call) -> Iterator[FormProblem]:
    yield from command_rules.unknown_fields(call.body)
    yield from command_rules.command_problems(call.body)


def _patch_rules(world: World, call: Call) -> Iterator[FormProblem]:
    known = world.commands.get(call.params.get("guild"), [])
    before = next((one for one in known if one["id"] == call.params["command"]), {})
    yield from command_rules.unknown_fields(call.body)
    yield from command_rules.command_problems({**before, **call.body})


@routes.on("GET", EVERYWHERE)
@routes.on("GET", IN_GUILD)
def read_all(world: World, call: Call) -> Answer:
    """The commands that are registered."""
    return 200, world.commands.get(_place(world, call), [])


@routes.on("PUT", EVERYWHERE, rules=_list_rules)
@routes.on("PUT", IN_GUILD, rules=_list_rules)
def replace_all(world: World, call: Call) -> Answer:
    """Register these commands and no others. A command that keeps its name keeps its id."""
    place = _place(world, call)
    before = world.commands.get(place, [])
    world.commands[place] = [_stored(world, place, command, _same(before, command)) for command in call.body]
    return 200, world.commands[place]


@routes.on("POST", EVERYWHERE, rules=_one_rules)
@routes.on("POST", IN_GUILD, rules=_one_rules)
def upsert(world: World, call: Call) -> Answer:
    """Register one command, in place of an earlier one with its name."""
    place = _place(world, call)
    registered = world.commands.setdefault(place, [])
    earlier = _same(registered, call.body)
    command = _stored(world, place, call.body, earlier)
    if earlier is not None:
        registered[registered.index(earlier)] = command
        return 200, command
    kind = command["type"]
    limit = command_rules.COMMANDS_LIMIT[kind]
    if sum(one["type"] == kind for one in registered) >= limit:
        raise DiscordError(400, 30032, f"Maximum number of application commands reached ({limit})")
    registered.append(command)
    return 201, command


@routes.on("GET", EVERYWHERE + "/{command}")
@routes.on("GET", IN_GUILD + "/{command}")
def read(world: World, call: Call) -> Answer:
    """One command."""
    return 200, _command(world, call)


@routes.on("PATCH", EVERYWHERE + "/{command}", rules=_patch_rules)
@routes.on("PATCH", IN_GUILD + "/{command}", rules=_patch_rules)
def change(world: World, call: Call) -> Answer:
    """Change one command."""
    place = _place(world, call)
    earlier = _command(world, call)
    command = _stored(world, place, {**earlier, **call.body}, earlier)
    registered = world.commands[place]
    registered[registered.index(earlier)] = command
    return 200, command


@routes.on("DELETE", EVERYWHERE + "/{command}")
@routes.on("DELETE", IN_GUILD + "/{command}")
def delete(world: World, call: Call) -> Answer:
    """Unregister one command."""
    world.commands[_place(world, call)].remove(_command(world, call))
    return 204, None


def find(world: World, guild_id: str | None, name: str) -> dict[str, Any] | None:
    """The slash command of this name that people see in a guild: its own before the global one."""
    for place in (guild_id, None):
        for command in world.commands.get(place, []):
            if command["name"] == name and command["type"] == command_rules.SLASH:
                return command
    return None


def _place(world: World, call: Call) -> str | None:
    if call.params["application"] != world.application_id:
        raise DiscordError(404, 10002, "Unknown Application")
    guild_id = call.params.get("guild")
    return world.guild(guild_id).id if guild_id is not None else None


def _command(world: World, call: Call) -> dict[str, Any]:
    for command in world.commands.get(_place(world, call), []):
        if command["id"] == call.params["command"]:
            return command
    raise unknown("Application Command")


def _same(registered: list[dict[str, Any]], command: dict[str, Any]) -> dict[str, Any] | None:
    key = (command.get("type") or command_rules.SLASH, command.get("name"))
    return next((one for one in registered if (one["type"], one["name"]) == key), None)


def _stored(
    world: World, guild_id: str | None, command: dict[str, Any], earlier: dict[str, Any] | None
) -> dict[str, Any]:
    permissions = command.get("default_member_permissions")
    stored = {
        "id": earlier["id"] if earlier else world.ids.next(),
        "application_id": world.application_id,
        "version": world.ids.next(),
        "type": command.get("type") or command_rules.SLASH,
        "name": command["name"],
        "name_localizations": command.get("name_localizations"),
        "description": command.get("description") or "",
        "description_localizations": command.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(command.get("nsfw")),
        "integration_types": command.get("integration_types") or [0],
        "contexts": command.get("contexts"),
        "options": [_without_nulls(option) for option in command.get("options") or []],
    }
    if guild_id is None:
        stored["dm_permission"] = command.get("dm_permission") is not False
    else:
        stored["guild_id"] = guild_id
    return stored


def _without_nulls(option: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in option.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_without_nulls(inner) for inner in kept["options"]]
    if "choices" in kept:
        kept["choices"] = [
            {key: value for key, value in choice.items() if value is not None} for choice in kept["choices"]
        ]
    return kept
