"""Memories in both clients: what a card shows, and what each press, modal and command asks of the API."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from bot import cards
from bot.cards import ids, to_text
from bot.cards.as_discord import to_messages
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_parts import memories
from tests.bot.terminal_stand_in import StandIn
from tests.bot.test_commands import Table
from tests.bot.test_terminal_table import sit
from tests.fakes.discord import DiscordStandin

SESSION = "01M89XTK802Y65GK0BCGHJ63GP"
LONG = "m" + "f" * 30


def page(items: list[Any], **more: Any) -> dict[str, Any]:
    return {"items": items, "next_cursor": None, "pins": 1, "most_pins": 20, **more}


def labels(card: Any) -> list[str]:
    return [button.label for button in card.buttons]


# --- cards -------------------------------------------------------------------------------------------------------


def test_a_list_says_who_said_what_and_when() -> None:
    text = to_text(cards.memory_list(page(memories()), SESSION))
    assert (
        "Pim said: Tib was promised a new oar" in text
        and "turn 4" in text
        and "📌 The ferryman is Wenzel" in text
    )
    assert "1 of 20 pinned" in text


def test_an_empty_list_says_so() -> None:
    assert "Nothing is remembered yet." in to_text(cards.memory_list(page([]), SESSION))
    assert "Nothing is remembered of “crown”." in to_text(cards.memory_list(page([]), SESSION, "crown"))


def test_a_live_memory_can_be_pinned_set_right_and_forgotten() -> None:
    said, pinned, _ = memories()
    assert labels(cards.memory_card(said, SESSION)) == ["Pin", "Set right", "Forget"]
    assert labels(cards.memory_card(pinned, SESSION)) == ["Unpin", "Set right", "Forget"]
    assert labels(cards.memory_card({**said, "state": "forgotten"}, SESSION)) == ["Undo"]
    assert labels(cards.memory_card({**said, "corrects": "m0"}, SESSION))[-1] == "Undo"


def test_a_players_word_is_told_as_no_fact() -> None:
    assert "no fact of the world" in to_text(cards.memory_card(memories()[0], SESSION))
    assert "The story told it." in to_text(cards.memory_card(memories()[1], SESSION))
    assert "Written down by Ana." in to_text(cards.memory_card(memories()[2], SESSION))


def test_the_longest_ids_and_cursors_fit_into_a_button() -> None:
    cursor = "WzEyMzQ1LCAibWZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZiJd"
    one = {**memories()[0], "id": LONG, "text": "word " * 60}
    card = cards.memory_list(page([one] * 8, next_cursor=cursor), SESSION)
    shown = cards.memory_card(one, SESSION)
    made = [b.custom_id for b in (*card.buttons, *shown.buttons)]
    assert all(len(i) <= ids.LIMIT and ids.parse(i) for i in made)
    assert len(to_messages(card)) == 1


def test_a_change_is_told_in_one_line() -> None:
    event = {"change": "corrected", "memory": {"text": "It was\n**Tib's** oar"}, "name": "Ana"}
    assert to_text(cards.memory_changed(event)).strip() == "🧠 Ana set right: “It was **Tib's** oar”"


# --- Discord -----------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_the_list_leads_to_a_memory_that_its_user_can_pin_and_forget(table: Table) -> None:
    await table.open()
    listed = await (await table.ana.slash("memory", table.thread)).settled()
    assert listed.ephemeral and "Tib was promised a new oar" in listed.text
    session = table.session.view["id"]
    opened = await (await table.ana.select(listed, f"coc:mem:{session}:open", ["m1"])).settled()
    assert "Set right" in opened.labels
    pinned = await (await table.ana.click(opened, "Pin")).settled()
    (call,) = table.api.calls_to("PATCH", ".*/memories/m1")
    assert call.body == {"pinned": True} and call.key and call.acting == f"discord:{table.ana.id}"
    await (await table.ana.click(pinned, "Forget")).settled()
    assert len(table.api.calls_to("DELETE", ".*/memories/m1")) == 1


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_a_memory_is_set_right_in_a_modal(table: Table) -> None:
    await table.open()
    session = table.session.view["id"]
    listed = await (await table.ana.slash("memory", table.thread)).settled()
    opened = await (await table.ana.select(listed, f"coc:mem:{session}:open", ["m1"])).settled()
    modal = await table.ana.click(opened, "Set right")
    await modal.acknowledged()
    answer = await (await table.ana.submit(modal, {"words": "It was Tib's oar"})).settled()
    (call,) = table.api.calls_to("PATCH", ".*/memories/m1")
    assert call.body == {"text": "It was Tib's oar"} and "It was Tib's oar" in answer.text


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_older_memories_come_with_the_next_page(table: Table) -> None:
    await table.open()
    listed = await (await table.ana.slash("memory", table.thread)).settled()
    await (await table.ana.click(listed, "Older")).settled()
    first, second = table.api.calls_to("GET", ".*/memories")
    assert "cursor" not in first.query and second.query["cursor"] == "WzEsICJtMSJd"


# --- the terminal ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_terminal_lists_and_changes_memories() -> None:
    async with StandIn() as api:
        lines = [
            "/memory",
            "/memory 2 unpin",
            "/memory 1 fix It was Tib's oar",
            "/memory 3 forget",
            "/memory add Oars float",
        ]
        text, _ = await sit(api, lines)
    assert "Pim said: Tib was promised a new oar" in text and "The ferryman is Wenzel" in text
    assert api.changes == [
        ("PATCH", "m2", {"pinned": False}), ("PATCH", "m1", {"text": "It was Tib's oar"}), ("DELETE", "m3", {}),
        ("POST", "memories", {"text": "Oars float"}),
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_the_terminal_says_what_it_takes() -> None:
    async with StandIn() as api:
        text, _ = await sit(api, ["/memory 9 pin", "/memory 1 burn", "/memory help"])
    assert "There is no memory 9 in the list; it has 3." in text and text.count("/memory N fix TEXT") >= 2
    assert api.changes == []
