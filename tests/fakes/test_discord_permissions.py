"""Permissions: computed from roles and overwrites, inherited by threads, asked for at every operation."""

import pytest

from tests.fakes.discord import DiscordStandin, Permission
from tests.fakes.discord.permissions import in_channel, may
from tests.fakes.raw_bot import RawBot

pytestmark = pytest.mark.asyncio


async def refused(answer) -> int:
    status, error = await answer
    assert status == 403, (status, error)
    return error["code"]


def messages_path(channel) -> str:
    return f"/channels/{channel.id}/messages"


async def test_a_channel_that_the_bot_cannot_see_is_missing_access(discord: DiscordStandin, bot: RawBot):
    hidden = discord.add_channel("hidden")
    discord.set_permissions(hidden, discord.everyone, deny="view_channel")
    discord.set_permissions(hidden, discord.bot_role, deny="view_channel")
    assert await refused(bot.call("GET", f"/channels/{hidden.id}")) == 50001
    assert await refused(bot.send({"content": "x"}, hidden)) == 50001
    assert await refused(bot.call("GET", messages_path(hidden))) == 50001


async def test_sending_needs_send_messages(discord, bot):
    discord.take_from_bot("send_messages")
    assert await refused(bot.send({"content": "x"})) == 50013
    assert await refused(bot.call("POST", f"/channels/{discord.general.id}/typing")) == 50013


async def test_embeds_need_embed_links_and_files_need_attach_files(discord, bot):
    discord.take_from_bot("embed_links, attach_files")
    assert await refused(bot.send({"embeds": [{"title": "x"}]})) == 50013
    assert await refused(bot.upload(messages_path(discord.general), {"content": "x"}, file=b"x")) == 50013
    _, message = await bot.send({"content": "plain"})
    edit = bot.call(
        "PATCH", f"{messages_path(discord.general)}/{message['id']}", {"embeds": [{"title": "x"}]}
    )
    assert await refused(edit) == 50013


async def test_threads_have_a_sending_permission_of_their_own(discord, bot):
    path = f"/channels/{discord.general.id}/threads"
    _, thread = await bot.call("POST", path, {"name": "quest", "type": 11})
    place = discord.threads()[0]
    discord.take_from_bot("send_messages")
    assert (await bot.call("POST", f"/channels/{thread['id']}/messages", {"content": "x"}))[0] == 200
    discord.take_from_bot("send_messages_in_threads")
    assert await refused(bot.send({"content": "x"}, place)) == 50013


@pytest.mark.parametrize(
    ("kind", "permission"), [(11, "create_public_threads"), (12, "create_private_threads")]
)
async def test_opening_a_thread_needs_its_permission(discord, bot, kind, permission):
    path = f"/channels/{discord.general.id}/threads"
    discord.take_from_bot(permission)
    assert await refused(bot.call("POST", path, {"name": "quest", "type": kind})) == 50013
    other = 23 - kind
    assert (await bot.call("POST", path, {"name": "quest", "type": other}))[0] == 201


async def test_a_thread_on_a_message_needs_create_public_threads(discord, bot):
    _, message = await bot.send({"content": "x"})
    discord.take_from_bot("create_public_threads")
    path = f"{messages_path(discord.general)}/{message['id']}/threads"
    assert await refused(bot.call("POST", path, {"name": "quest"})) == 50013


async def test_history_is_empty_and_replies_fail_without_read_message_history(discord, bot):
    _, message = await bot.send({"content": "x"})
    discord.take_from_bot("read_message_history")
    path = messages_path(discord.general)
    assert await bot.call("GET", path) == (200, [])
    assert await refused(bot.call("GET", f"{path}/{message['id']}")) == 50013
    status, error = await bot.send({"content": "y", "message_reference": {"message_id": message["id"]}})
    assert (status, error["code"]) == (400, 160002)


async def test_pinning_needs_manage_messages(discord, bot):
    _, message = await bot.send({"content": "x"})
    discord.take_from_bot("manage_messages, pin_messages")
    path = f"{messages_path(discord.general)}/pins/{message['id']}"
    assert await refused(bot.call("PUT", path)) == 50013
    discord.set_permissions(discord.general, discord.bot, allow="manage_messages")
    assert (await bot.call("PUT", path))[0] == 204


async def test_reacting_first_needs_add_reactions_and_joining_in_does_not(discord, bot):
    alice = discord.add_user("alice")
    one, two = await alice.say("one"), await alice.say("two")
    await alice.react(two, "🎲")
    discord.take_from_bot("add_reactions")
    path = messages_path(discord.general)
    assert await refused(bot.call("PUT", f"{path}/{one.id}/reactions/🎲/@me")) == 50013
    assert (await bot.call("PUT", f"{path}/{two.id}/reactions/🎲/@me"))[0] == 204


async def test_a_members_overwrite_beats_a_roles_and_that_beats_everyones(discord):
    role = discord.add_role("Players")
    alice = discord.add_user("alice", roles=[role])
    place, wanted = discord.general, Permission.SEND_MESSAGES
    discord.set_permissions(place, discord.everyone, deny="send_messages")
    assert not may(place, alice.id, wanted)
    discord.set_permissions(place, role, allow="send_messages")
    assert may(place, alice.id, wanted)
    discord.set_permissions(place, alice, deny="send_messages")
    assert not may(place, alice.id, wanted)


async def test_an_administrator_and_the_owner_may_everything(discord):
    chief = discord.add_user("chief", roles=[discord.add_role("Chief", allowed="administrator")])
    discord.set_permissions(discord.general, discord.everyone, deny="view_channel")
    for user in (chief, discord.owner):
        assert may(discord.general, user.id, Permission.MANAGE_MESSAGES)
    assert in_channel(discord.general, discord.add_user("bob").id) == 0


async def test_a_thread_inherits_from_its_parent_and_a_private_one_wants_members(discord, bot):
    alice, bob = discord.add_user("alice"), discord.add_user("bob")
    path = f"/channels/{discord.general.id}/threads"
    _, public = await bot.call("POST", path, {"name": "open", "type": 11})
    _, private = await bot.call("POST", path, {"name": "closed", "type": 12})
    open_thread, closed = discord.threads()
    await bot.call("PUT", f"/channels/{private['id']}/thread-members/{alice.id}")
    assert alice.sees(open_thread) and alice.sees(closed)
    assert bob.sees(open_thread) and not bob.sees(closed)
    discord.set_permissions(discord.general, alice, deny="view_channel")
    assert not alice.sees(open_thread) and not alice.sees(closed)


async def test_nobody_is_brought_into_a_thread_whose_parent_they_cannot_see(discord, bot):
    alice = discord.add_user("alice")
    _, thread = await bot.call("POST", f"/channels/{discord.general.id}/threads", {"name": "x", "type": 12})
    discord.set_permissions(discord.general, alice, deny="view_channel")
    assert await refused(bot.call("PUT", f"/channels/{thread['id']}/thread-members/{alice.id}")) == 50001


async def test_renaming_a_channel_needs_manage_channels(discord, bot):
    path = f"/channels/{discord.general.id}"
    assert await refused(bot.call("PATCH", path, {"name": "x"})) == 50013
    discord.set_permissions(discord.general, discord.bot, allow="manage_channels")
    assert (await bot.call("PATCH", path, {"name": "tavern"}))[1]["name"] == "tavern"
    assert discord.violations == []
