"""Retry, correct, why, lines and the X-card at the terminal's table, against a stand-in."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from bot.api_client import ApiClient
from bot.table_terminal.patience import Patience
from bot.table_terminal.play import Game
from bot.table_terminal.screen import Screen
from bot.table_terminal.table import Table
from tests.bot.terminal_stand_in import StandIn
from tests.bot.test_terminal_table import Typist, sit

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]
WIPED = "\x1b[H\x1b[2J\x1b[3J"


class Steered(StandIn):
    """The stand-in's table with the calls by which players steer the telling."""

    def __init__(self, seats: int = 2) -> None:
        super().__init__(seats)
        self.slips: dict[str, Json] = {}
        self.asked: list[tuple[str, str, Json]] = []

    def _answer(self, method: str, path: str, body: Json) -> Json:
        tail = path.split("/")
        if tail[-1] in ("retry", "correction", "receipts", "safety", "x"):
            self.asked.append((method, tail[-1], body))
        match (method, tail[-1]):
            case ("POST", "retry"):
                self.emit({"type": "retelling_began", "turn_id": "T1", "turn_number": 1, "reason": "retry"})
                self.again("In other words, a shelf.", "retry")
                return {"status": "queued", "turn_id": "T1", "turn_number": 1, "left": 2}
            case ("POST", "correction"):
                self.emit({"type": "narration_corrected", "turn_id": "T1", "turn_number": 1, "text": body["text"],
                           "sentence": body.get("sentence"), "character_name": "Nell Tarrow"})  # fmt: skip
                return {
                    "status": "noted",
                    "turn_id": "T1",
                    "can_retell": True,
                    "left": 3,
                    "text": body["text"],
                }
            case ("GET", "receipts"):
                roll = {"type": "check_rolled", "actor_name": "Nell Tarrow", "stat": "wisdom", "band": "easy",
                        "difficulty": 9, "rolls": [14], "kept": 14, "modifier": 2, "total": 16,
                        "degree": "success"}  # fmt: skip
                return {"turn_id": "T1", "turn_number": 1, "kind": "beat", "untold": [], "sentences": [
                    {"number": 1, "text": "The shelves sigh.", "events": [roll]},
                    {"number": 2, "text": "It drips.", "events": []}]}  # fmt: skip
            case ("POST", "x"):
                self.withdraw()
                self.again("It goes on.", "x_card")
                return {"status": "withdrawn", "turn_ids": ["T1"], "topic": body["topic"] or None,
                        "slip": "slip-of-chance" if body["topic"] else None}  # fmt: skip
            case ("PUT", "safety"):
                self.slips[body["slip"]] = body
                self.emit({"type": "safety_changed", "lines": [], "veils": []})
                return {"lines": [], "veils": [], "topics": [], "slip": body["slip"]}
            case ("GET", "safety"):
                return {"lines": [{"topic": "gore", "name": "Blood and gore"}], "veils": [],
                        "topics": [{"key": "gore", "name": "Blood and gore", "summary": "Wounds."}]}  # fmt: skip
        return super()._answer(method, path, body)

    def withdraw(self) -> None:
        self.emit({"type": "narration_withdrawn", "turn_id": "T1", "turn_ids": ["T1"], "turn_number": 1,
                   "kind": "beat", "reason": "x_card"})  # fmt: skip

    def again(self, text: str, reason: str) -> None:
        self.emit({"type": "turn_renarrated", "turn_id": "T1", "turn_ids": ["T1"], "text": text, "retold": 1,
                   "reason": reason})  # fmt: skip


async def test_why_shows_all_sentences_or_one() -> None:
    async with Steered() as api:
        printed, _ = await sit(api, ["1", "2: 1", "/why", "/why 2", "/why never"])
    whole, _, one = printed.partition("Why turn 1 reads so")[2].partition("Why turn 1 reads so")
    assert "16 vs 9" in whole and "2. It drips." in whole
    assert "It drips." in one and "16 vs 9" not in one
    assert "only the Nth" in one


async def test_a_passage_is_told_again_below_the_old_one() -> None:
    async with Steered() as api:
        printed, _ = await sit(api, ["1", "2: 1", "/retry"])
    places = [printed.index(t) for t in ("The shelves sigh.", "2 more times", "In other words, a shelf.")]
    assert places == sorted(places)


