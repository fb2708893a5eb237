"""What a player can ask: /lore about a thing, /usage about what the game master cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of

if TYPE_CHECKING:
    from bot.app import ConquestBot


class KnowledgeCog(commands.Cog):
    """Answers that only the asker sees."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot

    @app_commands.command(description="Look closely at something that you carry or that is sold here")
    @app_commands.describe(item="Its name")
    async def lore(self, interaction: Interaction, item: app_commands.Range[str, 1, 80]) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player)
        told = await self.bot.api.lore(player, str(short["id"]), item)
        await self.bot.replies.show(interaction, cards.lore(told))

    @app_commands.command(description="How often the game master was asked for you today, and what it cost")
    async def usage(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        used = await self.bot.api.usage(player_of(interaction))
        await self.bot.replies.show(interaction, cards.usage(used))
