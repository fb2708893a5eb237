"""Who belongs to a guild and with which roles: members, roles and the bot itself come and go."""

from tests.fakes.discord import thread_members
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.model import Account, Guild, Role
from tests.fakes.discord.world import Event, World

GUILDS, MEMBERS = 1 << 0, 1 << 1


def remove_member(world: World, guild: Guild, account: Account) -> None:
    """A member leaves or is thrown out, and with that leaves all threads of the guild."""
    if guild.members.pop(account.id, None) is None:
        raise Refused(f"{account.name} is not in {guild.name!r}")
    for thread in world.threads_of(guild):
        thread_members.leave(world, thread, account)
    data = {"guild_id": guild.id, "user": account.json()}
    world.tell_guild(guild, "GUILD_MEMBER_REMOVE", data, MEMBERS)


def give_role(world: World, guild: Guild, account: Account, role: Role) -> None:
    """Give a member a role."""
    member = guild.members[account.id]
    if role.id not in member.role_ids:
        member.role_ids.append(role.id)
        tell_member(world, guild, account)


def take_role(world: World, guild: Guild, account: Account, role: Role) -> None:
    """Take a role from a member."""
    member = guild.members[account.id]
    if role.id in member.role_ids:
        member.role_ids.remove(role.id)
        tell_member(world, guild, account)


def delete_role(world: World, guild: Guild, role: Role) -> None:
    """Take a role away from the guild, its members and its channels' overwrites."""
    if role is guild.everyone or role.managed:
        raise Refused(f"the role {role.name!r} cannot be deleted")
    del guild.roles[role.id]
    for member in guild.members.values():
        if role.id in member.role_ids:
            member.role_ids.remove(role.id)
    for channel in world.channels_of(guild):
        channel.overwrites.pop(role.id, None)
    world.tell_guild(guild, "GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role.id})


def tell_member(world: World, guild: Guild, account: Account) -> None:
    """News of a member. What concerns the bot itself is told without the members intent too."""
    data = {**guild.members[account.id].json(), "guild_id": guild.id}
    intents = 0 if account is world.bot else MEMBERS
    world.tell_guild(guild, "GUILD_MEMBER_UPDATE", data, intents)


def remove_bot(world: World, guild: Guild) -> None:
    """The bot is thrown out or leaves. Its role goes with it; what it wrote stays."""
    if world.guilds.pop(guild.id, None) is None:
        raise Refused(f"the bot is not in {guild.name!r}")
    for role_id in guild.members.pop(world.bot.id).role_ids:
        if guild.roles[role_id].managed:
            del guild.roles[role_id]
    for thread in world.threads_of(guild):
        thread.thread_members.pop(world.bot.id, None)
    world.publish(Event("GUILD_DELETE", {"id": guild.id}, guild.id, GUILDS))


def admit_bot(world: World, guild: Guild) -> None:
    """The bot is added to a guild, for the first time or again."""
    if guild.id in world.guilds:
        raise Refused(f"the bot is in {guild.name!r} already")
    world.admit_bot(guild)


def begin_outage(world: World, guild: Guild) -> None:
    """The guild cannot be reached; the bot is still in it."""
    data = {"id": guild.id, "unavailable": True}
    world.publish(Event("GUILD_DELETE", data, guild.id, GUILDS))


def end_outage(world: World, guild: Guild) -> None:
    """The guild can be reached again."""
    world.publish(Event("GUILD_CREATE", {"unavailable": False}, guild.id, GUILDS))
