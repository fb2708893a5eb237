"""Taking a turn: /act, the suggestions under the scene, free words in a modal, and everything that is legal."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.api_client import ApiError
from bot.cards import choices, ids
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.replies import Interaction, TooLate, player_of
from bot.tables import Seat
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

log = structlog.get_logger("bot.turn")
MOST_WORDS = 1000
COMPLETE_WITHIN = 2.0  # seconds; Discord gives up at 3 and there is no acknowledgement for autocompletion
_PICKED = re.compile(r"!([a-z_]{2,20}\|.*)", re.DOTALL)


def free_modal(session_id: str, turn: str) -> discord.ui.Modal:
    """Words of one's own; answered by its custom_id, see `ConquestBot.on_interaction`."""
    modal = discord.ui.Modal(
        title=tr("What do you do?"), custom_id=ids.make("act", session_id, "free", turn), timeout=900
    )
    words: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label=tr("In your own words"),
        custom_id="words",
        style=discord.TextStyle.paragraph,
        placeholder=tr("I search the ancient library for a hidden door."),
        max_length=MOST_WORDS,
    )
    modal.add_item(words)
    return modal


class TurnCog(commands.Cog):
    """A player's intents in the scene."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("act", "do", self.press_do)
        on("act", "choose", self.press_choose)
        on("act", "pick", self.press_pick)
        on("act", "more", self.press_more)
        on("act", "free", self.press_free)
        bot.presses.on_modal("act", "free", self.submit_free)

    # --- sending an action -------------------------------------------------------------------------------------

    async def act(
        self,
        interaction: Interaction,
        session_id: str,
        turn: int | None,
        action: dict[str, Any],
        seat: Seat | None = None,
    ) -> None:
        """Send one action and show its user what became of it. `turn` None means: the turn that is open now."""
        player = player_of(interaction)
        try:
            seat = seat or await self.bot.tables.seat(session_id, player)
            number = turn if turn is not None else seat.turn_number
            body = {
                "character_id": seat.character_id,
                **action,
                "seen_turn": number if number is not None else 0,
            }
            answer = await self.bot.api.act(player, session_id, body, key=str(interaction.id))
        except ApiError as error:
            if not error.details.get("legal") and seat is not None:
                error.details["legal"] = seat.legal
            open_turn = seat.turn_number if seat is not None else turn
            words = str(action.get("text") or "")
            await self.bot.replies.failed(interaction, error, session_id, open_turn, words)
            return
        self.bot.relay.nudge(session_id)
        await self.bot.replies.show(
            interaction, cards.noted(answer, label_for(action, seat), seat.character_id)
        )

    # --- commands ------------------------------------------------------------------------------------------------

    @app_commands.command(
        name="act", description="Say what your hero does, in your own words or from the suggestions"
    )
    @app_commands.describe(text="What your hero does")
    async def act_command(
        self, interaction: Interaction, text: app_commands.Range[str, 1, MOST_WORDS]
    ) -> None:
        await self.bot.replies.acknowledge(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player_of(interaction))
        picked = _PICKED.fullmatch(text)
        action = ids.action_of(picked[1]) if picked else {"kind": "free", "text": text}
        await self.act(interaction, str(short["id"]), None, action)

    @act_command.autocomplete("text")
    async def suggest(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(COMPLETE_WITHIN):
                seat = await self.bot.tables.recent_seat(channel_ids(interaction), player_of(interaction))
            legal = seat.legal
        except (ApiError, TimeoutError) as error:
            log.info("no suggestions", error=str(error))
            legal = []
        return [
            app_commands.Choice(name=name, value=value)
            for name, value in choices.autocomplete(legal, current)
        ]

    # --- presses -------------------------------------------------------------------------------------------------

    async def press_do(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """A suggestion, or any other action that a button holds whole."""
        await self.bot.replies.acknowledge(interaction)
        action = {"kind": target.arg(1), "id": target.arg(2), "target": target.arg(3)}
        await self.act(interaction, target.id, number_of(target), {k: v for k, v in action.items() if v})

    async def press_choose(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self.act(
            interaction, target.id, number_of(target), ids.action_of(values[0] if values else "pass")
        )

    async def press_pick(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """One action with several targets: ask whom."""
        await self.choose(interaction, target, kinds=(target.arg(1),), only=target.arg(2))

    async def press_more(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        page = target.arg(1, "0")
        await self.choose(interaction, target, page=int(page) if page.isdigit() else 0)

    async def choose(
        self,
        interaction: Interaction,
        target: Target,
        *,
        kinds: tuple[str, ...] = (),
        only: str = "",
        page: int = 0,
    ) -> None:
        """Show what the player may do now; `kinds` and `only` (an id) narrow it."""
        await self.bot.replies.acknowledge(interaction)
        seat = await self.bot.tables.seat(target.id, player_of(interaction))
        turn = seat.turn_number if seat.turn_number is not None else number_of(target) or 0
        legal = [a for a in seat.legal if not only or a.get("id") == only]
        await self.bot.replies.show(interaction, choices.chooser(target.id, turn, legal, kinds, page))

    async def press_free(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        # A modal must be the first answer and needs nothing from the API, so it comes at once.
        try:
            await interaction.response.send_modal(free_modal(target.id, target.arg(0, "0")))
        except discord.NotFound as error:
            raise TooLate from error

    async def submit_free(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        text = values[0] if values else ""
        # Words take minutes to type: they are meant for the turn that is open when they arrive, if the scene is the
        # same; the API compares the turn that the card showed and refuses what no longer fits.
        await self.act(interaction, target.id, number_of(target), {"kind": "free", "text": text[:MOST_WORDS]})


def number_of(target: Target) -> int | None:
    first = target.arg(0)
    return int(first) if first.isdigit() else None


def label_for(action: dict[str, Any], seat: Seat) -> str:
    """What the player chose, in words."""
    if action["kind"] == "free":
        return str(action.get("text") or "")
    for legal, target in choices.pairs(seat.legal):
        same_target = target is None or target["id"] == action.get("target")
        if (
            legal["kind"] == action["kind"]
            and (legal.get("id") or "") == (action.get("id") or "")
            and same_target
        ):
            return choices.label_of(legal, target)
    return str(action.get("id") or action["kind"]).replace("_", " ")
