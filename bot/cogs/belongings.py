"""What a hero has and can become: /bag, /gear, /skills, /shop and /journal, with a choice of what can be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError, Player
from bot.cards import belongings, ids
from bot.cards.ids import Target
from bot.cards.model import Card
from bot.cards.receipts import receipt
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

Json = dict[str, Any]
PARTS = {"bag": "inventory", "shop": "inventory", "gear": "equipment", "skills": "skills"}


class BelongingsCog(commands.Cog):
    """Each command shows one card that only its user sees; a select on it asks the API for one change."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        bot.presses.on("sheet", "change", self.press_change)
        bot.presses.on("sheet", "page", self.press_page)

    @app_commands.command(description="What your hero carries, and the party's cache")
    async def bag(self, interaction: Interaction) -> None:
        await self.open(interaction, "bag")

    @app_commands.command(description="What your hero wears, and what every figure is made of")
    async def gear(self, interaction: Interaction) -> None:
        await self.open(interaction, "gear")

    @app_commands.command(description="Your hero's skill tree")
    async def skills(self, interaction: Interaction) -> None:
        await self.open(interaction, "skills")

    @app_commands.command(description="What is sold here, and what it costs")
    async def shop(self, interaction: Interaction) -> None:
        await self.open(interaction, "shop")

    @app_commands.command(description="Quests, people, and what they think of you")
    async def journal(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player)
        part = await self.bot.api.call("GET", f"sessions/{short['id']}/journal", player=player)
        await self.bot.replies.show(interaction, cards.journal(part))

    async def press_change(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        """One change from the select of a card; the card is shown again as it then is."""
        await self.bot.replies.acknowledge(interaction)
        # The last argument is the number of the select on its card, the one before it the page.
        shown, player, character_id = target.arg(0, "bag"), player_of(interaction), target.id
        page = _number(target.arg(1)) if len(target.args) > 2 else 0
        path = f"characters/{character_id}/{PARTS.get(shown, 'inventory')}"
        body = belongings.change_of(values[0] if values else "")
        told = ""
        try:
            answer = await self.bot.api.call("POST", path, body=body, player=player, key=str(interaction.id))
            told = " · ".join(text for e in answer["events"] if (text := receipt(e)))
        except ApiError as error:
            if error.is_passing or error.status in (401, 404):
                raise
            told = f"⚠️ {error.message}"
        await self._show(interaction, player, character_id, shown, told, page)

    async def press_page(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        shown, page = target.arg(0, "bag"), _number(target.arg(1))
        await self._show(interaction, player_of(interaction), target.id, shown, page=page)

    async def open(self, interaction: Interaction, shown: str) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        await self._show(interaction, player, await self.hero(interaction, player), shown)

    async def hero(self, interaction: Interaction, player: Player) -> str:
        """The id of the character at this channel's table; away from one the chosen or newest of one's own."""
        try:
            short = await self.bot.tables.here(channel_ids(interaction), player)
            return (await self.bot.tables.seat(str(short["id"]), player)).character_id
        except ApiError as error:
            if error.code != "not_in_session":
                raise
            return str((await self.bot.tables.newest_hero(player))["id"])

    async def _show(
        self,
        interaction: Interaction,
        player: Player,
        character_id: str,
        shown: str,
        told: str = "",
        page: int = 0,
    ) -> None:
        """One page of a card about the hero; `told` is what the last change came to."""
        part = await self.bot.api.call(
            "GET", f"characters/{character_id}/{PARTS.get(shown, 'inventory')}", player=player
        )
        pages = belongings.pages_of(shown, part)
        page = min(max(page, 0), pages - 1)
        card = _card(shown, part, page)
        if card is None:
            card = cards.notice(tr("There is no shop here"), told or tr("Shops stand where people live."))
        else:
            number = tr("page {number} of {count}", number=page + 1, count=pages) if pages > 1 else ""
            card = replace(card, footer=" · ".join(x for x in (told, number) if x))
        custom_id = ids.make("sheet", character_id, "change", shown, page)
        choice = belongings.choice(custom_id, shown, part, page)
        buttons = belongings.page_buttons(character_id, shown, page, pages)
        await self.bot.replies.show(interaction, replace(card, selects=choice, buttons=buttons))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _card(shown: str, part: Json, page: int) -> Card | None:
    match shown:
        case "gear":
            return cards.gear(part)
        case "skills":
            return cards.skills(part)
        case "shop":
            return cards.shop(part, page)
    return cards.bag(part, page=page)
