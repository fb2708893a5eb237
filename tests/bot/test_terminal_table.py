"""The table over HTTP against a stand-in: playing, refusals, lost streams, restarts, scripts and their exit codes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import terminal
from bot.api_client import ApiClient
from bot.table_terminal import feed as feed_module
from bot.table_terminal.keyboard import Leave
from bot.table_terminal.patience import Patience
from bot.table_terminal.play import Game, Quit
from bot.table_terminal.screen import Screen
from bot.table_terminal.start import Start
from bot.table_terminal.table import Table
from tests.bot.terminal_stand_in import StandIn

pytestmark = pytest.mark.asyncio


class Typist:
    """Types these lines, then leaves."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []
        self.defaults: list[str] = []

    async def ask(self, prompt: str, default: str = "") -> str:
        self.prompts.append(prompt)
        self.defaults.append(default)
        if not self.lines:
            raise Leave
        return self.lines.pop(0)

    def stir(self) -> None:
        """A typist is never in the middle of a word."""


async def sit(api: StandIn, lines: Sequence[str], *, tty: bool = False) -> tuple[str, Typist]:
    """Play these lines at the stand-in's table; what was printed, and the typist."""
    out, typist = io.StringIO(), Typist(*lines)
    screen = Screen(out, width=90, tty=tty)
    async with ApiClient(api.url, "token", stream_url=api.url) as client:
        table = Table(client, api.seats(), api.view(), Patience(screen.note))
        game = Game(table, screen, typist)
        await game.sit_down()
        try:
            await game.run()
        except Quit:
            out.write("(left)")
        finally:
            await game.stand_up()
    return out.getvalue(), typist


async def test_a_beat_is_played_by_number_and_by_words_and_then_told() -> None:
    async with StandIn() as api:
        printed, typist = await sit(api, ["1", "I hum to the lamp"])
    assert [(a["character_id"], a["kind"], a.get("id"), a["seen_turn"]) for a in api.actions] == [
        ("C1", "affordance", "search", 1), ("C2", "free", None, 1),
    ]  # fmt: skip
    assert printed.index("16 vs 9 — success") < printed.index("The shelves sigh.")
    assert typist.prompts == ["Nell Tarrow › ", "Pim Cardew › ", "Nell Tarrow › "]
    assert printed.endswith("(left)")


async def test_another_seat_speaks_with_its_number_in_front() -> None:
    async with StandIn() as api:
        _, typist = await sit(api, ["2: 2"])
    assert api.actions[0]["character_id"] == "C2" and api.actions[0]["id"] == "leave"
    assert typist.prompts[1] == "Nell Tarrow › "


async def test_a_choice_with_several_targets_asks_for_one() -> None:
    async with StandIn() as api:
        printed, typist = await sit(api, ["3", "pell", "3 1"])
    assert [a["target"] for a in api.actions] == ["pell", "odile"]
    assert "2  Pell" in printed and "Whom?" in typist.prompts[1]


async def test_a_refusal_prints_the_reason_and_what_is_possible_and_keeps_the_turn() -> None:
    async with StandIn() as api:
        api.refusals = [(409, {"code": "illegal_action", "message": "That is done already.", "details": {}})]
        printed, typist = await sit(api, ["1", "2"])
    assert "That is done already." in printed
    assert "Nell could:" in printed and "Search the shelves" in printed.split("Nell could:")[1]
    assert typist.prompts[:2] == ["Nell Tarrow › "] * 2
    assert len(api.actions) == 1


async def test_a_thing_and_what_the_game_master_cost_can_be_asked_about() -> None:
    async with StandIn() as api:
        printed, _ = await sit(api, ["/lore lamp", "/usage"])
    assert "A lamp of green glass." in printed and "worn (body)" in printed
    assert "Today 3 of 50 calls of models, 47 left." in printed and "passages told: 3" in printed


async def test_a_refused_roll_points_at_its_fault() -> None:
    details = {"field": "expression", "problem": "'k' lacks a number", "pointer": "4d6k\n   ^"}
    async with StandIn() as api:
        api.refusals = [(422, {"code": "bad_dice", "message": "expression: …", "details": details})]
        printed, typist = await sit(api, ["/roll 4d6k"])
    rows = printed.splitlines()
    at = rows.index("  'k' lacks a number.")
    assert rows[at + 1 : at + 3] == ["    4d6k", "       ^"]
    assert typist.prompts[:2] == ["Nell Tarrow › "] * 2


async def test_words_that_came_too_late_stay_at_the_prompt() -> None:
    async with StandIn() as api:
        api.refusals = [(409, {"code": "stale_turn", "message": "", "details": {"current_turn": 2}})]
        _, typist = await sit(api, ["I run for the stairs"])
    assert typist.defaults[1] == "I run for the stairs"


async def test_numbers_and_commands_that_do_not_exist_change_nothing() -> None:
    async with StandIn() as api:
        printed, _ = await sit(api, ["8", "/dance", "/roll", ""])
    assert "There is no 8" in printed and "There is no command /dance" in printed
    assert api.actions == []


