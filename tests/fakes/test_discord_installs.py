"""The app as people carry it along: installed for themselves, in guilds without the bot and among friends."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, Refused
from tests.fakes.raw_bot import RawBot

pytestmark = pytest.mark.asyncio

MESSAGE, DEFER, MODAL = 4, 5, 9
GO = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]


@pytest_asyncio.fixture
async def foreign(discord: DiscordStandin, bot: RawBot):
    """A guild without the bot; and commands of every kind."""
    await bot.register(
        {"name": "luck", "description": "x", "integration_types": [0, 1], "contexts": [0, 1, 2]},
        {"name": "camp", "description": "x", "integration_types": [0]},
        {"name": "diary", "description": "x", "integration_types": [1], "contexts": [1, 2]},
    )
    return discord.add_guild("Elsewhere", with_bot=False)


@pytest_asyncio.fixture
async def carol(discord: DiscordStandin, foreign):
    """Somebody who has the app installed, at home in the foreign guild."""
    person = discord.add_user("carol", guild=foreign)
    person.install_app()
    return person


async def test_in_a_foreign_guild_the_app_speaks_on_the_persons_authority(discord, bot, carol, foreign):
    line = await bot.identify()
    reply = await carol.slash("luck")
    payload = await line.event("INTERACTION_CREATE")
    assert payload["authorizing_integration_owners"] == {"1": carol.id}
    assert (payload["context"], payload["guild_id"]) == (0, foreign.id)
    assert (await bot.answer(reply, MESSAGE, {"content": "a six"}))[0] == 204
    owners = reply.message.data["interaction_metadata"]["authorizing_integration_owners"]
    assert owners == {"1": carol.id} and not reply.message.ephemeral
    assert discord.violations == []


async def test_commands_are_offered_by_installation_and_context(discord, carol, foreign):
    alice = discord.add_user("alice")
    carol_home = discord.world.channels_of(foreign)[0]
    assert carol.commands(carol_home) == ["luck"]
    assert alice.commands() == ["camp", "luck"]
    assert carol.commands(carol.dm) == ["camp", "diary", "luck"]
    assert alice.commands(alice.dm) == ["camp", "luck"]
    carol.uninstall_app()
    assert carol.commands(carol_home) == []
    with pytest.raises(Refused, match="not installed"):
        await carol.slash("luck")


async def test_in_the_bots_own_guild_both_installations_are_named(discord, bot, carol):
    await carol.join_guild(discord.guild)
    reply = await carol.slash("luck", channel=discord.general)
    assert reply.interaction.owners == {"0": discord.guild.id, "1": carol.id}
    reply = await carol.slash("camp", channel=discord.general)
    assert reply.interaction.owners == {"0": discord.guild.id}


async def test_among_friends_the_app_answers_and_hears_nothing_else(discord, bot, carol):
    alice = discord.add_user("alice")
    talk = discord.add_talk(carol, alice)
    line = await bot.identify()
    await carol.say("what is my luck today?", channel=talk)
    reply = await carol.slash("diary", channel=talk)
    payload = await line.event("INTERACTION_CREATE")
    assert (payload["context"], payload["user"]["id"]) == (2, carol.id)
    assert payload["authorizing_integration_owners"] == {"1": carol.id}
    await bot.answer(reply, MESSAGE, {"content": "dear diary"})
    assert reply.message.visible_to(alice) and not reply.message.visible_to(discord.add_user("bob"))
    assert (await bot.send({"content": "x"}, talk))[1]["code"] == 50001
    with pytest.raises(Refused, match="not installed"):
        await carol.slash("camp", channel=talk)
    assert discord.violations == []


async def test_five_follow_ups_are_the_most_where_the_app_is_not_installed(discord, bot, carol):
    reply = await carol.slash("luck")
    await bot.answer(reply, DEFER)
    for number in range(5):
        assert (await bot.follow_up(reply, {"content": f"{number}"}))[0] == 200
    status, error = await bot.follow_up(reply, {"content": "5"})
    assert (status, error["code"]) == (400, 40094)
    assert (await bot.follow_up(reply, {"content": "edited"}, "PATCH", "@original"))[0] == 200


async def test_follow_ups_are_not_counted_where_the_app_is_installed(discord, bot, foreign):
    reply = await discord.add_user("alice").slash("luck")
    await bot.answer(reply, DEFER)
    for _ in range(8):
        assert (await bot.follow_up(reply, {"content": "x"}))[0] == 200


async def test_where_apps_from_outside_may_not_speak_every_answer_is_hidden(discord, bot, carol, foreign):
    foreign.everyone.permissions &= ~(1 << 50)
    bystander = discord.add_user("bob", guild=foreign)
    reply = await carol.slash("luck")
    await bot.answer(reply, MESSAGE, {"content": "a six"})
    await bot.follow_up(reply, {"content": "another"})
    assert all(message.ephemeral and message.visible_to(carol) for message in reply.messages)
    assert not any(message.visible_to(bystander) for message in reply.messages)


async def test_buttons_and_forms_keep_the_authority_of_their_message(bot, carol):
    shown = await carol.slash("luck")
    await bot.answer(shown, MESSAGE, {"content": "again?", "components": GO})
    clicked = await carol.click(shown.message, label="Go")
    assert clicked.interaction.owners == {"1": carol.id}
    text = {"type": 4, "custom_id": "t", "style": 1, "label": "T"}
    form = {"title": "F", "custom_id": "f", "components": [{"type": 1, "components": [text]}]}
    await bot.answer(clicked, MODAL, form)
    assert (await carol.submit(clicked, {"T": "x"})).interaction.owners == {"1": carol.id}


async def test_the_bot_reaches_nothing_of_a_foreign_guild_by_itself(discord, bot, carol, foreign):
    reply = await carol.slash("luck")
    await bot.answer(reply, MESSAGE, {"content": "a six"})
    place = f"/channels/{reply.message.channel.id}"
    for method, path in (
        ("GET", place),
        ("POST", f"{place}/messages"),
        ("PATCH", f"{place}/messages/{reply.message.id}"),
    ):
        assert (await bot.call(method, path, {"content": "x"}))[1]["code"] == 50001, path
    assert (await bot.call("GET", f"/guilds/{foreign.id}"))[1]["code"] == 10004
