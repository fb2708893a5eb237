"""Discord and the API as stand-ins in the test's process, and the bot in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.fakes.discord import DiscordStandin


@pytest_asyncio.fixture
async def api() -> AsyncIterator[CannedApi]:
    async with CannedApi() as canned:
        yield canned


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[DiscordStandin]:
    async with DiscordStandin() as standin:
        yield standin


@pytest_asyncio.fixture
async def bot(discord: DiscordStandin, api: CannedApi, tmp_path: Path) -> AsyncIterator[BotProcess]:
    process = BotProcess(discord, api, tmp_path / "bot.log")
    yield process
    if process.running:
        await process.kill()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Show the bot's log beside a failure."""
    outcome = yield
    report = outcome.get_result()
    process = getattr(item, "funcargs", {}).get("bot")
    if report.when == "call" and report.failed and isinstance(process, BotProcess) and process.log.exists():
        report.sections.append(("bot log", process.log.read_text()[-6000:]))
