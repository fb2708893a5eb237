"""Buttons, selects and modals: finds the handler of a custom_id, so that a press works after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import structlog

from bot.cards import ids
from bot.cards.ids import Target
from bot.replies import Interaction
from bot.texts import language_for, speak

log = structlog.get_logger("bot.presses")
Handler = Callable[["Interaction", Target, list[str]], Awaitable[None]]


class Presses:
    """Which coroutine answers `coc:<kind>:…:<verb>`; cogs register theirs when they are loaded."""

    def __init__(self) -> None:
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._modals: dict[tuple[str, str], Handler] = {}

    def on(self, kind: str, verb: str, handler: Handler) -> None:
        self._put(self._handlers, kind, verb, handler)

    def on_modal(self, kind: str, verb: str, handler: Handler) -> None:
        self._put(self._modals, kind, verb, handler)

    @staticmethod
    def _put(table: dict[tuple[str, str], Handler], kind: str, verb: str, handler: Handler) -> None:
        if (kind, verb) in table:
            raise ValueError(f"two handlers for coc:{kind}:…:{verb}")
        table[kind, verb] = handler

    async def press(self, interaction: Interaction, custom_id: str) -> None:
        """Answer a button or select."""
        data: dict[str, Any] = dict(interaction.data or {})
        values = [str(v) for v in data.get("values") or []]
        await self._run(self._handlers, interaction, custom_id, values)

    async def submit(self, interaction: Interaction) -> None:
        """Answer a modal; its values are those of its fields, in order."""
        data: dict[str, Any] = dict(interaction.data or {})
        await self._run(self._modals, interaction, str(data.get("custom_id")), typed_values(data))

    async def _run(
        self,
        table: dict[tuple[str, str], Handler],
        interaction: Interaction,
        custom_id: str,
        values: list[str],
    ) -> None:
        speak(language_for(interaction.locale.value))
        target = ids.parse(custom_id)
        handler = table.get((target.kind, target.verb)) if target else None
        try:
            if target is None or handler is None:
                log.warning("press without a handler", custom_id=custom_id)
                await interaction.client.replies.outdated(interaction)
                return
            await handler(interaction, target, values)
        except (
            Exception
        ) as error:  # the edge: whatever went wrong, the player gets a sentence and the log the rest
            await interaction.client.replies.failed(interaction, error)


def typed_values(data: dict[str, Any]) -> list[str]:
    """What a modal's fields hold, whether they stand in rows or in labels: a text, or the option that was chosen."""
    out: list[str] = []
    for component in data.get("components") or []:
        for field in component.get("components") or [component.get("component")]:
            if isinstance(field, dict) and "value" in field:
                out.append(str(field["value"] or ""))
            elif isinstance(field, dict) and "values" in field:
                out.append(str((field["values"] or [""])[0]))
    return out


class Press(discord.ui.DynamicItem[discord.ui.Item[Any]], template=re.compile(ids.PATTERN.pattern)):
    """Any button or select with a custom_id of ours."""

    @classmethod
    async def from_custom_id(  # type: ignore[override]
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Press:
        return cls(item)

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        data: dict[str, Any] = dict(interaction.data or {})
        await interaction.client.presses.press(interaction, str(data.get("custom_id")))
