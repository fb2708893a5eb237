"""Where a command may be used, and on whose authority: a guild's installation of the app, or a person's own."""

from typing import Any

from tests.fakes.discord import permissions
from tests.fakes.discord.model import Account, Channel
from tests.fakes.discord.permissions import Permission, may
from tests.fakes.discord.world import World

GUILD_INSTALL, USER_INSTALL = 0, 1
IN_GUILD, WITH_BOT, AMONG_PEOPLE = 0, 1, 2


def context_of(world: World, channel: Channel) -> int:
    """In a guild, in the conversation with the bot, or in one between people."""
    if channel.guild is not None:
        return IN_GUILD
    return WITH_BOT if world.bot.id in channel.recipient_ids else AMONG_PEOPLE


def owners(world: World, account: Account, channel: Channel, kinds: list[int]) -> dict[str, str]:
    """The `authorizing_integration_owners`: which installations allow something of these kinds here.

    Guild installations are named by the guild, or "0" in the conversation with the bot; a person's by the
    person. None means that it is not allowed here at all.
    """
    found: dict[str, str] = {}
    context = context_of(world, channel)
    if GUILD_INSTALL in kinds:
        if context == WITH_BOT:
            found["0"] = "0"
        elif channel.guild is not None and channel.guild.id in world.guilds:
            found["0"] = channel.guild.id
    if USER_INSTALL in kinds and account.id in world.installed_by:
        found["1"] = account.id
    return found


def why_not(world: World, account: Account, place: Channel, command: dict[str, Any]) -> str | None:
    """Why Discord's client would hide a command from a person in a place, or None."""
    return _wrong_context(world, account, place, command) or _wrong_rights(account, place, command)


def _wrong_context(world: World, account: Account, place: Channel, command: dict[str, Any]) -> str | None:
    context, contexts = context_of(world, place), command.get("contexts")
    if contexts is None:
        contexts = [IN_GUILD, AMONG_PEOPLE]
        if command.get("dm_permission", True):
            contexts.append(WITH_BOT)
    if context not in contexts:
        return "it is not for guilds" if context == IN_GUILD else "it is not for private conversations"
    if not owners(world, account, place, command["integration_types"]):
        return "the app is not installed here"
    return None


def _wrong_rights(account: Account, place: Channel, command: dict[str, Any]) -> str | None:
    if place.guild is None:
        return None
    if not may(place, account.id, Permission.USE_APPLICATION_COMMANDS):
        return "no right to use commands here"
    if command.get("nsfw") and not (place.parent or place).age_restricted:
        return "it is for age-restricted channels"
    needed = command.get("default_member_permissions")
    if needed is None:
        return None
    held = permissions.in_channel(place, account.id)
    lacks = int(needed) & ~int(held)
    if lacks or (int(needed) == 0 and held != permissions.EVERYTHING):
        return "it needs more permissions"
    return None
