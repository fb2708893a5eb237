"""/link and /web: both names before anybody agrees, and a way into the browser that only its player sees."""

from __future__ import annotations

import pytest

from bot import cards
from bot.cards.as_text import to_text
from bot.cards.samples import LINK
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Refusal
from tests.bot.terminal_stand_in import StandIn
from tests.bot.test_terminal_table import sit
from tests.fakes.discord import DiscordStandin


def test_who_is_asked_sees_both_names_what_moves_and_what_it_means() -> None:
    text = to_text(cards.link_request(LINK))
    for words in ("You are Mei; the other account is Ann", "What Mei has goes to Ann", "Aldo Fisk; together 120 gold",
                  "new ones are refused above 3"):  # fmt: skip
        assert words in text


def test_a_clash_is_named_and_nobody_can_agree_to_it() -> None:
    card = cards.link_request({**LINK, "clashes": [{"session_id": "S", "name": "The Low-Water Ledger"}]})
    assert "both sit at the same table (The Low-Water Ledger)" in to_text(card)
    assert [(one.label, one.disabled) for one in card.buttons] == [
        ("Yes, both are mine", True),
        ("No", False),
    ]


def test_who_has_agreed_waits_and_may_still_say_no() -> None:
    card = cards.link_request({**LINK, "confirmed": {"you": True, "other": False}})
    assert "You have agreed" in to_text(card) and [one.label for one in card.buttons] == ["No"]


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_link_and_web_are_answered_to_their_player_alone(
    discord: DiscordStandin, api: CannedApi, bot: BotProcess
) -> None:
    await bot.start()
    ana, bo = discord.add_user("ana"), discord.add_user("bo")
    answer = await (await ana.slash("link")).settled()
    assert answer.ephemeral and not answer.visible_to(bo) and "7KQ2-M0XV" in answer.text
    asked = await (await ana.slash("link", code="7KQ2-M0XV")).settled()
    assert "the other account is" in asked.text and asked.ephemeral
    done = await (await ana.click(asked, "Yes, both are mine")).settled()
    assert "From now on you are" in done.text and "Ann" in done.text
    [confirmed] = api.calls_to("POST", "links/.*/confirm")
    assert (confirmed.path, confirmed.acting) == (f"links/{LINK['id']}/confirm", f"discord:{ana.id}")
    again = await (await ana.slash("link", code="7KQ2-M0XV")).settled()
    await (await ana.click(again, "No")).settled()
    assert len(api.calls_to("DELETE", "links/.*")) == 1
    browser = await (await ana.slash("web")).settled()
    assert browser.ephemeral and "https://play.test/enter?token=once" in browser.text


@pytest.mark.asyncio
async def test_a_seat_at_the_terminal_links_and_opens_a_browser() -> None:
    async with StandIn() as api:
        printed, _ = await sit(api, ["/link", "/link 7KQ2-M0XV", "yes", "/link 7KQ2-M0XV", "no", "/web"])
    assert "7KQ2-M0XV" in printed and "From now on you are Ann" in printed and "Nothing was linked" in printed
    assert "https://play.test/enter?token=once" in printed.replace("\n", "")
    assert [(m, p.split("/")[-1]) for m, p, _ in api.linked if p.startswith("links/01")] == [
        ("POST", "confirm"), ("DELETE", LINK["id"]),
    ]  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_a_friend_of_a_higher_tier_joins_a_full_table_and_sponsors_it(
    discord: DiscordStandin, api: CannedApi, bot: BotProcess
) -> None:
    ana, bo = discord.add_user("ana"), discord.add_user("bo")
    session = api.add_session(discord.general.id, discord.guild.id, [(ana.id, "Ana")], status="lobby")
    await bot.start()
    lobby = await discord.message(lambda m: "Join" in m.labels)
    api.refusals["POST join"] = Refusal(409, "tier_limit", "Free is for a story of one's own.", limit="party")
    heroes = await (await bo.click(lobby, "Join")).settled()
    full = await (
        await bo.select(heroes, heroes.components[0]["components"][0]["custom_id"], ["h|mara"])
    ).settled()
    assert "Free is for a story of one's own." in full.text and full.labels == ["Join and sponsor"]
    del api.refusals["POST join"]
    await (await bo.click(full, "Join and sponsor")).settled()
    joined = api.calls_to("POST", f"sessions/{session.view['id']}/join")
    assert [c.body.get("sponsor", False) for c in joined] == [False, True]
    assert joined[0].body["character_id"] == joined[1].body["character_id"]
