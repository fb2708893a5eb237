"""Waiting for changes, and the two other ways to run the stand-in: in a thread, and on its own."""

import asyncio
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.fakes.discord import DiscordStandin, Refused
from tests.fakes.discord.changes import Changes

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.asyncio
async def test_until_wakes_at_a_change(discord, bot):
    alice = discord.add_user("alice")
    waiting = asyncio.create_task(discord.until(lambda: discord.bot_messages(discord.general), timeout=5))
    await alice.say("not you")
    await bot.send({"content": "hello"})
    assert [message.text for message in await waiting] == ["hello"]


@pytest.mark.asyncio
async def test_until_looks_only_at_changes():
    changes, looks = Changes(), []

    def look() -> bool:
        looks.append(1)
        return len(looks) == 3

    waiting = asyncio.create_task(changes.until(look, 5, "three looks"))
    for _ in range(2):
        await asyncio.sleep(0)
        changes.notify()
    assert await waiting and len(looks) == 3


@pytest.mark.asyncio
async def test_until_names_what_it_waited_for(discord):
    with pytest.raises(TimeoutError, match="the moon to fall"):
        await discord.until(lambda: False, timeout=0.01, what="the moon to fall")


@pytest.mark.asyncio
async def test_a_missing_answer_is_told_with_its_command(discord, bot):
    await bot.register({"name": "act", "description": "x"})
    reply = await discord.add_user("alice").slash("act")
    with pytest.raises(TimeoutError, match="alice's 'act'"):
        await reply.acknowledged(timeout=0.01)


@pytest.mark.asyncio
async def test_a_message_can_be_awaited_by_what_it_says(discord, bot):
    waiting = asyncio.create_task(discord.message(lambda message: "dragon" in message.text))
    await bot.send({"content": "a mouse"})
    await bot.send({"content": "a dragon"})
    assert (await waiting).text == "a dragon"


def test_the_threaded_standin_needs_no_await(threaded_discord):
    alice = threaded_discord.add_user("alice")
    message = alice.say("hi")
    seen = threaded_discord.until(lambda: threaded_discord.messages(visible_to=alice), timeout=5)
    assert seen == [message] and alice.name == "alice"
    with pytest.raises(Refused):
        alice.slash("nothing")
    with urllib.request.urlopen(threaded_discord.api_base + "/gateway") as answer:
        assert answer.status == 200


def test_the_standin_runs_on_its_own():
    command = [sys.executable, "-m", "tests.fakes.discord", "--port", "0", "--token", "t"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            banner = "".join(process.stdout.readline() for _ in range(4))
            base = re.search(r"DISCORD_API_BASE=(\S+)", banner)
            assert base is not None, banner
            request = urllib.request.Request(base[1] + "/users/@me", headers={"Authorization": "Bot t"})
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 200
        finally:
            process.terminate()


@pytest.mark.asyncio
async def test_the_environment_leads_a_bot_to_the_standin():
    async with DiscordStandin(token="secret") as discord:
        env = discord.bot_env()
        assert env["DISCORD_API_BASE"].endswith("/api/v10") and env["DISCORD_TOKEN"] == "secret"
        assert env["DISCORD_GATEWAY"].startswith("ws://127.0.0.1:")
        assert not set(env) & set(os.environ)
