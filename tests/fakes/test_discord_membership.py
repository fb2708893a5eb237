"""Guilds, members, roles and channels that come and go while a game is on."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, Refused
from tests.fakes.raw_bot import ALL_INTENTS, RawBot

pytestmark = pytest.mark.asyncio

MEMBERS = 1 << 1


@pytest_asyncio.fixture
async def line(bot: RawBot):
    connected = await bot.identify()
    await connected.event("GUILD_CREATE")
    return connected


async def open_thread(bot: RawBot, **body):
    path = f"/channels/{bot.discord.general.id}/threads"
    _, thread = await bot.call("POST", path, {"name": "quest", "type": 11, **body})
    return bot.discord.world.channels[thread["id"]]


# ---- the bot in its guilds


async def test_a_bot_that_is_thrown_out_hears_of_it_and_finds_nothing_more(discord, bot, line):
    message = await discord.add_user("alice").say("hi")
    discord.kick_bot()
    assert await line.event("GUILD_DELETE") == {"id": discord.guild.id}
    assert (await bot.send({"content": "x"}))[1]["code"] == 50001
    path = f"/channels/{discord.general.id}/messages/{message.id}"
    assert (await bot.call("GET", path))[1]["code"] == 50001
    assert (await bot.call("GET", f"/guilds/{discord.guild.id}"))[1]["code"] == 10004
    assert (await bot.call("GET", "/users/@me/guilds"))[1] == []
    assert discord.violations == []


async def test_what_goes_on_in_a_guild_after_the_bot_has_left_is_not_told(discord, bot, line):
    alice, elsewhere = discord.add_user("alice"), discord.add_guild("Elsewhere")
    discord.kick_bot()
    await alice.say("is it gone?")
    discord.add_channel("back room")
    discord.add_role("Gossips")
    await alice.leave_guild()
    tavern = discord.add_channel("tavern", guild=elsewhere)
    names = await line.names_until("CHANNEL_CREATE")
    assert names[-2:] == ["GUILD_DELETE", "CHANNEL_CREATE"] and tavern.guild is elsewhere


async def test_a_command_is_not_offered_where_the_bot_was_thrown_out(discord, bot):
    await bot.register({"name": "act", "description": "x"})
    alice = discord.add_user("alice")
    discord.kick_bot()
    assert alice.commands() == []
    with pytest.raises(Refused, match="not installed"):
        await alice.slash("act")


async def test_an_interaction_can_still_be_answered_after_the_bot_was_thrown_out(discord, bot):
    await bot.register({"name": "act", "description": "x"})
    reply = await discord.add_user("alice").slash("act")
    discord.kick_bot()
    assert (await bot.answer(reply, 4, {"content": "farewell"}))[0] == 204
    assert reply.text == "farewell"


async def test_a_bot_that_is_added_again_hears_of_the_guild_in_full(discord, bot, line):
    discord.kick_bot()
    discord.admit_bot()
    guild = await line.event("GUILD_CREATE")
    assert "unavailable" not in guild
    assert [channel["name"] for channel in guild["channels"]] == ["general"]
    assert (await bot.send({"content": "back"}))[0] == 200
    with pytest.raises(Refused, match="already"):
        discord.admit_bot()


async def test_a_guild_that_was_there_before_is_told_as_available_and_not_as_new(discord, bot):
    line = await bot.identify()
    assert line.ready["guilds"] == [{"id": discord.guild.id, "unavailable": True}]
    assert (await line.event("GUILD_CREATE"))["unavailable"] is False


async def test_a_new_guild_is_told_to_a_bot_that_is_connected(discord, bot, line):
    guild = discord.add_guild("Elsewhere")
    assert (await line.event("GUILD_CREATE"))["id"] == guild.id


async def test_a_guild_in_an_outage_is_unavailable_and_not_gone(discord, bot, line):
    discord.begin_outage()
    assert await line.event("GUILD_DELETE") == {"id": discord.guild.id, "unavailable": True}
    discord.end_outage()
    assert (await line.event("GUILD_CREATE"))["unavailable"] is False


async def test_the_bot_can_leave_by_itself(discord, bot, line):
    assert (await bot.call("DELETE", f"/users/@me/guilds/{discord.guild.id}"))[0] == 204
    assert await line.event("GUILD_DELETE") == {"id": discord.guild.id}
    assert (await bot.call("DELETE", f"/users/@me/guilds/{discord.guild.id}"))[1]["code"] == 10004


# ---- people


async def test_a_member_who_leaves_leaves_the_threads_too(discord, bot, line):
    alice, thread = discord.add_user("alice"), await open_thread(bot)
    await alice.join(thread)
    await alice.leave_guild()
    assert (await line.event("THREAD_MEMBERS_UPDATE"))["added_members"]
    assert (await line.event("THREAD_MEMBERS_UPDATE"))["removed_member_ids"] == [alice.id]
    assert (await line.event("GUILD_MEMBER_REMOVE"))["user"]["id"] == alice.id
    assert (await bot.call("GET", f"/guilds/{discord.guild.id}/members/{alice.id}"))[1]["code"] == 10007
    with pytest.raises(Refused, match="see"):
        await alice.say("am I still here?")


async def test_a_member_who_is_thrown_out_may_come_back(discord, bot):
    alice = discord.add_user("alice")
    discord.kick(alice)
    assert not alice.sees(discord.general)
    await alice.join_guild()
    assert (await alice.say("back")).text == "back"


async def test_members_come_and_go_unheard_without_the_members_intent(discord, bot):
    thread = await open_thread(bot)
    deaf = await bot.identify(ALL_INTENTS & ~MEMBERS)
    alice = discord.add_user("alice")
    await alice.join(thread)
    await alice.leave_guild()
    discord.add_channel("tavern")
    names = await deaf.names_until("CHANNEL_CREATE")
    assert not {"GUILD_MEMBER_ADD", "GUILD_MEMBER_REMOVE", "THREAD_MEMBERS_UPDATE"} & set(names)


async def test_a_bot_that_is_brought_into_a_thread_hears_of_it_without_the_intent(discord, bot):
    thread = await open_thread(bot)
    await bot.call("DELETE", f"/channels/{thread.id}/thread-members/@me")
    deaf = await bot.identify(ALL_INTENTS & ~MEMBERS)
    await bot.call("PUT", f"/channels/{thread.id}/thread-members/@me")
    assert (await deaf.event("THREAD_CREATE"))["member"]["user_id"] == discord.bot.id
    assert (await deaf.event("THREAD_MEMBERS_UPDATE"))["added_members"]
    assert discord.violations == []


async def test_who_has_left_gets_no_private_message(discord, bot):
    alice = discord.add_user("alice")
    await alice.leave_guild()
    status, error = await bot.send({"content": "psst"}, alice.dm)
    assert (status, error["code"]) == (403, 50278)
    alice.install_app()
    assert (await bot.send({"content": "psst"}, alice.dm))[0] == 200


async def test_closed_private_messages_meet_50007_until_they_are_opened(discord, bot):
    alice = discord.add_user("alice")
    alice.close_dms()
    assert (await bot.call("POST", "/users/@me/channels", {"recipient_id": alice.id}))[0] == 200
    status, error = await bot.send({"content": "psst"}, alice.dm)
    assert (status, error["code"]) == (403, 50007)
    alice.open_dms()
    assert (await bot.send({"content": "psst"}, alice.dm))[0] == 200


# ---- roles and permissions


async def test_a_role_counts_from_the_moment_it_is_given(discord, bot, line):
    alice, mods = discord.add_user("alice"), discord.add_role("Mods", allowed="manage_messages")
    message = await discord.owner.say("rude")
    with pytest.raises(Refused, match="delete"):
        await alice.delete(message)
    discord.give_role(alice, mods)
    assert (await line.event("GUILD_MEMBER_UPDATE"))["roles"] == [mods.id]
    await alice.delete(message)
    discord.take_role(alice, mods)
    assert (await line.event("GUILD_MEMBER_UPDATE"))["roles"] == []
    assert discord.violations == []


async def test_permissions_taken_at_run_time_are_refused_from_then_on(discord, bot, line):
    assert (await bot.send({"content": "x"}))[0] == 200
    discord.change_role(discord.everyone, "view_channel")
    discord.change_role(discord.bot_role, "view_channel")
    assert (await line.event("GUILD_ROLE_UPDATE"))["role"]["permissions"] == str(1 << 10)
    assert (await bot.send({"content": "x"}))[1]["code"] == 50013
    discord.set_permissions(discord.general, discord.bot, allow="send_messages")
    assert (await line.event("CHANNEL_UPDATE"))["permission_overwrites"][0]["allow"] == str(1 << 11)
    assert (await bot.send({"content": "x"}))[0] == 200


async def test_the_bot_hears_of_its_own_roles_without_the_members_intent(discord, bot):
    deaf = await bot.identify(1)
    seers = discord.add_role("Seers")
    discord.give_role(discord.bot, seers)
    assert seers.id in (await deaf.event("GUILD_MEMBER_UPDATE"))["roles"]


async def test_a_deleted_role_is_gone_from_members_and_channels(discord, bot, line):
    seers = discord.add_role("Seers")
    alice = discord.add_user("alice", roles=[seers])
    discord.set_permissions(discord.general, seers, deny="send_messages")
    with pytest.raises(Refused, match="write"):
        await alice.say("x")
    discord.delete_role(seers)
    assert (await line.event("GUILD_ROLE_DELETE"))["role_id"] == seers.id
    assert (await alice.say("x")).text == "x" and discord.general.overwrites == {}
    with pytest.raises(Refused, match="cannot be deleted"):
        discord.delete_role(discord.everyone)


# ---- channels, threads, messages


async def test_a_deleted_channel_takes_its_threads_along(discord, bot, line):
    thread = await open_thread(bot)
    discord.delete_channel(discord.general)
    assert (await line.event("CHANNEL_DELETE"))["id"] == discord.general.id
    for place in (discord.general, thread):
        assert (await bot.send({"content": "x"}, place))[1]["code"] == 10003
    assert discord.threads() == [] and discord.messages() == []


async def test_a_deleted_thread_is_told_with_its_parent(discord, bot, line):
    thread = await open_thread(bot)
    discord.delete_channel(thread)
    told = await line.event("THREAD_DELETE")
    assert (told["id"], told["parent_id"]) == (thread.id, discord.general.id)
    assert (await bot.send({"content": "x"}, thread))[1]["code"] == 10003


async def test_a_message_that_a_moderator_deletes_can_no_longer_be_edited(discord, bot, line):
    _, message = await bot.send({"content": "turn 1"})
    await discord.owner.delete(discord.messages()[0])
    assert (await line.event("MESSAGE_DELETE"))["id"] == message["id"]
    path = f"/channels/{discord.general.id}/messages/{message['id']}"
    for method in ("PATCH", "DELETE"):
        status, error = await bot.call(method, path, {"content": "turn 2"})
        assert (status, error["code"]) == (404, 10008)


async def test_commands_for_adults_are_offered_in_age_restricted_channels_alone(discord, bot, line):
    await bot.register({"name": "gore", "description": "x", "nsfw": True})
    alice, cellar = discord.add_user("alice"), discord.add_channel("cellar", age_restricted=True)
    assert (await line.event("CHANNEL_CREATE"))["nsfw"] is True
    with pytest.raises(Refused, match="age-restricted"):
        await alice.slash("gore")
    assert (await alice.slash("gore", channel=cellar)).interaction.payload["channel"]["nsfw"] is True
    discord.change_role(discord.bot_role, "manage_channels")
    assert (await bot.call("PATCH", f"/channels/{cellar.id}", {"nsfw": False}))[1]["nsfw"] is False
    assert alice.commands(cellar) == []


# ---- private threads


async def test_whoever_is_brought_into_a_thread_is_announced_there(discord, bot):
    alice, thread = discord.add_user("alice"), await open_thread(bot, type=12)
    assert not alice.sees(thread)
    for _ in range(2):
        assert (await bot.call("PUT", f"/channels/{thread.id}/thread-members/{alice.id}"))[0] == 204
    [notice] = discord.messages(thread)
    assert (notice.data["type"], notice.data["mentions"][0]["id"]) == (1, alice.id)
    assert alice.sees(thread) and notice.is_system and notice.pinged == []
    await bot.call("DELETE", f"/channels/{thread.id}/thread-members/{alice.id}")
    assert [one.data["type"] for one in discord.messages(thread)] == [1, 2]
    assert discord.transcript(thread).splitlines() == [
        "(alice was brought in by game-master)",
        "(alice was put out by game-master)",
    ]
    assert not alice.sees(thread) and discord.violations == []


async def test_who_joins_a_thread_by_themselves_is_not_announced(discord, bot):
    thread = await open_thread(bot)
    await discord.add_user("alice").join(thread)
    assert discord.messages(thread) == []


async def test_people_bring_each_other_in_where_invitations_are_open(discord, bot):
    alice, bob = discord.add_user("alice"), discord.add_user("bob")
    for invitable in (True, False):
        thread = await open_thread(bot, type=12, invitable=invitable)
        await bot.call("PUT", f"/channels/{thread.id}/thread-members/{alice.id}")
        if invitable:
            await alice.invite(bob, thread)
            assert bob.sees(thread)
        else:
            with pytest.raises(Refused, match="bring people"):
                await alice.invite(bob, thread)
    with pytest.raises(Refused, match="put people out"):
        await alice.put_out(bob, thread)


async def test_a_bot_brings_nobody_into_anothers_closed_thread(discord: DiscordStandin, bot):
    alice, bob = discord.add_user("alice"), discord.add_user("bob")
    thread = await open_thread(bot, type=12, invitable=False)
    thread.owner_id = alice.id
    discord.take_from_bot("manage_threads")
    path = f"/channels/{thread.id}/thread-members/{bob.id}"
    assert (await bot.call("PUT", path))[1]["code"] == 50013
    thread.invitable = True
    assert (await bot.call("PUT", path))[0] == 204


async def test_a_stranger_to_the_guild_cannot_be_brought_into_a_thread(discord, bot):
    alice, thread = discord.add_user("alice"), await open_thread(bot)
    await alice.leave_guild()
    status, error = await bot.call("PUT", f"/channels/{thread.id}/thread-members/{alice.id}")
    assert (status, error["code"]) == (404, 10007)


async def test_a_thread_holds_a_thousand_members(discord, bot):
    alice, thread = discord.add_user("alice"), await open_thread(bot)
    thread.thread_members |= {str(number): thread.created_at for number in range(999)}
    status, error = await bot.call("PUT", f"/channels/{thread.id}/thread-members/{alice.id}")
    assert (status, error["code"]) == (400, 30033)
