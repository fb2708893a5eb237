"""The game at the table: show what is so, ask whose turn it is, do what was typed, tell what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from rich.text import Text

from bot import cards
from bot.api_client import ApiError
from bot.cards.controls import X_HELP
from bot.cards.plain import one_line
from bot.errors import sentence_for, shows_what_is_legal
from bot.table_terminal.board import Board
from bot.table_terminal.keyboard import Interrupted, Keyboard, Leave, Stirred
from bot.table_terminal.options import Choice, Options
from bot.table_terminal.screen import Screen
from bot.table_terminal.table import Seat, Table
from bot.table_terminal.teller import Teller
from bot.table_terminal.typed import Command, Nothing, Number, Words, pick, read
from bot.texts import tr

Json = dict[str, Any]
STORY_WAIT = 25.0  # seconds that the prompt waits for a story; it may still come in above the prompt later
NEAREST = 5


class Quit(Exception):
    """Leave the table; the session stays."""


class Game:
    """One sitting. `run` returns when the story is over and raises Quit when the players leave before."""

    def __init__(self, table: Table, screen: Screen, keyboard: Keyboard) -> None:
        self.table = table
        self.screen = screen
        self.keyboard = keyboard
        self.board = Board(screen)
        self.teller = Teller(screen)
        self.options = Options()
        self.speaker: Seat | None = None  # chosen with /seat, until that seat has acted
        self.last_refusal: ApiError | None = None
        self.slips: dict[int, str] = {}  # by seat: the code under which its lines and veils lie
        self._last_actor: Seat | None = None
        self._kept = ""  # what stood at the prompt when it was broken off or refused

    # --- the sitting -------------------------------------------------------------------------------------------------

    async def sit_down(self) -> None:
        """Follow the session from what its view shows; stories that are still due will come through the feed."""
        self.teller.adopt(self.table.view, await self.table.untold())
        if int(self.table.view.get("turn_number") or 0) > 1:
            self.board.know(self.table.view)  # taken up again: "previously" has told what threatens
        else:
            self.screen.note(f"/x — {tr(X_HELP)} {tr('/lines says what this table leaves out.')}")
        self.table.feed.start()
        await self.table.feed.catch_up()  # a story told before `untold` was read is in the feed by now

    async def stand_up(self) -> None:
        self.screen.stop_waiting()
        await self.table.feed.close()

    async def run(self) -> None:
        while True:
            await self.settle(STORY_WAIT)
            if self.is_over:
                return
            seat = await self.next_seat()
            if seat is None:
                await self._wait_for_others()
                continue
            await self.show_table(seat)
            await self._one_line(seat)

    async def _one_line(self, seat: Seat) -> None:
        kept, self._kept = self._kept, ""
        news = asyncio.create_task(self._news_at_prompt())
        try:
            line = await self.keyboard.ask(self.prompt(seat), kept)
            self.screen.typed()
        except Stirred as stirred:
            self._kept = stirred.text
            return
        except Interrupted as interrupted:
            await self._confirm_quit()
            self._kept = interrupted.text
            return
        except Leave:
            raise Quit from None
        finally:
            news.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await news
        await self.handle(seat, line)

    async def _news_at_prompt(self) -> None:
        """What others do while somebody types stands above the prompt; a turn that moved on breaks the prompt off."""
        while True:
            if await self.table.feed.news(60.0):
                before = self.teller.open_turn
                self.show_news()
                if self.teller.open_turn != before or self.teller.ended:
                    self.keyboard.stir()

    async def _confirm_quit(self) -> None:
        self.screen.note(
            tr("Leave the table? The story is kept. Ctrl-C again or Enter leaves, anything else stays.")
        )
        try:
            if (await self.keyboard.ask(tr("Leave? [yes]") + " ")).strip().lower() in (
                "",
                "y",
                "yes",
                tr("yes"),
                tr("yes")[:1],
            ):
                raise Quit
        except (Interrupted, Leave):
            raise Quit from None
        except Stirred:
            return

    async def _wait_for_others(self) -> None:
        names = [
            m["name"]
            for m in self.table.view.get("party") or []
            if m["character_id"] in ((self.table.turn or {}).get("waiting_for") or [])
        ]
        what = (
            tr("waiting for {names}", names=", ".join(names)) if names else tr("waiting for the game master")
        )
        self.screen.wait(what)
        try:
            await self.table.feed.news(30.0)
        finally:
            self.screen.stop_waiting()
        self.show_news()

    def prompt(self, seat: Seat) -> str:
        return f"{one_line(seat.hero or seat.player.name)} › "

    # --- the story so far --------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        return self.teller.ended is not None or self.table.is_over

    @property
    def _turn_is_open(self) -> bool:
        return bool(self.teller.open_turn) and self.teller.open_turn not in self.teller.closed

    def show_news(self) -> None:
        self.teller.show(self.table.feed.take())

    async def settle(self, patience: float) -> bool:
        """Show what happens until the story is told and somebody may act. False when the story did not come in time."""
        until = time.monotonic() + patience
        try:
            while True:
                if self.table.feed.has_rows:
                    self.screen.stop_waiting()
                    self.show_news()
                told = not self.teller.untold
                if told and (self._turn_is_open or self.is_over):
                    return True
                left = until - time.monotonic()
                if left <= 0:
                    if self._turn_is_open or self.is_over:
                        self.screen.stop_waiting()
                        self.screen.note(tr("The story of this turn will follow."))
                        return False
                    until = time.monotonic() + patience
                    continue
                draft = self.table.feed.draft
                shown = draft.turn_id in self.teller.untold - self.teller.silenced
                words = draft.text if shown else ""
                self.screen.wait(
                    tr("the game master tells") if words else tr("the game master is thinking"), words
                )
                await self.table.feed.news(min(left, 5.0))
                if not self.table.feed.has_rows:
                    self.table.feed.take()
        finally:
            self.screen.stop_waiting()

    async def next_seat(self) -> Seat | None:
        """Who is asked: the one chosen with /seat, else the first here whom the turn waits for; None: others' turn."""
        view = await self.table.refresh(self.speaker or self._last_actor)
        turn = view.get("turn") or {}
        waiting = turn.get("waiting_for") or []
        if self.speaker is not None and (not waiting or self.speaker.character_id in waiting):
            return self.speaker
        self.speaker = None
        here = [s for s in self.table.seats if s.character_id in waiting]
        if not here:
            return None
        if turn.get("kind") == "free" and self._last_actor in here:
            return here[(here.index(self._last_actor) + 1) % len(here)]
        return here[0]

    # --- what stands on the table ------------------------------------------------------------------------------------

    async def show_table(self, seat: Seat, *, again: bool = False) -> None:
        """The heading at a new turn, then the numbered choices of this seat's hero."""
        self.options = await self.table.options(seat)
        self.board.show(self.table.view, seat, self.options, told=self.teller.last_told, again=again)

    # --- doing what was typed ----------------------------------------------------------------------------------------

    async def handle(self, seat: Seat, line: str) -> None:
        """Do one typed line. Refusals are printed, with what is legal instead; nothing typed is lost."""
        from bot.table_terminal.commands import run_command  # commands need the game that they act on

        self.last_refusal = None
        typed = read(line, len(self.table.seats))
        if typed.seat is not None:
            other = self.table.seat(typed.seat)
            if other is not None and other is not seat:
                seat = other
                self.options = await self.table.options(seat)
        try:
            match typed.meaning:
                case Nothing():
                    await self.show_table(seat, again=True)
                case Command() as command:
                    await run_command(self, seat, command)
                case Number(choice, target):
                    await self._numbered(seat, choice, target)
                case Words(text):
                    await self.act(seat, {"kind": "free", "text": text}, echo=text)
        except ApiError as error:
            await self.refused(seat, error, line)

    async def _numbered(self, seat: Seat, number: int, target: int | None) -> None:
        choice = self.options.number(number)
        if choice is None:
            count = len(self.options.choices)
            self.screen.note(
                tr(
                    "There is no {number}; 1 to {count} are possible, or use your own words.",
                    number=number,
                    count=count,
                ),
                bad=True,
            )
            return
        if len(choice.targets) > 1:
            names = [name for _, name in choice.targets]
            index = await self._ask_target(choice, names) if target is None else target - 1
            if index is None:
                return
            if not 0 <= index < len(names):
                self.screen.note(
                    tr(
                        "There are {count} to choose from: {names}.",
                        count=len(names),
                        names=", ".join(names),
                    ),
                    bad=True,
                )
                return
            await self.act(seat, choice.body(choice.targets[index][0]))
            return
        await self.act(seat, choice.body())

    async def _ask_target(self, choice: Choice, names: list[str]) -> int | None:
        self.board.show_targets(self.table.view, choice)
        try:
            answer = await self.keyboard.ask("    " + tr("Whom? [1]") + " ")
        except (Interrupted, Stirred):
            return None
        index = pick(answer, names)
        if index is None:
            self.screen.note(
                tr("“{answer}” is none of them; nothing was done.", answer=one_line(answer, 40)), bad=True
            )
        return index

    async def act(self, seat: Seat, body: Json, *, echo: str = "") -> None:
        """Send an action for this seat. Raises ApiError when it is refused."""
        self.teller.echo = echo
        turn = (self.table.turn or {}).get("number")
        self._last_actor = seat
        answer = await self.table.act(seat, body, turn)
        busy = str((answer.get("queue") or {}).get("message") or "")
        if busy:
            self.screen.note(busy)
        if self.speaker is seat:
            self.speaker = None
        self.show_news()

    async def refused(self, seat: Seat, error: ApiError, line: str) -> None:
        """Why not, and the nearest things that are possible; the words stay at the prompt."""
        self.last_refusal = error
        if error.status in (401, 404) or error.code == "scope":
            raise error
        self.screen.gap()
        self.screen.line(Text(sentence_for(error.code, error.message, error.details), "yellow"), indent=2)
        if error.code == "bad_dice":
            self._point_at(error)
        if not shows_what_is_legal(error.code, error.details):
            return
        self._kept = line if error.code in ("stale_turn", "scene_changed", "not_your_turn") else ""
        self.options = await self.table.options(seat)
        nearest = self.options.choices[:NEAREST]
        if nearest:
            self.screen.note(tr("{first_name} could:", first_name=seat.first_name))
            self.board.show_choices(nearest)

    def _point_at(self, error: ApiError) -> None:
        """The dice expression, and a caret under its fault."""
        typed, _, caret = str(error.details.get("pointer") or "").partition("\n")
        if typed.strip() and len(typed) + 4 < self.screen.width:
            self.screen.line(typed, indent=4)
            self.screen.line("^", indent=4 + max(0, len(caret) - 1))

    def show_card(self, card: cards.Card) -> None:
        self.screen.card(card)
