"""How a session is told: chosen when it is created, changed by its host at any time, seen by everybody at the table."""

from __future__ import annotations

from collections.abc import Mapping

from api.errors import Invalid
from api.llm.style import CHOICES, Style
from api.services.table import Json, Table

ENGLISH_ONLY = (
    "The built-in storyteller speaks English only, so that is how this is told; "
    "a model would tell it in {language}."
)


def chosen(wish: Mapping[str, str | None], now: Style | None = None) -> Style:
    """The settings after a wish, which names some of them. Raises Invalid with what there is to choose from."""
    values = (now or Style()).to_json()
    for name, value in wish.items():
        if value is None:
            continue
        if value not in CHOICES[name]:
            raise Invalid(name, f"must be one of {', '.join(CHOICES[name])}")
        values[name] = value
    return Style(**values)


def style_of(body: Json) -> Style:
    """A session's settings; the standard ones for a session from before there were any."""
    return Style.from_json(body.get("story_settings"))


def choices() -> Json:
    """What there is to choose from, for clients to offer."""
    return {name: list(values) for name, values in CHOICES.items()}


def note_language(table: Table, narrator: str) -> None:
    """Say once, in the commit of a passage, that the storyteller has only English for a table that wants another."""
    style = style_of(table.body)
    if narrator != "storyteller" or style.language == "en" or table.body.get("english_noted"):
        return
    table.body["english_noted"] = True
    language = str(CHOICES["language"][style.language])
    table.emit("notice", code="english_only", text=ENGLISH_ONLY.format(language=language))
