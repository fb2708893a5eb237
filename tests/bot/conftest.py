"""Discord and the API as stand-ins in the test's process, and the bot in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import discord as discord_py
import pytest
import pytest_asyncio

from bot.app import point_discord_at
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Session
from tests.bot.relay_process import Process
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


@pytest_asyncio.fixture
async def start(api: CannedApi, discord: DiscordStandin) -> AsyncIterator[Callable[[], Awaitable[Process]]]:
    base, gateway = discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    point_discord_at(discord.api_base, discord.gateway_url)
    running: list[Process] = []

    async def one() -> Process:
        running.append(await Process(api).start())
        return running[-1]

    yield one
    for process in running:
        if process.task is not None and not process.client.is_closed():
            await process.die()
    discord_py.http.Route.BASE, discord_py.gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
def session(api: CannedApi, discord: DiscordStandin) -> Session:
    ana, bo = discord.add_user("ana"), discord.add_user("bo")
    users = [(ana.id, "Ana"), (bo.id, "Bo")]
    return api.add_session(discord.general.id, discord.guild.id, users, status="lobby")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Show the bot's log beside a failure."""
    outcome = yield
    report = outcome.get_result()
    process = getattr(item, "funcargs", {}).get("bot")
    if report.when == "call" and report.failed and isinstance(process, BotProcess) and process.log.exists():
        report.sections.append(("bot log", process.log.read_text()[-6000:]))
