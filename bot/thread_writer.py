"""Writes to Discord for the relay: sends with a nonce, edits, reads back its own messages, opens the thread."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import discord
import structlog

from bot.cards import ids
from bot.cards.ids import Target
from bot.cards.plain import one_line
from bot.write_budget import WriteBudget

log = structlog.get_logger("bot.thread")
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
THREAD_EXISTS, ARCHIVED, OLD_EDITS = 160004, 50083, 30046
HISTORY = 50
OLD = timedelta(hours=1)  # Discord's own measure for 30046
SOON_OLD = timedelta(minutes=55)  # from here on a table is better posted anew than edited
NEEDED = {
    "view_channel": "View Channel",
    "send_messages_in_threads": "Send Messages in Threads",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}


class ChannelGone(Exception):
    """The channel or thread was deleted, or the bot was taken out of it."""


class NotAllowed(Exception):
    """A permission is missing; the text names it as Discord's settings do."""


@dataclass(frozen=True, slots=True)
class Found:
    """One of the bot's own messages in the history."""

    message_id: str
    targets: tuple[Target, ...]
    line: str  # by what a line without buttons is known, see `line_key`


def line_key(embed: discord.Embed) -> str:
    """The embed's time to the millisecond and its words; empty without a time."""
    if embed.timestamp is None:
        return ""
    ms = int(embed.timestamp.astimezone(UTC).timestamp() * 1000 + 0.5)
    return f"{ms} {(embed.description or '').strip()[:200]}"


