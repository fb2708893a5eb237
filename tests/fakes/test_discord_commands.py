"""Application commands: names, lengths, counts, and how the registry behaves."""

import pytest

from tests.fakes.raw_bot import faults

pytestmark = pytest.mark.asyncio


def command(name: str = "act", description: str = "Act", *options, **more):
    return {"name": name, "description": description, "options": list(options), **more}


def option(name: str = "what", **more):
    return {"type": 3, "name": name, "description": "What", **more}


BROKEN = {
    "a space in the name": (command("act now"), ("0.name", "APPLICATION_COMMAND_INVALID_NAME")),
    "a capital in the name": (command("Act"), ("0.name", "APPLICATION_COMMAND_INVALID_NAME")),
    "a name of 33": (command("x" * 33), ("0.name", "APPLICATION_COMMAND_INVALID_NAME")),
    "no description": (command(description=""), ("0.description", "BASE_TYPE_BAD_LENGTH")),
    "a description of 101": (command(description="x" * 101), ("0.description", "BASE_TYPE_BAD_LENGTH")),
    "an option name with a dot": (
        command("act", "x", option("a.b")),
        ("0.options.0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    ),
    "an option description of 101": (
        command("act", "x", option(description="x" * 101)),
        ("0.options.0.description", "BASE_TYPE_BAD_LENGTH"),
    ),
    "an option name twice": (
        command("act", "x", option(), option()),
        ("0.options.1.name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"),
    ),
    "a required option after an optional one": (
        command("act", "x", option("a"), option("b", required=True)),
        ("0.options.1", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
    ),
    "26 options": (
        command("act", "x", *(option(f"o{number}") for number in range(26))),
        ("0.options", "BASE_TYPE_BAD_LENGTH"),
    ),
    "26 choices": (
        command("act", "x", option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])),
        ("0.options.0.choices", "BASE_TYPE_BAD_LENGTH"),
    ),
    "8001 characters in one command": (
        command(
            "act",
            "x",
            *(
                option(f"o{number}", choices=[{"name": f"{n:0100}", "value": f"{n:0100}"} for n in range(10)])
                for number in range(4)
            ),
        ),
        ("0", "APPLICATION_COMMAND_TOO_LARGE"),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_discord_would_not_register_is_rejected_and_recorded(strict_discord, strict_bot, what):
    body, expected = BROKEN[what]
    assert expected in faults(await strict_bot.register(body))
    assert strict_discord.violations and strict_discord.commands() == []


async def test_101_global_commands_are_too_many(strict_bot):
    commands = [command(f"c{number}") for number in range(101)]
    assert (await strict_bot.register(*commands[:100]))[0] == 200
    assert faults(await strict_bot.register(*commands)) == [("", "BASE_TYPE_BAD_LENGTH")]
    path = f"/applications/{strict_bot.discord.application_id}/commands"
    status, error = await strict_bot.call("POST", path, commands[100])
    assert (status, error["code"]) == (400, 30032)


async def test_two_commands_of_one_name_are_rejected(strict_bot):
    answer = await strict_bot.register(command(), command())
    assert faults(answer) == [("1", "APPLICATION_COMMANDS_DUPLICATE_NAME")]


async def test_an_unknown_field_is_rejected(strict_bot):
    assert faults(await strict_bot.register(command(helpful=True))) == [("0.helpful", "UNKNOWN_FIELD")]


async def test_a_command_keeps_its_id_when_it_is_synced_again(discord, bot):
    _, [first] = await bot.register(command())
    _, [second] = await bot.register(command(description="Act again"))
    assert second["id"] == first["id"] and second["version"] != first["version"]


async def test_single_commands_can_be_made_read_changed_and_deleted(discord, bot):
    path = f"/applications/{discord.application_id}/guilds/{discord.guild.id}/commands"
    status, made = await bot.call("POST", path, command())
    assert (status, made["guild_id"]) == (201, discord.guild.id)
    assert (await bot.call("POST", path, command()))[0] == 200
    assert (await bot.call("GET", f"{path}/{made['id']}"))[1]["name"] == "act"
    _, changed = await bot.call("PATCH", f"{path}/{made['id']}", {"description": "New"})
    assert (changed["name"], changed["description"]) == ("act", "New")
    assert await bot.call("DELETE", f"{path}/{made['id']}") == (204, None)
    status, error = await bot.call("GET", f"{path}/{made['id']}")
    assert (status, error["code"]) == (404, 10063)
    assert discord.violations == []


async def test_a_guilds_command_goes_before_a_global_one(discord, bot):
    await bot.register(command(description="global"))
    path = f"/applications/{discord.application_id}/guilds/{discord.guild.id}/commands"
    _, [own] = await bot.call("PUT", path, [command(description="own")])
    reply = await discord.add_user("alice").slash("act")
    assert reply.interaction.payload["data"]["id"] == own["id"]
