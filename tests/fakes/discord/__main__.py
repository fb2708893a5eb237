"""`python -m tests.fakes.discord --port 8199`: the stand-in on its own, for trying a bot by hand."""

import argparse
import asyncio

from tests.fakes.discord.errors import Violation
from tests.fakes.discord.standin import DEFAULT_TOKEN, DiscordStandin

FOREVER = 10.0**9

BANNER = """Discord stand-in is up. Start the bot with:
  DISCORD_API_BASE={DISCORD_API_BASE}
  DISCORD_GATEWAY={DISCORD_GATEWAY}
  DISCORD_TOKEN={DISCORD_TOKEN}
Guild {guild} with #general ({channel}). Stop with Ctrl-C; violations are shown as they happen."""


async def serve(port: int, token: str) -> None:
    """Run until interrupted, printing every violation."""
    async with DiscordStandin(port=port, token=token) as discord:
        places = {"guild": discord.guild.id, "channel": discord.general.id}
        print(BANNER.format(**discord.bot_env(), **places), flush=True)
        shown: list[Violation] = []
        while True:
            await discord.until(lambda: len(discord.violations) > len(shown), timeout=FOREVER)
            for violation in discord.violations[len(shown) :]:
                shown.append(violation)
                print(violation, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.discord", description=__doc__)
    parser.add_argument("--port", type=int, default=8199)
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.port, arguments.token))
    except KeyboardInterrupt:
        print("stopped", flush=True)


if __name__ == "__main__":
    main()
