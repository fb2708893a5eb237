"""REST: messages, their reactions and pins, typing."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from tests.fakes.discord import message_rules, messages, shapes, threads
from tests.fakes.discord.clock import born_at
from tests.fakes.discord.errors import (
    DiscordError,
    FormProblem,
    TooManyRequests,
    empty_message,
    invalid,
    unknown,
)
from tests.fakes.discord.model import Channel, Message
from tests.fakes.discord.permissions import Permission, sending_permission
from tests.fakes.discord.routing import Answer, Call, Routes
from tests.fakes.discord.world import World

routes = Routes()

PINS_LIMIT = 250
REACTIONS_LIMIT = 20
PAGE_LIMIT = 100
BULK_AGE_LIMIT = 14 * 24 * 3600


def create_rules(world: World, call: Call) -> Iterator[FormProblem]:
    """The limits of a new message."""
    return message_rules.message_problems(call.body or {}, message_rules.CREATE_FIELDS)


def edit_rules(world: World, call: Call) -> Iterator[FormProblem]:
    """The limits of an edit, which inherits the message's flags."""
    message = world.messages.get(call.params["message"])
    flags = message.flags if message else 0
    return message_rules.message_problems(call.body or {}, message_rules.EDIT_FIELDS, flags)


def require_content_rights(world: World, channel: Channel, call: Call) -> None:
    """Embeds and files need permissions of their own."""
    if call.body.get("embeds"):
        world.require(channel, Permission.EMBED_LINKS)
    if call.files:
        world.require(channel, Permission.ATTACH_FILES)


def refuse_empty(body: dict[str, Any], files: int, message: Message | None = None) -> None:
    """400/50006 for a message that is empty, or would be after an edit."""
    if message is not None:
        before = {name: message.data[name] for name in ("content", "embeds", "components")}
        kept = 0 if "attachments" in body else len(message.data["attachments"])
        body, files = {**before, **body}, files + kept + len(body.get("attachments") or [])
    if message_rules.is_empty(body, files):
        raise empty_message()


@routes.on("POST", "/channels/{channel}/messages", rules=create_rules)
def create(world: World, call: Call) -> Answer:
    """Send a message. With `enforce_nonce`, a nonce that was used lately gives its message back instead."""
    channel = world.visible_channel(call.params["channel"])
    world.require(channel, sending_permission(channel))
    body = call.body or {}
    call.body = body
    require_content_rights(world, channel, call)
    refuse_empty(body, len(call.files))
    _require_open(world, channel)
    _require_reachable(world, channel, body)
    nonce_key = (channel.id, str(body.get("nonce")))
    if body.get("enforce_nonce") and body.get("nonce") is not None:
        sent_at, earlier = world.nonces.get(nonce_key, (float("-inf"), None))
        if earlier is not None and world.clock.time() - sent_at <= world.windows.nonce:
            return 200, shapes.message_json(earlier, world.bot, with_nonce=True)
    threads.reopen_for_writing(world, channel)
    message = messages.send(world, channel, world.bot, body, call.files)
    if body.get("nonce") is not None:
        world.nonces[nonce_key] = (world.clock.time(), message)
    return 200, shapes.message_json(message, world.bot, with_nonce=True)


def _require_open(world: World, channel: Channel) -> None:
    """A private conversation needs a person who takes messages, and something that connects the two."""
    if channel.guild is not None:
        return
    if any(one in world.closed_to_bot for one in channel.recipient_ids):
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    person = next(one for one in channel.recipient_ids if one != world.bot.id)
    shares_guild = any(person in guild.members for guild in world.guilds.values())
    if not shares_guild and person not in world.installed_by:
        text = "Cannot send messages to this user due to having no mutual guilds"
        raise DiscordError(403, 50278, text)


def _require_reachable(world: World, channel: Channel, body: dict[str, Any]) -> None:
    """A reply needs its message, in the same channel, and the right to read history."""
    reference = body.get("message_reference")
    if not reference:
        return
    if not world.bot_may(channel, Permission.READ_MESSAGE_HISTORY):
        raise DiscordError(400, 160002, "Cannot reply without permission to read message history")
    replied_to = world.messages.get(str(reference["message_id"]))
    reachable = (
        replied_to is not None
        and not replied_to.deleted
        and not replied_to.only_for
        and replied_to.channel is channel
    )
    if not reachable and reference.get("fail_if_not_exists") is not False:
        raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if replied_to is not None and replied_to.is_system:
        raise DiscordError(400, 50021, "Cannot execute action on a system message")
    if not reachable:
        del body["message_reference"]


