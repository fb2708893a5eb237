"""`python -m bot.cards --out DIR`: every card (gallery.html), each family of them, and one evening (channel.html)."""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path

from bot.cards import samples
from bot.cards.as_html import THREAD, message, page, to_html
from bot.texts import LANGUAGES, SOURCE, speaking

GAME = ("Game Master", "#8f6bd8", "🕯️")
# What the relay posts for everybody; every other card is seen by one player alone.
PUBLIC = (
    "lobby", "before the opening", "opening", "outcome", "narration", "a turn taken back", "table", "fight,", "dice",
    "table talk", "a line", "ending", "previously", "a journey", "a won fight", "a night",
)  # fmt: skip
# Which cards belong together, by the beginnings of their names; the first family that fits.
FAMILIES: dict[str, tuple[str, ...]] = {
    "guide": ("help", "tutorial"),
    "lobby": ("lobby", "choosing a hero", "a seat already", "a refused", "your heroes"),
    "table": ("table talk", "a line", "dice"),
    "turns": (
        "before the opening",
        "opening",
        "outcome",
        "narration",
        "a turn",
        "a journey",
        "a won fight",
        "a night",
    ),
    "fight": ("fight,", "table in"),
    "board": ("table",),
    "choices": ("noted", "refusal", "what can I do", "attack", "how "),
    "sheets": ("sheet", "party", "bag", "gear", "skills", "shop"),
    "story": ("recap", "journal", "quest journal", "ending", "previously", "settings"),
    "notices": ("",),
}


def family_of(name: str) -> str:
    return next(family for family, heads in FAMILIES.items() if name.startswith(heads))


def _posted(name: str, at: str) -> str:
    return message(to_html(samples.all_cards()[name]), GAME[0], at, colour=GAME[1], face=GAME[2])


def _friend(name: str, face: str, colour: str, at: str, text: str) -> str:
    return message(f'<div class="said">{escape(text)}</div>', name, at, app=False, colour=colour, face=face)


def gallery(family: str = "") -> str:
    """Every card in every sample state, or those of one family."""
    parts = []
    for name, card in samples.all_cards().items():
        if family and family_of(name) != family:
            continue
        only = (
            ""
            if name.startswith(PUBLIC)
            else '<div class="only">👁 Only you can see this · Dismiss message</div>'
        )
        inner = to_html(card) + only
        parts.append(f'<h2 class="state">{escape(name)}</h2>')
        parts.append(message(inner, GAME[0], "20:28", colour=GAME[1], face=GAME[2]))
    return page("Cards", "every card", "rendered from bot/cards/samples.py", "".join(parts))


def _sidebar() -> str:
    friends = [
        ("🦊", "#e0a030", "Ana"),
        ("🐙", "#3ba55d", "Jonas"),
        ("🐼", "#d8444a", "Mei"),
        (GAME[2], GAME[1], GAME[0]),
    ]
    rows = "".join(
        f'<div class="friend"><div class="avatar" style="background:{c}">{f}</div>{escape(n)}</div>'
        for f, c, n in friends
    )
    return (
        "<nav><h1>Friday Night Table</h1>"
        '<div class="cat">TEXT CHANNELS</div><div class="ch"># general</div><div class="ch unread"># adventures</div>'
        f'<div class="ch thread on">{THREAD} The Low-Water Ledger</div><div class="ch"># maps-and-notes</div>'
        '<div class="ch"># snacks</div><div class="cat">IN THIS THREAD — 4</div>' + rows + "</nav>"
    )


def channel() -> str:
    """A turn at the table: what the party does, the outcome told with its rolls, and the table below."""
    parts = [
        '<div class="day">25 November 2026</div>',
        _posted("opening", "20:21"),
        _friend("Ana", "🦊", "#e0a030", "20:24", "nobody touch the oysters"),
        _friend("Mei", "🐼", "#d8444a", "20:25", "aldo is touching something much heavier"),
        _posted("narration", "20:27"),
        _friend("Jonas", "🐙", "#3ba55d", "20:28", "my crab 😔"),
        _posted("table", "20:29"),
    ]
    return page(
        "The Low-Water Ledger", "The Low-Water Ledger", "Settle the debt before the midnight tide", "".join(parts),
        frame=_sidebar(),
    )  # fmt: skip


def write(out: Path, language: str) -> list[Path]:
    """The pages in this language, a file each. Raises ValueError for a language that we do not speak."""
    out.mkdir(parents=True, exist_ok=True)
    end = "" if language == SOURCE else f"-{language}"
    with speaking(language):
        pages = {
            "gallery": gallery(),
            "channel": channel(),
            **{family: gallery(family) for family in FAMILIES},
        }
    written = []
    for name, text in pages.items():
        written.append(out / f"{name}{end}.html")
        written[-1].write_text(text, encoding="utf-8")
    return written


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.cards", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pages")
    parser.add_argument("--language", choices=LANGUAGES, help="one language instead of all")
    options = parser.parse_args()
    for language in [options.language] if options.language else LANGUAGES:
        for path in write(options.out, language):
            print(path)


if __name__ == "__main__":
    main()
