"""How an interaction is answered: acknowledged at once, then one card that only its user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import discord
import structlog

from bot import cards
from bot.api_client import ApiError, Player
from bot.cards.as_discord import NO_PINGS, to_discord
from bot.cards.model import Card
from bot.errors import sentence_for, shows_what_is_legal
from bot.texts import command, tr

if TYPE_CHECKING:
    from bot.app import ConquestBot

Interaction: TypeAlias = "discord.Interaction[ConquestBot]"
log = structlog.get_logger("bot.replies")
LATE = {10062, 40060}  # unknown interaction (too late), already acknowledged (somewhere else)
TOKEN_GONE = {10015, 50027}


class TooLate(Exception):
    """Discord no longer takes an answer: the player saw a failure, so nothing may be done in their name."""


def player_of(interaction: Interaction) -> Player:
    user = interaction.user
    return Player(f"discord:{user.id}", user.display_name)


class Replies:
    """Answers interactions, and remembers nothing."""

    async def acknowledge(self, interaction: Interaction) -> None:
        """Tell Discord that an answer is coming. Raises TooLate when it is not wanted any more."""
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
        except discord.HTTPException as error:
            if error.code in LATE or isinstance(error, discord.NotFound):
                raise TooLate from error
            raise

    async def show(self, interaction: Interaction, card: Card) -> None:
        """Put a card into the acknowledged answer; only the interaction's user sees it."""
        message = to_discord(card)
        view = message["view"]
        if not interaction.response.is_done():
            extra: dict[str, Any] = {"view": view} if view is not None else {}
            await interaction.response.send_message(
                embeds=message["embeds"], ephemeral=True, allowed_mentions=NO_PINGS, **extra
            )
            return
        try:
            await interaction.edit_original_response(
                embeds=message["embeds"], view=view, allowed_mentions=NO_PINGS
            )
        except discord.HTTPException as error:
            # After 15 minutes the token is dead. What everyone should see comes from the relay in any case.
            if error.code not in TOKEN_GONE:
                raise
            log.info("answer came after the interaction's end", code=error.code)

    async def replace(self, interaction: Interaction, card: Card) -> None:
        """Put a card in the place of the one that was pressed. Raises TooLate when no answer is wanted any more."""
        message = to_discord(card)
        try:
            await interaction.response.edit_message(
                embeds=message["embeds"], view=message["view"], allowed_mentions=NO_PINGS
            )
        except discord.HTTPException as error:
            if error.code in LATE or isinstance(error, discord.NotFound):
                raise TooLate from error
            raise

    async def outdated(self, interaction: Interaction) -> None:
        await self.acknowledge(interaction)
        await self.show(
            interaction,
            cards.notice(
                tr("That button is from an older version"),
                tr("Use {act} or {help}.", act=command("act"), help=command("help")),
                bad=True,
            ),
        )

    async def failed(
        self,
        interaction: Interaction,
        error: BaseException,
        session_id: str = "",
        turn: int | None = None,
        words: str = "",
    ) -> None:
        """One sentence for the player, the rest for the log; refusals of play come with what is legal instead."""
        original = getattr(error, "original", error)
        if isinstance(original, TooLate):
            log.warning("interaction was too late to be answered", id=interaction.id)
            return
        if isinstance(original, ApiError):
            log.info(
                "api refused", code=original.code, status=original.status, interaction=str(interaction.id)
            )
            card = self.card_of(original, session_id, turn, words)
        else:
            log.error("interaction failed", exc_info=original, interaction=str(interaction.id))
            card = cards.notice(tr("That did not work"), sentence_for("internal"), bad=True)
        try:
            await self.show(interaction, card)
        except discord.HTTPException as lost:
            log.warning("the failure could not be shown", code=lost.code, status=lost.status)

    @staticmethod
    def card_of(error: ApiError, session_id: str = "", turn: int | None = None, words: str = "") -> Card:
        sentence = sentence_for(error.code, error.message, error.details)
        if shows_what_is_legal(error.code, error.details):
            current = error.details.get("current_turn")
            if isinstance(current, dict):
                current = current.get("number")
            number = current if isinstance(current, int) else turn
            number = number if session_id else None
            return cards.refusal(sentence, session_id, number, error.details.get("legal") or [], words)
        title = tr("The game server rests") if error.is_passing else tr("That did not work")
        return cards.notice(title, sentence, bad=True)
