"""People at their clients: they can do what Discord's client lets them do, and are refused the rest."""

import pytest
import pytest_asyncio

from tests.fakes.discord import DiscordStandin, Refused, Upload
from tests.fakes.raw_bot import RawBot

pytestmark = pytest.mark.asyncio

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)


def option(kind: int, name: str, **more):
    return {"type": kind, "name": name, "description": "x", **more}


COMMANDS = [
    {
        "name": "act",
        "description": "x",
        "options": [
            option(STRING, "what", required=True, min_length=2, max_length=10),
            option(INTEGER, "bonus", min_value=1, max_value=5),
            option(NUMBER, "weight"),
            option(BOOLEAN, "loud"),
            option(USER, "at"),
            option(CHANNEL, "channel", channel_types=[0]),
            option(ROLE, "with_role"),
            option(MENTIONABLE, "anyone"),
            option(ATTACHMENT, "map"),
            option(STRING, "pace", choices=[{"name": "Live", "value": "live"}]),
            option(STRING, "where", autocomplete=True),
        ],
    },
    {
        "name": "campaign",
        "description": "x",
        "options": [
            {"type": 1, "name": "start", "description": "x", "options": [option(STRING, "title")]},
            {
                "type": 2,
                "name": "seat",
                "description": "x",
                "options": [{"type": 1, "name": "take", "description": "x"}],
            },
        ],
    },
    {"name": "purge", "description": "x", "default_member_permissions": 1 << 13},
    {"name": "tavern", "description": "x", "contexts": [0]},
]


@pytest_asyncio.fixture
async def alice(discord: DiscordStandin, bot: RawBot):
    status, answer = await bot.register(*COMMANDS)
    assert status == 200, answer
    return discord.add_user("alice")


def data_of(reply):
    return reply.interaction.payload["data"]


async def test_options_of_every_kind_arrive_with_their_objects(discord, alice):
    bob, healers = discord.add_user("bob"), discord.add_role("Healers")
    tavern = discord.add_channel("tavern")
    values = {"at": bob, "channel": tavern, "with_role": healers, "anyone": bob}
    reply = await alice.slash(
        "act", options=values, what="open", bonus=3, weight=1.5, loud=True, map=Upload("0", "m.txt", b"north")
    )
    sent = {one["name"]: one["value"] for one in data_of(reply)["options"]}
    assert (sent["what"], sent["bonus"], sent["loud"], sent["weight"]) == ("open", 3, True, 1.5)
    assert (sent["at"], sent["channel"], sent["with_role"]) == (bob.id, tavern.id, healers.id)
    resolved = data_of(reply)["resolved"]
    assert resolved["users"][bob.id]["username"] == "bob" and bob.id in resolved["members"]
    assert resolved["channels"][tavern.id]["name"] == "tavern"
    assert resolved["roles"][healers.id]["name"] == "Healers"
    assert resolved["attachments"][sent["map"]]["size"] == 5


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "required"),
        ({"what": "x"}, "at least 2"),
        ({"what": "x" * 11}, "at most 10"),
        ({"what": 5}, "takes text"),
        ({"what": "go", "bonus": 6}, "at most 5"),
        ({"what": "go", "bonus": 0}, "at least 1"),
        ({"what": "go", "bonus": 1.5}, "a number"),
        ({"what": "go", "loud": "yes"}, "True or False"),
        ({"what": "go", "pace": "slow"}, "offers"),
        ({"what": "go", "speed": 1}, "declares no option"),
        ({"what": "go", "at": "nobody"}, "existing thing"),
    ],
)
async def test_what_the_command_does_not_allow_is_refused(alice, values, reason):
    with pytest.raises(Refused, match=reason):
        await alice.slash("act", **values)


async def test_a_channel_of_the_wrong_kind_is_refused(discord, bot, alice):
    await bot.call("POST", f"/channels/{discord.general.id}/threads", {"name": "x", "type": 11})
    with pytest.raises(Refused, match="kinds"):
        await alice.slash("act", options={"channel": discord.threads()[0]}, what="go")


async def test_subcommands_and_groups_are_nested(alice):
    reply = await alice.slash("campaign start", title="Doom")
    [start] = data_of(reply)["options"]
    assert (start["name"], start["type"], start["options"][0]["value"]) == ("start", 1, "Doom")
    reply = await alice.slash("/campaign seat take")
    [seat] = data_of(reply)["options"]
    assert (seat["name"], seat["options"][0]["name"]) == ("seat", "take")
    for wrong in ("campaign", "campaign seat", "campaign stop", "nothing"):
        with pytest.raises(Refused):
            await alice.slash(wrong)


async def test_autocomplete_sends_what_is_typed_so_far(alice):
    reply = await alice.autocomplete("act", focused="where", value="t", bonus=2)
    focused = [one for one in data_of(reply)["options"] if one.get("focused")]
    assert [(one["name"], one["value"]) for one in focused] == [("where", "t")]
    with pytest.raises(Refused, match="autocomplete"):
        await alice.autocomplete("act", focused="what", value="t")


async def test_commands_are_offered_by_permission_and_place(discord, alice):
    assert alice.commands() == ["act", "campaign", "tavern"]
    assert discord.owner.commands() == ["act", "campaign", "purge", "tavern"]
    assert "tavern" not in alice.commands(alice.dm)
    with pytest.raises(Refused, match="permissions"):
        await alice.slash("purge")
    with pytest.raises(Refused, match="private"):
        await alice.slash("tavern", channel=alice.dm)