@routes.on("GET", "/channels/{channel}/messages")
def page(world: World, call: Call) -> Answer:
    """A page of history; without the right to read history it is empty, as on Discord."""
    channel = world.visible_channel(call.params["channel"])
    limit = int(call.query.get("limit", "50"))
    if not 1 <= limit <= PAGE_LIMIT:
        raise invalid("limit", "NUMBER_TYPE_MAX", f"int value should be between 1 and {PAGE_LIMIT}.")
    if not world.bot_may(channel, Permission.READ_MESSAGE_HISTORY):
        return 200, []
    bounds = (call.query.get("before"), call.query.get("after"), call.query.get("around"))
    found = messages.history(world, channel, limit, *bounds)
    return 200, [shapes.message_json(message, world.bot) for message in found]


@routes.on("GET", "/channels/{channel}/messages/pins")
def pins(world: World, call: Call) -> Answer:
    """The pinned messages, latest pin first."""
    channel = world.visible_channel(call.params["channel"])
    items = [
        {"pinned_at": at, "message": shapes.message_json(world.messages[one], world.bot)}
        for one, at in reversed(channel.pins.items())
    ]
    return 200, {"items": items, "has_more": False}


@routes.on("GET", "/channels/{channel}/pins")
def pins_in_the_old_way(world: World, call: Call) -> Answer:
    """The pinned messages as a bare list."""
    channel = world.visible_channel(call.params["channel"])
    return 200, [shapes.message_json(world.messages[one], world.bot) for one in reversed(channel.pins)]


@routes.on("PUT", "/channels/{channel}/pins/{message}")
@routes.on("PUT", "/channels/{channel}/messages/pins/{message}")
def pin(world: World, call: Call) -> Answer:
    """Pin a message."""
    channel, message = _message(world, call)
    _require_pinning(world, channel)
    _refuse_archived(channel)
    if message.is_system:
        raise DiscordError(400, 50021, "Cannot execute action on a system message")
    if len(channel.pins) >= PINS_LIMIT:
        raise DiscordError(400, 30003, f"Maximum number of pins reached for the channel ({PINS_LIMIT})")
    if not message.pinned:
        messages.pin(world, message, world.bot)
    return 204, None


@routes.on("DELETE", "/channels/{channel}/pins/{message}")
@routes.on("DELETE", "/channels/{channel}/messages/pins/{message}")
def unpin(world: World, call: Call) -> Answer:
    """Take a pin out."""
    channel, message = _message(world, call)
    _require_pinning(world, channel)
    messages.unpin(world, message)
    return 204, None


def _require_pinning(world: World, channel: Channel) -> None:
    """Pinning needs Manage Messages, or the newer permission that is made for it."""
    if not world.bot_may(channel, Permission.MANAGE_MESSAGES):
        world.require(channel, Permission.PIN_MESSAGES)


@routes.on("GET", "/channels/{channel}/messages/{message}")
def read(world: World, call: Call) -> Answer:
    """One message."""
    channel, message = _message(world, call)
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    return 200, shapes.message_json(message, world.bot)


@routes.on("PATCH", "/channels/{channel}/messages/{message}", rules=edit_rules)
def edit(world: World, call: Call) -> Answer:
    """Edit one of the bot's own messages; of others' messages it may only hide embeds."""
    channel, message = _message(world, call)
    if message.author is not world.bot:
        if set(call.body) == {"flags"}:
            world.require(channel, Permission.MANAGE_MESSAGES)
        else:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    _refuse_archived(channel)
    require_content_rights(world, channel, call)
    refuse_empty(call.body, len(call.files), message)
    _require_old_edit(world, message)
    messages.edit(world, message, call.body, call.files)
    return 200, shapes.message_json(message, world.bot)


