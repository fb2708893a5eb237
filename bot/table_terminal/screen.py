"""Everything the table prints: prose wrapped to the width, receipts, headings, and the draft while a story is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from bot.cards.model import Card
from bot.cards.plain import neutralise
from bot.table_terminal.paint import QUIET, RULE, card_lines

WIDEST = 88  # longer lines of prose are hard to read
NARROWEST = 30
DRAFT_LINES = 12


class Screen:
    """Rich on a terminal; the same text without colours, spinners or drafts in a pipe, a file or a transcript."""

    def __init__(
        self, file: IO[str] | None = None, *, width: int | None = None, tty: bool | None = None
    ) -> None:
        self.console = Console(
            file=file,
            width=width,
            force_terminal=tty,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=False,
        )
        self._live: Live | None = None
        self._blank = True  # the last line that was printed is empty

    @property
    def is_tty(self) -> bool:
        return self.console.is_terminal

    @property
    def width(self) -> int:
        return max(NARROWEST, min(WIDEST, self.console.width))

    # --- lines -------------------------------------------------------------------------------------------------------

    def gap(self) -> None:
        """An empty line, never two."""
        if not self._blank:
            self._print(Text())

    def typed(self) -> None:
        """Somebody's line stands there now: what follows may begin with an empty line."""
        self._blank = False

    def line(
        self, text: Text | str = "", *, style: str = "", indent: int = 0, hang: int | None = None
    ) -> None:
        """One paragraph, wrapped; continuation lines stand at `hang` (default: the indent)."""
        whole = text if isinstance(text, Text) else Text(neutralise(text) if text.strip() else text, style)
        later = indent if hang is None else hang
        for number, row in enumerate(self._wrapped(whole, indent, later)):
            self._print(Text(" " * (indent if number == 0 else later)) + row)

    def _wrapped(self, text: Text, first: int, later: int) -> list[Text]:
        if not text.plain.strip():
            return [Text()]
        rows = list(text.wrap(self.console, self.width - first))
        if len(rows) > 1 and later != first:
            rest = text[len(rows[0].plain) :]
            lead = len(rest.plain) - len(rest.plain.lstrip())
            rows = [rows[0], *rest[lead:].wrap(self.console, self.width - later)]
        for row in rows:
            row.rstrip()
        return rows

    def lines(self, rows: Iterable[Text], indent: int = 0) -> None:
        for row in rows:
            if row.plain.strip():
                lead = len(row.plain) - len(row.plain.lstrip(" "))
                self.line(row[lead:], indent=indent + lead, hang=indent + (lead + 2 if lead else 0))
            else:
                self.gap()

    def _print(self, text: Text) -> None:
        self.console.print(text, overflow="ignore", no_wrap=True, crop=False)
        self._blank = not text.plain.strip()

    # --- blocks ------------------------------------------------------------------------------------------------------

    def rule(self, left: str, right: str = "") -> None:
        """── The Drowned Library — beneath the customs house ──────── turn 3 · 18:40 ──"""
        head, tail = neutralise(left), neutralise(right)
        room = self.width - 8 - len(tail)
        if len(head) > room > 1:
            head = head[: room - 1] + "…"
        fill = self.width - len(head) - len(tail) - (8 if tail else 4)
        self.gap()
        text = Text("── ", RULE)
        text.append(head, "bold")
        text.append(" " + "─" * max(0, fill), RULE)
        if tail:
            text.append(f" {tail} ", QUIET)
            text.append("──", RULE)
        self._print(text)

    def prose(self, text: str) -> None:
        """A told passage: paragraphs, indented by two."""
        self.gap()
        for part in (p.strip() for p in neutralise(text).split("\n")):
            if part:
                self.line(Text(part), indent=2)
                self.gap()

    def card(self, card: Card) -> None:
        self.gap()
        self.lines(card_lines(card), indent=2)
        self.gap()

    def note(self, text: str, *, bad: bool = False) -> None:
        """One line beside the story: what the table itself has to say."""
        self.line(text, style="yellow" if bad else QUIET, indent=2)

    def wipe(self) -> None:
        """Take away what stands on a terminal's screen and what was scrolled out of it; a transcript keeps it."""
        if self.is_tty:
            self.stop_waiting()
            self.console.file.write("\x1b[H\x1b[2J\x1b[3J")
            self.console.file.flush()
            self._blank = True

    # --- while waiting -----------------------------------------------------------------------------------------------

    def wait(self, what: str, draft: str = "") -> None:
        """A spinner, and under it the passage as far as it is told; nothing when this is no terminal."""
        if not self.is_tty:
            return
        if self._live is None:
            self._live = Live(console=self.console, transient=True, refresh_per_second=12)
            self._live.start()
        rows: list[Any] = []
        if draft:
            wrapped = [Text()]
            for part in neutralise(draft).split("\n"):
                wrapped += [Text("  ") + row for row in self._wrapped(Text(part), 2, 2)] if part else [Text()]
            tallest = max(3, min(DRAFT_LINES, self.console.height - 4))
            rows += wrapped[-tallest:]
        rows.append(Spinner("dots", Text(f" {what}", QUIET)))
        self._live.update(Group(*rows))

    def stop_waiting(self) -> None:
        """Takes spinner and draft away; the told passage is printed in their place."""
        if self._live is not None:
            self._live.stop()
            self._live = None
