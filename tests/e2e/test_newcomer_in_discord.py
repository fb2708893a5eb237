"""A newcomer with a German client, over real processes: a hero of her own, a refused name, a first turn."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.e2e.stack import Stack
from tests.fakes.discord import DiscordStandin

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


async def test_a_newcomer_makes_a_hero_and_plays_in_her_own_language(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, DiscordStandin() as discord, aiohttp.ClientSession():
        discord.guild.locale = "de"
        stack.extra |= discord.bot_env()
        await stack.start("bot")
        await discord.bot_online()
        ana = discord.add_user("ana")
        ana.account.locale = "de"
        offer = await (await ana.slash("play")).settled()
        form = await ana.click(offer, "Selbst einen machen …")
        await form.acknowledged()
        filled = {
            "name": "Mara #1",
            "character_class": ["chirurgeon"],
            "origin": ["salt_orphan"],
            "pronouns": ["she"],
        }
        refused = await (await ana.submit(form, filled)).settled()
        assert "Dieser Name nicht" in refused.text and "#" in refused.text
        again = await ana.click(refused, "Noch einmal")
        await again.acknowledged()
        await (await ana.submit(again, {"name": "Mara Quist"})).settled()
        lobby = await discord.message(
            lambda m: "Beginnen" in m.labels and "Mara Quist" in m.text, discord.general
        )
        await (await ana.click(lobby, "Beginnen")).settled()
        await discord.until(lambda: discord.threads(), timeout=30)
        thread = discord.threads()[0]
        table = await discord.message(lambda m: "Was kann ich tun?" in m.labels, thread, timeout=30)
        assert "Was tut **Mara Quist**?" in table.text
        roster = await (await ana.slash("character list", thread)).settled()
        assert "Mara Quist" in roster.text and "hier gemeint" in roster.text
        sheet = await (await ana.slash("character sheet", thread)).settled()
        assert "Ausweichen" in sheet.text and "Mara Quist" in sheet.text
        noted = await (await ana.click(table, custom_id=table.buttons[0]["custom_id"])).settled()
        assert "Notiert" in noted.text
        await discord.message(lambda m: "Zug 1" in m.text, thread, timeout=60)
        assert discord.violations == [] and "Traceback" not in stack.log("bot")
