"""How a table is told: the settings as a card, and a line for each change; pauses and what is told around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.cards.model import GREY, VIOLET, Card, Field, Line, Text, b, i, line, lines
from bot.cards.plain import one_line
from bot.cards.receipts import receipts
from bot.cards.story import recap
from bot.cards.words import word
from bot.texts import N, tr

Json = dict[str, Any]

NAMES = {"tone": N("Tone"), "length": N("Length"), "rating": N("Content"), "language": N("Language")}
CHOICES: dict[str, tuple[str, ...]] = {
    "tone": ("heroic", "grim", "wry", "cosy"),
    "length": ("short", "normal", "long"),
    "rating": ("everyone", "teen", "mature"),
    "language": ("en", "de", "es", "fr", "it", "nl", "pl", "pt"),
}


def settings(view: Json, *, change: str) -> Card:
    """The settings of a table and what else there is; `change` says how its host changes them."""
    now = view.get("settings") or {}
    fields = [
        Field(tr(NAMES[name]), (_choices(str(now.get(name) or ""), known),))
        for name, known in CHOICES.items()
    ]
    return Card("settings", tr("How this table is told"), lines(change), tuple(fields), colour=VIOLET)


def _choices(now: str, known: Iterable[str]) -> Line:
    spans: list[Text] = []
    for name in known:
        spans += [" · "] if spans else []
        shown = word(name)
        spans.append(b(shown) if name == now else shown)
    return line(*spans)


def settings_changed(e: Json, stamp: str = "") -> Card:
    """The host chose anew; it holds from the next passage on."""
    now = e.get("settings") or {}
    said = ", ".join(f"{tr(NAMES[n])}: {word(one_line(now[n], 20))}" for n in NAMES if n in now)
    return Card(
        "line",
        "",
        (line("🎚️ ", tr("From the next passage on: {settings}.", settings=said)),),
        colour=GREY,
        stamp=stamp,
    )


def story_moved(e: Json, stamp: str = "") -> Card:
    """What the game master proposed and code allowed, between two turns."""
    rows = tuple(receipts(e.get("events") or [])) or (line(tr("The story moves on a little.")),)
    return Card("line", "", rows, colour=GREY, stamp=stamp)


def notice_line(e: Json, stamp: str = "") -> Card:
    """Something that the game master has to say once."""
    return Card("line", "", (line("ℹ️ ", i(one_line(e.get("text"), 300))),), colour=GREY, stamp=stamp)


def pause(e: Json, stamp: str = "") -> Card:
    """The table rests; where the story stands just then."""
    told = one_line(e.get("cliffhanger"), 500)
    rows = [line("⏸️ ", tr("The table rests. Any action takes the story up again."))]
    return Card("line", "", (*([line(i(told))] if told else []), *rows), colour=GREY, stamp=stamp)


def previously(e: Json, stamp: str = "") -> Card | None:
    """Previously on, when a story that had paused goes on; None where the API sent nothing of it."""
    told = e.get("previously")
    if not isinstance(told, dict) or not told.get("so_far"):
        return None
    made = recap({**told, "title": tr("Previously on {title}", title=told.get("title") or tr("this story"))})
    return Card(made.kind, made.title, made.body, made.fields, colour=made.colour, stamp=stamp)
