"""Who may do what where: Discord's permission bits, and how roles and overwrites add up to them."""

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.discord.model import Channel, Guild


class Permission(IntFlag):
    """The permissions that the stand-in looks at."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    CREATE_EVENTS = 1 << 44
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


NOTHING = Permission(0)
EVERYTHING = Permission(sum(Permission))

# What @everyone may do in a freshly made server.
EVERYONE_DEFAULT = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)

# What the bot's own role may do besides. MENTION_EVERYONE is there so that a careless @everyone really pings.
BOT_DEFAULT = (
    EVERYONE_DEFAULT
    | Permission.MANAGE_MESSAGES
    | Permission.PIN_MESSAGES
    | Permission.MANAGE_THREADS
    | Permission.MANAGE_EVENTS
    | Permission.CREATE_EVENTS
    | Permission.MENTION_EVERYONE
)

# What people and bots may do with each other in a private conversation.
IN_PRIVATE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MANAGE_MESSAGES
    | Permission.USE_APPLICATION_COMMANDS
)


def parse(names: "Permission | str | int") -> Permission:
    """Permissions from their names, `"send_messages, embed_links"`, or from bits."""
    if isinstance(names, int):
        return Permission(names)
    result = NOTHING
    for name in names.replace(",", " ").split():
        result |= Permission[name.upper()]
    return result


def in_guild(guild: "Guild", user_id: str) -> Permission:
    """What a member may do before any channel says otherwise."""
    if guild.owner_id == user_id:
        return EVERYTHING
    member = guild.members.get(user_id)
    if member is None:
        return NOTHING
    allowed = guild.everyone.permissions
    for role_id in member.role_ids:
        allowed |= guild.roles[role_id].permissions
    return EVERYTHING if allowed & Permission.ADMINISTRATOR else allowed


def in_channel(channel: "Channel", user_id: str) -> Permission:
    """What a user may do in a channel, a thread (as in its parent) or a private conversation."""
    if channel.guild is None:
        return IN_PRIVATE if user_id in channel.recipient_ids else NOTHING
    if channel.parent is not None and channel.is_thread:
        return _in_thread(channel, user_id)
    allowed = in_guild(channel.guild, user_id)
    if allowed == EVERYTHING or user_id not in channel.guild.members:
        return allowed
    member = channel.guild.members[user_id]
    allowed = _overwritten(channel, allowed, [channel.guild.id])
    allowed = _overwritten(channel, allowed, member.role_ids)
    allowed = _overwritten(channel, allowed, [user_id])
    return allowed if allowed & Permission.VIEW_CHANNEL else NOTHING


def may(channel: "Channel", user_id: str, wanted: Permission) -> bool:
    """Whether a user has all of `wanted` in a channel."""
    return in_channel(channel, user_id) & wanted == wanted


def sending_permission(channel: "Channel") -> Permission:
    """The permission that sending needs: threads have one of their own."""
    return Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES


def _in_thread(thread: "Channel", user_id: str) -> Permission:
    assert thread.parent is not None
    allowed = in_channel(thread.parent, user_id)
    if thread.is_private and not allowed & Permission.MANAGE_THREADS and user_id not in thread.member_ids:
        return NOTHING
    return allowed


def _overwritten(channel: "Channel", allowed: Permission, target_ids: list[str]) -> Permission:
    """Apply the overwrites of one level: all their denials first, then all that they allow."""
    overwrites = [channel.overwrites[target] for target in target_ids if target in channel.overwrites]
    for overwrite in overwrites:
        allowed &= ~overwrite.deny
    for overwrite in overwrites:
        allowed |= overwrite.allow
    return allowed
