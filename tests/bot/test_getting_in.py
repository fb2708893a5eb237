"""From nothing to the table over the wire: a hero in one press or of one's own, one's heroes, help and tutorial."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_parts import carried, option
from tests.bot.test_commands import Table
from tests.fakes.discord import DiscordStandin
from tests.fakes.discord.driver import User
from tests.fakes.discord.model import Message

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]


@pytest_asyncio.fixture
async def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


@pytest_asyncio.fixture
async def ana(bot: BotProcess, discord: DiscordStandin) -> User:
    await bot.start()
    return discord.add_user("ana")


def first_menu(message: Message) -> str:
    return str(message.components[0]["components"][0]["custom_id"])


async def test_one_press_on_any_hero_opens_a_lobby(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    offer = await (await ana.slash("play")).settled()
    answer = await (await ana.click(offer, "Any hero, now")).settled()
    assert "Your party gathers" in answer.text
    lobby = await discord.message(lambda m: "Begin" in m.labels, discord.general)
    assert "1 of 4" in lobby.text
    made = api.calls_to("POST", "characters")[0]
    assert made.body["hero"] in {h["key"] for h in api.heroes} and not discord.violations


async def test_any_hero_for_a_lobby_is_one_whom_nobody_there_plays(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    session = api.add_session(
        discord.general.id, discord.guild.id, [(discord.owner.id, "Owner")], status="lobby"
    )
    session.view["party"][0]["name"] = api.heroes[0]["name"]
    offer = await (await ana.slash("play")).settled()
    answer = await (await ana.click(offer, "Any hero, now")).settled()
    assert "You are in" in answer.text and len(session.view["party"]) == 2
    assert api.calls_to("POST", "characters")[0].body["hero"] == api.heroes[1]["key"]


async def test_a_hero_of_ones_own_comes_from_one_form(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    offer = await (await ana.slash("play")).settled()
    form = await ana.click(offer, "Make my own…")
    await form.acknowledged()
    filled = {"name": "Mara", "character_class": ["healer"], "origin": ["exile"], "pronouns": ["she"]}
    answer = await (await ana.submit(form, filled)).settled()
    assert "Your party gathers" in answer.text
    body = api.calls_to("POST", "characters")[0].body
    assert body == {"name": "Mara", "character_class": "healer", "origin": "exile", "pronouns": "she"}
    assert len(api.sessions) == 1 and not discord.violations


async def test_a_refused_name_brings_the_form_back_with_what_was_typed(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    offer = await (await ana.slash("play")).settled()
    form = await ana.click(offer, "Make my own…")
    await form.acknowledged()
    filled = {"name": "Mara!!", "character_class": ["healer"], "origin": ["exile"], "pronouns": ["he"]}
    refused = await (await ana.submit(form, filled)).settled()
    assert "Not that name" in refused.text and "may not hold !" in refused.text and refused.ephemeral
    again = await ana.click(refused, "Try again")
    await again.acknowledged()
    assert again.modal is not None and "Mara!!" in str(again.modal.data)
    answer = await (await ana.submit(again, {"name": "Mara"})).settled()
    assert "Your party gathers" in answer.text
    last = api.calls_to("POST", "characters")[-1].body
    assert last == {"name": "Mara", "character_class": "healer", "origin": "exile", "pronouns": "he"}
    assert not discord.violations


async def test_the_form_says_so_when_the_game_server_is_away(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    offer = await (await ana.slash("play")).settled()
    await api.stop()
    reply = await ana.click(offer, "Make my own…")
    answer = await reply.settled()
    assert "does not answer" in answer.text and not discord.violations


async def test_a_players_heroes_are_listed_by_pages_and_the_chosen_one_is_meant(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    for n in range(30):
        api.characters[f"01C{n:023d}"] = api.sheet(f"01C{n:023d}", f"Hero {n:02d}", f"discord:{ana.id}")
    first = await (await ana.slash("character list")).settled()
    assert "page 1 of 2" in first.text and "Hero 24" in first.text and "Hero 25" not in first.text
    second = await (await ana.click(first, "After")).settled()
    assert "Hero 25" in second.text and "page 2 of 2" in second.text
    told = await (await ana.select(first, first_menu(first), ["01C00000000000000000000003"])).settled()
    assert "Hero 03" in told.text
    sheet = await (await ana.slash("character sheet")).settled()
    assert "Hero 03" in sheet.text and not discord.violations


async def test_whoever_has_no_hero_is_offered_to_make_one(ana: User, api: CannedApi) -> None:
    empty = await (await ana.slash("character switch")).settled()
    assert "You have no hero yet" in empty.text
    form = await ana.click(empty, "Make my own…")
    await form.acknowledged()
    filled = {"name": "Mara", "character_class": ["fighter"], "origin": ["exile"], "pronouns": ["they"]}
    assert "Mara" in (await (await ana.submit(form, filled)).settled()).text
    assert api.sessions == {}


async def test_in_a_lobby_the_seat_passes_to_the_chosen_hero(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    users = [(discord.owner.id, "Owner"), (ana.id, "Ana")]
    session = api.add_session(discord.general.id, discord.guild.id, users, status="lobby")
    seat = session.view["party"][1]["character_id"]
    api.characters[seat] = api.sheet(seat, "Old", f"discord:{ana.id}")
    api.characters["01C00000000000000000000009"] = api.sheet(
        "01C00000000000000000000009", "New", f"discord:{ana.id}"
    )
    roster = await (await ana.slash("character switch")).settled()
    told = await (await ana.select(roster, first_menu(roster), ["01C00000000000000000000009"])).settled()
    assert "You play New here now" in told.text
    assert [m["character_id"] for m in session.view["party"]][1] == "01C00000000000000000000009"


async def test_at_a_running_table_the_seat_stays(table: Table) -> None:
    await table.open()
    other = "01C00000000000000000000009"
    mine = f"discord:{table.ana.id}"
    table.api.characters[other] = table.api.sheet(other, "Other", mine)
    roster = await (await table.ana.slash("character switch", table.thread)).settled()
    told = await (await table.ana.select(roster, first_menu(roster), [other])).settled()
    assert "go on playing Ana’s hero" in told.text and len(table.api.calls_to("POST", ".*/join")) == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("inventory", "red cordial"),
        ("equipment", "tarred eel spear"),
        ("skills", "Iron Door"),
        ("level-up", "1 skill point"),
    ],
)
async def test_character_shows_every_part_of_the_sheet(table: Table, command: str, words: str) -> None:
    await table.open()
    answer = await (await table.ana.slash(f"character {command}", table.thread)).settled()
    assert answer.ephemeral and words in answer.text and not table.discord.violations


async def test_a_full_bag_is_paged_with_its_choices(table: Table) -> None:
    await table.open()
    part = table.api.parts["inventory"]
    part["items"] = [carried(f"thing_{n}", f"thing {n:03d}") for n in range(120)]
    part["options"] = [option("drop", f"thing_{n}", f"thing {n:03d}") for n in range(120)]
    first = await (await table.ana.slash("bag", table.thread)).settled()
    assert "thing 014" in first.text and "thing 015" not in first.text and "page 1 of 8" in first.text
    second = await (await table.ana.click(first, "After")).settled()
    assert "thing 015" in second.text and "thing 014" not in second.text
    menu = second.components[0]["components"][0]
    assert menu["options"][0]["label"].endswith("thing 100")
    changed = await (await table.ana.select(second, menu["custom_id"], ["drop|thing_100||"])).settled()
    assert "page 2 of 8" in changed.text and not table.discord.violations


async def test_help_knows_an_empty_channel_a_lobby_a_turn_and_a_hero_who_is_down(
    table: Table, discord: DiscordStandin
) -> None:
    carl = discord.add_user("carl")
    elsewhere = discord.add_channel("elsewhere")
    await table.bot.start()
    assert "No adventure runs here" in (await (await table.ana.slash("help", elsewhere)).settled()).text
    lobby = await (await table.ana.slash("help")).settled()
    assert "Begin as soon as you like" in lobby.text and "Begin" in lobby.labels
    assert "Join" in (await (await carl.slash("help")).settled()).labels
    await table.api.begin(table.session)
    await discord.until(lambda: discord.threads())
    await table.card()
    turn = await (await table.ana.slash("help", table.thread)).settled()
    assert "It is for you to say" in turn.text and "Search the boats" in turn.labels
    table.session.view["turn"]["waiting_for"] = []
    table.session.view["party"][0] |= {"down": True, "hp": 0}
    down = await (await table.ana.slash("help", table.thread)).settled()
    assert "Your hero is **down**" in down.text and "others are still to speak" in down.text
    table.session.view["status"] = "timeout"
    assert "The table rests" in (await (await table.ana.slash("help", table.thread)).settled()).text
    assert not discord.violations


async def test_help_names_every_command_that_there_is(ana: User, discord: DiscordStandin) -> None:
    text = (await (await ana.slash("help")).settled()).text
    offered = discord.world.commands.get(None, [])
    names = [
        f"{c['name']} {o['name']}" if o["type"] == 1 else c["name"]
        for c in offered
        for o in (c.get("options") or [{"type": 3, "name": ""}])
    ]
    assert names and [n for n in names if f"/{n}" not in text] == []


async def test_the_tutorial_has_five_steps_that_are_pressed_through_in_one_message(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    await api.stop()  # nothing of it is played
    step = await (await ana.slash("tutorial")).settled()
    assert step.ephemeral and "Step 1 of 5" in step.text
    await (await ana.click(step, "Search the boats")).acknowledged()
    await discord.until(lambda: "You search the boats" in step.text and "14 + 2 = 16 vs 12" in step.text)
    for number in (3, 4, 5):
        await (await ana.click(step, "Next")).acknowledged()
        await discord.until(lambda number=number: f"Step {number} of 5" in step.text)
    assert "Next" not in step.labels
    await (await ana.click(step, "Back")).acknowledged()
    await discord.until(lambda: "Step 4 of 5" in step.text)
    assert not discord.violations


async def test_somebody_alone_plays_in_a_private_conversation(
    ana: User, discord: DiscordStandin, api: CannedApi
) -> None:
    offer = await (await ana.slash("play", ana.dm)).settled()
    await (await ana.click(offer, "Any hero, now")).settled()
    lobby = await discord.message(lambda m: "Begin" in m.labels, ana.dm)
    await (await ana.click(lobby, "Begin")).settled()
    table = await discord.message(lambda m: "What can I do?" in m.labels, ana.dm)
    noted = await (await ana.click(table, "Search the boats")).settled()
    assert "Noted" in noted.text and discord.threads() == [] and not discord.violations
