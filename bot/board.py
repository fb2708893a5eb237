"""The messages of one surface on Discord: each known by a name, posted once, edited in place, found again."""

from __future__ import annotations

import hashlib
from typing import Any

import structlog

from bot.cards.as_discord import to_messages
from bot.cards.model import Card
from bot.lease import HeldSurface
from bot.thread_writer import Found, ThreadWriter, is_soon_old, line_key

Json = dict[str, Any]


class Board:
    """Writes named messages while the lease is held.

    A crash at any point repeats a step, never a message: a message is known by the id in the API, else by the
    custom_ids or by time and words in the channel's history, else by the nonce.
    """

    def __init__(self, held: HeldSurface, writer: ThreadWriter) -> None:
        self._held, self._writer = held, writer
        self._log = structlog.get_logger("bot.board").bind(session=held.session_id)
        self.forget()

    def forget(self) -> None:
        """Trust nothing that another process may have changed."""
        self._adopted: set[str] = set()  # channels whose history was read
        self._lines: set[str] = set()
        self._lost: dict[str, int] = {}  # messages that somebody deleted: how often
        self._drawn: dict[str, str] = {}
        self.buried = False  # something stands below the table card

    def doubt(self) -> None:
        """A write may or may not have arrived: read the history again before the next one."""
        self._adopted.clear()

    @property
    def guild(self) -> str | None:
        guild = self._held.address.get("guild_id")
        return str(guild) if guild else None

    @property
    def parent(self) -> str:
        return str(self._held.address["channel_id"])

    @property
    def thread(self) -> str | None:
        thread = self._held.address.get("thread_id")
        return str(thread) if thread else None

    def nonce(self, name: str) -> str:
        """At most 25 characters, the same for the same message whichever process posts it."""
        text = f"{self._held.id}/{name}/{self._lost.get(name, 0)}"
        return "c" + hashlib.blake2s(text.encode(), digest_size=12).hexdigest()

    async def put(
        self, name: str, card: Card, channel: str, *, repost: bool = True, surely: bool = False
    ) -> None:
        """Make the named message look like the card: edit it where it exists, post it where it does not. Further pages
        that it no longer needs are deleted.

        `repost` False leaves a message away that somebody deleted. `surely` deletes one that takes no edit any more.
        """
        messages = to_messages(card)
        for number, message in enumerate(messages, 1):
            page = name if number == 1 else f"{name}.{number}"
            await self._put_one(page, message, channel, repost, surely)
        number = len(messages) + 1
        while (old := self._held.messages.get(f"{name}.{number}")) is not None:
            await self._writer.delete(channel, self.guild, old)
            self._held.drop(f"{name}.{number}")
            await self._held.save()
            number += 1

    async def _put_one(self, name: str, message: Json, channel: str, repost: bool, surely: bool) -> None:
        await self._held.hold()
        if name not in self._held.messages:
            await self.adopt(channel)
        known = self._held.messages.get(name)
        if known is not None:
            if await self._edit(name, known, message, channel, surely=surely):
                await self._held.save()
                return
            self._lost[name] = self._lost.get(name, 0) + 1
            if not repost:
                return
        sent = await self._writer.send(channel, self.guild, message, self.nonce(name))
        self._held.remember(name, sent)
        self._note_drawn(name, message)
        self.buried = self.buried or channel == self.thread
        await self._held.save()

    async def _edit(
        self, name: str, known: str, message: Json, channel: str, *, surely: bool = False
    ) -> bool:
        """False when the message is gone; an edit that would change nothing is not sent."""
        if self._drawn.get(name) != _fingerprint(message):
            more = {"surely": True} if surely else {}
            if not await self._writer.edit(channel, self.guild, known, message, **more):
                return False
            self._note_drawn(name, message)
        return True

    def _note_drawn(self, name: str, message: Json) -> None:
        self._drawn.pop(name, None)
        self._drawn[name] = _fingerprint(message)
        while len(self._drawn) > 16:
            self._drawn.pop(next(iter(self._drawn)))

    async def line(self, card: Card, name: str, channel: str) -> bool:
        """Post something that is not edited later, unless the history shows the same words at the same time."""
        await self._held.hold()
        await self.adopt(channel)
        message = to_messages(card)[0]
        key = line_key(message["embeds"][-1])
        if key and key in self._lines:
            return False
        await self._writer.send(channel, self.guild, message, self.nonce(name))
        self._lines.add(key)
        self.buried = True
        return True

    async def table(self, card: Card, name: str, channel: str) -> None:
        """Edit the table card where it is the last message and young; else post it below and take the old one away."""
        message = to_messages(card)[0]
        old = self._held.messages.get("table")
        stays = old is not None and not self.buried and not is_soon_old(old)
        if old is not None and stays and await self._edit("table", old, message, channel):
            return
        new = await self._writer.send(channel, self.guild, message, self.nonce(f"table:{name}:{old}"))
        self._held.remember("table", new)
        self._note_drawn("table", message)
        self.buried = False
        await self._held.save()
        if old is not None and old != new:
            await self._writer.delete(channel, self.guild, old)

    async def remove_table(self, channel: str) -> None:
        old = self._held.messages.get("table")
        if old is not None:
            await self._writer.delete(channel, self.guild, old)

    # --- finding one's own messages again --------------------------------------------------------------------------

    async def adopt(self, channel: str) -> None:
        """Read the channel's recent history once, and take over what an earlier process posted there."""
        if channel in self._adopted:
            return
        found, newest = await self._writer.history(channel, self.guild)
        tables: list[str] = []
        for message in found:
            if message.line and not message.targets:
                self._lines.add(message.line)
            name = self._name_of(message)
            if name == "table":
                tables.append(message.message_id)
            elif name and name not in self._held.messages:
                self._held.remember(name, message.message_id)
                self._log.info("adopted a message", name=name, message=message.message_id)
        if tables and self._held.messages.get("table") != tables[0]:
            self._held.remember("table", tables[0])
            self._log.info("adopted the table", message=tables[0])
        for old in tables[1:]:
            await self._writer.delete(channel, self.guild, old)
        if channel == self.thread:
            self.buried = newest > int(self._held.messages.get("table") or 0)
        self._adopted.add(channel)

    def _name_of(self, message: Found) -> str:
        """Which of the session's messages this is, by its buttons."""
        mine = self._held.session_id
        for t in message.targets:
            if t.kind == "turn" and t.arg(0) in ("", mine):
                page = t.arg(1)
                return t.id + (f".{page[1:]}" if page.startswith("p") else "")
            if t.id != mine:
                continue
            if t.kind == "act" and t.verb == "more":
                return "table"
            if t.kind in ("lobby", "end"):
                return t.kind
        return ""


def _fingerprint(message: Json) -> str:
    view = message["view"]
    shown = [e.to_dict() for e in message["embeds"]] + (view.to_components() if view is not None else [])
    return hashlib.blake2s(repr(shown).encode(), digest_size=12).hexdigest()
