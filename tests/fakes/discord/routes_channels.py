"""REST: channels and threads."""

from typing import Any

from tests.fakes.discord import shapes, threads
from tests.fakes.discord.errors import (
    DiscordError,
    InvalidForm,
    invalid,
    missing_access,
    missing_permissions,
    unknown,
)
from tests.fakes.discord.message_rules import too_long
from tests.fakes.discord.model import (
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    THREADS,
    Account,
    Channel,
    Overwrite,
)
from tests.fakes.discord.permissions import Permission, may, sending_permission
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()

NAME_LIMIT = 100
ARCHIVE_DURATIONS = (60, 1440, 4320, 10080)
SLOWEST = 21600
THREAD_MEMBERS_LIMIT = 1000


def _patch_schema(world: World, call: Call) -> str | None:
    channel = world.channels.get(call.params["channel"])
    if channel is None:
        return None
    return "UpdateThreadRequestPartial" if channel.is_thread else "UpdateGuildChannelRequestPartial"


@routes.on("GET", "/channels/{channel}")
def read(world: World, call: Call) -> Answer:
    """A channel or thread."""
    return 200, world.channel_json(world.visible_channel(call.params["channel"]))


@routes.on("PATCH", "/channels/{channel}", schema=_patch_schema)
def change(world: World, call: Call) -> Answer:
    """Rename a channel; rename, archive or lock a thread."""
    channel = world.visible_channel(call.params["channel"])
    body = call.body
    if body.get("name") is not None:
        _check_name(body["name"])
    _check_slow_mode(body)
    if channel.is_thread:
        own = channel.owner_id == world.bot.id and "locked" not in body
        reopens = body == {"archived": False} and not channel.locked
        if reopens:
            world.require(channel, sending_permission(channel))
        elif not own:
            world.require(channel, Permission.MANAGE_THREADS)
        threads.change(world, channel, body)
    else:
        world.require(channel, Permission.MANAGE_CHANNELS)
        channel.name = body.get("name") or channel.name
        channel.topic = body.get("topic", channel.topic)
        channel.age_restricted = bool(body.get("nsfw", channel.age_restricted))
        channel.slow_mode_seconds = body.get("rate_limit_per_user", channel.slow_mode_seconds) or 0
        world.tell_channel("CHANNEL_UPDATE", channel)
    return 200, world.channel_json(channel)


@routes.on("DELETE", "/channels/{channel}")
def delete(world: World, call: Call) -> Answer:
    """Delete a channel or thread."""
    channel = world.visible_channel(call.params["channel"])
    needed = Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS
    world.require(channel, needed)
    shape = world.channel_json(channel)
    threads.delete(world, channel)
    return 200, shape


@routes.on("POST", "/guilds/{guild}/channels")
def create(world: World, call: Call) -> Answer:
    """A new text channel."""
    guild = world.guild(call.params["guild"])
    world.require(next(iter(world.channels_of(guild))), Permission.MANAGE_CHANNELS)
    _check_name(call.body.get("name"))
    restricted = bool(call.body.get("nsfw"))
    channel = world.add_channel(guild, call.body["name"], call.body.get("topic"), restricted)
    return 201, world.channel_json(channel)


@routes.on("PUT", "/channels/{channel}/permissions/{target}")
def set_overwrite(world: World, call: Call) -> Answer:
    """Allow and deny things to a role or member in a channel."""
    channel = world.visible_channel(call.params["channel"])
    world.require(channel, Permission.MANAGE_CHANNELS)
    allow, deny = (Permission(int(call.body.get(key) or 0)) for key in ("allow", "deny"))
    channel.overwrites[call.params["target"]] = Overwrite(call.body.get("type") or 0, allow, deny)
    world.tell_channel("CHANNEL_UPDATE", channel)
    return 204, None


@routes.on("POST", "/channels/{channel}/threads")
def open_thread(world: World, call: Call) -> Answer:
    """A thread of its own; private unless the body says otherwise."""
    channel = world.visible_channel(call.params["channel"])
    kind = call.body.get("type") or PRIVATE_THREAD
    _check_thread(call)
    if kind not in (PUBLIC_THREAD, PRIVATE_THREAD):
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {THREADS}.")
    if channel.is_thread or channel.guild is None:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    private = kind == PRIVATE_THREAD
    needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
    world.require(channel, needed)
    return 201, world.channel_json(threads.open_thread(world, channel, world.bot, call.body, kind))


