"""/campaign start and /campaign end: an adventure with a chosen story, mode and pace, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards import ids
from bot.cards.ids import Target
from bot.cards.plain import one_line
from bot.cogs.place import channel_ids, home_channel
from bot.replies import Interaction, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot
    from bot.cogs.lobby import LobbyCog

COMPLETE_WITHIN = 2.0  # seconds; Discord gives up at 3

MODES = [
    app_commands.Choice(name="beats: everyone states one action, then the story moves", value="beats"),
    app_commands.Choice(name="strict turns", value="ordered"),
    app_commands.Choice(name="free play", value="free"),
]
PACES = [
    app_commands.Choice(name="live: we are all here now", value="live"),
    app_commands.Choice(name="by post: a day for each beat", value="by_post"),
]


class CampaignCog(commands.GroupCog, group_name="campaign", group_description="Start or end an adventure"):
    """The whole adventure, from outside."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        bot.presses.on("session", "end", self.press_end)
        bot.presses.on("session", "keep", self.press_keep)

    @property
    def lobby(self) -> LobbyCog:
        cog = self.bot.get_cog("LobbyCog")
        assert cog is not None, "LobbyCog is loaded before CampaignCog"
        return cog  # type: ignore[return-value]

    @app_commands.command(description="Open an adventure in this channel")
    @app_commands.describe(campaign="Which story", mode="How turns go", pace="How fast", hero="Whom you play")
    @app_commands.choices(mode=MODES, pace=PACES)
    async def start(
        self,
        interaction: Interaction,
        campaign: str = "",
        mode: str = "beats",
        pace: str = "live",
        hero: str = "",
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        if hero:
            choice = hero if "|" in hero else f"h|{hero}"
            await self.lobby.open(interaction, choice, campaign, mode, pace)
            return
        custom_id = ids.make("play", home_channel(interaction), "hero", campaign, mode, pace)
        await self.lobby.offer_heroes(
            interaction, custom_id, tr("Choose a hero, and the lobby opens in this channel.")
        )

    @start.autocomplete("campaign")
    async def suggest_campaign(self, _: Interaction, current: str) -> list[app_commands.Choice[str]]:
        rows = [
            (str(c.get("name") or c["key"]), str(c["key"]))
            for c in await self._or_none(self.bot.api.campaigns())
        ]
        return _matching(rows, current)

    @start.autocomplete("hero")
    async def suggest_hero(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        mine = await self._or_none(self.bot.api.characters(player_of(interaction)))
        rows = [
            (tr("{name}, level {level}", name=c["name"], level=c["level"]), f"c|{c['id']}")
            for c in mine
            if not c.get("seated_in")
        ]
        heroes = await self._or_none(self.bot.api.heroes())
        rows += [(tr("{name} (ready-made)", name=h.get("name") or h["key"]), f"h|{h['key']}") for h in heroes]
        return _matching(rows, current)

    @app_commands.command(description="End the adventure of this channel, for everyone (host)")
    async def end(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player_of(interaction))
        await self.bot.replies.show(interaction, cards.confirm_end(short))

    @app_commands.command(
        description="Sponsor the adventure of this channel: seats, answers and log go by your tier"
    )
    async def sponsor(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player)
        path = f"sessions/{short['id']}/sponsor"
        await self.bot.api.call("POST", path, body={}, player=player, key=str(interaction.id))
        self.bot.relay.nudge(str(short["id"]))
        await self.bot.replies.show(
            interaction, cards.notice(tr("You sponsor this table"), tr("Thank you, says the party."))
        )

    async def press_end(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.bot.api.end(player_of(interaction), target.id, key=str(interaction.id))
        self.bot.relay.nudge(target.id)
        await self.bot.replies.show(
            interaction, cards.notice(tr("The adventure is over"), tr("The dice are revealed in its thread."))
        )

    async def press_keep(self, interaction: Interaction, _: Target, __: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.bot.replies.show(interaction, cards.notice(tr("It goes on"), tr("Nothing was changed.")))

    @staticmethod
    async def _or_none(call: Awaitable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """A list for autocompletion; an API that does not answer in time means no suggestions, not a failure."""
        try:
            return await asyncio.wait_for(call, COMPLETE_WITHIN)
        except (ApiError, TimeoutError):
            return []


def _matching(rows: list[tuple[str, str]], typed: str) -> list[app_commands.Choice[str]]:
    wanted = typed.lower()
    hits = [r for r in rows if wanted in r[0].lower()][:25]
    return [
        app_commands.Choice(name=one_line(name, 100), value=value)
        for name, value in hits
        if len(value) <= 100
    ]
