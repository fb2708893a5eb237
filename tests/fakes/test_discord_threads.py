"""Threads: opening, members, archiving, locking."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, Refused
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def thread(discord: DiscordStandin, bot: RawBot):
    await bot.call("POST", f"/channels/{discord.general.id}/threads", {"name": "quest", "type": 11})
    return discord.threads()[0]


async def test_a_public_thread_is_announced_in_its_channel(discord, bot, thread):
    [notice] = discord.messages(discord.general)
    assert (notice.data["type"], notice.text) == (18, "quest")
    assert discord.violations == []


async def test_a_private_thread_is_not_announced(discord, bot):
    await bot.call("POST", f"/channels/{discord.general.id}/threads", {"name": "quest"})
    assert discord.threads()[0].is_private
    assert discord.messages() == []


async def test_a_thread_on_a_message_takes_its_id_and_there_is_only_one(discord, bot):
    message = await discord.add_user("alice").say("let us play")
    path = f"/channels/{discord.general.id}/messages/{message.id}/threads"
    status, thread = await bot.call("POST", path, {"name": "quest"})
    assert (status, thread["id"]) == (201, message.id)
    status, error = await bot.call("POST", path, {"name": "quest"})
    assert (status, error["code"]) == (400, 160004)
    _, starter = await bot.call("GET", f"/channels/{thread['id']}/messages")
    assert [one["type"] for one in starter] == [21]
    assert discord.violations == []


async def test_a_threads_name_has_1_to_100_characters(strict_discord, strict_bot):
    path = f"/channels/{strict_discord.general.id}/threads"
    for name in ("", "x" * 101):
        assert faults(await strict_bot.call("POST", path, {"name": name, "type": 11})) == [
            ("name", "BASE_TYPE_BAD_LENGTH")
        ]
    assert (await strict_bot.call("POST", path, {"name": "x", "auto_archive_duration": 5}))[0] == 400


async def test_no_thread_opens_in_a_thread(bot, thread):
    status, error = await bot.call("POST", f"/channels/{thread.id}/threads", {"name": "x", "type": 11})
    assert (status, error["code"]) == (400, 50024)


async def test_members_come_and_go(discord, bot, thread):
    alice = discord.add_user("alice")
    path = f"/channels/{thread.id}/thread-members"
    assert (await bot.call("GET", f"{path}/{alice.id}"))[1]["code"] == 10007
    assert (await bot.call("PUT", f"{path}/{alice.id}"))[0] == 204
    assert {one["user_id"] for one in (await bot.call("GET", path))[1]} == {discord.bot.id, alice.id}
    assert (await bot.call("DELETE", f"{path}/{alice.id}"))[0] == 204
    assert (await bot.call("DELETE", f"{path}/@me"))[0] == 204
    assert thread.member_ids == []
    assert discord.violations == []


async def test_sending_into_an_archived_thread_opens_it_again(discord, bot, thread):
    await bot.call("PATCH", f"/channels/{thread.id}", {"archived": True})
    assert thread.archived
    assert (await bot.send({"content": "x"}, thread))[0] == 200
    assert not thread.archived


async def test_sending_into_a_locked_archived_thread_fails(discord, bot, thread):
    await bot.call("PATCH", f"/channels/{thread.id}", {"archived": True, "locked": True})
    status, error = await bot.send({"content": "x"}, thread)
    assert (status, error["code"]) == (400, 50083)
    with pytest.raises(Refused, match="locked"):
        await discord.add_user("alice").say("x", channel=thread)


async def test_in_an_archived_thread_nothing_else_can_be_done(discord, bot, thread):
    _, message = await bot.send({"content": "x"}, thread)
    alice = discord.add_user("alice")
    place = f"/channels/{thread.id}"
    await bot.call("PATCH", place, {"archived": True})
    attempts = [
        ("PATCH", f"{place}/messages/{message['id']}", {"content": "y"}),
        ("PUT", f"{place}/messages/{message['id']}/reactions/🎲/@me", None),
        ("PUT", f"{place}/messages/pins/{message['id']}", None),
        ("PUT", f"{place}/thread-members/{alice.id}", None),
        ("PATCH", place, {"name": "new"}),
    ]
    for method, path, body in attempts:
        status, error = await bot.call(method, path, body)
        assert (status, error["code"]) == (400, 50083), path
    assert (await bot.call("PATCH", place, {"archived": False, "name": "new"}))[1]["name"] == "new"


async def test_active_and_archived_threads_are_listed_apart(discord, bot, thread):
    active = f"/guilds/{discord.guild.id}/threads/active"
    archived = f"/channels/{discord.general.id}/threads/archived/public"
    assert len((await bot.call("GET", active))[1]["threads"]) == 1
    await bot.call("PATCH", f"/channels/{thread.id}", {"archived": True})
    assert (await bot.call("GET", active))[1]["threads"] == []
    assert len((await bot.call("GET", archived))[1]["threads"]) == 1
    assert discord.violations == []


async def test_only_thread_managers_lock_or_touch_others_threads(discord, bot, thread):
    discord.take_from_bot("manage_threads")
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"name": "mine"}))[0] == 200
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"locked": True}))[1]["code"] == 50013
    assert (await bot.call("DELETE", f"/channels/{thread.id}"))[1]["code"] == 50013


async def test_a_deleted_thread_is_gone_with_its_messages(discord, bot, thread):
    await bot.send({"content": "x"}, thread)
    assert (await bot.call("DELETE", f"/channels/{thread.id}"))[0] == 200
    assert discord.threads() == [] and discord.bot_messages(thread) == []
    assert (await bot.call("GET", f"/channels/{thread.id}"))[1]["code"] == 10003
