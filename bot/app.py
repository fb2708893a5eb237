"""Wires the bot together: Discord's client, the API client, the cogs and the relay; starts and stops them."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import discord
import structlog
import yarl
from discord import app_commands
from discord.ext import commands

from bot.api_client import ApiClient
from bot.cogs.account import AccountCog
from bot.cogs.belongings import BelongingsCog
from bot.cogs.campaign import CampaignCog
from bot.cogs.character import CharacterCog
from bot.cogs.encounter import EncounterCog
from bot.cogs.guide import GuideCog
from bot.cogs.knowledge import KnowledgeCog
from bot.cogs.lobby import LobbyCog
from bot.cogs.making import MakingCog
from bot.cogs.memories import MemoryCog
from bot.cogs.safety import SafetyCog
from bot.cogs.settings import SettingsCog
from bot.cogs.story import StoryCog
from bot.cogs.telling import TellingCog
from bot.cogs.turn import TurnCog
from bot.lease import fenced_requests
from bot.presses import Press, Presses
from bot.relay import Relay
from bot.replies import Interaction, Replies
from bot.settings import BotSettings
from bot.tables import Tables
from bot.texts import language_for, speak
from bot.texts.commands import CatalogueTranslator

log = structlog.get_logger("bot.app")
# Seconds that a limit of Discord may take; longer ones are told instead of slept through. 30 is discord.py's least.
LONGEST_WAIT = 30.0


COGS = (
    LobbyCog,
    MakingCog,
    CampaignCog,
    TurnCog,
    EncounterCog,
    BelongingsCog,
    KnowledgeCog,
    StoryCog,
    CharacterCog,
    GuideCog,
    SettingsCog,
    MemoryCog,
    TellingCog,
    SafetyCog,
    AccountCog,
)


class ConquestTree(app_commands.CommandTree["ConquestBot"]):
    """Commands that speak their user's language, and whose failures become sentences."""

    async def interaction_check(self, interaction: Interaction) -> bool:
        speak(language_for(interaction.locale.value))
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            log.warning("autocompletion failed", error=repr(getattr(error, "original", error)))
            return
        await interaction.client.replies.failed(interaction, error)


class ConquestBot(commands.AutoShardedBot):
    """The Discord edge. It needs no message content: slash commands and components carry the whole game."""

    def __init__(self, settings: BotSettings, api: ApiClient) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=ConquestTree,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=fenced_requests(),
            max_ratelimit_timeout=LONGEST_WAIT,
            guild_ready_timeout=0.5,  # we keep no members, so there is nothing to wait for
        )
        self.settings, self.api = settings, api
        self.tables = Tables(api)
        self.replies = Replies()
        self.presses = Presses()
        self.relay = Relay(
            self, api, lease_seconds=settings.lease_seconds, edit_seconds=settings.table_edit_seconds
        )
        self.relay_task: asyncio.Task[None] | None = None

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Press)
        await self.load_commands()
        await self.tree.set_translator(CatalogueTranslator())
        guild = discord.Object(self.settings.discord_guild_id) if self.settings.discord_guild_id else None
        if guild is not None:
            self.tree.copy_global_to(guild=guild)
        synced = await self.tree.sync(guild=guild)
        log.info("commands synced", commands=[c.name for c in synced], guild=guild and guild.id)

    async def load_commands(self) -> None:
        """Every command and press; asks nothing of Discord."""
        for cog in COGS:
            await self.add_cog(cog(self))

    async def on_ready(self) -> None:
        """Discord sends this again after some reconnects: what runs already is not started twice."""
        log.info("ready", user=str(self.user), guilds=len(self.guilds), again=self.relay_task is not None)
        if self.relay_task is None:
            self.relay_task = asyncio.create_task(self.relay.run(), name="relay")
            self.relay_task.add_done_callback(self._relay_ended)

    @staticmethod
    def _relay_ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.critical("the relay stopped", exc_info=task.exception())

    async def on_interaction(self, interaction: Interaction) -> None:
        # Modals are answered here and not by their object, which a restart would have forgotten.
        if interaction.type is discord.InteractionType.modal_submit:
            await self.presses.submit(interaction)

    async def on_message(self, _: discord.Message) -> None:
        """No text commands: this bot does not read what people write."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("event failed", listener=event_method)

    async def close(self) -> None:
        if self.relay_task is not None:
            self.relay_task.cancel()
            await asyncio.gather(self.relay_task, return_exceptions=True)
            await self.relay.release()
        await super().close()


def point_discord_at(api_base: str, gateway: str) -> None:
    """Use another Discord than discord.com, for tests."""
    if api_base:
        discord.http.Route.BASE = api_base
    if gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


async def run(settings: BotSettings) -> None:
    """Run the bot until SIGTERM or SIGINT."""
    point_discord_at(settings.discord_api_base, settings.discord_gateway)
    api = ApiClient(settings.api_base_url, settings.bot_service_token, stream_url=settings.stream_base_url)
    bot = ConquestBot(settings, api)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with api, bot:
        running = asyncio.create_task(bot.start(settings.discord_token), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping", asked=stop.is_set())
        await bot.close()
        stopping.cancel()
        await running  # raises what ended the client, such as a token that Discord does not know
