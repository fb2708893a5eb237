"""How the last passage reads: why it says so (/why), in other words (/retry), and what was told wrongly (/correct)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.cards import ids
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.control_calls import LAST
from bot.replies import Interaction, TooLate, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

MOST_WORDS = 200


def wrong_modal(session_id: str, turn_id: str) -> discord.ui.Modal:
    """What was told wrongly; answered by its custom_id."""
    modal = discord.ui.Modal(
        title=tr("What was told wrongly?"),
        custom_id=ids.make("turn", turn_id, "wrong", session_id),
        timeout=900,
    )
    words: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label=tr("As it is"), custom_id="words", placeholder=tr("Odile is a woman."), max_length=MOST_WORDS
    )
    modal.add_item(words)
    return modal


class TellingCog(commands.Cog):
    """Changes words, never what happened."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("turn", "sentences", self.press_sentences)
        on("turn", "retry", self.press_retry)
        on("turn", "wrong", self.press_wrong)
        bot.presses.on_modal("turn", "wrong", self.submit_wrong)

    @app_commands.command(description="The dice and events behind each sentence of the last passage")
    @app_commands.describe(sentence="Only this sentence, counted from 1")
    async def why(
        self, interaction: Interaction, sentence: app_commands.Range[int, 1, 200] | None = None
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_why(interaction, await self._here(interaction), LAST, sentence)

    @app_commands.command(description="Tell the last passage in other words; the dice stay")
    async def retry(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._retry(interaction, await self._here(interaction), LAST)

    @app_commands.command(description="Say what was told wrongly in the last passage")
    @app_commands.describe(
        text="As it is, for example: Odile is a woman", sentence="Which sentence, counted from 1"
    )
    async def correct(
        self,
        interaction: Interaction,
        text: app_commands.Range[str, 1, MOST_WORDS],
        sentence: app_commands.Range[int, 1, 200] | None = None,
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._correct(interaction, await self._here(interaction), LAST, text, sentence)

    # --- presses -------------------------------------------------------------------------------------------------

    async def press_sentences(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_why(interaction, target.arg(0), target.id)

    async def press_retry(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._retry(interaction, target.arg(0), target.id)

    async def press_wrong(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        try:
            await interaction.response.send_modal(wrong_modal(target.arg(0), target.id))
        except discord.NotFound as error:
            raise TooLate from error

    async def submit_wrong(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        text = values[0] if values else ""
        await self._correct(interaction, target.arg(0), target.id, text[:MOST_WORDS])

    # --- what they share -----------------------------------------------------------------------------------------

    async def _here(self, interaction: Interaction) -> str:
        return str((await self.bot.tables.here(channel_ids(interaction), player_of(interaction)))["id"])

    async def _show_why(
        self, interaction: Interaction, session_id: str, turn_id: str, sentence: int | None = None
    ) -> None:
        found = await self.bot.api.receipts(player_of(interaction), session_id, turn_id)
        await self.bot.replies.show(interaction, cards.sentences(found, session_id, sentence))

    async def _retry(self, interaction: Interaction, session_id: str, turn_id: str) -> None:
        answer = await self.bot.api.retry(
            player_of(interaction), session_id, turn_id, key=str(interaction.id)
        )
        self.bot.relay.nudge(session_id)
        await self.bot.replies.show(interaction, cards.told_again(answer))

    async def _correct(
        self, interaction: Interaction, session_id: str, turn_id: str, text: str, sentence: int | None = None
    ) -> None:
        answer = await self.bot.api.correct(
            player_of(interaction), session_id, turn_id, text, str(interaction.id), sentence
        )
        self.bot.relay.nudge(session_id)
        await self.bot.replies.show(interaction, cards.noted_correction(answer, session_id))
