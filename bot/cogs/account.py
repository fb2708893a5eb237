"""/link and /web: one's accounts become one, and a way into the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards, links
from bot.cards.ids import Target
from bot.replies import Interaction, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot


class AccountCog(commands.Cog):
    """Who somebody is; every answer is seen by its user alone."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        bot.presses.on("link", "confirm", self.press_confirm)
        bot.presses.on("link", "refuse", self.press_refuse)

    @app_commands.command(description="Make your Discord account and your account on the website one")
    @app_commands.describe(code="The code that the website shows; without one you get a code to enter there")
    async def link(self, interaction: Interaction, code: app_commands.Range[str, 1, 20] = "") -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        if code:
            request = await links.enter_code(self.bot.api, player, code)
            await self.bot.replies.show(interaction, cards.link_request(request))
            return
        waiting = (await links.own_links(self.bot.api, player)).get("requests") or []
        if waiting:
            await self.bot.replies.show(interaction, cards.link_request(waiting[0]))
            return
        await self.bot.replies.show(interaction, cards.link_code(await links.give_code(self.bot.api, player)))

    @app_commands.command(
        description="Open your heroes and your story in the browser, without an e-mail address"
    )
    async def web(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        given = await links.browser_link(self.bot.api, player_of(interaction))
        await self.bot.replies.show(interaction, cards.browser_link(given))

    async def press_confirm(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        done: dict[str, Any] = await links.confirm(self.bot.api, player_of(interaction), target.id)
        card = (
            cards.linked(str(done["name"]))
            if done["state"] == "linked"
            else cards.link_request(done["request"])
        )
        await self.bot.replies.show(interaction, card)

    async def press_refuse(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await links.refuse(self.bot.api, player_of(interaction), target.id)
        await self.bot.replies.show(
            interaction, cards.notice(tr("Nothing was linked"), tr("Both accounts stay as they are."))
        )
