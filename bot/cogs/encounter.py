"""Fighting: the Attack and Item buttons of an encounter open a choice of means and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

from bot.cards.ids import Target
from bot.replies import Interaction

if TYPE_CHECKING:
    from bot.app import ConquestBot
    from bot.cogs.turn import TurnCog


class EncounterCog(commands.Cog):
    """Defend and Flee are whole actions and go through `act:…:do`; what needs a target is chosen here."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        bot.presses.on("act", "attack", self.press_attack)
        bot.presses.on("act", "item", self.press_item)

    @property
    def turns(self) -> TurnCog:
        cog = self.bot.get_cog("TurnCog")
        assert cog is not None, "TurnCog is loaded before EncounterCog"
        return cog  # type: ignore[return-value]

    async def press_attack(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.turns.choose(interaction, target, kinds=("attack", "ability"))

    async def press_item(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.turns.choose(interaction, target, kinds=("item",))
