"""Sending, editing, deleting and listing messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord import components, shapes, thread_members
from tests.fakes.discord.mentions import Mentions, mentions_of, pinged_names
from tests.fakes.discord.model import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    PINNED_NOTICE,
    PLAIN,
    REPLY,
    SYSTEM_MESSAGES,
    Account,
    Channel,
    Message,
)
from tests.fakes.discord.world import Event, World

GUILD_MESSAGES, PRIVATE_MESSAGES = 1 << 9, 1 << 12
GUILD_REACTIONS, PRIVATE_REACTIONS = 1 << 10, 1 << 13

# Flags that a sender may set: no link previews, silent, Components V2, ephemeral.
SETTABLE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | COMPONENTS_V2


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    key: str
    """Its place, "0", "1" ..., by which the body's `attachments` describe it."""
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


def send(
    world: World,
    channel: Channel,
    author: Account,
    body: dict[str, Any],
    files: Iterable[Upload] = (),
    kind: int = PLAIN,
    only_for: str | None = None,
    **more: Any,
) -> Message:
    """Put a message into a channel and tell everyone. `more` are further fields of the message object."""
    replied_to = _replied_to(world, body)
    attachments = _attachments(world, body.get("attachments") or [], files)
    data: dict[str, Any] = {
        "id": world.ids.next(),
        "type": kind,
        "channel_id": channel.id,
        "author": author.json(),
        "content": body.get("content") or "",
        "timestamp": world.now(),
        "edited_timestamp": None,
        "tts": bool(body.get("tts")),
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": attachments,
        "embeds": [stored_embed(embed) for embed in body.get("embeds") or []],
        "components": _stored_components(world, body, attachments),
        "pinned": False,
        "flags": (body.get("flags") or 0) & (SETTABLE_FLAGS | LOADING),
        **more,
    }
    message = Message(data, channel, author, only_for, nonce=body.get("nonce"))
    if replied_to is not None:
        data["type"] = REPLY
        data["message_reference"] = _reference(replied_to)
        data["referenced_message"] = _without_reference(shapes.message_json(replied_to, world.bot))
    if kind not in SYSTEM_MESSAGES:
        _call(world, message, body, replied_to, notifies=not message.loading)
    message.versions.append(message.text)
    world.messages[message.id] = message
    if not message.only_for:
        channel.last_message_id = message.id
        if channel.is_thread:
            channel.message_count += 1
            channel.active_at = world.clock.time()
    _tell(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, body: dict[str, Any], files: Iterable[Upload] = ()) -> None:
    """Change what a body names; an edit calls nobody anew."""
    change(world, message, body, files, notifies=False)


def fill(world: World, message: Message, body: dict[str, Any], files: Iterable[Upload] = ()) -> None:
    """Replace the "is thinking" of a deferred answer by its first follow-up, which does notify."""
    message.data["flags"] &= ~LOADING
    change(world, message, body, files, notifies=True)


def change(
    world: World, message: Message, body: dict[str, Any], files: Iterable[Upload], notifies: bool
) -> None:
    """Write a body into a message that exists, and tell everyone."""
    data = message.data
    files = list(files)
    if "content" in body:
        data["content"] = body["content"] or ""
    if "embeds" in body:
        data["embeds"] = [stored_embed(embed) for embed in body["embeds"] or []]
    if "attachments" in body or files:
        kept = data["attachments"] if "attachments" not in body else []
        wanted = {str(one["id"]) for one in body.get("attachments") or []}
        kept = kept or [one for one in data["attachments"] if one["id"] in wanted]
        data["attachments"] = kept + _attachments(world, body.get("attachments") or [], files)
    if "components" in body:
        data["components"] = _stored_components(world, body, data["attachments"])
    data["flags"] |= (body.get("flags") or 0) & ((1 << 2) | COMPONENTS_V2)
    data["edited_timestamp"] = world.now()
    whole = {"content": data["content"], "components": data["components"], **_mention_rules(body)}
    _call(world, message, whole, world.messages.get(_replied_id(data)), notifies)
    message.versions.append(message.text)
    _tell(world, "MESSAGE_UPDATE", message)


