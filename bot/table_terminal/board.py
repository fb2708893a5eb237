"""What stands on the table before somebody is asked: the scene or the fight, the party, and the numbered choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from bot.cards.fight_board import in_the_fight
from bot.cards.plain import one_line
from bot.table_terminal import paint
from bot.table_terminal.options import Choice, Options
from bot.table_terminal.screen import Screen
from bot.table_terminal.table import Seat
from bot.texts import tr

Json = dict[str, Any]
HINTS = 3  # turns in which the prompt says that anything may be typed


class Board:
    """Remembers what was shown last, so that a heading, a threat or a list is printed when it is new and not again."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._turn = ""
        self._scene = ""
        self._round: tuple[str, int] = ("", 0)
        self._choices: tuple[object, ...] = ()  # the list that stands above the prompt
        self._explained: set[tuple[str, int]] = set()  # fights in which this seat's choices were explained

    def know(self, view: Json) -> None:
        """The players know this scene and its threat already."""
        self._scene = str((view.get("scene") or {}).get("key") or "")

    def show(self, view: Json, seat: Seat, options: Options, *, told: str = "", again: bool = False) -> None:
        """The heading at a new turn, then this hero's choices. `told`, the last story, is not repeated."""
        turn = view.get("turn") or {}
        fresh = again or turn.get("id") != self._turn
        self._turn = str(turn.get("id") or "")
        if fresh and view.get("encounter"):
            self._show_fight(view, seat, again)
        elif fresh:
            self._show_scene(view, seat, told, again)
        shown = options.choices[: options.shown]
        now = (self._turn, seat.number if view.get("encounter") else 0, shown)
        if now != self._choices or again:
            self._show_first(
                view, seat, shown, hint=fresh and (again or int(turn.get("number") or 0) <= HINTS)
            )
        self._choices = now

    def _show_scene(self, view: Json, seat: Seat, told: str, again: bool) -> None:
        scene, turn = view.get("scene") or {}, view.get("turn") or {}
        self._round = ("", 0)
        self._screen.rule(
            paint.place(scene),
            " · ".join(
                x
                for x in (tr("turn {number}", number=turn.get("number")), paint.clock(view.get("clock")))
                if x
            ),
        )
        if view.get("quest") and not self._scene:
            self._screen.line(tr("Quest: {quest}", quest=one_line(view["quest"])), indent=2)
        threat = one_line(scene.get("threat") or "")
        known = scene.get("key") == self._scene or threat in " ".join(told.split())
        if threat and (again or not known):
            self._screen.line(Text(threat, paint.THREAT), indent=2)
        self.know(view)
        party = view.get("party") or []
        width = max((len(one_line(m["name"])) for m in party), default=0)
        waiting = turn.get("waiting_for") or []
        for m in party:
            up = m["character_id"] == seat.character_id and len(party) > 1
            still = m["character_id"] in waiting and len(party) > 1
            self._screen.line(paint.hero_row(m, width, next_up=up, waiting=still), hang=4)

    def _show_fight(self, view: Json, seat: Seat, again: bool) -> None:
        """Everyone in order at a new round; inside a round one line with what has changed."""
        encounter = view["encounter"]
        now = (str(encounter["key"]), int(encounter.get("round") or 1))
        if now != self._round or again:
            self._screen.rule(f"⚔ {encounter['name']}", tr("round {number}", number=now[1]))
            if encounter.get("stakes") and (now[0] != self._round[0] or again):
                self._screen.line(Text(one_line(encounter["stakes"]), paint.THREAT), indent=2)
            members = {m["character_id"]: m for m in view.get("party") or []}
            standing = [o for o in in_the_fight(encounter) if o["kind"] == "hero" or not o.get("down")]
            width = max(len(one_line(o["name"])) for o in standing)
            for one in standing:
                acts = one["id"] == seat.character_id
                self._screen.line(paint.order_row(one, width, members.get(one["id"], {}), acts=acts), hang=4)
        else:
            self._screen.gap()
            self._screen.line(paint.fight_line(encounter), indent=2)
        self._round = now

    # --- choices -----------------------------------------------------------------------------------------------------

    def _show_first(self, view: Json, seat: Seat, shown: Sequence[Choice], *, hint: bool) -> None:
        if not shown:
            self._screen.note(tr("Nothing is suggested; say in your own words what happens, or /actions."))
            return
        self._screen.gap()
        fight = (str((view.get("encounter") or {}).get("key") or ""), seat.number)
        if fight[0] and fight in self._explained:
            self._show_on_one_line(shown)
            return
        self._explained.add(fight)
        self.show_choices(shown)
        if hint:
            more = "" if fight[0] else "  " + tr("/actions shows more,")
            own = tr("… or say in your own words what {first_name} does.", first_name=seat.first_name)
            text = f"{own}{more}  /help"
            self._screen.line(Text(text, paint.QUIET), indent=5)

    def _show_on_one_line(self, shown: Sequence[Choice]) -> None:
        """A fight's choices once they were explained: `1 Neat Incision   2 Tie Off (3 MP)   …`."""
        row = Text()
        for number, choice in enumerate(shown, 1):
            if row and len(row) + len(choice.text) + 6 > self._screen.width - 2:
                self._screen.line(row, indent=2)
                row = Text()
            row.append(f"{'   ' if row else ''}{number} ", "bold")
            row.append(choice.text)
        self._screen.line(row, indent=2)

    def show_choices(self, shown: Sequence[Choice]) -> None:
        """Numbered from 1, each on a line of its own."""
        for number, choice in enumerate(shown, 1):
            self._screen.line(_row(number, choice), indent=1, hang=5)

    def show_all(self, options: Options) -> None:
        """All choices with their numbers, and what is not possible and why."""
        self._screen.gap()
        for number, choice in enumerate(options.choices, 1):
            text = _row(number, choice)
            if len(choice.targets) > 1:
                text.append(f"  ({', '.join(n for _, n in choice.targets)})", paint.QUIET)
            self._screen.line(text, indent=1, hang=5)
        for label, reason in options.blocked:
            self._screen.line(Text(f"·  {label} — {reason}", paint.QUIET), indent=2, hang=5)

    def show_targets(self, view: Json, choice: Choice) -> None:
        order = {o["id"]: o for o in (view.get("encounter") or {}).get("order") or []}
        for number, (ident, name) in enumerate(choice.targets, 1):
            row = Text(f"{number}  {name}")
            if ident in order:
                row.append(
                    "  " + tr("{hp}/{hp_max} HP", hp=order[ident]["hp"], hp_max=order[ident]["hp_max"]),
                    paint.QUIET,
                )
            self._screen.line(row, indent=4)


def _row(number: int, choice: Choice) -> Text:
    text = Text(f"{number:>2}  ", "bold")
    text.append(choice.text)
    if choice.summary:
        text.append(f"  {choice.summary}", paint.QUIET)
    return text