async def test_a_correction_may_name_its_sentence() -> None:
    async with Steered() as api:
        printed, _ = await sit(
            api, ["1", "2: 1", "/correct", "/correct 2: Odile is a woman", "/correct No: a man"]
        )
    assert [b for _, what, b in api.asked if what == "correction"] == [
        {"text": "Odile is a woman", "sentence": 2}, {"text": "No: a man"},
    ]  # fmt: skip
    assert "What is it really?" in printed and "puts it right" in printed and "/retry tells" in printed


async def test_the_card_wipes_a_terminals_screen_and_what_comes_after_stands_alone() -> None:
    async with Steered() as api:
        printed, _ = await sit(api, ["1", "2: 1", "/x"], tty=True)
    after = printed.rpartition(WIPED)[2]
    assert "The shelves sigh." in printed.partition(WIPED)[0] and "The shelves sigh." not in after
    assert "taken back with the X-card" in after and "It goes on." in after
    assert api.asked == [("POST", "x", {"turn_id": "", "topic": ""})]


async def test_the_card_with_a_topic_says_how_to_take_the_line_back() -> None:
    async with Steered() as api:
        printed, _ = await sit(api, ["1", "2: 1", "/x wet wool"])
    assert "/lines code slip-of-chance" in printed
    assert WIPED not in printed, "a transcript is no screen"


async def test_lines_and_veils_lie_under_one_code_for_each_seat() -> None:
    async with Steered() as api:
        printed, _ = await sit(
            api,
            [
                "/lines never gore, wet wool",
                "2: /lines veil torture",
                "/lines",
                "/lines clear",
                "/lines nothing",
            ],
        )
    first, second = list(api.slips)[:2]
    assert api.slips[second]["veils"] == ["torture"]
    assert first.endswith("-lines") and second.endswith("-veils")
    assert first.partition("-")[0] != second.partition("-")[0]
    assert api.slips[first]["lines"] == [], "and taken back by the one whose they are"
    assert "Blood and gore" in printed and "Topics: gore" in printed
    assert "/lines never WORDS" in printed


async def test_a_code_of_an_earlier_evening_is_taken_up_again() -> None:
    async with Steered() as api:
        await sit(api, ["/lines code 0123456789abcdef", "/lines never gore"])
    assert list(api.slips) == ["0123456789abcdef-lines"]


async def test_a_passage_in_the_telling_vanishes_with_the_card() -> None:
    """Somebody elsewhere plays it while the words are still coming in."""
    out = io.StringIO()
    async with Steered(1) as api, ApiClient(api.url, "token", stream_url=api.url) as client:
        api.silent = True
        screen = Screen(out, width=90, tty=True)
        game = Game(Table(client, api.seats(), api.view(), Patience(screen.note)), screen, Typist())
        drafts: list[str] = []
        shown = asyncio.Event()
        waited: Callable[[str, str], None] = screen.wait

        def noting(what: str, draft: str = "") -> None:
            drafts.append(draft)
            waited(what, draft)
            if draft == "A spider.":
                shown.set()

        screen.wait = noting  # type: ignore[method-assign]
        await game.sit_down()
        await game.act(game.table.seats[0], {"kind": "affordance", "id": "search"})
        telling = asyncio.create_task(game.settle(5.0))
        api.delta("T1", 0, "A spider.")
        await asyncio.wait_for(shown.wait(), 5)
        seen = len(drafts)
        api.withdraw()
        api.delta("T1", len("A spider."), " It comes closer.")
        api.again("It goes on.", "x_card")
        await telling
        await game.stand_up()
    later = drafts[seen:]
    assert all("closer" not in d for d in later)
    assert "It goes on." in out.getvalue().rpartition(WIPED)[2]
    assert "spider" not in out.getvalue().rpartition(WIPED)[2]


async def test_a_busy_game_master_is_said_at_once() -> None:
    async with Steered(1) as api:
        act = api._act
        api._act = lambda body: {
            **act(body),
            "queue": {"waiting": 9, "seconds": 12, "message": "9 turns wait."},
        }  # type: ignore[method-assign]
        printed, _ = await sit(api, ["1"])
    assert printed.index("9 turns wait.") < printed.index("The shelves sigh.")