@routes.on("POST", "/channels/{channel}/messages/{message}/threads")
def open_thread_on_message(world: World, call: Call) -> Answer:
    """A thread that hangs on a message and has its id."""
    channel = world.visible_channel(call.params["channel"])
    message = world.message(channel.id, call.params["message"])
    _check_thread(call)
    if channel.is_thread or channel.guild is None:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    world.require(channel, Permission.CREATE_PUBLIC_THREADS)
    if message.id in world.channels:
        raise DiscordError(400, 160004, "A thread has already been created for this message")
    thread = threads.open_thread(world, channel, world.bot, call.body, starter=message)
    return 201, world.channel_json(thread)


@routes.on("GET", "/channels/{channel}/thread-members")
def list_thread_members(world: World, call: Call) -> Answer:
    """Who is in a thread."""
    thread = _thread(world, call)
    return 200, [shapes.thread_member_json(thread, one) for one in thread.thread_members]


@routes.on("GET", "/channels/{channel}/thread-members/{user}")
def read_thread_member(world: World, call: Call) -> Answer:
    """Whether someone is in a thread."""
    thread = _thread(world, call)
    user = _account(world, call)
    if user.id not in thread.thread_members:
        raise unknown("Member")
    return 200, shapes.thread_member_json(thread, user.id)


@routes.on("PUT", "/channels/{channel}/thread-members/{user}")
def add_thread_member(world: World, call: Call) -> Answer:
    """Join a thread, or bring someone in who can see its parent."""
    thread = _thread(world, call)
    if thread.archived:
        raise threads.is_archived()
    user = _account(world, call)
    if user is not world.bot:
        world.require(thread, sending_permission(thread))
        assert thread.parent is not None
        if thread.guild is None or user.id not in thread.guild.members:
            raise unknown("Member")
        if not may(thread.parent, user.id, Permission.VIEW_CHANNEL):
            raise missing_access()
        if not threads.may_bring_in(thread, world.bot.id):
            raise missing_permissions()
        if len(thread.thread_members) >= THREAD_MEMBERS_LIMIT:
            text = f"Maximum number of thread participants has been reached ({THREAD_MEMBERS_LIMIT})"
            raise DiscordError(400, 30033, text)
    threads.bring_in(world, thread, world.bot, user)
    return 204, None


@routes.on("DELETE", "/channels/{channel}/thread-members/{user}")
def remove_thread_member(world: World, call: Call) -> Answer:
    """Leave a thread, or put someone out."""
    thread = _thread(world, call)
    if thread.archived:
        raise threads.is_archived()
    user = _account(world, call)
    owns = thread.is_private and thread.owner_id == world.bot.id
    if user is not world.bot and not owns:
        world.require(thread, Permission.MANAGE_THREADS)
    threads.put_out(world, thread, world.bot, user)
    return 204, None


@routes.on("GET", "/channels/{channel}/threads/archived/{openness}")
def archived_threads(world: World, call: Call) -> Answer:
    """A channel's archived threads, latest first."""
    channel = world.visible_channel(call.params["channel"])
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    private = call.params["openness"] == "private"
    if private:
        world.require(channel, Permission.MANAGE_THREADS)
    found = [
        thread
        for thread in world.channels.values()
        if thread.parent is channel and thread.archived and thread.is_private == private
    ]
    found.sort(key=lambda thread: thread.archived_at, reverse=True)
    own = [thread for thread in found if world.bot.id in thread.thread_members]
    return 200, {
        "threads": [world.channel_json(thread) for thread in found],
        "members": [shapes.thread_member_json(thread, world.bot.id) for thread in own],
        "has_more": False,
    }


def _thread(world: World, call: Call) -> Channel:
    channel = world.visible_channel(call.params["channel"])
    if not channel.is_thread:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    return channel


def _account(world: World, call: Call) -> Account:
    user_id = world.bot.id if call.params["user"] == "@me" else call.params["user"]
    account = world.accounts.get(user_id)
    if account is None:
        raise unknown("User")
    return account


def _check_name(name: str | None) -> None:
    if not 1 <= len(name or "") <= NAME_LIMIT:
        raise InvalidForm([too_long(("name",), NAME_LIMIT)])


def _check_slow_mode(body: dict[str, Any]) -> None:
    if not 0 <= (body.get("rate_limit_per_user") or 0) <= SLOWEST:
        text = f"int value should be between 0 and {SLOWEST}."
        raise invalid("rate_limit_per_user", "NUMBER_TYPE_MAX", text)


def _check_thread(call: Call) -> None:
    _check_name(call.body.get("name"))
    _check_slow_mode(call.body)
    if call.body.get("auto_archive_duration") not in (None, *ARCHIVE_DURATIONS):
        raise invalid("auto_archive_duration", "BASE_TYPE_CHOICES", f"One of {ARCHIVE_DURATIONS}.")