async def test_nobody_acts_where_they_cannot_see_or_write(discord, alice):
    discord.set_permissions(discord.general, discord.everyone, deny="send_messages")
    with pytest.raises(Refused, match="write"):
        await alice.say("hi")
    discord.set_permissions(discord.general, discord.everyone, deny="view_channel")
    with pytest.raises(Refused, match="see"):
        await alice.slash("act", what="go")


def button(label: str, **more):
    return {"type": 2, "style": 1, "label": label, "custom_id": label.lower(), **more}


async def menu(discord, bot, *parts):
    await bot.send({"content": "menu", "components": [{"type": 1, "components": list(parts)}]})
    return discord.messages()[-1]


async def test_only_buttons_that_can_be_pressed_are_pressed(discord, bot, alice):
    link = {"type": 2, "style": 5, "label": "Web", "url": "https://example.org"}
    message = await menu(discord, bot, button("Join"), button("Full", disabled=True), link)
    reply = await alice.click(message, label="Join")
    assert data_of(reply)["custom_id"] == "join"
    assert (await alice.click(message, custom_id="join")).interaction.source is message
    for label, reason in (("Full", "disabled"), ("Web", "link"), ("Leave", "no button")):
        with pytest.raises(Refused, match=reason):
            await alice.click(message, label=label)


async def test_a_button_that_two_share_is_too_vague(discord, bot, alice):
    message = await menu(discord, bot, button("Go"), button("Go", custom_id="other"))
    with pytest.raises(Refused, match="2 buttons"):
        await alice.click(message, label="Go")


async def test_nobody_presses_what_they_do_not_see(discord, bot, alice):
    reply = await alice.slash("tavern")
    parts = [{"type": 1, "components": [button("Join")]}]
    await bot.answer(reply, 4, {"content": "x", "components": parts, "flags": 64})
    await alice.click(reply.message, label="Join")
    with pytest.raises(Refused, match="does not see"):
        await discord.add_user("bob").click(reply.message, label="Join")
    await bot.follow_up(reply, None, "DELETE", "@original")
    with pytest.raises(Refused, match="does not see"):
        await alice.click(reply.message, label="Join")


async def test_a_menu_takes_its_options_by_value_or_label(discord, bot, alice):
    options = [{"label": "North", "value": "n"}, {"label": "South", "value": "s"}]
    select = {"type": 3, "custom_id": "where", "options": options, "max_values": 2}
    message = await menu(discord, bot, select)
    assert data_of(await alice.select(message, "where", ["North", "s"]))["values"] == ["n", "s"]
    for custom_id, values in (("where", ["west"]), ("where", []), ("who", ["n"]), ("where", ["n", "s", "n"])):
        with pytest.raises(Refused):
            await alice.select(message, custom_id, values)


async def test_a_menu_of_people_sends_them_along(discord, bot, alice):
    bob = discord.add_user("bob")
    message = await menu(discord, bot, {"type": 5, "custom_id": "who"})
    data = data_of(await alice.select(message, "who", [bob]))
    assert data["values"] == [bob.id] and data["resolved"]["users"][bob.id]["username"] == "bob"


async def test_a_form_is_filled_by_label_and_checked(discord, bot, alice):
    words = {"type": 4, "custom_id": "w", "style": 1, "max_length": 5}
    choice = {"type": 3, "custom_id": "t", "options": [{"label": "Loud", "value": "l"}], "required": False}
    parts = [
        {"type": 10, "content": "Say it."},
        {"type": 18, "label": "Words", "component": words},
        {"type": 18, "label": "Tone", "component": choice},
    ]
    reply = await alice.slash("tavern")
    await bot.answer(reply, 9, {"title": "Speak", "custom_id": "f", "components": parts})
    for values in ({}, {"Words": "too long"}, {"Volume": "x"}, {"Words": "hi", "Tone": ["soft"]}):
        with pytest.raises(Refused):
            await alice.submit(reply, values)
    with pytest.raises(Refused, match="screen"):
        await discord.add_user("bob").submit(reply, {"Words": "hi"})
    sent = await alice.submit(reply, {"Words": "hi", "t": ["Loud"]})
    shown = [part.get("component", {}) for part in data_of(sent)["components"]]
    assert [part.get("value", part.get("values")) for part in shown] == [None, "hi", ["l"]]
    with pytest.raises(Refused, match="already"):
        await alice.submit(reply, {"Words": "hi"})
    assert discord.violations == []


async def test_in_private_an_interaction_has_a_user_and_no_guild(bot, alice):
    reply = await alice.slash("act", channel=alice.dm, what="go")
    payload = reply.interaction.payload
    assert payload["user"]["id"] == alice.id
    assert "guild_id" not in payload and "member" not in payload and payload["context"] == 1


async def test_a_transcript_reads_like_the_channel(discord, bot, alice):
    message = await menu(discord, bot, button("Join"), button("Full", disabled=True))
    await bot.call("PUT", f"/channels/{discord.general.id}/messages/pins/{message.id}")
    await alice.say(f"look, {discord.bot.mention}")
    reply = await alice.slash("tavern")
    await bot.answer(reply, 5, {"flags": 64})
    assert discord.transcript(discord.general).splitlines() == [
        "game-master: menu",
        "    [Join] [Full] (disabled)",
        "(a message was pinned by game-master)",
        f"alice: look, {discord.bot.mention}",
        "    pings game-master",
        "game-master (only to alice): is thinking ...",
    ]
