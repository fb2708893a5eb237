"""How a story is told, and what moves it between turns: commands, cards and lines in both clients."""

from __future__ import annotations

import io
from typing import Any

import pytest

from api.llm.style import CHOICES as KNOWN
from bot import cards
from bot.cards.settings import CHOICES
from bot.table_terminal.screen import Screen
from bot.table_terminal.teller import Teller
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.fakes.discord import DiscordStandin

SETTINGS = {"tone": "grim", "length": "short", "rating": "teen", "language": "de"}
CLUE = {"type": "clue_found", "actor": "a", "actor_name": "Ann", "clue": "The sea is one clerk."}
MOVED = {"type": "story_moved", "turn_id": "t", "turn_number": 4, "events": [
    CLUE,
    {"type": "person_came", "person": "ezra_mumby", "person_name": "Ezra Mumby", "scene": "quay", "tell": 0},
    {"type": "disposition_changed", "person": "x", "person_name": "Bruna Ketch", "amount": -2, "disposition": 3,
     "reason": "told"},
]}  # fmt: skip


def test_the_clients_offer_what_the_api_knows() -> None:
    assert {name: tuple(values) for name, values in KNOWN.items()} == CHOICES


def test_the_settings_card_marks_what_is_chosen() -> None:
    text = cards.to_text(cards.settings({"settings": SETTINGS}, change="The host changes them."))
    assert "The host changes them." in text and "grim" in text and "cosy" in text


@pytest.mark.parametrize("words", ["clue", "Ezra Mumby", "Bruna Ketch: liking"])
def test_accepted_proposals_are_shown_with_their_receipts(words: str) -> None:
    assert words in cards.to_text(cards.story_moved(MOVED))


def test_an_event_of_a_newer_api_costs_its_line_only() -> None:
    odd = {**MOVED, "events": [{"type": "moon_fell"}, CLUE]}
    assert "The sea is one clerk." in cards.to_text(cards.story_moved(odd))


def printed(*events: dict[str, Any]) -> str:
    out = io.StringIO()
    teller = Teller(Screen(out, width=100, tty=False))
    teller.show(list(events))
    return out.getvalue()


def test_the_terminal_shows_what_moved_the_story() -> None:
    assert "The sea is one clerk." in printed(MOVED)
    assert "Tone: grim" in printed({"type": "settings_changed", "settings": SETTINGS})
    assert "English only" in printed({"type": "notice", "code": "english_only", "text": "English only."})


def test_the_terminal_pauses_with_a_cliffhanger_and_resumes_with_what_came_before() -> None:
    text = printed({"type": "session_timeout", "cliffhanger": "The stair is wet again."})
    assert "The stair is wet again." in text and "rests" in text
    before = {
        "title": "The Ledger",
        "so_far": ["It began in a library."],
        "last_choice": "",
        "quest": "",
        "threat": "",
    }
    text = printed({"type": "session_resumed", "previously": before})
    assert "Previously on The Ledger" in text and "It began in a library." in text
    assert "goes on" in printed({"type": "session_resumed"})


@pytest.mark.asyncio
async def test_slash_settings_shows_and_changes_how_the_story_is_told(
    bot: BotProcess, discord: DiscordStandin, api: CannedApi
) -> None:
    ana = discord.add_user("ana")
    session = api.add_session(discord.general.id, discord.guild.id, [(ana.id, "Ana")])
    await bot.start()
    shown = await (await ana.slash("settings")).settled()
    assert "wry" in shown.text and "Length" in shown.text
    changed = await (await ana.slash("settings", tone="grim", length="short")).settled()
    assert "told" in changed.text
    (call,) = api.calls_to("PATCH", "sessions/.*/settings")
    assert call.body == {"tone": "grim", "length": "short"}
    await api.begin(session)
    await discord.until(lambda: bool(discord.threads()))
    await api.feed(session, {"type": "settings_changed", "settings": SETTINGS}, MOVED)
    thread = discord.threads()[0]
    await discord.message(lambda m: "From the next passage on" in m.text, thread)
    await discord.message(lambda m: "The sea is one clerk." in m.text, thread)
    assert not discord.violations
