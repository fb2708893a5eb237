"""Threads: opening, archiving, deleting."""

from typing import Any

from tests.fakes.discord import messages, shapes
from tests.fakes.discord.errors import DiscordError
from tests.fakes.discord.model import (
    PUBLIC_THREAD,
    THREAD_CREATED,
    THREAD_STARTER,
    Account,
    Channel,
    Message,
)
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
    world.tell_channel("THREAD_UPDATE", thread)


def reopen_for_writing(world: World, thread: Channel) -> None:
    """Writing into an archived thread opens it again, unless it is locked (400/50083)."""
    if not thread.archived:
        return
    if thread.locked:
        raise is_archived()
    thread.archived = False
    thread.archived_at = world.now()
    world.tell_channel("THREAD_UPDATE", thread)


def delete(world: World, channel: Channel) -> None:
    """Take a channel or thread away, with what stands in it."""
    del world.channels[channel.id]
    for message in world.messages.values():
        if message.channel is channel:
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
    world.publish(Event("THREAD_DELETE", data, channel.guild.id, 1))
