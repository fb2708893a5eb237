"""Plays a script: typed lines as a player would, directives that choose by key, loop, fight and check the state."""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text

from bot.api_client import ApiError
from bot.cards.plain import one_line
from bot.table_terminal.autofight import fight_action
from bot.table_terminal.conditions import Condition, Facts, holds
from bot.table_terminal.farewell import farewell
from bot.table_terminal.options import Choice
from bot.table_terminal.paint import HERO, QUIET, spoken
from bot.table_terminal.patience import Patience
from bot.table_terminal.play import Game
from bot.table_terminal.screen import Screen
from bot.table_terminal.script import Place, Script, Step
from bot.table_terminal.start import Start, running
from bot.table_terminal.table import Seat, Table, player_of
from bot.table_terminal.typed import Command, Typed, Words, pick, read

Json = dict[str, Any]
STORY_WAIT = 60.0  # seconds that a script waits for a story before `@expect narrated` can fail
FIGHT_TURNS = 200
JOURNEYS = 8  # how often a party sets out again after it was driven back on the way
_CHOICE = re.compile(r"^(?:(?P<seat>[1-9])\s*:\s*)?(?P<what>.+?)(?:\s*->\s*(?P<target>.+))?$")


class ScriptKeyboard:
    """A script answers every question as Enter does: the first target is meant, and nothing is ended by accident."""

    def __init__(self) -> None:
        self.at = Place("script", 0)

    async def ask(self, prompt: str, default: str = "") -> str:
        return ""

    def stir(self) -> None:
        """Nobody is typing."""


