"""Collects every text from the code and the commands, and brings the catalogues up to date with them."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.texts import FOLDER

BOT = Path(__file__).parents[1]
# The functions of bot.texts (and `sentence` of the cards), and how many of their first arguments are texts.
KEYWORDS = {"tr": 1, "N": 1, "sentence": 1, "trn": 2, "trc": 2}
# Written by hand: babel's own head holds a date, which would change with every run and tell nothing.
HEAD = r"""# Texts of Code of Conquest in this language. `./coc texts` keeps the list (docs/discord.md).
msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def collected() -> Catalog:
    """Every text of the bot and the terminal, without translations."""
    found = Catalog(charset="utf-8")
    for path in sorted(BOT.rglob("*.py")):
        if path.parent != FOLDER:
            for context, message in texts_in(path.read_text(encoding="utf-8")):
                found.add(message, context=context)
    for context, text in asyncio.run(_commands()):
        found.add(text, context=context)
    return found


def texts_in(source: str) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """(context, text or its forms) of every marked text in the source of a module.

    babel's own extractor reads tokens, and so loses a text inside another text's arguments or inside an f-string.
    """
    for node in ast.walk(ast.parse(source)):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in KEYWORDS
        ):
            continue
        given = [a.value for a in node.args[: KEYWORDS[node.func.id]] if isinstance(a, ast.Constant)]
        texts = [text for text in given if isinstance(text, str) and text]
        if len(texts) != KEYWORDS[node.func.id]:
            continue
        match node.func.id:
            case "trc":
                yield texts[0], texts[1]
            case "trn":
                yield None, tuple(texts)
            case _:
                yield None, texts[0]


async def _commands() -> list[tuple[str | None, str]]:
    from bot.api_client import ApiClient
    from bot.app import ConquestBot
    from bot.settings import BotSettings
    from bot.table_terminal.typed import COMMANDS
    from bot.texts.commands import texts_of

    settings = BotSettings.model_construct(
        discord_guild_id=None,
        lease_seconds=1.0,
        table_edit_seconds=1.0,
        discord_token="",
        bot_service_token="",
    )
    async with ApiClient("http://localhost", "") as api, ConquestBot(settings, api) as bot:
        await bot.load_commands()
        return [*texts_of(bot.tree), *((None, what) for _, _, what in COMMANDS)]


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it lies in the folder; an empty one when there is none yet."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str, template: Catalog) -> tuple[Catalog, list[Message], int]:
    """The catalogue with exactly the texts of the template, those that it lacks, and how many were left over."""
    theirs = catalogue(language)
    theirs.update(template, no_fuzzy_matching=True)
    left_over = len(theirs.obsolete)
    theirs.obsolete.clear()
    return theirs, [m for m in theirs if m.id and not _is_translated(m)], left_over


def _is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(strings) and all(strings) and not message.fuzzy


def write(language: str, entries: Catalog) -> Path:
    path = FOLDER / f"{language}.po"
    head = HEAD.format(language=language, plurals=entries.plural_forms)
    with path.open("wb") as file:
        file.write(head.encode())
        write_po(file, entries, width=110, no_location=True, sort_output=True, omit_header=True)
    return path
