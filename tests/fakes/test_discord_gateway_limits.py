"""The gateway's limits: heartbeats, session starts, versions, intents, resumes that come too late; compression."""

import asyncio

import pytest

from tests.fakes.discord import DiscordStandin, FrozenClock
from tests.fakes.raw_bot import ALL_INTENTS, RawBot
from tests.fakes.test_discord_sample_bot import running_bot

pytestmark = pytest.mark.asyncio


async def test_a_client_that_stops_beating_is_closed_with_4009_and_forgotten():
    async with DiscordStandin(heartbeat_seconds=0.05) as discord, RawBot(discord) as bot:
        line = await bot.identify()
        assert await line.closed() == 4009
        assert discord.gateway.sessions == {} and discord.gateway.refused == [4009]
        again = await bot.connect()
        session = {"token": discord.world.token, "session_id": line.ready["session_id"], "seq": 1}
        await again.send(6, session)
        assert (await again.next())["d"] is False


async def test_a_client_that_has_beaten_before_is_closed_as_well():
    async with DiscordStandin(heartbeat_seconds=0.05) as discord, RawBot(discord) as bot:
        line = await bot.identify(0)
        await line.send(1, line.sequence)
        assert await line.closed() == 4009


async def test_a_client_that_never_identifies_is_closed_too():
    async with DiscordStandin(heartbeat_seconds=0.05) as discord, RawBot(discord) as bot:
        assert await (await bot.connect()).closed() == 4009


async def test_a_client_that_beats_is_kept():
    async with DiscordStandin(heartbeat_seconds=0.2) as discord, RawBot(discord) as bot:
        line, silent = await bot.identify(0), await bot.identify(0)
        given_up = asyncio.create_task(silent.closed())
        while not given_up.done():
            await line.send(1, line.sequence)
            assert (await line.next())["op"] == 11
            await asyncio.wait([given_up], timeout=0.05)
        assert await given_up == 4009
        assert [session.id for session in discord.gateway.live_sessions] == [line.ready["session_id"]]


async def test_session_starts_are_counted_for_a_day(clock: FrozenClock):
    async with (
        DiscordStandin(clock=clock, session_starts=2, max_concurrency=16) as discord,
        RawBot(discord) as bot,
    ):
        for remaining in (2, 1):
            _, gateway = await bot.call("GET", "/gateway/bot")
            limit = gateway["session_start_limit"]
            assert (limit["total"], limit["remaining"], limit["max_concurrency"]) == (2, remaining, 16)
            await bot.identify()
        line = await bot.connect()
        await line.identify(discord.world.token, ALL_INTENTS)
        assert await line.closed() == 4004
        clock.advance(24 * 3600)
        _, gateway = await bot.call("GET", "/gateway/bot")
        assert gateway["session_start_limit"]["remaining"] == 2
        await bot.identify()
        assert discord.violations == []


async def test_an_unknown_version_closes_the_line_with_4012(bot):
    assert await (await bot.dial(v="5")).closed() == 4012
    for version in ("9", "10"):
        await bot.connect(v=version)


@pytest.mark.parametrize("intents", [1 << 30, -1, "513", None])
async def test_intents_that_do_not_exist_close_the_line_with_4013(discord, bot, intents):
    line = await bot.connect()
    await line.identify(discord.world.token, intents)
    assert await line.closed() == 4013


@pytest.mark.parametrize(("name", "intent"), [("members", 1 << 1), ("presences", 1 << 8)])
async def test_each_privileged_intent_has_to_be_switched_on(name, intent):
    async with DiscordStandin(privileged_intents=["message_content"]) as discord, RawBot(discord) as bot:
        line = await bot.connect()
        await line.identify(discord.world.token, intent)
        assert await line.closed() == 4014, name
        assert (await bot.identify(1 << 15)).ready


@pytest.mark.parametrize("shard", [[2, 2], [-1, 2]])
async def test_a_shard_that_does_not_exist_closes_the_line_with_4010(discord, bot, shard):
    line = await bot.connect()
    await line.identify(discord.world.token, 1, shard)
    assert await line.closed() == 4010


async def test_a_session_is_resumed_within_its_window_only(discord, bot, clock):
    for seconds, event in ((180, "RESUMED"), (181, None)):
        line = await bot.identify()
        discord.drop_connections()
        assert await line.closed() == 4000
        clock.advance(seconds)
        again = await bot.connect()
        session = {"token": discord.world.token, "session_id": line.ready["session_id"], "seq": 1}
        await again.send(6, session)
        if event:
            assert await again.event(event) == {}
        else:
            assert (await again.next())["op"] == 9


async def test_a_resume_from_a_sequence_that_never_was_closes_the_line_with_4007(discord, bot):
    line = await bot.identify()
    again = await bot.connect()
    session = {"token": discord.world.token, "session_id": line.ready["session_id"], "seq": 999}
    await again.send(6, session)
    assert await again.closed() == 4007


async def test_a_session_has_one_line_at_a_time(discord, bot):
    line = await bot.identify(0)
    again = await bot.connect()
    session = {"token": discord.world.token, "session_id": line.ready["session_id"], "seq": 1}
    await again.send(6, session)
    await again.event("RESUMED")
    assert await line.closed() == 4000
    assert len(discord.gateway.live_sessions) == 1


async def test_a_line_is_one_zlib_stream_when_the_client_asks_for_it(discord, bot):
    line = await bot.connect(compress="zlib-stream")
    await line.identify(discord.world.token, ALL_INTENTS)
    assert (await line.event("GUILD_CREATE"))["id"] == discord.guild.id
    await discord.add_user("alice").say("ü" * 500)
    assert (await line.event("MESSAGE_CREATE"))["content"] == "ü" * 500
    assert line.is_compressed and not (await bot.connect()).is_compressed


async def test_two_shards_stand_a_burst_of_interactions():
    async with DiscordStandin(shards=2) as discord, running_bot(discord, sharded=True):
        await discord.until(lambda: len(discord.gateway.live_sessions) == 2, timeout=20)
        guilds = {discord.guild.id: discord.guild}
        while len({int(one) >> 22 & 1 for one in guilds}) < 2:
            more = discord.add_guild(f"G{len(guilds)}")
            guilds[more.id] = more
        people = [
            discord.add_user(f"p{number}", guild=guild) for guild in guilds.values() for number in range(5)
        ]
        replies = [await person.slash("act", what=f"step {turn}") for turn in range(10) for person in people]
        for reply in replies:
            assert f"step {replies.index(reply) // len(people)}." in (await reply.settled()).text
        await discord.until(lambda: all(len(reply.followups) == 1 for reply in replies), timeout=20)
        assert max(reply.ack_seconds or 0 for reply in replies) < 3
        assert len(replies) >= 100 and discord.violations == [] and discord.rejected == []
        assert all(line.line.compressed for line in discord.gateway.live_sessions if line.line)