class ScriptRun:
    """One script from its first seat to its last check. Raises ScriptProblem, ApiError, Quit."""

    def __init__(self, script: Script, start: Start, screen: Screen, patience: Patience) -> None:
        self.script = script
        self.start = start
        self.screen = screen
        self.patience = patience
        self.keyboard = ScriptKeyboard()
        self.game: Game

    async def run(self, party: int | None, campaign: str | None) -> None:
        table = await self._seated(party, campaign)
        self.game = Game(table, self.screen, self.keyboard)
        for seat in table.seats:
            await table.sheet(seat)
        await self.game.sit_down()
        try:
            told_end = False
            for step in self.script.steps:
                await self._step(step)
                if self.game.is_over and not told_end:
                    told_end = True
                    await self._finish()
            if not told_end:
                await self.game.settle(STORY_WAIT)
                if self.game.is_over:
                    await self._finish()
        finally:
            await self.game.stand_up()

    async def _finish(self) -> None:
        await self.game.settle(STORY_WAIT)
        await farewell(self.game)

    # --- who plays ---------------------------------------------------------------------------------------------------

    async def _seated(self, party: int | None, campaign: str | None) -> Table:
        first = Place("script", 1) if not self.script.steps else self.script.steps[0].at
        client = self.start.client
        if self.script.resume:
            rows = running(await self.patience(lambda: client.my_sessions(player_of(1))))
            if not rows:
                raise first.problem("@resume: there is no story to take up")
            table = await self.start.resume(rows[0]["id"])
            await self.start.previously(table)
            return table
        chosen = self.script.campaign or campaign
        campaigns = await self.patience(client.campaigns)
        row = next((c for c in campaigns if c["key"] == (chosen or c["key"])), None)
        if row is None:
            raise first.problem(f"there is no campaign {chosen}; known are {_keys(campaigns)}")
        self.screen.line(Text(one_line(row["name"]), "bold"), indent=2)
        self.screen.line(one_line(row.get("quest") or row.get("summary")), indent=2)
        self.screen.gap()
        seats = await self._heroes(self.script.seats or party or 1, first)
        table = await self.start.open(seats, str(row["key"]))
        if self.script.mode != "beats":
            await table.set_mode(table.seats[0], self.script.mode)
        return await self.start.begin(table)

    async def _heroes(self, count: int, first: Place) -> list[Seat]:
        ready = await self.patience(self.start.client.heroes)
        by_key = {h["key"]: h for h in ready}
        seats: list[Seat] = []
        for number in range(1, count + 1):
            free = [h for h in ready if h["key"] not in self.script.heroes.values()]
            free = [h for h in free if all(not s.hero.startswith(h["name"]) for s in seats)] or ready
            key = self.script.heroes.get(number, free[0]["key"])
            if key not in by_key:
                raise first.problem(f"@hero {number}: there is no hero {key}; known are {_keys(ready)}")
            player = player_of(number, self.script.names.get(number, ""))
            character = await self.start.ready_made(player, by_key[key], [s.hero for s in seats])
            seats.append(self.start.seated(number, player, character))
        return seats

    # --- steps -------------------------------------------------------------------------------------------------------

    async def _step(self, step: Step) -> None:
        self.keyboard.at = step.at
        match step.name:
            case "":
                await self._typed(step)
            case "note":
                self.screen.gap()
                self.screen.note(step.text)
            case "expect" | "require":
                await self._check(step)
            case "choose" | "try":
                await self._choose(step, step.text, must=step.name == "choose")
            case "all":
                await self._everyone(step)
            case "go":
                await self._go(step)
            case "fight":
                await self._fight(step)
            case "until":
                await self._until(step)
            case "if":
                assert step.condition is not None
                await self._settled()
                so, _ = holds(step.condition, await self._facts(step.condition))
                for inner in step.body if so else step.other:
                    await self._step(inner)

    async def _settled(self) -> None:
        await self.game.settle(STORY_WAIT)

    async def _asked(self, number: int | None = None) -> Seat | None:
        """The seat that acts next, with the table shown; None when the story is over or waits for nobody here."""
        await self._settled()
        if self.game.is_over:
            return None
        seat = await self.game.next_seat()
        if number is not None:
            seat = self.game.table.seat(number)
            if seat is None:
                raise self.keyboard.at.problem(f"there is no seat {number}")
        if seat is not None:
            await self.game.show_table(seat)
        return seat

    async def _typed(self, step: Step) -> None:
        typed = read(step.text, len(self.game.table.seats))
        seat = await self._asked(typed.seat)
        if seat is None:
            raise step.at.problem("nobody here can act: the story is over or waits for others")
        self.screen.gap()
        self._echo(seat, typed)
        await self.game.handle(seat, step.text)
        error = self.game.last_refusal
        if error is not None and (error.is_passing or error.status >= 500):
            raise error

    def _echo(self, seat: Seat, typed: Typed) -> None:
        """What stands at a player's prompt; what becomes an action by number or command is shown as that action."""
        match typed.meaning:
            case Words(words):
                said = f": {spoken(one_line(words))}"
            case Command(name, argument) if name not in ("/rest", "/wait", "/x", "/lines"):
                said = f": {name} {one_line(argument)}".rstrip()
            case _:
                return
        text = Text("› ", QUIET)
        text.append(one_line(seat.hero), HERO)
        self.screen.line(text.append(said), hang=4)

    async def _choose(self, step: Step, text: str, *, must: bool, other: Json | None = None) -> None:
        """Use what is offered under this key; when it is not, fail (`must`), do `other`, or go on with a note."""
        match = _CHOICE.match(text)
        assert match is not None
        seat = await self._asked(int(match["seat"]) if match["seat"] else None)
        wanted = match["what"].strip()
        if seat is None:
            if must:
                raise step.at.problem(f"{wanted} cannot be chosen: the story is over or waits for others")
            return
        choice = self.game.options.find(wanted)
        try:
            if choice is not None:
                await self._act(seat, choice.body(self._target(step, choice, match["target"])))
                return
            if must:
                raise step.at.problem(
                    f"{wanted} is not offered to {seat.hero}; offered are {self._offered_text()}"
                )
            if other is not None:
                await self._act(seat, other)
                return
            self.screen.note(f"({wanted} is not offered to {seat.first_name}; the script goes on)")
        except ApiError as error:
            if must or error.is_passing or error.status >= 500:
                raise step.at.problem(f"{wanted} was refused: {error.message or error.code}") from error
            await self.game.refused(seat, error, "")

    def _target(self, step: Step, choice: Choice, wanted: str | None) -> str | None:
        if len(choice.targets) < 2 and wanted is None:
            return None
        ids = [ident for ident, _ in choice.targets]
        if wanted in ids:
            return wanted
        index = pick(wanted or "", [name for _, name in choice.targets])
        if index is None:
            raise step.at.problem(f"{wanted} is no target of {choice.label}; targets are {', '.join(ids)}")
        return ids[index]

    async def _act(self, seat: Seat, body: Json) -> None:
        self.screen.gap()
        await self.game.act(seat, body)

    async def _everyone(self, step: Step) -> None:
        """Each hero here who has not acted in this turn does the same; `try KEY` falls back to waiting."""
        await self._settled()
        turn = self.game.teller.open_turn
        verb, _, what = step.text.partition(" ")
        for _ in self.game.table.seats:
            if self.game.is_over or self.game.teller.open_turn != turn or turn in self.game.teller.closed:
                return
            if verb == "choose":
                await self._choose(step, what, must=True)
            elif verb == "try":
                await self._choose(step, what, must=False, other={"kind": "pass"})
            else:
                await self._typed(Step(step.at, "", step.text))

    async def _go(self, step: Step) -> None:
        """The whole party takes the way to a location, fights what is met on it, sets out again when driven back."""
        for _ in range(JOURNEYS):
            await self._everyone(Step(step.at, "all", f"choose {step.text}"))
            await self._fight(step)
            view = await self.game.table.refresh()
            if self.game.is_over or (view.get("where") or {}).get("location") == step.text:
                return
        raise step.at.problem(f"@go {step.text}: the party never arrived")

    async def _fight(self, step: Step) -> None:
        await self._settled()
        await self.game.table.refresh()
        for _ in range(FIGHT_TURNS):
            if self.game.is_over or not self.game.table.view.get("encounter"):
                return
            seat = await self._asked()
            if seat is None or not self.game.table.view.get("encounter"):
                return
            try:
                await self._act(seat, fight_action(self.game.table.view, self.game.options.choices))
            except ApiError as error:
                raise step.at.problem(f"@fight auto: {error.message or error.code}") from error
            await self._settled()
        raise step.at.problem(f"@fight auto: the fight is not over after {FIGHT_TURNS} turns")

    async def _until(self, step: Step) -> None:
        assert step.condition is not None and step.do is not None
        actual = ""
        for _ in range(step.most + 1):
            await self._settled()
            so, actual = holds(step.condition, await self._facts(step.condition))
            if so:
                return
            if self.game.is_over:
                break
            await self._step(step.do)
        raise step.at.problem(f"@until {step.condition.text}: not so after {step.most} times; {actual}")

    # --- checks ------------------------------------------------------------------------------------------------------

    async def _check(self, step: Step) -> None:
        assert step.condition is not None
        await self._settled()
        so, actual = holds(step.condition, await self._facts(step.condition))
        if not so:
            raise step.at.problem(f"expected {step.condition.text}, but {actual}")

    async def _facts(self, condition: Condition) -> Facts:
        """Only what this check needs is asked for."""
        game, table = self.game, self.game.table
        view = await table.refresh()
        sheets: dict[int, Json] = {}
        offered: dict[int, frozenset[str]] = {}
        untold = 0
        if condition.subject in ("hero", "item"):
            seat = self._seat(condition.seat)
            sheets[seat.number] = await table.sheet(seat)
            if view.get("encounter"):
                member = table.member(seat.character_id)
                sheets[seat.number] |= {k: member[k] for k in ("hp", "mp") if k in member}
        if condition.subject == "offered" and not game.is_over:
            asked = self._seat(condition.seat) if condition.seat else await game.next_seat()
            if asked is not None:
                found = await table.options(asked)
                offered[condition.seat] = frozenset(c.id for c in found.choices)
        if condition.subject == "narrated":
            untold = len(await table.untold())
        refusal = game.last_refusal.code if game.last_refusal else ""
        worn: dict[str, str] = {}
        skills: frozenset[str] = frozenset()
        quests: dict[str, str] = {}
        if condition.subject == "worn":
            part = await table.part(self._seat(condition.seat), "equipment")
            worn = {slot: each["item"] for slot, each in part["worn"].items()}
        if condition.subject == "skill":
            tree = (await table.part(self._seat(condition.seat), "skills"))["tree"]
            skills = frozenset(node["key"] for node in tree if node["learnt"])
        if condition.subject == "quest":
            quests = {q["quest"]: q["status"] for q in (await table.journal(table.seats[0]))["quests"]}
        return Facts(view, sheets, offered, game.teller.seen, untold, refusal, worn, skills, quests)

    def _seat(self, number: int) -> Seat:
        seat = self.game.table.seat(number)
        if seat is None:
            raise self.keyboard.at.problem(f"there is no seat {number}")
        return seat

    def _offered_text(self) -> str:
        return ", ".join(c.id for c in self.game.options.choices) or "nothing"


def _keys(rows: list[Json]) -> str:
    return ", ".join(sorted(str(r["key"]) for r in rows))
