"""From /play to the second turn, over the wire: the lobby, the thread, one message for each turn."""

from __future__ import annotations

import pytest

from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import ulid
from tests.fakes.discord import DiscordStandin

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]


async def test_a_newcomer_plays_from_an_empty_channel(
    bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    await bot.start()
    ana = discord.add_user("ana")
    reply = await ana.slash("play")
    await reply.settled()
    menu = reply.message
    assert menu is not None
    picked = await ana.select(menu, menu.components[0]["components"][0]["custom_id"], ["h|mara"])
    await picked.settled()
    lobby = await discord.message(lambda m: "Begin" in m.labels, discord.general)
    begun = await ana.click(lobby, "Begin")
    await begun.settled()
    thread = await discord.until(lambda: discord.threads() and discord.threads()[0])
    table = await discord.message(lambda m: "What can I do?" in m.labels, thread)
    assert "Search the boats" in table.labels
    session = next(iter(api.sessions.values()))
    await api.resolve(session, 1)
    outcome = await discord.message(lambda m: f"coc:turn:{ulid(1, 'T')}:why" in str(m.components), thread)
    await api.narrate(session, 1, "You find an oar carved with a name.")
    await discord.until(lambda: "an oar carved" in str(outcome.embeds))
    print(discord.transcript())
    assert not discord.violations, discord.violations