def _require_old_edit(world: World, message: Message) -> None:
    """429/30046 for one edit too many of old messages in a channel."""
    now, windows = world.clock.time(), world.windows
    if now - born_at(message.id) < windows.old_message:
        return
    edits = world.old_edits[message.channel.id]
    while edits and now - edits[0] >= windows.old_edits_window:
        edits.popleft()
    if len(edits) >= windows.old_edits:
        text = "Maximum number of edits to messages older than 1 hour reached. Try again later"
        raise TooManyRequests(edits[0] + windows.old_edits_window - now, code=30046, message=text)
    edits.append(now)


@routes.on("DELETE", "/channels/{channel}/messages/{message}")
def delete(world: World, call: Call) -> Answer:
    """Delete a message: the bot's own always, others' with Manage Messages."""
    channel, message = _message(world, call)
    if message.author is not world.bot:
        world.require(channel, Permission.MANAGE_MESSAGES)
    messages.delete(world, message)
    return 204, None


@routes.on("POST", "/channels/{channel}/messages/bulk-delete")
def delete_many(world: World, call: Call) -> Answer:
    """Delete 2 to 100 messages at once."""
    channel = world.visible_channel(call.params["channel"])
    world.require(channel, Permission.MANAGE_MESSAGES)
    ids = [str(one) for one in call.body.get("messages") or []]
    if not 2 <= len(ids) <= PAGE_LIMIT:
        raise DiscordError(400, 50016, "Provided too few or too many messages to delete.")
    if any(world.clock.time() - born_at(one) > BULK_AGE_LIMIT for one in ids):
        text = "You can only bulk delete messages that are under 14 days old."
        raise DiscordError(400, 50034, text)
    messages.delete_many(world, channel, [world.message(channel.id, one) for one in ids])
    return 204, None


@routes.on("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me")
def react(world: World, call: Call) -> Answer:
    """React as the bot."""
    channel, message = _message(world, call)
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    emoji = _emoji(call)
    if emoji not in message.reactions:
        world.require(channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= REACTIONS_LIMIT:
            raise DiscordError(400, 30010, f"Maximum number of reactions reached ({REACTIONS_LIMIT})")
    _refuse_archived(channel)
    messages.react(world, message, world.bot, emoji)
    return 204, None


@routes.on("DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}")
def unreact(world: World, call: Call) -> Answer:
    """Take back the bot's reaction, or with Manage Messages someone else's."""
    channel, message = _message(world, call)
    user_id = world.bot.id if call.params["user"] == "@me" else call.params["user"]
    if user_id != world.bot.id:
        world.require(channel, Permission.MANAGE_MESSAGES)
    if user_id not in world.accounts:
        raise unknown("User")
    messages.unreact(world, message, world.accounts[user_id], _emoji(call))
    return 204, None


@routes.on("DELETE", "/channels/{channel}/messages/{message}/reactions")
@routes.on("DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji}")
def clear_reactions(world: World, call: Call) -> Answer:
    """Take back everyone's reactions, or those with one emoji."""
    channel, message = _message(world, call)
    world.require(channel, Permission.MANAGE_MESSAGES)
    wanted = [_emoji(call)] if "emoji" in call.params else list(message.reactions)
    for emoji in wanted:
        for user_id in list(message.reactions.get(emoji, [])):
            messages.unreact(world, message, world.accounts[user_id], emoji)
    return 204, None


@routes.on("GET", "/channels/{channel}/messages/{message}/reactions/{emoji}")
def who_reacted(world: World, call: Call) -> Answer:
    """Who reacted with an emoji."""
    channel, message = _message(world, call)
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    return 200, [world.accounts[one].json() for one in message.reactions.get(_emoji(call), [])]


@routes.on("POST", "/channels/{channel}/typing")
def typing(world: World, call: Call) -> Answer:
    """Show that the bot is typing."""
    channel = world.visible_channel(call.params["channel"])
    world.require(channel, sending_permission(channel))
    world.typing.append((channel.id, world.clock.time()))
    return 204, None


def _message(world: World, call: Call) -> tuple[Channel, Message]:
    channel = world.visible_channel(call.params["channel"])
    return channel, world.message(channel.id, call.params["message"])


def _emoji(call: Call) -> str:
    """The emoji of the path; 400/10014 for what is none, and for a custom one, as no guild here has any."""
    emoji = unquote(call.params["emoji"])
    if emoji.isascii():
        raise DiscordError(400, 10014, "Unknown Emoji")
    return emoji


def _refuse_archived(channel: Channel) -> None:
    if channel.archived:
        raise threads.is_archived()
