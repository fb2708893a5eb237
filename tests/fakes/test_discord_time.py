"""What the clock does: threads archive themselves, slow mode ends, old messages and nonces grow old."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, FrozenClock, Refused, Windows
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def thread(discord: DiscordStandin, bot: RawBot):
    body = {"name": "quest", "type": 11, "auto_archive_duration": 60}
    await bot.call("POST", f"/channels/{discord.general.id}/threads", body)
    return discord.threads()[0]


async def test_an_idle_thread_archives_itself_and_that_is_told(discord, bot, thread, clock):
    line = await bot.identify()
    discord.advance(3599)
    assert not thread.archived
    discord.advance(1)
    assert thread.archived
    told = await line.event("THREAD_UPDATE")
    assert told["thread_metadata"]["archived"] is True
    assert discord.violations == []


async def test_a_request_finds_a_thread_archived_whose_time_has_come(bot, thread, clock):
    _, message = await bot.send({"content": "x"}, thread)
    clock.advance(3600)
    status, error = await bot.call(
        "PATCH", f"/channels/{thread.id}/messages/{message['id']}", {"content": "y"}
    )
    assert (status, error["code"]) == (400, 50083)


async def test_each_message_puts_the_archiving_off(discord, bot, thread):
    discord.advance(3000)
    await bot.send({"content": "still here"}, thread)
    discord.advance(3000)
    assert not thread.archived
    discord.advance(600)
    assert thread.archived


async def test_a_message_of_a_person_opens_an_archived_thread_again(discord, bot, thread):
    alice = discord.add_user("alice")
    line = await bot.identify()
    discord.advance(3600)
    assert (await line.event("THREAD_UPDATE"))["thread_metadata"]["archived"] is True
    await alice.say("wake up", channel=thread)
    assert (await line.event("THREAD_UPDATE"))["thread_metadata"]["archived"] is False
    assert not thread.archived
    discord.advance(3600)
    assert thread.archived


async def test_a_public_answer_opens_an_archived_thread_again_and_a_hidden_one_does_not(discord, bot, thread):
    await bot.register({"name": "act", "description": "x"})
    alice = discord.add_user("alice")
    for flags, archived in ((64, True), (0, False)):
        discord.advance(3600)
        reply = await alice.slash("act", channel=thread)
        assert (await bot.answer(reply, 4, {"content": "x", "flags": flags}))[0] == 204
        assert thread.archived is archived


async def test_a_reopened_thread_has_its_whole_time_again(discord, bot, thread):
    discord.advance(3600)
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"archived": False}))[0] == 200
    discord.advance(3599)
    assert not thread.archived


async def test_who_may_write_may_reopen_but_not_a_locked_thread(discord, bot, thread):
    alice = discord.add_user("alice")
    discord.take_from_bot("manage_threads")
    thread.owner_id = alice.id
    discord.advance(3600)
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"archived": False}))[0] == 200
    thread.locked = thread.archived = True
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"archived": False}))[1]["code"] == 50013


async def test_people_close_their_own_threads_and_managers_lock_any(discord, bot, thread):
    alice = discord.add_user("alice")
    with pytest.raises(Refused, match="close"):
        await alice.archive(thread)
    await discord.owner.archive(thread, locked=True)
    assert thread.archived and thread.locked
    assert (await bot.send({"content": "x"}, thread))[1]["code"] == 50083


async def test_slow_mode_holds_people_back_but_neither_moderators_nor_bots(discord, bot):
    alice, line = discord.add_user("alice"), await bot.identify()
    discord.set_slow_mode(discord.general, 30)
    assert (await line.event("CHANNEL_UPDATE"))["rate_limit_per_user"] == 30
    await alice.say("one")
    discord.advance(29)
    with pytest.raises(Refused, match="slow mode"):
        await alice.say("two")
    discord.advance(1)
    await alice.say("three")
    for _ in range(2):
        await discord.owner.say("order!")
        assert (await bot.send({"content": "x"}))[0] == 200


async def test_slow_mode_goes_up_to_six_hours(discord, bot, thread):
    path = f"/channels/{thread.id}"
    answer = await bot.call("PATCH", path, {"rate_limit_per_user": 21601})
    assert [place for place, _ in faults(answer)] == ["rate_limit_per_user"]
    assert (await bot.call("PATCH", path, {"rate_limit_per_user": 21600}))[0] == 200
    assert thread.slow_mode_seconds == 21600


async def old_message(bot: RawBot, clock: FrozenClock, age: float = 3601):
    _, message = await bot.send({"content": "x"})
    clock.advance(age)
    return f"/channels/{bot.discord.general.id}/messages/{message['id']}"


async def test_too_many_edits_of_old_messages_meet_30046(clock):
    windows = Windows(old_edits=2, old_edits_window=600)
    async with DiscordStandin(clock=clock, windows=windows) as discord, RawBot(discord) as bot:
        path = await old_message(bot, clock)
        for text in ("a", "b"):
            assert (await bot.call("PATCH", path, {"content": text}))[0] == 200
        status, error = await bot.call("PATCH", path, {"content": "c"})
        assert (status, error["code"], error["retry_after"]) == (429, 30046, 600)
        assert discord.messages()[0].text == "b"
        other = await old_message(bot, clock, 0)
        assert (await bot.call("PATCH", other, {"content": "c"}))[0] == 200
        clock.advance(600)
        assert (await bot.call("PATCH", path, {"content": "c"}))[0] == 200


async def test_a_message_younger_than_an_hour_may_be_edited_at_will(bot, clock):
    path = await old_message(bot, clock, 3599)
    for number in range(40):
        assert (await bot.call("PATCH", path, {"content": f"{number}"}))[0] == 200


@pytest.mark.parametrize(("later", "same"), [(299, True), (301, False)])
async def test_a_nonce_holds_for_its_window_by_the_clock(bot, clock, later, same):
    body = {"content": "turn 7", "nonce": "turn-7", "enforce_nonce": True}
    _, first = await bot.send(body)
    clock.advance(later)
    _, second = await bot.send(body)
    assert (first["id"] == second["id"]) is same


async def test_messages_older_than_two_weeks_are_not_deleted_in_bulk(discord, bot, clock):
    line = await bot.identify()
    ids = [(await bot.send({"content": "x"}))[1]["id"] for _ in range(2)]
    path = f"/channels/{discord.general.id}/messages/bulk-delete"
    clock.advance(14 * 24 * 3600 + 1)
    assert (await bot.call("POST", path, {"messages": ids}))[1]["code"] == 50034
    young = [(await bot.send({"content": "x"}))[1]["id"] for _ in range(2)]
    assert (await bot.call("POST", path, {"messages": young}))[0] == 204
    assert (await line.event("MESSAGE_DELETE_BULK"))["ids"] == young
