"""/help, which knows where its reader stands, and /tutorial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of
from bot.tables import member_of

if TYPE_CHECKING:
    from bot.app import ConquestBot

Json = dict[str, Any]


class GuideCog(commands.Cog):
    """For whoever does not know what to do next."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        bot.presses.on("tutorial", "step", self.press_step)
        bot.presses.on("tutorial", "play", self.press_play)

    @app_commands.command(description="What you can do now, and all commands")
    async def help(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        view, member = await self._where(interaction)
        await self.bot.replies.show(interaction, cards.help_card(view, member, self._commands()))

    @app_commands.command(description="Five short steps in a practice scene, for you alone")
    async def tutorial(self, interaction: Interaction) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.bot.replies.show(interaction, cards.lesson(1))

    async def press_step(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """Another step, in the place of the one that is shown."""
        step = target.arg(0, "1")
        card = cards.lesson(int(step) if step.isdigit() else 1, target.arg(1))
        await self.bot.replies.replace(interaction, card)

    def _commands(self) -> list[tuple[str, str]]:
        """Every command that the bot has, with what Discord shows of it."""
        found = [c for c in self.bot.tree.walk_commands() if isinstance(c, app_commands.Command)]
        return [(c.qualified_name, c.description) for c in found]

    async def press_play(self, interaction: Interaction, _: Target, __: list[str]) -> None:
        lobby = self.bot.get_cog("LobbyCog")
        assert lobby is not None, "LobbyCog is loaded before GuideCog"
        await lobby.begin_to_play(interaction)  # type: ignore[attr-defined]

    async def _where(self, interaction: Interaction) -> tuple[Json | None, Json | None]:
        """The session of this channel and the reader's seat there; help comes without the API as well."""
        player = player_of(interaction)
        try:
            short = await self.bot.tables.here(channel_ids(interaction), player)
            view = await self.bot.api.session(str(short["id"]), player=player)
        except ApiError:
            return None, None
        try:
            return view, member_of(view, player)
        except ApiError:
            return view, None
