"""What a card is, before it becomes a Discord message, terminal text or HTML.

Texts are kept as plain spans with a style, and each renderer escapes for its own medium: a card cannot carry markup
that somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Literal

from bot.texts import names as names_in_words
from bot.texts import template

Style = Literal["plain", "bold", "italic", "struck", "code", "when", "channel"]
LineStyle = Literal["plain", "heading", "small", "quote"]
ButtonStyle = Literal["primary", "secondary", "success", "danger"]

BLUE, GREEN, AMBER, RED, VIOLET, GREY, GOLD = (
    0x5865F2,
    0x3BA55D,
    0xE0A030,
    0xD8444A,
    0x8F6BD8,
    0x6D7280,
    0xD9B45B,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `when` holds an ISO time (shown relative to now), `channel` a channel's id and a name."""

    text: str
    style: Style = "plain"
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line (or paragraph) of spans."""

    spans: tuple[Span, ...] = ()
    style: LineStyle = "plain"


Text = str | Span
Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A titled block under the body; inline ones may stand side by side."""

    name: str
    lines: Lines
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A press; `row` groups buttons that belong together (0 to 4)."""

    label: str
    custom_id: str
    style: ButtonStyle = "secondary"
    disabled: bool = False
    emoji: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Select:
    """A choice among at most 25: of one, or of `least` to `most`. `chosen` are values that are chosen already."""

    custom_id: str
    placeholder: str
    options: tuple[Option, ...]
    least: int = 1
    most: int = 1
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Card:
    """What a player sees at once: one Discord message, one block in the terminal, one box in HTML."""

    kind: str
    title: str = ""
    body: Lines = ()
    fields: tuple[Field, ...] = ()
    footer: str = ""
    colour: int = BLUE
    author: str = ""
    buttons: tuple[Button, ...] = ()
    selects: tuple[Select, ...] = ()
    stamp: str = ""  # ISO time shown beside the footer; the relay recognises its own lines by it

    def without_buttons(self) -> Card:
        return replace(self, buttons=(), selects=())


@dataclass(slots=True)
class Draft:
    """Collects lines while a card is built."""

    lines: list[Line] = field(default_factory=list)

    def add(self, *spans: Text, style: LineStyle = "plain") -> None:
        self.lines.append(line(*spans, style=style))

    def prose(self, text: str) -> None:
        """Add prose, one line for each of its paragraphs, with blank lines between."""
        self.lines += paragraphs(text)

    def gap(self) -> None:
        if self.lines and self.lines[-1].spans:
            self.lines.append(Line())

    def done(self) -> Lines:
        return tuple(self.lines)


def line(*spans: Text, style: LineStyle = "plain") -> Line:
    return Line(tuple(Span(s) if isinstance(s, str) else s for s in spans), style)


def lines(*rows: Iterable[Text] | str) -> Lines:
    return tuple(line(row) if isinstance(row, str) else line(*row) for row in rows)


def paragraphs(text: str) -> list[Line]:
    out: list[Line] = []
    for part in (p.strip() for p in text.split("\n")):
        if part:
            out += [line(part), Line()]
    return out[:-1]


def sentence(message: str, **values: Text | Iterable[Text]) -> list[Text]:
    """A text in the language that is spoken, whose `{placeholders}` are spans of their own."""
    out: list[Text] = []
    for plain, name, _, _ in Formatter().parse(template(message)):
        if plain:
            out.append(plain)
        if name is not None:
            value = values[name]
            out += [value] if isinstance(value, str | Span) else list(value)
    return out


def b(text: str) -> Span:
    return Span(text, "bold")


def i(text: str) -> Span:
    return Span(text, "italic")


def s(text: str) -> Span:
    return Span(text, "struck")


def code(text: str) -> Span:
    return Span(text, "code")


def when(iso: str) -> Span:
    return Span(iso, "when")


def channel(channel_id: str, name: str) -> Span:
    return Span(channel_id, "channel", name)


def bar(value: int, most: int, width: int = 8) -> str:
    """A gauge of `width` blocks; never empty while something is left."""
    if most <= 0:
        return "▱" * width
    full = max(0, min(width, round(width * value / most)))
    if value > 0:
        full = max(1, full)
    return "▰" * full + "▱" * (width - full)


def names_of(names: Iterable[str]) -> str:
    """Ana; Ana and Bo; Ana, Bo and Cy."""
    return names_in_words(list(names))
