"""Interactions: the three seconds, the fifteen minutes, deferrals, follow-ups and who sees what."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, FrozenClock, Windows
from tests.fakes.raw_bot import RawBot, faults

pytestmark = pytest.mark.asyncio

MENU = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
HIDDEN = 64


@pytest_asyncio.fixture
async def alice(discord: DiscordStandin, bot: RawBot):
    what = {"type": 3, "name": "what", "description": "x", "autocomplete": True}
    await bot.register(
        {"name": "act", "description": "x", "options": [what]}, {"name": "menu", "description": "x"}
    )
    return discord.add_user("alice")


async def shown_menu(bot: RawBot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, MESSAGE, {"content": "menu", "components": MENU})
    return reply.message


async def test_an_answer_after_three_seconds_comes_too_late(bot, alice, clock):
    reply = await alice.slash("menu")
    clock.advance(3.1)
    status, error = await bot.answer(reply, MESSAGE, {"content": "late"})
    assert (status, error["code"]) == (404, 10062)
    assert not reply.is_acknowledged and reply.response is None
    status, error = await bot.follow_up(reply, {"content": "later"})
    assert (status, error["code"]) == (404, 10015)


async def test_an_answer_just_in_time_counts_and_is_timed(bot, alice, clock):
    reply = await alice.slash("menu")
    clock.advance(2.9)
    assert (await bot.answer(reply, MESSAGE, {"content": "now"}))[0] == 204
    assert reply.ack_seconds == pytest.approx(2.9)
    assert reply.response.text == "now"


async def test_the_window_can_be_set():
    clock = FrozenClock()
    async with (
        DiscordStandin(clock=clock, windows=Windows(acknowledge=0.5)) as discord,
        RawBot(discord) as bot,
    ):
        await bot.register({"name": "menu", "description": "x"})
        reply = await discord.add_user("alice").slash("menu")
        clock.advance(0.6)
        assert (await bot.answer(reply, MESSAGE, {"content": "late"}))[0] == 404


async def test_a_second_acknowledgement_is_refused(bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, DEFER)
    status, error = await bot.answer(reply, MESSAGE, {"content": "x"})
    assert (status, error["code"]) == (400, 40060)
    assert [refused.code for refused in reply.errors] == [40060]


async def test_an_unknown_interaction_or_token_is_404(discord, bot, alice):
    status, error = await bot.call("POST", "/interactions/1/nonsense/callback", {"type": DEFER})
    assert (status, error["code"]) == (404, 10062)
    path = f"/webhooks/{discord.application_id}/nonsense"
    status, error = await bot.call("POST", path, {"content": "x"})
    assert (status, error["code"]) == (404, 10015)


async def test_the_token_dies_after_fifteen_minutes(bot, alice, clock):
    reply = await alice.slash("menu")
    await bot.answer(reply, MESSAGE, {"content": "x"})
    clock.advance(14 * 60)
    assert (await bot.follow_up(reply, {"content": "still here"}))[0] == 200
    clock.advance(61)
    for method, message in (
        ("POST", ""),
        ("GET", "@original"),
        ("PATCH", "@original"),
        ("DELETE", "@original"),
    ):
        status, error = await bot.follow_up(reply, {"content": "x"}, method, message)
        assert (status, error["code"]) == (401, 50027), method


async def test_the_first_follow_up_fills_a_deferred_answer(discord, bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, DEFER)
    assert reply.message.loading
    _, first = await bot.follow_up(reply, {"content": "first"})
    _, second = await bot.follow_up(reply, {"content": "second"})
    assert (first["id"], first["flags"]) == (reply.message.id, 0)
    assert [message.text for message in reply.messages] == ["first", "second"]
    assert second["id"] != first["id"] and discord.violations == []


async def test_editing_the_original_fills_a_deferred_answer_too(bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, DEFER)
    await bot.follow_up(reply, {"content": "done"}, "PATCH", "@original")
    await bot.follow_up(reply, {"content": "more"})
    assert [message.text for message in reply.messages] == ["done", "more"]
    assert (await reply.settled()).text == "done"


async def test_a_hidden_deferral_stays_hidden_when_it_is_filled(discord, bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, DEFER, {"flags": HIDDEN})
    await bot.follow_up(reply, {"content": "secret"})
    assert reply.message.ephemeral
    assert reply.message.visible_to(alice)
    assert not reply.message.visible_to(discord.add_user("bob"))


async def test_an_ephemeral_message_is_in_nobodys_history(discord, bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, MESSAGE, {"content": "secret", "flags": HIDDEN})
    path = f"/channels/{discord.general.id}/messages"
    assert (await bot.call("GET", path))[1] == []
    for method in ("GET", "PATCH", "DELETE"):
        status, error = await bot.call(method, f"{path}/{reply.message.id}", {"content": "x"})
        assert (status, error["code"]) == (404, 10008), method
    bob = discord.add_user("bob")
    assert discord.messages(discord.general, visible_to=bob) == []
    assert [one.text for one in discord.messages(discord.general, visible_to=alice)] == ["secret"]


async def test_the_bot_can_still_edit_and_delete_an_ephemeral_message(discord, bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, MESSAGE, {"content": "secret", "flags": HIDDEN})
    await bot.follow_up(reply, {"content": "changed"}, "PATCH", "@original")
    assert reply.message.text == "changed"
    assert (await bot.follow_up(reply, None, "DELETE", "@original"))[0] == 204
    assert discord.messages(discord.general, visible_to=alice) == []


async def test_a_button_can_update_its_message(bot, alice):
    message = await shown_menu(bot, alice)
    reply = await alice.click(message, label="Go")
    await bot.answer(reply, UPDATE, {"content": "gone", "components": []})
    assert reply.response is message
    assert (message.text, message.buttons) == ("gone", [])


async def test_a_deferred_update_leaves_the_message_until_it_is_edited(bot, alice):
    message = await shown_menu(bot, alice)
    reply = await alice.click(message, custom_id="go")
    await bot.answer(reply, DEFER_UPDATE)
    assert message.text == "menu"
    await bot.follow_up(reply, {"content": "later"}, "PATCH", "@original")
    await bot.follow_up(reply, {"content": "and more"})
    assert (message.text, [one.text for one in reply.followups]) == ("later", ["and more"])


async def test_a_callback_has_to_fit_its_interaction(bot, alice):
    reply = await alice.slash("menu")
    for kind, data in ((UPDATE, {"content": "x"}), (DEFER_UPDATE, None), (CHOICES, {"choices": []})):
        assert faults(await bot.answer(reply, kind, data)) == [("type", "INTERACTION_CALLBACK_INVALID")]
    typing = await alice.autocomplete("act", focused="what", value="o")
    assert faults(await bot.answer(typing, MESSAGE, {"content": "x"}))
    assert faults(await bot.answer(reply, 99)) != []


async def test_25_choices_are_the_most_that_autocomplete_takes(strict_discord, strict_bot):
    what = {"type": 3, "name": "what", "description": "x", "autocomplete": True}
    await strict_bot.register({"name": "act", "description": "x", "options": [what]})
    reply = await strict_discord.add_user("alice").autocomplete("act", focused="what")
    choices = [{"name": f"c{number}", "value": f"c{number}"} for number in range(26)]
    answer = await strict_bot.answer(reply, CHOICES, {"choices": choices})
    assert faults(answer) == [("data.choices", "BASE_TYPE_BAD_LENGTH")]
    assert (await strict_bot.answer(reply, CHOICES, {"choices": choices[:25]}))[0] == 204
    assert len(reply.response) == 25


async def test_limits_hold_for_answers_and_follow_ups_too(strict_discord, strict_bot):
    await strict_bot.register({"name": "menu", "description": "x"})
    reply = await strict_discord.add_user("alice").slash("menu")
    long = {"content": "x" * 2001}
    assert faults(await strict_bot.answer(reply, MESSAGE, long)) == [("data.content", "BASE_TYPE_BAD_LENGTH")]
    await strict_bot.answer(reply, DEFER)
    assert faults(await strict_bot.follow_up(reply, long)) == [("content", "BASE_TYPE_BAD_LENGTH")]
    answer = await strict_bot.follow_up(reply, long, "PATCH", "@original")
    assert faults(answer) == [("content", "BASE_TYPE_BAD_LENGTH")]
    assert (await strict_bot.follow_up(reply, {}))[1]["code"] == 50006


async def test_with_response_tells_about_the_message(discord, bot, alice):
    reply = await alice.slash("menu")
    status, body = await bot.answer(reply, MESSAGE, {"content": "x"}, with_response="true")
    assert (status, body["resource"]["message"]["id"]) == (200, reply.message.id)
    assert body["interaction"]["response_message_ephemeral"] is False
    reply = await alice.slash("menu")
    _, body = await bot.answer(reply, DEFER, with_response="true")
    assert body["interaction"]["response_message_loading"] is True
    assert discord.violations == []


async def test_answering_needs_no_right_to_send(discord, bot, alice):
    discord.set_permissions(discord.general, discord.bot, deny="send_messages")
    reply = await alice.slash("menu")
    assert (await bot.answer(reply, MESSAGE, {"content": "x"}))[0] == 204


async def test_an_answer_with_a_file(discord, bot, alice):
    reply = await alice.slash("menu")
    await bot.answer(reply, DEFER)
    path = f"/webhooks/{discord.application_id}/{reply.interaction.token}"
    status, _ = await bot.upload(path, {"content": "map"}, map=b"north")
    assert (status, reply.message.attachments[0]["filename"]) == (200, "map")


async def test_a_submitted_form_tells_where_it_came_from(discord, bot, alice):
    message = await shown_menu(bot, alice)
    opened = await alice.click(message, label="Go")
    field = {"type": 4, "custom_id": "words", "style": 1, "label": "Words"}
    form = {"title": "Speak", "custom_id": "f", "components": [{"type": 1, "components": [field]}]}
    await bot.answer(opened, MODAL, form)
    reply = await alice.submit(opened, {"Words": "hello"})
    payload = reply.interaction.payload
    assert payload["message"]["id"] == message.id
    assert payload["data"]["components"][0]["components"][0]["value"] == "hello"
    await bot.answer(reply, MESSAGE, {"content": "heard"})
    assert reply.message.data["interaction_metadata"]["type"] == 5
    assert discord.violations == []
