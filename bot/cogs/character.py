"""/character: one's own heroes, which of them is meant here, and everything that one of them has and can become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError, Player
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.replies import Interaction, player_of
from bot.tables import member_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot
    from bot.cogs.belongings import BelongingsCog
    from bot.cogs.story import StoryCog

Json = dict[str, Any]


class CharacterCog(commands.GroupCog, group_name="character", group_description="Your heroes"):
    """What the short commands show, in one place, and the choice among one's heroes."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("hero", "list", self.press_list)
        on("hero", "switch", self.press_switch)
        on("hero", "levelup", self.press_level_up)

    @property
    def belongings(self) -> BelongingsCog:
        cog = self.bot.get_cog("BelongingsCog")
        assert cog is not None, "BelongingsCog is loaded before CharacterCog"
        return cog  # type: ignore[return-value]

    @property
    def story(self) -> StoryCog:
        cog = self.bot.get_cog("StoryCog")
        assert cog is not None, "StoryCog is loaded before CharacterCog"
        return cog  # type: ignore[return-value]

    # --- commands ------------------------------------------------------------------------------------------------

    @app_commands.command(name="list", description="All your heroes, and which of them is meant here")
    async def all_heroes(self, interaction: Interaction) -> None:
        await self._show_list(interaction)

    @app_commands.command(description="Choose which of your heroes is meant here")
    async def switch(self, interaction: Interaction) -> None:
        await self._show_list(interaction)

    @app_commands.command(description="Your hero: health, abilities, what you carry")
    async def sheet(self, interaction: Interaction) -> None:
        await self.story.show_own_sheet(interaction)

    @app_commands.command(description="Your hero's skill tree")
    async def skills(self, interaction: Interaction) -> None:
        await self.belongings.open(interaction, "skills")

    @app_commands.command(name="level-up", description="Spend your hero's skill points")
    async def level_up(self, interaction: Interaction) -> None:
        await self.belongings.open(interaction, "skills")

    @app_commands.command(description="What your hero wears, and what every figure is made of")
    async def equipment(self, interaction: Interaction) -> None:
        await self.belongings.open(interaction, "gear")

    @app_commands.command(description="What your hero carries, and the party's cache")
    async def inventory(self, interaction: Interaction) -> None:
        await self.belongings.open(interaction, "bag")

    # --- presses -------------------------------------------------------------------------------------------------

    async def press_list(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        page = target.arg(0, "0")
        await self._show_list(interaction, int(page) if page.isdigit() else 0)

    async def press_level_up(self, interaction: Interaction, _: Target, __: list[str]) -> None:
        await self.belongings.open(interaction, "skills")

    async def press_switch(self, interaction: Interaction, _: Target, values: list[str]) -> None:
        """The chosen hero is meant from now on; in a lobby the seat passes to it as well."""
        await self.bot.replies.acknowledge(interaction)
        player, character_id = player_of(interaction), values[0] if values else ""
        view = await self._seated_here(interaction, player)
        hero = await self.bot.api.call(
            "POST", f"characters/{character_id}/choose", body={}, player=player, key=str(interaction.id)
        )
        text = tr("{name} is meant by your commands where you have no seat.", name=hero["name"])
        if view is not None:
            text = await self._change_seat(interaction, player, view, hero)
        await self.bot.replies.show(interaction, cards.notice(tr("Your hero"), text))

    async def _change_seat(self, interaction: Interaction, player: Player, view: Json, hero: Json) -> str:
        """What became of the seat at this channel's table."""
        seat = member_of(view, player)
        if seat["character_id"] == hero["id"]:
            return tr("You play {name} here already.", name=hero["name"])
        if view["status"] != "lobby":
            return tr(
                "At this table you go on playing {seated}; {name} is meant elsewhere.",
                seated=seat["name"],
                name=hero["name"],
            )
        if view.get("host") == seat.get("user_id"):
            return tr(
                "You gather this party as {seated}: whoever hosts keeps the hero. {name} is meant elsewhere.",
                seated=seat["name"],
                name=hero["name"],
            )
        if hero.get("seated_in"):
            raise ApiError("seat_taken")
        await self.bot.api.leave(player, str(view["id"]), key=f"{interaction.id}:leave")
        await self.bot.api.join(player, str(view["id"]), str(hero["id"]), key=f"{interaction.id}:join")
        self.bot.relay.nudge(str(view["id"]))
        return tr("You play {name} here now.", name=hero["name"])

    # --- what they share -------------------------------------------------------------------------------------------

    async def _show_list(self, interaction: Interaction, page: int = 0) -> None:
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        mine = await self.bot.api.characters(player)
        here = ""
        if mine:
            here = await self.belongings.hero(interaction, player)
        await self.bot.replies.show(interaction, cards.roster(mine, here, page))

    async def _seated_here(self, interaction: Interaction, player: Player) -> Json | None:
        """The session of this channel in which the player sits; None without one."""
        try:
            short = await self.bot.tables.here(channel_ids(interaction), player)
            view = await self.bot.api.session(str(short["id"]), player=player)
            member_of(view, player)
        except ApiError as error:
            if error.code != "not_in_session":
                raise
            return None
        return view if view.get("status") != "completed" else None
