"""The bot in a process of its own, as it is deployed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.bot.canned_api import CannedApi
from tests.fakes.discord import DiscordStandin

ROOT = Path(__file__).resolve().parents[2]


class BotProcess:
    """`python -m bot` against both stand-ins; can be killed and started again."""

    def __init__(self, discord: DiscordStandin, api: CannedApi, log: Path) -> None:
        self.discord, self.api, self.log = discord, api, log
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *, online: bool = True, **env: str) -> None:
        base = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
        everything = base | self.discord.bot_env() | self.api.env() | {"LEASE_SECONDS": "1"} | env
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", cwd=ROOT, env=everything, stdout=log, stderr=log
            )
        if online:
            await self.discord.bot_online()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """End the bot with this signal and wait for its status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 15)

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None