def delete(world: World, message: Message) -> None:
    """Take a message away."""
    channel = message.channel
    _take_away(message)
    data = {"id": message.id, "channel_id": channel.id, **_guild_part(channel)}
    if not message.only_for:
        intents = GUILD_MESSAGES if channel.guild else PRIVATE_MESSAGES
        world.publish(Event("MESSAGE_DELETE", data, _guild_id(channel), intents, channel))
    world.changes.notify()


def delete_many(world: World, channel: Channel, found: Iterable[Message]) -> None:
    """Take several messages away, which is told at once."""
    found = list(found)
    for message in found:
        _take_away(message)
    data = {"ids": [one.id for one in found], "channel_id": channel.id, **_guild_part(channel)}
    world.publish(Event("MESSAGE_DELETE_BULK", data, _guild_id(channel), GUILD_MESSAGES, channel))


def _take_away(message: Message) -> None:
    message.deleted = True
    message.channel.pins.pop(message.id, None)


def history(
    world: World, channel: Channel, limit: int, before: str | None, after: str | None, around: str | None
) -> list[Message]:
    """A page of a channel's history, newest first; ephemeral messages are in nobody's history."""
    standing = [
        message
        for message in world.messages.values()
        if message.channel is channel and not message.deleted and not message.only_for
    ]
    standing.sort(key=lambda message: int(message.id))
    if around is not None:
        nearest = sorted(standing, key=lambda message: abs(int(message.id) - int(around)))[:limit]
        return sorted(nearest, key=lambda message: int(message.id), reverse=True)
    if before is not None:
        standing = [message for message in standing if int(message.id) < int(before)]
    if after is not None:
        standing = [message for message in standing if int(message.id) > int(after)]
        return standing[:limit][::-1]
    return standing[::-1][:limit]


def pin(world: World, message: Message, actor: Account) -> None:
    """Pin a message, with the notice that Discord writes into the channel."""
    channel = message.channel
    message.data["pinned"] = True
    channel.pins[message.id] = world.now()
    _tell_pins(world, channel)
    _tell(world, "MESSAGE_UPDATE", message)
    send(world, channel, actor, {}, kind=PINNED_NOTICE, message_reference=_reference(message))


def unpin(world: World, message: Message) -> None:
    """Take a message's pin out."""
    message.data["pinned"] = False
    message.channel.pins.pop(message.id, None)
    _tell_pins(world, message.channel)
    _tell(world, "MESSAGE_UPDATE", message)


def react(world: World, message: Message, account: Account, emoji: str) -> None:
    """Add one person's reaction; doing it twice changes nothing."""
    givers = message.reactions.setdefault(emoji, [])
    if account.id not in givers:
        givers.append(account.id)
        more = {"message_author_id": message.author.id}
        if message.channel.guild:
            more["member"] = message.channel.guild.members[account.id].json()
        _tell_reaction(world, "MESSAGE_REACTION_ADD", message, account, emoji, **more)


def unreact(world: World, message: Message, account: Account, emoji: str) -> None:
    """Take one person's reaction back."""
    givers = message.reactions.get(emoji, [])
    if account.id in givers:
        givers.remove(account.id)
        if not givers:
            del message.reactions[emoji]
        _tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, account, emoji)


def stored_embed(embed: dict[str, Any]) -> dict[str, Any]:
    """An embed as Discord gives it back: nulls gone, fields complete."""
    kept = {key: value for key, value in embed.items() if value is not None}
    kept["type"] = "rich"
    for part in ("author", "footer", "image", "thumbnail", "provider", "video"):
        if isinstance(kept.get(part), dict):
            kept[part] = {key: value for key, value in kept[part].items() if value is not None}
    if "fields" in kept:
        kept["fields"] = [{**field, "inline": bool(field.get("inline"))} for field in kept["fields"]]
    return kept


def _call(
    world: World, message: Message, body: dict[str, Any], replied_to: Message | None, notifies: bool
) -> None:
    """Record whom a message mentions and, when it is a new one, whom it pings."""
    found: Mentions = mentions_of(body, message.channel, message.author, replied_to)
    message.data["mentions"] = [world.accounts[one].json() for one in found.user_ids]
    message.data["mention_roles"] = found.role_ids
    message.data["mention_everyone"] = bool(found.crowd)
    if notifies:
        message.pinged = pinged_names(found, message, world.accounts)
        if message.channel.is_thread:
            _invite_pinged(world, message, found)


