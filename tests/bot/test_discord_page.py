"""docs/discord.md and the gallery keep up with the commands, the permissions and the cards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from discord import app_commands

from bot.api_client import ApiClient
from bot.app import ConquestBot
from bot.cards import samples
from bot.cards.__main__ import FAMILIES, family_of, write
from bot.invite import PERMISSIONS
from bot.settings import BotSettings
from bot.texts import LANGUAGES
from tests.gallery.__main__ import FOR_DOCS, draw, main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "discord.md").read_text(encoding="utf-8")


@pytest.mark.asyncio
async def test_the_page_names_every_command() -> None:
    settings = BotSettings.model_construct(discord_guild_id=None, lease_seconds=1.0, table_edit_seconds=1.0)
    async with ApiClient("http://localhost", "") as api, ConquestBot(settings, api) as client:
        await client.load_commands()
        commands = [
            c.qualified_name for c in client.tree.walk_commands() if isinstance(c, app_commands.Command)
        ]
    assert commands and [name for name in commands if f"`/{name}`" not in PAGE] == []


def test_the_page_names_every_permission() -> None:
    named = {row.lower().replace(" ", "_") for row in re.findall(r"^\| ([A-Z][A-Za-z ]+?) \| ", PAGE, re.M)}
    assert set(PERMISSIONS) <= named


def test_every_picture_of_the_page_is_there_and_drawn_from_a_sample() -> None:
    shown = set(re.findall(r"images/card-([a-z-]+)\.webp", PAGE))
    assert shown == set(FOR_DOCS)
    assert all((DOCS / "images" / f"card-{name}.webp").exists() for name in shown)
    assert set(FOR_DOCS.values()) <= set(samples.all_cards())


def test_every_card_belongs_to_a_family() -> None:
    for name in samples.all_cards():
        assert family_of(name) in FAMILIES


def test_the_pages_are_written_in_every_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--html"]) == 0
    assert {p.name for p in tmp_path.iterdir()} >= {
        "gallery.html",
        "gallery-de.html",
        "board.html",
        "board-de.html",
    }
    assert "Was kann ich tun?" in (tmp_path / "board-de.html").read_text()
    assert str(len(LANGUAGES) * (len(FAMILIES) + 2)) in capsys.readouterr().out


def test_an_unknown_language_says_which_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--language", "tlh"])
    assert "'en', 'de'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.needs("chromium")
async def test_a_page_becomes_a_picture(tmp_path: Path) -> None:
    page = next(p for p in write(tmp_path, "de") if p.name == "board-de.html")
    (picture,) = await draw([page])
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG") and int.from_bytes(head[16:20], "big") == 800
    assert int.from_bytes(head[20:24], "big") > 900, "as long as the page, not as the window"
