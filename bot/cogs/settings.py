"""/settings: how the story of this channel is told, shown to anybody and changed by its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.cards.settings import CHOICES
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of
from bot.texts import N, command, tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "it": "Italiano",
             "nl": "Nederlands", "pl": "Polski", "pt": "Português"}  # fmt: skip
HOW = N("The host changes them by naming what to change: {settings} tone: grim")


def _offered(name: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=LANGUAGES.get(value, value), value=value) for value in CHOICES[name]]


class SettingsCog(commands.Cog):
    """One command; without a choice it shows, with one it changes."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot

    @app_commands.command(description="How the story is told: tone, length, content and language")
    @app_commands.describe(
        tone="How it sounds",
        length="How much is told",
        rating="For whom it is fit",
        language="For AI narrators",
    )
    @app_commands.choices(
        tone=_offered("tone"), length=_offered("length"), rating=_offered("rating"),
        language=_offered("language"),
    )  # fmt: skip
    async def settings(
        self, interaction: Interaction, tone: str = "", length: str = "", rating: str = "", language: str = ""
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        session_id = str((await self.bot.tables.here(channel_ids(interaction), player))["id"])
        wish = {"tone": tone, "length": length, "rating": rating, "language": language}
        wish = {name: value for name, value in wish.items() if value}
        if wish:
            view = await self.bot.api.settings(player, session_id, wish, key=str(interaction.id))
            self.bot.relay.nudge(session_id)
        else:
            view = await self.bot.api.session(session_id, player=player)
        await self.bot.replies.show(
            interaction, cards.settings(view, change=tr(HOW, settings=command("settings")))
        )
