"""`./coc cards --out DIR [--language CODE] [--html]`: every card in every state as HTML and, by Chromium, as PNG."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bot.cards import samples
from bot.cards.__main__ import GAME, write
from bot.cards.as_html import alone, message, to_html
from bot.texts import LANGUAGES, speaking
from launcher.system_parts import PARTS
from tests.fakes.browser import tab

WIDTH, HEIGHT = 800, 900
# The pictures of docs/discord.md: a file for each command or moment, and the sample that it shows.
FOR_DOCS = {
    "play": "choosing a hero", "lobby": "lobby", "table": "table", "fight": "table in a hard fight",
    "outcome": "outcome", "narration": "narration", "act": "what can I do", "refusal": "refusal with words",
    "why": "how it was decided", "sheet": "sheet", "bag": "bag", "gear": "gear", "skills": "skills", "shop": "shop",
    "character": "your heroes", "journal": "journal, full", "party": "party", "recap": "recap", "settings": "settings",
    "roll": "dice, natural 20", "say": "table talk", "campaign-end": "confirmation", "ending": "ending",
    "help": "help, your turn", "tutorial": "tutorial, step 2", "german": "table",
}  # fmt: skip


def single(name: str, card: str, folder: Path) -> Path:
    """A page with that sample alone; `german` says it in German."""
    path = folder / f"card-{name}.html"
    with speaking("de" if name == "german" else "en"):
        inner = message(to_html(samples.all_cards()[card]), GAME[0], "20:28", colour=GAME[1], face=GAME[2])
    path.write_text(alone(inner), encoding="utf-8")
    return path


async def draw_for_docs(out: Path) -> int:
    """How many pictures were drawn; nothing else is left in the folder."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with tab(Path(folder)) as browser:
            await browser.resize(752, 40)
            for name, card in FOR_DOCS.items():
                await browser.open(single(name, card, Path(folder)).as_uri())
                await browser.picture(out / f"card-{name}.webp")
    return len(FOR_DOCS)


async def draw(pages: list[Path]) -> list[Path]:
    """A PNG beside each page."""
    drawn = []
    with tempfile.TemporaryDirectory() as folder:
        async with tab(Path(folder)) as browser:
            for page in pages:
                await browser.resize(1180 if page.stem.startswith("channel") else WIDTH, HEIGHT)
                await browser.open(page.resolve().as_uri())
                drawn.append(page.with_suffix(".png"))
                await browser.picture(drawn[-1])
    return drawn


def main(given: list[str] | None = None) -> int:
    """Exit status 1 where pictures are wanted and no Chromium is found; the pages are written all the same."""
    parser = argparse.ArgumentParser(prog="coc cards", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for pages and pictures"
    )
    parser.add_argument("--language", choices=LANGUAGES, help="one language instead of all")
    parser.add_argument("--html", action="store_true", help="pages only, no pictures")
    parser.add_argument(
        "--for-docs", action="store_true", help="the single pictures of docs/discord.md, as WebP"
    )
    options = parser.parse_args(given)
    if options.for_docs:
        print(f"{asyncio.run(draw_for_docs(options.out))} pictures in {options.out}")
        return 0
    pages = [
        p
        for each in ([options.language] if options.language else LANGUAGES)
        for p in write(options.out, each)
    ]
    print(f"{len(pages)} pages in {options.out}")
    if options.html:
        return 0
    if PARTS["chromium"].find() is None:
        print("coc cards: no Chromium here for the pictures; --html writes the pages alone", file=sys.stderr)
        return 1
    print(f"{len(asyncio.run(draw(pages)))} pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
