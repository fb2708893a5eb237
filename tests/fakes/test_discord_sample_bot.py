"""An unmodified discord.py bot in a process of its own goes through everything, with no violation."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.gateway import Gateway

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def running_bot(discord: DiscordStandin, sharded: bool = False) -> AsyncIterator[None]:
    """The sample bot, started, logged in, and stopped at the end; its log is shown when a test fails."""
    env = {**os.environ, **discord.bot_env(), "SAMPLE_BOT_SHARDED": "1" if sharded else "0"}
    command = [sys.executable, "-m", "tests.fakes.sample_bot"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=env, stderr=pipe)
    try:
        await discord.bot_online()
        yield
    finally:
        process.terminate()
        _, log = await process.communicate()
        print(discord.transcript(), log.decode(), sep="\n")


async def test_commands_buttons_forms_and_threads():
    async with DiscordStandin() as discord, running_bot(discord):
        alice, bob = discord.add_user("alice"), discord.add_user("bob")

        reply = await alice.slash("act", what="open the door")
        assert (await reply.settled()).text == "You open the door."
        await discord.until(lambda: len(reply.followups) == 1)
        assert reply.ack_seconds < 3 and "Turn 1" in reply.text

        reply = await alice.autocomplete("act", focused="what", value="open")
        await reply.acknowledged()
        assert [choice["value"] for choice in reply.choices] == ["open the door", "open the chest"]

        menu = await (await alice.slash("menu")).settled()
        await (await bob.click(menu, label="Later")).settled(lambda message: message.text == "done later")
        await (await bob.click(menu, label="Roll")).acknowledged()
        assert menu.text == "rolled 17"
        await (await bob.select(menu, "menu:where", ["South"])).acknowledged()
        assert menu.text == "went s"
        form = await (await bob.click(menu, label="Speak")).acknowledged()
        answer = await (await bob.submit(form, {"Words": "hello", "Tone": ["Soft"]})).settled()
        assert answer.text == "Soft: hello"
        assert answer.visible_to(bob) and not answer.visible_to(alice)

        note = await (await bob.slash("note", to=alice, urgent=True)).settled()
        assert "urgent: True" in note.text and note.attachments[0]["filename"] == "note.txt"
        panel = await (await bob.slash("panel")).settled()
        assert "Two guards" in panel.text and panel.labels == ["Bow"]

        start = await alice.slash("campaign start", title="Doom", length=9)
        await start.settled()
        [thread] = discord.threads(discord.general)
        assert alice.sees(thread) and not bob.sees(thread)
        [welcome] = discord.bot_messages(thread)
        assert welcome.pinned and welcome.pinged == []

        assert discord.violations == [] and discord.rejected == []


async def test_messages_nonces_rate_limits_and_private_conversations():
    async with DiscordStandin() as discord, running_bot(discord):
        alice = discord.add_user("alice")
        question = await alice.say("thread The Crypt")
        opening = await discord.message(lambda message: message.text == "the scene opens")
        assert opening.nonce is not None and opening.channel.name == "The Crypt"
        await discord.until(lambda: question.reactions.get("🎲") == [discord.bot.id])

        await alice.say("hello", channel=alice.dm)
        await discord.message(lambda message: message.text == "psst: hello", channel=alice.dm)

        fault = discord.fail("POST", r"/channels/\d+/messages$", status=429, retry_after=0.1)
        await alice.say("again")
        heard = await discord.message(lambda message: message.text == "heard: again")
        assert fault.hits == 1 and heard.pinged == ["alice"]
        assert discord.violations == [] and discord.rejected == []


@pytest.mark.parametrize(
    ("sharded", "for_good"),
    [(False, Gateway.lose_heartbeats), (True, partial(Gateway.invalidate, resumable=False))],
    ids=["client whose session timed out", "sharded client whose session was invalidated"],
)
async def test_the_line_may_be_lost_in_every_way(sharded, for_good):
    async with DiscordStandin() as discord, running_bot(discord, sharded):
        alice, gateway = discord.add_user("alice"), discord.gateway
        resume, identify = 6, 2

        discord.ask_to_reconnect()
        await discord.until(lambda: gateway.count(resume) == 1)

        discord.drop_connections()
        await alice.say("while you were away")
        await discord.message(lambda message: message.text == "heard: while you were away")
        assert gateway.count(resume) == 2 and gateway.count(identify) == 1

        for_good(gateway)
        await discord.until(lambda: gateway.count(identify) == 2 and gateway.live_sessions, timeout=20)
        assert (await (await alice.slash("menu")).settled()).text == "menu"
        assert discord.violations == [] and discord.rejected == []


async def test_guilds_come_and_go_and_things_are_sold():
    async with DiscordStandin() as discord, running_bot(discord):
        alice, set_presence = discord.add_user("alice"), 3
        await discord.until(lambda: discord.gateway.count(set_presence), what="the bot to be ready")
        elsewhere = discord.add_guild("Elsewhere")
        await discord.message(lambda message: message.text == "hello, Elsewhere")
        discord.kick_bot(elsewhere)
        await discord.message(lambda message: message.text == "farewell, Elsewhere")
        discord.admit_bot(elsewhere)
        await discord.until(lambda: len([m for m in discord.messages() if m.text.startswith("hello")]) == 2)
        discord.begin_outage(elsewhere)
        discord.end_outage(elsewhere)

        potion = discord.add_sku("Potion", kind=3)
        alice.buy(potion)
        await discord.message(lambda message: message.text == "sold Potion, 1 used")
        assert (await (await alice.slash("luck")).settled()).text == "by guild, 1 bought"

        alice.install_app()
        foreign = discord.add_guild("Foreign", with_bot=False)
        await alice.join_guild(foreign)
        reply = await alice.slash("luck", channel=discord.world.channels_of(foreign)[0])
        assert (await reply.settled()).text == "by user, 1 bought"
        assert discord.violations == [] and discord.rejected == []
