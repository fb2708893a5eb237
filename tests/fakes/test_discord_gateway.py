"""The gateway: identifying, intents, shards, resuming, and what each session hears."""

import pytest

from tests.fakes.discord import DiscordStandin
from tests.fakes.raw_bot import ALL_INTENTS, MESSAGE_CONTENT, RawBot

pytestmark = pytest.mark.asyncio


async def test_a_client_hears_hello_ready_and_its_guild(discord: DiscordStandin, bot: RawBot):
    line = await bot.identify()
    assert line.ready["user"]["id"] == discord.bot.id
    guild = await line.event("GUILD_CREATE")
    assert [channel["name"] for channel in guild["channels"]] == ["general"]
    await line.send(1, line.sequence)
    assert (await line.next())["op"] == 11


async def test_a_wrong_token_closes_the_line_with_4004(discord, bot):
    line = await bot.connect()
    await line.identify("stolen", ALL_INTENTS)
    assert await line.closed() == 4004


async def test_an_intent_that_is_not_switched_on_closes_the_line_with_4014():
    async with DiscordStandin(privileged_intents=["members"]) as discord, RawBot(discord) as bot:
        line = await bot.connect()
        await line.identify(discord.world.token, MESSAGE_CONTENT)
        assert await line.closed() == 4014


@pytest.mark.parametrize(("op", "code"), [(8, 4003), (77, 4003)])
async def test_speaking_before_identifying_closes_the_line(bot, op, code):
    line = await bot.connect()
    await line.send(op, {})
    assert await line.closed() == code


async def test_nonsense_closes_the_line_with_4002(bot):
    line = await bot.connect()
    await line.socket.send_str("nonsense")
    assert await line.closed() == 4002


async def test_a_second_identify_closes_the_line_with_4005(discord, bot):
    line = await bot.identify()
    await line.identify(discord.world.token, ALL_INTENTS)
    assert await line.closed() == 4005


async def test_without_the_content_intent_others_messages_are_blank(discord, bot):
    alice = discord.add_user("alice")
    blind = await bot.identify(ALL_INTENTS & ~MESSAGE_CONTENT)
    seeing = await bot.identify()
    await alice.say("a secret")
    assert (await blind.event("MESSAGE_CREATE"))["content"] == ""
    assert (await seeing.event("MESSAGE_CREATE"))["content"] == "a secret"


async def test_own_messages_mentions_and_private_ones_are_never_blank(discord, bot):
    alice = discord.add_user("alice")
    line = await bot.identify(ALL_INTENTS & ~MESSAGE_CONTENT)
    await bot.send({"content": "mine"})
    await alice.say(f"you there, {discord.bot.mention}?")
    await alice.say("psst", channel=alice.dm)
    heard = [(await line.event("MESSAGE_CREATE"))["content"] for _ in range(3)]
    assert heard == ["mine", f"you there, {discord.bot.mention}?", "psst"]


async def test_events_need_their_intent(discord, bot):
    alice = discord.add_user("alice")
    line = await bot.identify(1)
    await alice.say("unheard")
    discord.add_channel("tavern")
    names = await line.names_until("CHANNEL_CREATE")
    assert "MESSAGE_CREATE" not in names


async def test_ephemeral_messages_and_hidden_channels_are_not_told(discord, bot):
    await bot.register({"name": "act", "description": "x"})
    alice = discord.add_user("alice")
    hidden = discord.add_channel("hidden")
    for target in (discord.everyone, discord.bot_role):
        discord.set_permissions(hidden, target, deny="view_channel")
    discord.set_permissions(hidden, alice, allow="view_channel")
    line = await bot.identify()
    reply = await alice.slash("act")
    await bot.answer(reply, 4, {"content": "secret", "flags": 64})
    await alice.say("behind closed doors", channel=hidden)
    await alice.say("in the open")
    assert (await line.event("MESSAGE_CREATE"))["content"] == "in the open"


