"""Command names, descriptions and choices in the languages of the catalogue, for Discord."""

from __future__ import annotations

from collections.abc import Iterator

import discord
from discord import app_commands

from bot.texts import COMMAND, SOURCE, language_for, speaking, tr, trc

Place = app_commands.TranslationContextLocation
NAMES = (Place.command_name, Place.group_name, Place.parameter_name)
Walked = app_commands.Group | app_commands.Command  # type: ignore[type-arg]


class CatalogueTranslator(app_commands.Translator):
    """discord.py asks this for each text and each of Discord's locales when the commands are synced."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The text in this locale; None where the text of the code serves."""
        language = language_for(locale.value)
        if language == SOURCE:
            return None
        with speaking(language):
            text = trc(COMMAND, string.message) if context.location in NAMES else tr(string.message)
        return text if text != string.message else None


def texts_of(tree: app_commands.CommandTree) -> Iterator[tuple[str | None, str]]:  # type: ignore[type-arg]
    """(context, text) of everything that Discord shows of the commands."""
    for command in tree.walk_commands():
        if not isinstance(command, app_commands.Command | app_commands.Group):
            continue  # a context menu has a name and nothing else, and we have none
        yield COMMAND, command.name
        yield None, command.description
        for parameter in getattr(command, "parameters", ()):
            yield COMMAND, parameter.name
            yield None, parameter.description
            for choice in parameter.choices:
                yield None, choice.name
