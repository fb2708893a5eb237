"""The X-card, lines and veils. Nothing here logs, keeps or sends on what could say who asked (ADR 0025).

So no interaction's id goes out as a key, no call before or after it acts for the player, and what goes wrong is told to
the player alone.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards import ids
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.errors import sentence_for
from bot.replies import Interaction, TooLate, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

Json = dict[str, Any]
MOST_WORDS = 40
MOST_LINES = 400
_CODE = re.compile(r"[A-Za-z0-9_-]{12,40}")


def words_modal(custom_id: str, *fields: tuple[str, str]) -> discord.ui.Modal:
    """Words of one's own; answered by its custom_id."""
    modal = discord.ui.Modal(title=tr("In your own words"), custom_id=custom_id, timeout=900)
    for name, label in fields:
        text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=label,
            custom_id=name,
            required=False,
            max_length=MOST_LINES,
            placeholder=tr("several with commas"),
        )
        modal.add_item(text)
    return modal


class SafetyCog(commands.Cog):
    """Answers each player alone."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on, on_modal = bot.presses.on, bot.presses.on_modal
        on("turn", "x", self.press_x)
        on("turn", "x_topic", self.press_x_topic)
        on("turn", "x_words", self.press_x_words)
        on_modal("turn", "x_words", self.submit_x_words)
        on("lobby", "lines", self.press_lobby_lines)
        for verb in ("lines", "veils"):
            on("safety", verb, self.press_topics)
        on("safety", "words", self.press_words)
        on("safety", "clear", self.press_clear)
        on_modal("safety", "words", self.submit_words)

    # --- the card ------------------------------------------------------------------------------------------------

    @app_commands.command(
        description="Take back the last passage, at once and for any reason; nobody sees who did"
    )
    @app_commands.describe(topic="What to leave out from now on, if you want to say")
    async def x(
        self, interaction: Interaction, topic: app_commands.Range[str, 1, MOST_WORDS] | None = None
    ) -> None:
        async def play() -> cards.Card:
            return await self._play(interaction, await self._here(interaction), "", topic or "")

        await self._quietly(interaction, play)

    async def press_x(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self._quietly(interaction, lambda: self._play(interaction, target.arg(0), target.id, ""))

    async def press_x_topic(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        topic = values[0] if values else ""
        await self._quietly(interaction, lambda: self._play(interaction, target.arg(0), target.id, topic))

    async def press_x_words(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        custom_id = ids.make("turn", target.id, "x_words", target.arg(0))
        await self._open(interaction, words_modal(custom_id, ("topic", tr("What to leave out from now on"))))

    async def submit_x_words(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        topic = values[0] if values else ""
        await self._quietly(interaction, lambda: self._play(interaction, target.arg(0), target.id, topic))

    async def _play(self, interaction: Interaction, session_id: str, turn_id: str, topic: str) -> cards.Card:
        answer = await self.bot.api.play_x(player_of(interaction), session_id, turn_id, topic)
        self.bot.relay.nudge(session_id)
        # The topics are the same for everybody: the service asks for them in its own name.
        topics = [] if answer.get("topic") else await self._topics(session_id)
        return cards.x_played(answer, session_id, topics, str(answer.get("slip") or ""))

    async def _topics(self, session_id: str) -> list[Json]:
        found = await self.bot.api.call("GET", f"sessions/{session_id}/safety")
        return list(found.get("topics") or [])

    # --- lines and veils -----------------------------------------------------------------------------------------

    @app_commands.command(description="What this table never tells, or only off-stage")
    @app_commands.describe(code="The code of choices that you made before")
    async def lines(
        self, interaction: Interaction, code: app_commands.Range[str, 12, 40] | None = None
    ) -> None:
        async def show() -> cards.Card:
            if code is not None and not _CODE.fullmatch(code):
                return cards.not_now(tr("That is no code of ours; /lines without one begins anew."))
            return await self._boundaries(await self._here(interaction), code or "")

        await self._quietly(interaction, show)

    async def press_lobby_lines(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self._quietly(interaction, lambda: self._boundaries(target.id, ""))

    async def press_topics(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        """Each menu has a slip of its own, so that one does not wipe out what the other asks for."""
        kind = target.verb

        async def put() -> cards.Card:
            await self._put(interaction, target.id, target.arg(0), kind, **{kind: values})
            return await self._boundaries(target.id, target.arg(0))

        await self._quietly(interaction, put)

    async def press_words(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        custom_id = ids.make("safety", target.id, "words", target.arg(0))
        fields = (("lines", tr("Never tell of")), ("veils", tr("Only off-stage")))
        await self._open(interaction, words_modal(custom_id, *fields))

    async def submit_words(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        never, veiled = ([w.strip() for w in v.split(",") if w.strip()] for v in (values + ["", ""])[:2])

        async def put() -> cards.Card:
            await self._put(interaction, target.id, target.arg(0), "words", lines=never, veils=veiled)
            return await self._boundaries(target.id, target.arg(0))

        await self._quietly(interaction, put)

    async def press_clear(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        async def clear() -> cards.Card:
            for kind in ("lines", "veils", "words", ""):
                await self._put(interaction, target.id, target.arg(0), kind)
            return await self._boundaries(target.id, target.arg(0))

        await self._quietly(interaction, clear)

    async def _put(
        self, interaction: Interaction, session_id: str, slip: str, kind: str, **asked: list[str]
    ) -> None:
        name = f"{slip}-{kind}" if kind else slip
        await self.bot.api.put_slip(player_of(interaction), session_id, name, **asked)
        self.bot.relay.nudge(session_id)

    async def _boundaries(self, session_id: str, slip: str) -> cards.Card:
        view = await self.bot.api.call("GET", f"sessions/{session_id}/safety")
        return cards.boundaries(view, session_id, slip or secrets.token_hex(8))

    # --- what they share -----------------------------------------------------------------------------------------

    async def _here(self, interaction: Interaction) -> str:
        return str((await self.bot.tables.here(channel_ids(interaction)))["id"])

    async def _open(self, interaction: Interaction, modal: discord.ui.Modal) -> None:
        try:
            await interaction.response.send_modal(modal)
        except discord.HTTPException:
            return  # the player sees that it failed, and no log learns whose press it was

    async def _quietly(self, interaction: Interaction, work: Callable[[], Awaitable[cards.Card]]) -> None:
        """Do it and answer its player alone. Whatever goes wrong is told to them, and to no log with their name.

        It is done even when Discord takes no answer any more: who plays the card is not asked to play it twice.
        """
        try:
            await self.bot.replies.acknowledge(interaction)
            heard = True
        except (TooLate, discord.HTTPException):
            heard = False
        try:
            card = await work()
        except ApiError as error:
            card = cards.not_now(sentence_for(error.code, error.message, error.details))
        if not heard:
            return
        try:
            await self.bot.replies.show(interaction, card)
        except discord.HTTPException:
            return  # what it did stands, and everybody sees that
