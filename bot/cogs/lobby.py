"""Getting a party together: /play for newcomers, choosing a hero, and the lobby's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError, Player
from bot.cards import ids
from bot.cards.ids import Target
from bot.cogs.place import channel_ids, home_channel
from bot.replies import Interaction, player_of
from bot.texts import language_for, tr

if TYPE_CHECKING:
    from bot.app import ConquestBot


class LobbyCog(commands.Cog):
    """From an empty channel to a party at the table."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("play", "hero", self.choose_hero)
        on("lobby", "join", self.press_join)
        on("lobby", "leave", self.press_leave)
        on("lobby", "sponsor", self.press_sponsor)
        on("lobby", "begin", self.press_begin)
        on("lobby", "hero", self.choose_hero_for_lobby)
        on("play", "heroes", self.choose_hero)  # the second select, of a player with many heroes
        on("lobby", "heroes", self.choose_hero_for_lobby)
        on("play", "any", self.press_any)
        on("lobby", "any", self.press_any)

    @app_commands.command(description="Take a hero and play, now")
    async def play(self, interaction: Interaction) -> None:
        await self.begin_to_play(interaction)

    async def begin_to_play(self, interaction: Interaction) -> None:
        """Newcomers: choose a hero; then join this channel's lobby, or open one."""
        await self.bot.replies.acknowledge(interaction)
        player = player_of(interaction)
        if await self._already_here(interaction, player):
            return
        lobby = await self._lobby(interaction)
        if lobby is not None:
            custom_id = ids.make("lobby", lobby["id"], "hero")
            headline = tr(
                "{host} is gathering a party. Choose a hero and you are in.",
                host=lobby.get("host_name") or tr("A friend"),
            )
        else:
            custom_id = ids.make("play", home_channel(interaction), "hero")
            headline = tr("Choose a hero. The party gathers here; begin as soon as you like, also alone.")
        await self.offer_heroes(interaction, custom_id, headline)

    # --- presses -------------------------------------------------------------------------------------------------

    async def choose_hero(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        """A hero was chosen for a new adventure; meanwhile a friend may have opened a lobby: then join that."""
        await self.bot.replies.acknowledge(interaction)
        await self.sit_down(interaction, target, values[0] if values else "")

    async def press_any(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """One press and a seat: one of the ready-made heroes whom nobody here plays yet."""
        await self.bot.replies.acknowledge(interaction)
        heroes = await self.bot.api.heroes()
        if not heroes:
            raise ApiError("not_found")
        taken: set[str] = set()
        if target.kind == "lobby":
            view = await self.bot.api.session(target.id)
            taken = {str(m["name"]) for m in view.get("party") or []}
        free = [h for h in heroes if h.get("name") not in taken] or heroes
        choice = f"h|{free[interaction.id // 4_194_304 % len(free)]['key']}"  # by the time of the press
        if target.kind == "lobby":
            await self.take_seat(interaction, target.id, choice)
        else:
            await self.sit_down(interaction, target, choice)

    async def choose_hero_for_lobby(
        self, interaction: Interaction, target: Target, values: list[str]
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.take_seat(interaction, target.id, values[0] if values else "")

    async def press_join(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        view = await self.bot.api.session(target.id)
        me = player_of(interaction).act_for
        seated = next((m for m in view.get("party") or [] if m.get("act_for") == me), None)
        if seated is not None:
            await self.bot.replies.show(
                interaction,
                cards.notice(tr("You are in already"), tr("You play {name}.", name=seated["name"])),
            )
            return
        if view.get("status") != "lobby":
            raise ApiError("session_over" if view.get("status") == "completed" else "already_begun")
        custom_id = ids.make("lobby", target.id, "hero")
        await self.offer_heroes(interaction, custom_id, tr("Choose a hero and you are in."))

    async def press_leave(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.bot.api.leave(player_of(interaction), target.id, key=str(interaction.id))
        self.bot.relay.nudge(target.id)
        await self.bot.replies.show(
            interaction, cards.notice(tr("You have left"), tr("Your hero is free for another adventure."))
        )

    async def press_begin(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.bot.api.begin(player_of(interaction), target.id, key=str(interaction.id))
        self.bot.relay.nudge(target.id)
        text = tr("The story opens in its own thread; the link stands in the lobby above.")
        await self.bot.replies.show(interaction, cards.notice("⚔️ " + tr("It begins"), text))

    # --- what they share -------------------------------------------------------------------------------------------

    async def sit_down(self, interaction: Interaction, target: Target, choice: str) -> None:
        """Open the adventure that `/play` or `/campaign start` asked for, or join the lobby that stands by now."""
        explicit = bool(target.args)
        lobby = None if explicit else await self._lobby(interaction)
        if lobby is not None:
            await self.take_seat(interaction, str(lobby["id"]), choice)
            return
        await self.open(interaction, choice, target.arg(0), target.arg(1, "beats"), target.arg(2, "live"))

    async def _already_here(self, interaction: Interaction, player: Player) -> bool:
        """Whoever has a seat in this channel's running adventure is shown the way instead of a new hero."""
        for short in await self.bot.tables.session_ids(channel_ids(interaction)):
            if short.get("status") == "completed":
                continue
            view = await self.bot.api.session(str(short["id"]))
            member = next((m for m in view.get("party") or [] if m.get("act_for") == player.act_for), None)
            if member is None:
                continue
            address = (view.get("surface") or {}).get("address") or {}
            thread = address.get("thread_id")
            card = cards.seated(view, str(member["name"]), str(thread) if thread else None)
            await self.bot.replies.show(interaction, card)
            return True
        return False

    async def _lobby(self, interaction: Interaction) -> dict[str, Any] | None:
        found = await self.bot.tables.session_ids(channel_ids(interaction))
        return next((s for s in found if s.get("status") == "lobby"), None)

    async def offer_heroes(self, interaction: Interaction, custom_id: str, headline: str) -> None:
        heroes = await self.bot.api.heroes()
        mine = await self.bot.api.characters(player_of(interaction))
        await self.bot.replies.show(interaction, cards.hero_choice(custom_id, heroes, mine, headline))

    async def _character(self, interaction: Interaction, player: Player, choice: str) -> str:
        """The id of the chosen hero: one's own, or a new one from a ready-made hero."""
        kind, _, ident = choice.partition("|")
        if kind == "c":
            return ident
        made = await self.bot.api.create_character(player, {"hero": ident}, key=f"{interaction.id}:hero")
        return str(made["id"])

    async def take_seat(self, interaction: Interaction, session_id: str, choice: str) -> None:
        player = player_of(interaction)
        character_id = await self._character(interaction, player, choice)
        try:
            view = await self.bot.api.join(player, session_id, character_id, key=f"{interaction.id}:join")
        except ApiError as error:
            if error.code != "tier_limit" or error.details.get("limit") != "party":
                raise
            await self.bot.replies.show(
                interaction, cards.offer_to_sponsor(session_id, character_id, error.message)
            )
            return
        await self._welcome(interaction, view, session_id, character_id)

    async def press_sponsor(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """Join a table whose sponsor has no room for one more, and sponsor it from now on."""
        await self.bot.replies.acknowledge(interaction)
        player, character_id = player_of(interaction), target.arg(0)
        key = f"{interaction.id}:join"
        view = await self.bot.api.join(player, target.id, character_id, key=key, sponsor=True)
        await self._welcome(interaction, view, target.id, character_id)

    async def _welcome(
        self, interaction: Interaction, view: dict[str, Any], session_id: str, character_id: str
    ) -> None:
        self.bot.relay.nudge(session_id)
        name = next(
            (m["name"] for m in view.get("party") or [] if m["character_id"] == character_id), tr("your hero")
        )
        text = tr(
            "You play {name}. {host} begins when everyone is here.",
            name=name,
            host=view.get("host_name") or tr("The host"),
        )
        await self.bot.replies.show(interaction, cards.notice(tr("You are in"), text))

    async def open(self, interaction: Interaction, choice: str, campaign: str, mode: str, pace: str) -> None:
        """Open a lobby in this channel, with this hero in it."""
        player = player_of(interaction)
        if not campaign:
            campaigns = await self.bot.api.campaigns()
            if not campaigns:
                raise ApiError("not_found")
            campaign = str(campaigns[0]["key"])
        character_id = await self._character(interaction, player, choice)
        place = {"guild_id": str(interaction.guild_id) if interaction.guild_id else None,
                 "channel_id": home_channel(interaction)}  # fmt: skip
        # The server's language unless the host chooses another one; alone with the bot it is one's own.
        spoken_here = language_for((interaction.guild_locale or interaction.locale).value)
        body = {"campaign": campaign, "character_id": character_id, "mode": mode, "pace": pace,
                "surface": {"kind": "discord", **place}, "settings": {"language": spoken_here}}  # fmt: skip
        view = await self.bot.api.create_session(player, body, key=f"{interaction.id}:session")
        self.bot.relay.nudge(str(view["id"]))
        text = tr(
            "The lobby opens in this channel. Press Begin there, alone or when your friends have joined."
        )
        await self.bot.replies.show(interaction, cards.notice(tr("Your party gathers"), text))