class ThreadWriter:
    """All that the relay does on Discord, with its errors sorted into few kinds."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self.budget = WriteBudget()

    def _place(self, channel_id: str, guild_id: str | None) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(
            int(channel_id), guild_id=int(guild_id) if guild_id else None
        )

    def locale_of(self, guild_id: str | None) -> str:
        """The language that the server is set to, such as `de` or `en-US`; empty outside servers."""
        guild = self._client.get_guild(int(guild_id)) if guild_id else None
        return guild.preferred_locale.value if guild is not None else ""

    async def send(self, channel_id: str, guild_id: str | None, message: dict[str, Any], nonce: str) -> str:
        """Post and return the message's id. The same nonce within minutes answers the message that exists."""
        self.budget.note(channel_id)
        extra = {k: v for k, v in message.items() if v is not None}
        try:
            sent = await self._reviving(
                channel_id, lambda: self._place(channel_id, guild_id).send(nonce=nonce, **extra)
            )
        except discord.HTTPException as error:
            raise self._sorted(error, channel_id, guild_id) from error
        return str(sent.id)

    async def edit(
        self,
        channel_id: str,
        guild_id: str | None,
        message_id: str,
        message: dict[str, Any],
        *,
        surely: bool = False,
    ) -> bool:
        """Edit; False when the message is gone, or takes no more edits: then it has to be posted anew. `surely`: what
        may not stay as it is and takes no edit is deleted."""
        self.budget.note(channel_id)
        partial = self._place(channel_id, guild_id).get_partial_message(int(message_id))
        try:
            await self._reviving(channel_id, lambda: partial.edit(**message))
        except discord.RateLimited:
            # Edits of old messages have a limit of their own, and up to ten minutes of it are not worth a wait.
            if not _is_old(message_id):
                raise
            return await self._too_old(channel_id, guild_id, message_id, surely=surely)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                return False
            if error.code != OLD_EDITS:
                raise self._sorted(error, channel_id, guild_id) from error
            return await self._too_old(channel_id, guild_id, message_id, surely=surely)
        return True

    async def _too_old(self, channel_id: str, guild_id: str | None, message_id: str, *, surely: bool) -> bool:
        log.info("an old message takes no more edits", message=message_id, deleted=surely)
        if surely:
            await self.delete(channel_id, guild_id, message_id)
        return False

    async def delete(self, channel_id: str, guild_id: str | None, message_id: str) -> None:
        partial = self._place(channel_id, guild_id).get_partial_message(int(message_id))
        try:
            await self._reviving(channel_id, partial.delete)
        except discord.HTTPException as error:
            if error.code != UNKNOWN_MESSAGE:
                raise self._sorted(error, channel_id, guild_id) from error

    async def history(self, channel_id: str, guild_id: str | None) -> tuple[list[Found], int]:
        """The bot's own recent messages, newest first, and the id of the newest message of anybody."""
        me = self._client.user.id if self._client.user else 0
        found: list[Found] = []
        newest = 0
        try:
            async for message in self._place(channel_id, guild_id).history(limit=HISTORY):
                newest = max(newest, message.id)
                if message.author.id == me:
                    found.append(_found(message))
        except discord.HTTPException as error:
            raise self._sorted(error, channel_id, guild_id) from error
        return found, newest

    async def _reviving(self, channel_id: str, write: Any) -> Any:
        """Run a write; an archived thread is opened and the write tried once more."""
        try:
            return await write()
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            log.info("thread is archived, opening it", thread=channel_id)
            thread = await self._client.fetch_channel(int(channel_id))
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False)
            return await write()

    def _sorted(self, error: discord.HTTPException, channel_id: str, guild_id: str | None) -> Exception:
        if isinstance(error, discord.NotFound) and error.code in (UNKNOWN_CHANNEL, 0):
            return ChannelGone(channel_id)
        if isinstance(error, discord.Forbidden):
            return NotAllowed(self.missing(channel_id, guild_id))
        return error

    def missing(self, channel_id: str, guild_id: str | None) -> str:
        """Which permissions the bot lacks in this very thread (not in its parent), as Discord names them."""
        guild = self._client.get_guild(int(guild_id)) if guild_id else None
        place = guild.get_channel_or_thread(int(channel_id)) if guild else None
        if guild is None or place is None or guild.me is None:
            return NEEDED["send_messages_in_threads"]
        have = place.permissions_for(guild.me)
        lacking = [name for key, name in NEEDED.items() if not getattr(have, key)]
        return ", ".join(lacking) or NEEDED["send_messages_in_threads"]

    # --- threads -------------------------------------------------------------------------------------------------

    async def open_thread(
        self, guild_id: str, channel_id: str, lobby_message_id: str | None, name: str, mark: str
    ) -> tuple[str, bool]:
        """The session's thread and whether it is private; adopts one whose name carries `mark`.

        Private where the server allows it; else public on the lobby's message; else the channel itself serves.
        """
        full = one_line(name, 80 - len(mark)) + f" · {mark}"
        try:
            channel = self._client.get_channel(int(channel_id)) or await self._client.fetch_channel(
                int(channel_id)
            )
        except discord.HTTPException as error:
            raise self._sorted(error, channel_id, guild_id) from error
        if not isinstance(channel, discord.TextChannel):
            return channel_id, False
        known = await self._existing(channel, mark)
        if known:
            return str(known[0].id), known[0].is_private()
        try:
            thread = await channel.create_thread(
                name=full,
                type=discord.ChannelType.private_thread,
                invitable=False,
                auto_archive_duration=10080,
            )
            return await self._oldest(channel, mark, str(thread.id)), True
        except discord.HTTPException as error:
            if error.status >= 500 or error.status == 429:
                raise
            log.info("no private thread here", channel=channel_id, code=error.code)
        return await self._public_thread(channel, lobby_message_id, full), False

    async def _oldest(self, channel: discord.TextChannel, mark: str, made: str) -> str:
        """Which thread stays: discord.py asks again after a 502, and then there are two, both empty."""
        found = await self._existing(channel, mark)
        for extra in found[1:]:
            log.warning("a thread was made twice", thread=extra.id, stays=found[0].id)
            with contextlib.suppress(discord.HTTPException):  # without Manage Threads; then it stays, unseen
                await extra.delete()
        return str(found[0].id) if found else made

    async def _existing(self, channel: discord.TextChannel, mark: str) -> list[discord.Thread]:
        """The session's threads in this channel, the oldest first."""
        try:
            active = await channel.guild.active_threads()
        except discord.HTTPException as error:
            log.warning("active threads cannot be listed", code=error.code)
            return []
        me = self._client.user.id if self._client.user else 0
        mine = [t for t in active if t.owner_id == me and t.parent_id == channel.id]
        return sorted((t for t in mine if t.name.endswith(f"· {mark}")), key=lambda t: t.id)

    async def _public_thread(
        self, channel: discord.TextChannel, lobby_message_id: str | None, name: str
    ) -> str:
        try:
            if lobby_message_id:
                message = channel.get_partial_message(int(lobby_message_id))
                thread = await message.create_thread(name=name, auto_archive_duration=10080)
            else:
                thread = await channel.create_thread(
                    name=name, type=discord.ChannelType.public_thread, auto_archive_duration=10080
                )
            return str(thread.id)
        except discord.HTTPException as error:
            if error.code == THREAD_EXISTS and lobby_message_id:
                return lobby_message_id  # a message's thread has the message's id
            if not isinstance(error, discord.Forbidden):
                raise
            log.warning(
                "no thread may be made, the channel itself serves", channel=channel.id, code=error.code
            )
            return str(channel.id)

    async def add_users(self, thread_id: str, user_ids: list[str]) -> None:
        """Let every seated user see a private thread; being in already changes nothing."""
        try:
            thread = await self._client.fetch_channel(int(thread_id))
        except discord.HTTPException as error:
            raise self._sorted(error, thread_id, None) from error
        if not isinstance(thread, discord.Thread) or not thread.is_private():
            return  # into a public one everybody finds the way
        for user_id in user_ids:
            try:
                await thread.add_user(discord.Object(int(user_id)))
            except discord.HTTPException as error:
                log.warning(
                    "user cannot be added to the thread", user=user_id, thread=thread_id, code=error.code
                )


def _age(message_id: str) -> timedelta:
    return discord.utils.utcnow() - discord.utils.snowflake_time(int(message_id))


def _is_old(message_id: str) -> bool:
    return _age(message_id) > OLD


def is_soon_old(message_id: str) -> bool:
    """Whether edits of this message may meet Discord's limit for old ones."""
    return _age(message_id) > SOON_OLD


def _found(message: discord.Message) -> Found:
    custom_ids: list[str] = []
    for row in message.components:
        custom_ids += [
            str(c.custom_id) for c in getattr(row, "children", []) if getattr(c, "custom_id", None)
        ]
    targets = tuple(t for t in (ids.parse(c) for c in custom_ids) if t is not None)
    return Found(str(message.id), targets, line_key(message.embeds[-1]) if message.embeds else "")
