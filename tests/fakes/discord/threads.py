"""Threads: opening, archiving, deleting."""

from typing import Any

from tests.fakes.discord import messages, shapes, thread_members
from tests.fakes.discord.errors import DiscordError
from tests.fakes.discord.model import (
    BROUGHT_IN,
    PUBLIC_THREAD,
    PUT_OUT,
    THREAD_CREATED,
    THREAD_STARTER,
    Account,
    Channel,
    Message,
)
from tests.fakes.discord.permissions import Permission, may
from tests.fakes.discord.world import Event, World


def is_archived() -> DiscordError:
    """400/50083: nothing can be done in an archived thread."""
    return DiscordError(400, 50083, "Thread is archived")


def open_thread(
    world: World,
    parent: Channel,
    owner: Account,
    body: dict[str, Any],
    kind: int = PUBLIC_THREAD,
    starter: Message | None = None,
) -> Channel:
    """A new thread below a channel, or below a message of it, whose id it then shares."""
    assert parent.guild is not None
    thread_id = starter.id if starter else world.ids.next()
    thread = Channel(thread_id, body["name"], kind, parent.guild, parent)
    thread.owner_id = owner.id
    thread.created_at = world.now()
    thread.active_at = world.clock.time()
    thread.invitable = body.get("invitable") is not False
    thread.auto_archive_minutes = body.get("auto_archive_duration") or 1440
    thread.slow_mode_seconds = body.get("rate_limit_per_user") or 0
    thread.thread_members[owner.id] = world.now()
    world.channels[thread.id] = thread
    data = {**world.channel_json(thread), "newly_created": True}
    world.publish(Event("THREAD_CREATE", data, parent.guild.id, 1, thread))
    if starter is not None:
        _write_starter(world, thread, starter)
    elif not thread.is_private:
        reference = {"type": 0, "channel_id": thread.id, "guild_id": parent.guild.id}
        notice = {"content": thread.name}
        messages.send(world, parent, owner, notice, kind=THREAD_CREATED, message_reference=reference)
    return thread


def _write_starter(world: World, thread: Channel, starter: Message) -> None:
    """The first line of a thread that hangs on a message: a pointer to that message, not announced."""
    starter.thread_id = thread.id
    guild_id = thread.guild.id if thread.guild else ""
    data = {
        **shapes.message_json(starter, world.bot),
        "id": world.ids.next(),
        "type": THREAD_STARTER,
        "channel_id": thread.id,
        "content": "",
        "embeds": [],
        "components": [],
        "attachments": [],
        "flags": 0,
        "message_reference": {
            "type": 0,
            "channel_id": starter.channel.id,
            "message_id": starter.id,
            "guild_id": guild_id,
        },
    }
    for name in ("reactions", "referenced_message", "interaction_metadata"):
        data.pop(name, None)
    world.messages[data["id"]] = Message(data, thread, starter.author, versions=[""])


def change(world: World, thread: Channel, body: dict[str, Any]) -> None:
    """Rename, archive, lock a thread. An archived one must be opened again before anything else changes."""
    reopened = body.get("archived") is False
    if thread.archived and not reopened and set(body) - {"archived", "locked"}:
        raise is_archived()
    if body.get("name"):
        thread.name = body["name"]
    if body.get("locked") is not None:
        thread.locked = body["locked"]
    if body.get("invitable") is not None:
        thread.invitable = body["invitable"]
    if body.get("auto_archive_duration") is not None:
        thread.auto_archive_minutes = body["auto_archive_duration"]
    if body.get("rate_limit_per_user") is not None:
        thread.slow_mode_seconds = body["rate_limit_per_user"]
    if body.get("archived") is not None and body["archived"] != thread.archived:
        thread.archived = body["archived"]
        thread.archived_at = world.now()
        thread.active_at = world.clock.time()
    world.tell_channel("THREAD_UPDATE", thread)


def reopen_for_writing(world: World, thread: Channel) -> None:
    """Writing into an archived thread opens it again, unless it is locked (400/50083)."""
    if not thread.archived:
        return
    if thread.locked:
        raise is_archived()
    thread.archived = False
    thread.archived_at = world.now()
    thread.active_at = world.clock.time()
    world.tell_channel("THREAD_UPDATE", thread)


def may_bring_in(thread: Channel, actor_id: str) -> bool:
    """Into a private thread that is not open to invitations only its owner and thread managers bring people."""
    closed = thread.is_private and not thread.invitable
    return not closed or thread.owner_id == actor_id or may(thread, actor_id, Permission.MANAGE_THREADS)


def bring_in(world: World, thread: Channel, actor: Account, account: Account) -> None:
    """Let somebody bring an account into a thread, with the notice that Discord writes there."""
    if account.id in thread.thread_members:
        return
    thread_members.join(world, thread, account)
    if actor is not account:
        messages.send(world, thread, actor, {}, kind=BROUGHT_IN, mentions=[account.json()])


def put_out(world: World, thread: Channel, actor: Account, account: Account) -> None:
    """Let somebody put an account out of a thread, with Discord's notice."""
    if account.id not in thread.thread_members:
        return
    thread_members.leave(world, thread, account)
    if actor is not account:
        messages.send(world, thread, actor, {}, kind=PUT_OUT, mentions=[account.json()])


def delete(world: World, channel: Channel) -> None:
    """Take a channel or thread away, with what stands in it; a channel's threads go without further news."""
    below = [one for one in world.channels.values() if one.parent is channel]
    for gone in [channel, *below]:
        del world.channels[gone.id]
    for message in world.messages.values():
        if message.channel is channel or message.channel in below:
            message.deleted = True
    if not channel.is_thread:
        world.tell_channel("CHANNEL_DELETE", channel)
        return
    assert channel.guild is not None and channel.parent is not None
    data = {
        "id": channel.id,
        "guild_id": channel.guild.id,
        "parent_id": channel.parent.id,
        "type": channel.kind,
    }
    if channel.guild.id in world.guilds:
        world.publish(Event("THREAD_DELETE", data, channel.guild.id, 1, channel))
