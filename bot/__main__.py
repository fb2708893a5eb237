"""`python -m bot`: run the Discord bot."""

from __future__ import annotations

import asyncio
import sys

import discord

from bot.app import run
from bot.logging_setup import configure
from bot.settings import BadSettings, BotSettings


def main() -> int:
    try:
        settings = BotSettings.load()
    except BadSettings as error:
        print(f"The bot cannot start:\n{error}", file=sys.stderr)
        return 2
    configure(settings.log_level)
    try:
        asyncio.run(run(settings))
    except discord.LoginFailure:
        print("The bot cannot start:\nDISCORD_TOKEN is wrong: Discord does not know it", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