def _invite_pinged(world: World, message: Message, found: Mentions) -> None:
    """Whoever is called in a thread enters it."""
    for user_id in found.user_ids:
        if world.accounts[user_id].name in message.pinged:
            thread_members.join(world, message.channel, world.accounts[user_id])


def _mention_rules(body: dict[str, Any]) -> dict[str, Any]:
    return {"allowed_mentions": body["allowed_mentions"]} if "allowed_mentions" in body else {}


def _replied_to(world: World, body: dict[str, Any]) -> Message | None:
    reference = body.get("message_reference")
    return world.messages.get(str(reference["message_id"])) if reference else None


def _replied_id(data: dict[str, Any]) -> str:
    is_reply = data["type"] == REPLY and "message_reference" in data
    return data["message_reference"].get("message_id", "") if is_reply else ""


def _reference(message: Message) -> dict[str, Any]:
    place = {"type": 0, "channel_id": message.channel.id, "message_id": message.id}
    return {**place, **_guild_part(message.channel)}


def _without_reference(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key not in ("referenced_message", "reactions")}


def _guild_id(channel: Channel) -> str | None:
    return channel.guild.id if channel.guild else None


def _guild_part(channel: Channel) -> dict[str, Any]:
    return {"guild_id": channel.guild.id} if channel.guild else {}


def _attachments(
    world: World, described: list[dict[str, Any]], files: Iterable[Upload]
) -> list[dict[str, Any]]:
    descriptions = {str(one.get("id")): one for one in described}
    result = []
    for upload in files:
        words = descriptions.get(upload.key, {})
        attachment_id = world.ids.next()
        name = words.get("filename") or upload.name
        world.files[attachment_id] = (upload.content_type, upload.content)
        url = f"{world.address}/attachments/{attachment_id}/{name}"
        attachment = {
            "id": attachment_id,
            "filename": name,
            "size": len(upload.content),
            "url": url,
            "proxy_url": url,
            "content_type": upload.content_type,
        }
        if words.get("description"):
            attachment["description"] = words["description"]
        result.append(attachment)
    return result


def _stored_components(
    world: World, body: dict[str, Any], attachments: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    urls = {f"attachment://{one['filename']}": one["url"] for one in attachments}

    def unfurl(media: dict[str, Any]) -> dict[str, Any]:
        url = urls.get(media["url"], media["url"])
        return {"id": world.ids.next(), "url": url, "proxy_url": url}

    return components.stored(body.get("components") or [], unfurl)


def _tell(world: World, name: str, message: Message) -> None:
    """Publish a message; an ephemeral one is told to its reader alone, so the gateway is silent."""
    channel = message.channel
    if message.only_for:
        world.changes.notify()
        return
    data = shapes.message_json(message, world.bot, with_nonce=name == "MESSAGE_CREATE")
    if channel.guild is not None:
        data["guild_id"] = channel.guild.id
        member = channel.guild.members.get(message.author.id)
        if member is not None:
            data["member"] = member.json_without_user()
    called = any(one["id"] == world.bot.id for one in data["mentions"])
    hides = channel.guild is not None and message.author is not world.bot and not called
    intents = GUILD_MESSAGES if channel.guild else PRIVATE_MESSAGES
    world.publish(Event(name, data, _guild_id(channel), intents, channel, hides))


def _tell_pins(world: World, channel: Channel) -> None:
    latest = max(channel.pins.values(), default=None)
    data = {"channel_id": channel.id, "last_pin_timestamp": latest, **_guild_part(channel)}
    world.publish(Event("CHANNEL_PINS_UPDATE", data, _guild_id(channel), 1, channel))


def _tell_reaction(
    world: World, name: str, message: Message, account: Account, emoji: str, **more: Any
) -> None:
    channel = message.channel
    data = {
        "user_id": account.id,
        "channel_id": channel.id,
        "message_id": message.id,
        "emoji": shapes.emoji_json(emoji),
        "type": 0,
        "burst": False,
        **_guild_part(channel),
        **more,
    }
    intents = GUILD_REACTIONS if channel.guild else PRIVATE_REACTIONS
    world.publish(Event(name, data, _guild_id(channel), intents, channel))
