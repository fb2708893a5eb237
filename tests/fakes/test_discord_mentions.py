"""Mentions: what stands in a message, and whom it really notifies."""

import pytest

from tests.fakes.discord import DiscordStandin
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio


async def sent(discord: DiscordStandin, bot: RawBot, content: str, **more):
    status, body = await bot.send({"content": content, **more})
    assert status == 200, body
    return discord.messages()[-1]


async def test_without_rules_everything_pings(discord, bot):
    alice, healers = discord.add_user("alice"), discord.add_role("Healers")
    message = await sent(discord, bot, f"{alice.mention} {healers.mention} @everyone @here")
    assert message.pinged == ["@everyone", "@here", "@Healers", "alice"]
    assert message.data["mention_everyone"]
    assert message.data["mention_roles"] == [healers.id]
    assert [user["username"] for user in message.data["mentions"]] == ["alice"]


async def test_no_allowed_mentions_ping_nobody(discord, bot):
    alice = discord.add_user("alice")
    message = await sent(discord, bot, f"{alice.mention} @everyone", allowed_mentions={"parse": []})
    assert message.pinged == [] and message.data["mentions"] == []
    assert not message.data["mention_everyone"]


async def test_single_users_and_roles_can_be_allowed(discord, bot):
    alice, bob = discord.add_user("alice"), discord.add_user("bob")
    one, two = discord.add_role("One"), discord.add_role("Two")
    rules = {"users": [bob.id], "roles": [two.id]}
    text = f"{alice.mention} {bob.mention} {one.mention} {two.mention} @here"
    message = await sent(discord, bot, text, allowed_mentions=rules)
    assert message.pinged == ["@Two", "bob"]


async def test_parse_users_lets_no_roles_through(discord, bot):
    alice, role = discord.add_user("alice"), discord.add_role("One")
    rules = {"parse": ["users"]}
    message = await sent(discord, bot, f"{alice.mention} {role.mention} @everyone", allowed_mentions=rules)
    assert message.pinged == ["alice"]


async def test_parse_and_a_list_exclude_each_other(strict_discord, strict_bot):
    alice = strict_discord.add_user("alice")
    rules = {"parse": ["users"], "users": [alice.id]}
    answer = await strict_bot.send({"content": "x", "allowed_mentions": rules})
    assert faults(answer) == [("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE")]


async def test_code_pings_nobody(discord, bot):
    alice = discord.add_user("alice")
    text = f"`@everyone` ```\n{alice.mention}\n``` ``{alice.mention} ` ``"
    assert (await sent(discord, bot, text)).pinged == []


async def test_a_reply_pings_its_author_unless_told_otherwise(discord, bot):
    question = await discord.add_user("alice").say("well?")
    reference = {"message_id": question.id}
    assert (await sent(discord, bot, "yes", message_reference=reference)).pinged == ["alice"]
    silent = {"parse": [], "replied_user": False}
    message = await sent(discord, bot, "no", message_reference=reference, allowed_mentions=silent)
    assert message.pinged == []
    loud = {"parse": [], "replied_user": True}
    message = await sent(discord, bot, "ok", message_reference=reference, allowed_mentions=loud)
    assert message.pinged == ["alice"]


async def test_an_edit_mentions_but_pings_nobody(discord, bot):
    alice = discord.add_user("alice")
    message = await sent(discord, bot, "hello")
    path = f"/channels/{discord.general.id}/messages/{message.id}"
    await bot.call("PATCH", path, {"content": f"hello {alice.mention}"})
    assert [user["username"] for user in message.data["mentions"]] == ["alice"]
    assert message.pinged == []


async def test_text_displays_ping_and_embeds_do_not(discord, bot):
    alice = discord.add_user("alice")
    await bot.send({"embeds": [{"description": alice.mention}]})
    await bot.send({"flags": 1 << 15, "components": [{"type": 10, "content": alice.mention}]})
    assert [message.pinged for message in discord.messages()] == [[], ["alice"]]


async def test_everyone_needs_its_permission_and_roles_need_to_be_mentionable(discord, bot):
    shy, open_role = discord.add_role("Shy"), discord.add_role("Open", mentionable=True)
    discord.take_from_bot("mention_everyone")
    message = await sent(discord, bot, f"@everyone {shy.mention} {open_role.mention}")
    assert message.pinged == ["@Open"]


async def test_who_cannot_see_the_channel_is_not_pinged(discord, bot):
    alice = discord.add_user("alice")
    discord.set_permissions(discord.general, alice, deny="view_channel")
    assert (await sent(discord, bot, alice.mention)).pinged == []


async def test_a_ping_in_a_thread_brings_the_person_in(discord, bot):
    alice = discord.add_user("alice")
    path = f"/channels/{discord.general.id}/threads"
    _, thread = await bot.call("POST", path, {"name": "quest", "type": 12})
    place = discord.threads()[0]
    assert not alice.sees(place)
    await bot.call("POST", f"/channels/{thread['id']}/messages", {"content": f"come, {alice.mention}"})
    assert alice.sees(place)


async def test_an_ephemeral_answer_pings_at_most_its_reader(discord, bot):
    await bot.register({"name": "act", "description": "x"})
    alice, bob = discord.add_user("alice"), discord.add_user("bob")
    reply = await alice.slash("act")
    data = {"content": f"{alice.mention} {bob.mention} @everyone", "flags": 64}
    await bot.answer(reply, 4, data)
    assert reply.message.pinged == ["alice"]
