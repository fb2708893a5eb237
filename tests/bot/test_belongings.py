"""Bag, gear, skills, shop and journal: cards from the API's answers, and changes by a select, in Discord."""

from __future__ import annotations

import pytest
import pytest_asyncio

from bot import cards
from bot.cards import belongings
from bot.cards.as_text import to_text
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_parts import parts
from tests.bot.test_commands import Table
from tests.fakes.discord import DiscordStandin


def test_the_bag_tells_places_worn_things_and_the_cache() -> None:
    text = to_text(cards.bag(parts()["inventory"], "Ann"))
    for words in (
        "12 gold",
        "2 of 24 places",
        "red cordial",
        "×2",
        "(worn, rare)",
        "the town's bond",
        "The Store",
    ):
        assert words in text


def test_the_shop_tells_prices_and_why_something_cannot_be_bought() -> None:
    card = cards.shop(parts()["inventory"])
    assert card is not None
    text = to_text(card)
    for words in (
        "Old Pell",
        "Close the door.",
        "a rope, 3 gold (tool)",
        "a lamp, 30 gold",
        "It costs 30 gold.",
    ):
        assert words in text
    assert cards.shop({**parts()["inventory"], "shops": []}) is None


def test_gear_tells_what_makes_a_figure_when_more_than_one_thing_does() -> None:
    text = to_text(cards.gear(parts()["equipment"]))
    assert "HP 12 (Vanguard +10, constitution +2)" in text
    assert "Evade 13\n" in text + "\n" and "cold: resist" in text and "When time is up: attack." in text


def test_skills_tell_what_is_learnt_open_and_closed() -> None:
    text = to_text(cards.skills(parts()["skills"]))
    for words in (
        "130 of 300 XP",
        "1 skill point",
        "✅ Stand Fast",
        "🔓 Iron Door (1)",
        "🔒 Long Reach",
        "It needs level 4.",
    ):
        assert words in text


def test_the_journal_tells_quests_people_and_standing() -> None:
    text = to_text(cards.journal(parts()["journal"]))
    for words in ("The Quay", "Find the bond.",
                  "▫️ the town's bond", "🏅 The Cat (done)", "friendly (+30)", "They paid.",
                  "hostile (-30)", "lentil"):  # fmt: skip
        assert words in text
    assert "Nobody has asked anything of the party yet." in to_text(cards.journal({}))


def test_each_change_has_one_option_for_each_friend_and_none_that_is_not_possible() -> None:
    (select,) = belongings.choice("coc:sheet:C1:change:bag", "bag", parts()["inventory"])
    assert [o.value for o in select.options] == [
        "give|red_cordial||C2", "give|red_cordial||C3", "drop|red_cordial||",
    ]  # fmt: skip
    assert belongings.change_of("give|red_cordial||C2") == {"kind": "give", "id": "red_cordial", "to": "C2"}
    (shop,) = belongings.choice("coc:sheet:C1:change:shop", "shop", parts()["inventory"])
    assert [o.label for o in shop.options] == ["Buy a rope for 3 gold", "Sell red cordial for 2 gold"]
    assert belongings.change_of(shop.options[0].value) == {"kind": "buy", "id": "rope", "shop": "store"}


def test_more_than_a_hundred_changes_stay_within_four_selects() -> None:
    many = {"options": [{**parts()["skills"]["options"][0], "id": f"s{n}"} for n in range(130)]}
    selects = belongings.choice("coc:sheet:C1:change:skills", "skills", many)
    assert [len(s.options) for s in selects] == [25, 25, 25, 25]
    assert len({s.custom_id for s in selects}) == 4


@pytest_asyncio.fixture
async def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_every_command_shows_its_card_to_its_user_only(table: Table) -> None:
    await table.open()
    shown = {
        "bag": "red cordial", "gear": "tarred eel spear", "skills": "Iron Door", "shop": "a rope",
        "journal": "The Bond",
    }  # fmt: skip
    for command, words in shown.items():
        answer = await (await table.ana.slash(command, table.thread)).settled()
        assert answer.ephemeral and words in answer.text, command


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_a_change_is_asked_for_once_and_the_card_is_shown_again(table: Table) -> None:
    await table.open()
    answer = await (await table.ana.slash("skills", table.thread)).settled()
    hero = table.session.view["party"][0]["character_id"]
    custom_id = f"coc:sheet:{hero}:change:skills:0:0"
    reply = await table.ana.select(answer, custom_id, ["learn|b||"])
    again = await reply.settled()
    (call,) = table.api.calls_to("POST", "characters/.*/skills")
    assert call.body == {"kind": "learn", "id": "b"} and call.acting == f"discord:{table.ana.id}"
    assert call.key and "Iron Door" in again.text
