"""What the story remembers: /memory shows it, and buttons and a modal pin, set right and forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.api_client import ApiError, Player
from bot.cards import ids
from bot.cards import memories as drawn
from bot.cards.ids import Target
from bot.cogs.place import channel_ids
from bot.replies import Interaction, TooLate, player_of
from bot.texts import tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

Json = dict[str, Any]
MOST_WORDS = 280


def memory_modal(title: str, custom_id: str, placeholder: str) -> discord.ui.Modal:
    """Words for the memories; answered by its custom_id, see `ConquestBot.on_interaction`."""
    modal = discord.ui.Modal(title=title, custom_id=custom_id, timeout=900)
    words: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label=tr("What should be remembered"), custom_id="words", style=discord.TextStyle.paragraph,
        placeholder=placeholder, max_length=MOST_WORDS,
    )  # fmt: skip
    modal.add_item(words)
    return modal


class MemoryCog(commands.Cog):
    """Every card is its user's alone; what changes is told to the table by the relay."""

    def __init__(self, bot: ConquestBot) -> None:
        self.bot = bot
        on = bot.presses.on
        on("mem", "open", self.press_open)
        on("mem", "p", self.press_page)
        on("mem", "new", self.press_new)
        on("mem", "fix", self.press_fix)
        for verb in ("pin", "unpin", "forget", "undo"):
            on("mem", verb, self.press_change)
        bot.presses.on_modal("mem", "new", self.submit_new)
        bot.presses.on_modal("mem", "fix", self.submit_fix)

    @app_commands.command(
        name="memory", description="What the story remembers; pin it, set it right or forget it"
    )
    @app_commands.describe(words="Only memories with these words")
    async def memory(self, interaction: Interaction, words: app_commands.Range[str, 1, 80] = "") -> None:
        await self.bot.replies.acknowledge(interaction)
        short = await self.bot.tables.here(channel_ids(interaction), player_of(interaction))
        await self._list(interaction, str(short["id"]), {"q": words or None}, words)

    # --- presses -------------------------------------------------------------------------------------------------

    async def press_page(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._list(interaction, target.id, {"cursor": target.arg(0)})

    async def press_open(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        path = f"sessions/{target.id}/memories/{values[0] if values else ''}"
        found = await self.bot.api.call("GET", path, player=player_of(interaction))
        await self.bot.replies.show(interaction, drawn.memory_card(found, target.id))

    async def press_change(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        """Pin, unpin, forget or undo: the memory is shown again as it then is."""
        await self.bot.replies.acknowledge(interaction)
        body = {"pin": {"pinned": True}, "unpin": {"pinned": False}, "undo": {"undo": True}}.get(target.verb)
        await self._change(interaction, target.arg(0), target.id, body)

    async def press_new(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        modal = memory_modal(
            tr("Write something down"), ids.make("mem", target.id, "new"), tr("We owe Tib a new oar.")
        )
        await self._ask(interaction, modal)

    async def press_fix(self, interaction: Interaction, target: Target, _: list[str]) -> None:
        custom_id = ids.make("mem", target.id, "fix", target.arg(0))
        await self._ask(
            interaction, memory_modal(tr("Set it right"), custom_id, tr("It was Tib's oar, not Odile's."))
        )

    async def submit_new(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        body = {"text": values[0] if values else ""}
        path, player = f"sessions/{target.id}/memories", player_of(interaction)
        made = await self.bot.api.call("POST", path, body=body, player=player, key=str(interaction.id))
        self.bot.relay.nudge(target.id)
        await self.bot.replies.show(interaction, drawn.memory_card(made, target.id, tr("Written down.")))

    async def submit_fix(self, interaction: Interaction, target: Target, values: list[str]) -> None:
        await self.bot.replies.acknowledge(interaction)
        await self._change(interaction, target.arg(0), target.id, {"text": values[0] if values else ""})

    # --- what they share -------------------------------------------------------------------------------------------

    async def _ask(self, interaction: Interaction, modal: discord.ui.Modal) -> None:
        # A modal must be the first answer and needs nothing from the API, so it comes at once.
        try:
            await interaction.response.send_modal(modal)
        except discord.NotFound as error:
            raise TooLate from error

    async def _list(self, interaction: Interaction, session_id: str, asked: Json, words: str = "") -> None:
        page = await self._page(player_of(interaction), session_id, asked)
        await self.bot.replies.show(interaction, drawn.memory_list(page, session_id, words))

    async def _page(self, player: Player, session_id: str, asked: Json) -> Json:
        params = {"limit": drawn.SHOWN, **asked}
        page: Json = await self.bot.api.call(
            "GET", f"sessions/{session_id}/memories", params=params, player=player
        )
        return page

    async def _change(
        self, interaction: Interaction, session_id: str, memory_id: str, body: Json | None
    ) -> None:
        path, player = f"sessions/{session_id}/memories/{memory_id}", player_of(interaction)
        method = "DELETE" if body is None else "PATCH"
        told = ""
        try:
            shown = await self.bot.api.call(method, path, body=body, player=player, key=str(interaction.id))
            self.bot.relay.nudge(session_id)
        except ApiError as error:
            if error.is_passing or error.status in (401, 404):
                raise
            told = f"⚠️ {error.message}"
            shown = await self.bot.api.call("GET", path, player=player)
        await self.bot.replies.show(interaction, drawn.memory_card(shown, session_id, told))