async def test_a_resume_replays_what_was_missed_and_nothing_else(discord, bot):
    alice = discord.add_user("alice")
    line = await bot.identify()
    await alice.say("heard")
    await line.event("MESSAGE_CREATE")
    discord.drop_connections()
    await alice.say("missed")
    assert await line.closed() == 4000
    again = await bot.connect()
    session = {"token": discord.world.token, "session_id": line.ready["session_id"], "seq": line.sequence}
    await again.send(6, session)
    assert (await again.event("MESSAGE_CREATE"))["content"] == "missed"
    assert await again.names_until("RESUMED") == ["RESUMED"]


async def test_an_unknown_session_cannot_be_resumed(discord, bot):
    line = await bot.connect()
    await line.send(6, {"token": discord.world.token, "session_id": "1", "seq": 1})
    payload = await line.next()
    assert (payload["op"], payload["d"]) == (9, False)
    await line.identify(discord.world.token, ALL_INTENTS)
    assert (await line.next())["t"] == "READY"


async def test_reconnect_and_invalid_session_are_sent_on_command(discord, bot):
    line = await bot.identify()
    await line.event("GUILD_CREATE")
    discord.ask_to_reconnect()
    assert (await line.next())["op"] == 7
    discord.invalidate_sessions(resumable=True)
    assert (await line.next())["d"] is True and discord.gateway.sessions
    discord.invalidate_sessions()
    assert (await line.next())["d"] is False and not discord.gateway.sessions


async def test_each_shard_hears_its_own_guilds(discord, bot):
    guilds = [discord.guild, *(discord.add_guild(f"G{number}") for number in range(4))]
    heard = {}
    for number in range(2):
        line = await bot.identify(shard=[number, 2])
        heard[number] = {guild["id"] for guild in line.ready["guilds"]}
    assert heard[0] | heard[1] == {guild.id for guild in guilds}
    for number, ids in heard.items():
        assert ids and all((int(guild_id) >> 22) % 2 == number for guild_id in ids)


async def test_members_are_listed_on_request(discord, bot):
    alice = discord.add_user("alice")
    line = await bot.identify()
    guild = await line.event("GUILD_CREATE")
    assert len(guild["members"]) == 3
    await line.send(8, {"guild_id": discord.guild.id, "user_ids": [alice.id], "nonce": "n"})
    chunk = await line.event("GUILD_MEMBERS_CHUNK")
    assert [member["user"]["username"] for member in chunk["members"]] == ["alice"]


async def test_without_the_presences_intent_the_guild_lists_the_bot_alone(discord, bot):
    discord.add_user("alice")
    line = await bot.identify(1)
    guild = await line.event("GUILD_CREATE")
    assert [member["user"]["id"] for member in guild["members"]] == [discord.bot.id]
    assert guild["member_count"] == 3


async def test_everything_that_is_told_agrees_with_the_published_description(discord, bot):
    alice = discord.add_user("alice")
    message = await alice.say("hi")
    await alice.react(message, "🎲")
    await alice.edit(message, "ho")
    path = f"/channels/{discord.general.id}/messages/{message.id}/threads"
    await bot.call("POST", path, {"name": "quest"})
    await alice.say("in here", channel=discord.threads()[0], reply_to=None)
    await alice.unreact(message, "🎲")
    await alice.delete(message)
    assert discord.violations == []


async def test_more_than_120_payloads_a_minute_close_the_line_with_4008(bot, clock):
    line = await bot.identify()
    await line.event("GUILD_CREATE")

    async def beat(times: int) -> None:
        for _ in range(times):
            await line.send(1)
            assert (await line.next())["op"] == 11

    await beat(119)
    clock.advance(61)
    await beat(120)
    await line.send(1)
    assert await line.closed() == 4008


async def test_a_stopped_bot_is_noticed(discord, bot):
    line = await bot.identify()
    await discord.bot_online(commands=False)
    await line.socket.close()
    await discord.bot_offline()