async def test_a_story_that_is_late_is_waited_for_and_printed() -> None:
    async with StandIn(seats=1) as api:
        api.silent = True
        playing = asyncio.create_task(sit(api, ["1"]))
        await api.closed.wait()
        api.narrate("At last it is told.")
        printed, typist = await playing
    assert "At last it is told." in printed
    assert len(typist.prompts) == 2


async def test_a_draft_is_shown_while_it_is_told_and_only_on_a_terminal() -> None:
    for tty in (True, False):
        async with StandIn(seats=1) as api:
            api.silent = True
            playing = asyncio.create_task(sit(api, ["1"], tty=tty))
            await api.closed.wait()
            api.delta("T1", 0, "A draft of it.")
            for _ in range(50):
                await asyncio.sleep(0.005)  # the spinner draws by its own clock
            api.narrate("The whole of it.")
            printed, _ = await playing
        assert ("A draft of it." in printed) is tty
        assert "The whole of it." in printed


async def test_a_silent_stream_is_made_up_for_by_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "ASK_AFTER", 0.05)
    async with StandIn() as api:
        api.mute = True
        printed, _ = await sit(api, ["1", "2", "1", "2"])
    assert printed.count("The shelves sigh.") == 2


async def test_a_restart_of_the_api_loses_nothing_and_does_nothing_twice() -> None:
    async with StandIn(seats=1) as api:

        class Restarting(Typist):
            async def ask(self, prompt: str, default: str = "") -> str:
                line = await super().ask(prompt, default)
                await api.stop()
                asyncio.get_running_loop().call_later(1.2, lambda: asyncio.ensure_future(api.start()))
                return line

        out = io.StringIO()
        screen = Screen(out, width=90, tty=False)
        async with ApiClient(api.url, "token", stream_url=api.url) as client:
            table = Table(client, api.seats(), api.view(), Patience(screen.note))
            game = Game(table, screen, Restarting("1"))
            await game.sit_down()
            with pytest.raises(Quit):
                await game.run()
            await game.stand_up()
    assert len(api.actions) == 1
    assert "The shelves sigh." in out.getvalue()


async def test_an_earlier_story_is_offered_and_taken_up_with_what_went_before() -> None:
    async with StandIn() as api:
        api.rows = [{"id": "01SESSION", "status": "active", "campaign_name": "The Low Water", "party": ["Nell", "Pim"],
                     "turn_number": 5, "last_activity": "x"}]  # fmt: skip
        api.number = 5
        out = io.StringIO()
        screen = Screen(out, width=90, tty=False)
        options = terminal.arguments(["--api", api.url, "--stream", api.url])
        async with ApiClient(api.url, "token", stream_url=api.url) as client:
            table = await terminal.seat_party(
                Start(client, screen, Typist("1"), Patience(screen.note)), options
            )
    assert [s.hero for s in table.seats] == ["Nell Tarrow", "Pim Cardew"]
    assert "The Low Water — Nell, Pim, turn 5" in out.getvalue()
    assert "It began in a library." in out.getvalue() and "It drips." in out.getvalue()


async def run_script(api: StandIn, tmp_path: Path, text: str) -> str:
    path = tmp_path / "play.txt"
    path.write_text(text, encoding="utf-8")
    out = io.StringIO()
    options = terminal.arguments(["--api", api.url, "--stream", api.url, "--script", str(path)])
    assert await terminal.run(options, Screen(out, width=90, tty=False), Typist(), "token") == 0
    return out.getvalue()


async def test_a_script_plays_to_the_end_and_shows_what_was_remembered(tmp_path: Path) -> None:
    async with StandIn() as api:
        printed = await run_script(
            api,
            tmp_path,
            "@seats 2\n@hero 1 = nell\n@hero 2 = pim\n@choose 1: search\n2: I hum\n@expect seen check_rolled=1\n"
            "@try 1: fly\n@until turn>=4 max=5 do: @all choose leave\n@expect narrated\n@expect item 1 letter=2\n"
            "@if scene=moon\n@choose nothing\n@else\n/say nearly there\n@end\n@expect seen chat_said=1\n",
        )
        assert "fly is not offered to Nell" in printed
        api.ending = "struck_off"
        printed = await run_script(api, tmp_path, "@seats 2\n@all choose leave\n@expect status=completed\n"
                                   "@expect ending=struck_off\n")  # fmt: skip
    assert "🏁 Struck Off" in printed and "5eed" in printed and "a letter ×2" in printed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@seats 2\n\n@expect turn>=7", "play.txt:3: expected turn>=7, but it is 1"),
        (
            "@seats 2\n@choose 1: fly",
            "play.txt:2: fly is not offered to Nell Tarrow; offered are search, leave",
        ),
        (
            "@seats 2\n@until fighting max=2 do: @all /wait",
            "play.txt:2: @until fighting: not so after 2 times",
        ),
        ("@hero 1 = nobody\n1", "there is no hero nobody; known are nell, pim"),
    ],
)
async def test_a_check_that_fails_names_its_line_and_what_is_so(text: str, says: str, tmp_path: Path) -> None:
    async with StandIn() as api:
        with pytest.raises(terminal.ScriptProblem) as problem:
            await run_script(api, tmp_path, text)
    assert says in str(problem.value)
