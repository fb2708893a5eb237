"""`./coc cards --out DIR [--language CODE] [--html]`: every card in every state as HTML and, by Chromium, as PNG."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bot.cards.__main__ import write
from bot.texts import LANGUAGES
from launcher.system_parts import PARTS
from tests.fakes.browser import tab

WIDTH, HEIGHT = 800, 900


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
    options = parser.parse_args(given)
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
