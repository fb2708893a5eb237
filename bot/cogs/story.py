"""Looking and talking: /sheet, /party, /recap, /roll, /say, and how a turn was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

PAGES, PER_PAGE = 5, 50  # how far back "What happened?" looks for its turn


class StoryCog(commands.Cog):
    """Everything that changes nothing in the story."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("turn", "why", self.press_why)
        on("turn", "recap", self.press_turn_recap)
        on("end", "recap", self.press_recap)
        on("session", "recap", self.press_recap)
        on("session", "sheet", self.press_sheet)
        on("session", "party", self.press_party)

    # --- commands ------------------------------------------------------------------------------------------------

    @app_commands.command(description="Your hero: health, abilities, what you carry")
    async def sheet(self, interaction: Interaction) -> None:
        await self.show_own_sheet(interaction)

    async def show_own_sheet(self, interaction: Interaction) -> None:
        """The hero at this channel's table; away from one the chosen or newest of one's own."""
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        try:
            short = await self.bot.tables.here(channel_ids(interaction), player)
            await self._show_sheet(interaction, str(short["id"]))
        except ApiError as error:
            if error.code != "not_in_session":
                raise
            newest = await self.bot.tables.newest_hero(player)
            await self.bot.replies.show(interaction, cards.sheet(newest))

    @app_commands.command(description="Everyone at the table")
    async def party(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player_of(interaction))
        await self._show_party(interaction, str(short["id"]))

    @app_commands.command(description="The story so far")
    async def recap(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player_of(interaction))
        await self._show_recap(interaction, str(short["id"]))

    @app_commands.command(description="Roll dice for fun, for example 2d6+3")
    @app_commands.describe(expression="Such as 2d6+3, 4d6kh3, d20+5 adv, 3d6!, 2d6ro<3 or 6x(4d6kh3)")
    async def roll(
        self, interaction: Interaction, expression: app_commands.Range[str, 1, 100] = "1d20"
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player)
        rolled = await self.bot.api.roll(player, str(short["id"]), expression, key=str(interaction.id))
        self.bot.relay.nudge(str(short["id"]))
        await self.bot.replies.show(interaction, cards.roll(rolled))

    @app_commands.command(description="Talk to friends who play in the browser or the game client")
    @app_commands.describe(text="What you say, out of character")
    async def say(self, interaction: Interaction, text: app_commands.Range[str, 1, 500]) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player)
        await self.bot.api.say(player, str(short["id"]), text, key=str(interaction.id))
        self.bot.relay.nudge(str(short["id"]))
        await self.bot.replies.show(interaction, cards.notice(tr("Said"), text))

    # --- presses -------------------------------------------------------------------------------------------------

    async def press_why(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        turn = await self.find_turn(interaction, target.arg(0), target.id)
        await self.bot.replies.show(interaction, cards.why(turn, target.arg(0)))

    async def press_turn_recap(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_recap(interaction, target.arg(0) or str((await self._here(interaction))["id"]))

    async def press_recap(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_recap(interaction, target.id)

    async def press_sheet(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_sheet(interaction, target.id)

    async def press_party(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._show_party(interaction, target.id)

    # --- what they share -------------------------------------------------------------------------------------------

    async def _here(self, interaction: Interaction) -> dict[str, Any]:
        return await self.bot.tables.here(channel_ids(interaction), player_of(interaction))

    async def _show_sheet(self, interaction: Interaction, session_id: str) -> None:
        player = player_of(interaction)
        seat = await self.bot.tables.seat(session_id, player)
        character = await self.bot.api.character(player, seat.character_id)
        # In an encounter health lives there and not on the sheet.
        live = {k: seat.member[k] for k in ("hp", "hp_max", "mp", "mp_max", "gold") if k in seat.member}
        await self.bot.replies.show(interaction, cards.sheet(character | live))

    async def _show_party(self, interaction: Interaction, session_id: str) -> None:
        view = await self.bot.api.session(session_id, player=player_of(interaction))
        await self.bot.replies.show(interaction, cards.party(view))

    async def _show_recap(self, interaction: Interaction, session_id: str) -> None:
        recap = await self.bot.api.recap(session_id, player=player_of(interaction))
        await self.bot.replies.show(interaction, cards.recap(recap))

    async def find_turn(self, interaction: Interaction, session_id: str, turn_id: str) -> dict[str, Any]:
        """The turn of a message, from the history. Raises ApiError `gone`."""
        if not session_id:
            session_id = str((await self._here(interaction))["id"])
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self.bot.api.turns(
                session_id, player=player_of(interaction), cursor=cursor, limit=PER_PAGE
            )
            for turn in page.get("items") or []:
                if turn["id"] == turn_id:
                    return turn
            cursor = page.get("next_cursor")
            if not cursor:
                break
        raise ApiError("gone")
