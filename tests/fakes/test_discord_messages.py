"""Messages: Discord's limits, history, edits, nonces, files. Each limit is broken once by a deliberate call."""

import pytest

from tests.fakes.discord import DiscordStandin, FrozenClock
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio


def embed(**parts):
    return {"embeds": [parts]}


def fields(count: int, name: str = "n", value: str = "v") -> list[dict]:
    return [{"name": name, "value": value} for _ in range(count)]


TOO_MUCH = {
    "content of 2001 characters": ({"content": "x" * 2001}, "content"),
    "an embed description of 4097": (embed(description="x" * 4097), "embeds.0.description"),
    "an embed title of 257": (embed(title="x" * 257), "embeds.0.title"),
    "an embed field of 1025": (embed(fields=fields(1, value="x" * 1025)), "embeds.0.fields.0.value"),
    "an embed footer of 2049": (embed(footer={"text": "x" * 2049}), "embeds.0.footer.text"),
    "26 embed fields": (embed(fields=fields(26)), "embeds.0.fields"),
    "11 embeds": ({"embeds": [{"title": "x"}] * 11}, "embeds"),
    "a nonce of 26": ({"content": "x", "nonce": "n" * 26}, "nonce"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_what_is_too_long_is_rejected_and_recorded(strict_discord, strict_bot, what):
    body, place = TOO_MUCH[what]
    assert faults(await strict_bot.send(body)) == [(place, "BASE_TYPE_BAD_LENGTH")]
    assert [violation.kind for violation in strict_discord.violations] == ["request"]
    assert strict_discord.messages() == []


async def test_exactly_2000_characters_pass(strict_discord, strict_bot):
    status, message = await strict_bot.send({"content": "x" * 2000})
    assert (status, len(message["content"])) == (200, 2000)
    assert strict_discord.violations == []


async def test_embeds_share_6000_characters(strict_bot):
    one = {"description": "x" * 3000}
    assert (await strict_bot.send({"embeds": [one, one]}))[0] == 200
    answer = await strict_bot.send({"embeds": [one, one, {"title": "x"}]})
    assert faults(answer) == [("embeds", "MAX_EMBED_SIZE_EXCEEDED")]


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": "  \n"}, {"embeds": [], "components": []}])
async def test_an_empty_message_is_rejected(strict_discord, strict_bot, body):
    status, error = await strict_bot.send(body)
    assert (status, error["code"]) == (400, 50006)
    assert len(strict_discord.violations) == 1


async def test_an_edit_may_not_empty_a_message(strict_discord, strict_bot):
    _, message = await strict_bot.send({"content": "x"})
    path = f"/channels/{strict_discord.general.id}/messages/{message['id']}"
    status, error = await strict_bot.call("PATCH", path, {"content": ""})
    assert (status, error["code"]) == (400, 50006)
    assert strict_discord.messages()[0].text == "x"


async def test_an_unknown_field_is_rejected(strict_bot):
    assert faults(await strict_bot.send({"content": "x", "contents": 1})) == [("contents", "UNKNOWN_FIELD")]


async def test_an_unknown_field_deep_in_the_body_is_rejected(discord, bot):
    if discord.world.contract is None:
        pytest.skip("only the published description knows the fields of embeds")
    answer = await bot.send({"embeds": [{"title": "x", "colour": 1}]})
    assert faults(answer) == [("embeds.0.colour", "UNKNOWN_FIELD")]


async def test_content_has_to_be_text(strict_bot):
    assert faults(await strict_bot.send({"content": 5})) == [("content", "BASE_TYPE_BAD_TYPE")]


async def test_the_content_type_has_to_be_right(discord: DiscordStandin, bot: RawBot):
    path = f"/channels/{discord.general.id}/messages"
    answer = await bot.send_raw(path, b'{"content": "x"}', "text/plain")
    assert faults(answer) == [("", "CONTENT_TYPE_INVALID")]


async def test_broken_json_is_rejected(discord: DiscordStandin, bot: RawBot):
    path = f"/channels/{discord.general.id}/messages"
    status, error = await bot.send_raw(path, b'{"content": ', "application/json")
    assert (status, error["code"]) == (400, 50109)


async def test_a_wrong_token_is_unauthorized(discord: DiscordStandin):
    async with RawBot(discord, token="stolen") as stranger:
        status, error = await stranger.call("GET", "/users/@me")
    assert (status, error["code"]) == (401, 0)


async def test_unknown_channels_and_messages_are_404(discord: DiscordStandin, bot: RawBot):
    status, error = await bot.call("POST", "/channels/1234/messages", {"content": "x"})
    assert (status, error["code"]) == (404, 10003)
    status, error = await bot.call("GET", f"/channels/{discord.general.id}/messages/1234")
    assert (status, error["code"]) == (404, 10008)


async def test_an_unknown_path_is_404_and_a_violation(discord: DiscordStandin, bot: RawBot):
    assert (await bot.call("GET", "/nowhere"))[0] == 404
    assert "no such operation" in str(discord.violations[0])


async def test_the_bot_may_not_edit_what_alice_wrote(discord: DiscordStandin, bot: RawBot):
    message = await discord.add_user("alice").say("hi")
    path = f"/channels/{discord.general.id}/messages/{message.id}"
    status, error = await bot.call("PATCH", path, {"content": "ho"})
    assert (status, error["code"]) == (403, 50005)
    assert message.text == "hi"


async def test_the_bot_deletes_what_alice_wrote_only_with_manage_messages(
    discord: DiscordStandin, bot: RawBot
):
    message = await discord.add_user("alice").say("hi")
    path = f"/channels/{discord.general.id}/messages/{message.id}"
    discord.take_from_bot("manage_messages")
    assert (await bot.call("DELETE", path))[1]["code"] == 50013
    discord.set_permissions(discord.general, discord.bot, allow="manage_messages")
    assert await bot.call("DELETE", path) == (204, None)
    assert message.deleted and discord.messages() == []


async def test_history_is_newest_first_and_pages_both_ways(discord: DiscordStandin, bot: RawBot):
    ids = [(await bot.send({"content": str(number)}))[1]["id"] for number in range(5)]
    path = f"/channels/{discord.general.id}/messages"

    async def texts(**query):
        return [message["content"] for message in (await bot.call("GET", path, **query))[1]]

    assert await texts() == ["4", "3", "2", "1", "0"]
    assert await texts(before=ids[3], limit=2) == ["2", "1"]
    assert await texts(after=ids[0], limit=2) == ["2", "1"]
    assert (await bot.call("GET", path, limit=101))[0] == 400


async def test_the_same_nonce_gives_the_same_message(
    discord: DiscordStandin, bot: RawBot, clock: FrozenClock
):
    body = {"content": "turn 7", "nonce": "turn-7", "enforce_nonce": True}
    _, first = await bot.send(body)
    clock.advance(299)
    _, again = await bot.send(body)
    assert again["id"] == first["id"] and again["nonce"] == "turn-7"
    assert len(discord.messages()) == 1


async def test_a_nonce_is_forgotten_after_its_window_and_elsewhere(discord, bot, clock):
    body = {"content": "turn 7", "nonce": "turn-7", "enforce_nonce": True}
    await bot.send(body)
    await bot.send(body, channel=discord.add_channel("tavern"))
    clock.advance(301)
    await bot.send(body)
    assert len(discord.messages()) == 3


async def test_a_nonce_that_is_not_enforced_prevents_nothing(discord: DiscordStandin, bot: RawBot):
    for _ in range(2):
        await bot.send({"content": "turn 7", "nonce": "turn-7"})
    assert len(discord.messages()) == 2


async def test_files_become_attachments_that_can_be_fetched(discord: DiscordStandin, bot: RawBot):
    path = f"/channels/{discord.general.id}/messages"
    body = {"content": "map", "attachments": [{"id": 0, "filename": "map.txt", "description": "the way"}]}
    _, message = await bot.upload(path, body, raw=b"go north")
    [attachment] = message["attachments"]
    assert (attachment["filename"], attachment["size"]) == ("map.txt", 8)
    async with bot._http.get(attachment["url"]) as answer:
        assert await answer.read() == b"go north"
    assert discord.violations == []


async def test_a_file_alone_is_no_empty_message_and_an_edit_can_drop_it(discord: DiscordStandin, bot: RawBot):
    path = f"/channels/{discord.general.id}/messages"
    _, message = await bot.upload(path, {}, raw=b"x")
    await bot.call("PATCH", f"{path}/{message['id']}", {"content": "gone", "attachments": []})
    assert discord.messages()[0].attachments == []


async def test_a_reply_tells_what_it_answers(discord: DiscordStandin, bot: RawBot):
    question = await discord.add_user("alice").say("who is there?")
    _, message = await bot.send({"content": "me", "message_reference": {"message_id": int(question.id)}})
    assert message["referenced_message"]["content"] == "who is there?"
    answer = await bot.send({"content": "me", "message_reference": {"message_id": "99"}})
    assert faults(answer) == [("message_reference", "REPLIES_UNKNOWN_MESSAGE")]
    lenient = {"message_id": "99", "fail_if_not_exists": False}
    assert (await bot.send({"content": "me", "message_reference": lenient}))[0] == 200


async def test_pins_are_listed_and_announced_in_the_channel(discord: DiscordStandin, bot: RawBot):
    _, message = await bot.send({"content": "the plan"})
    path = f"/channels/{discord.general.id}/messages/pins"
    assert (await bot.call("PUT", f"{path}/{message['id']}"))[0] == 204
    _, pins = await bot.call("GET", path)
    assert [item["message"]["content"] for item in pins["items"]] == ["the plan"]
    assert discord.messages()[-1].is_system
    await bot.call("DELETE", f"{path}/{message['id']}")
    assert not discord.messages()[0].pinned
    assert discord.violations == []


async def test_reactions_are_counted_once_per_person(discord: DiscordStandin, bot: RawBot):
    alice = discord.add_user("alice")
    message = await alice.say("hi")
    path = f"/channels/{discord.general.id}/messages/{message.id}"
    for _ in range(2):
        assert (await bot.call("PUT", f"{path}/reactions/🎲/@me"))[0] == 204
    await alice.react(message, "🎲")
    _, seen = await bot.call("GET", path)
    assert [(one["count"], one["me"]) for one in seen["reactions"]] == [(2, True)]
    assert (await bot.call("PUT", f"{path}/reactions/nonsense/@me"))[1]["code"] == 10014
    await bot.call("DELETE", f"{path}/reactions/🎲/@me")
    assert message.reactions == {"🎲": [alice.id]}


async def test_an_edited_message_keeps_its_earlier_texts(discord: DiscordStandin, bot: RawBot):
    _, message = await bot.send({"content": "rolling"})
    path = f"/channels/{discord.general.id}/messages/{message['id']}"
    await bot.call("PATCH", path, {"content": "rolled 17"})
    assert discord.messages()[0].versions == ["rolling", "rolled 17"]


async def test_a_private_conversation_is_opened_and_can_be_closed(discord: DiscordStandin, bot: RawBot):
    alice = discord.add_user("alice")
    _, channel = await bot.call("POST", "/users/@me/channels", {"recipient_id": alice.id})
    path = f"/channels/{channel['id']}/messages"
    assert (await bot.call("POST", path, {"content": "psst"}))[0] == 200
    assert [message.text for message in discord.messages(alice.dm, visible_to=alice)] == ["psst"]
    assert discord.messages(alice.dm, visible_to=discord.add_user("bob")) == []
    alice.close_dms()
    status, error = await bot.call("POST", path, {"content": "psst"})
    assert (status, error["code"]) == (403, 50007)
    assert discord.violations == []
