"""Cards as Discord messages: embeds and a view, within every limit, and never pinging anybody.

Embeds, not Components V2: an embed can never ping, whatever stands in it; an outcome can be edited into its narration
without changing a message's kind (V2 cannot be taken back); embeds have a footer and a time stamp, by which the relay
recognises its own lines; and old clients and screen readers cope with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import discord

from bot.cards import ids
from bot.cards.discord_text import escape, fitted, line_text, lines_text
from bot.cards.model import Button, Card, Field, Line, Select
from bot.cards.plain import cut, one_line, split_prose
from bot.texts import tr

TITLE, DESCRIPTION, FIELD_NAME, FIELD, FIELDS, FOOTER, AUTHOR = 256, 4096, 256, 1024, 25, 2048, 256
MESSAGE = 6000  # over all embeds of a message
EMBEDS = 10
PART = 3600  # prose beyond this goes on in the next embed
BUTTON, OPTION, PLACEHOLDER = 80, 100, 150
NO_PINGS = discord.AllowedMentions.none()
STYLES = {
    "primary": discord.ButtonStyle.primary,
    "secondary": discord.ButtonStyle.secondary,
    "success": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
}


def view_of(buttons: tuple[Button, ...], selects: tuple[Select, ...] = ()) -> discord.ui.View | None:
    """Components without callbacks: `bot.presses` answers them by their custom_id, also after a restart.

    The view is stopped at once so that discord.py keeps no copy of it for every message that was ever sent.
    """
    if not buttons and not selects:
        return None
    view = discord.ui.View(timeout=None)
    for row, select in enumerate(selects[:5]):
        item: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=select.custom_id,
            placeholder=one_line(select.placeholder, PLACEHOLDER),
            options=[
                discord.SelectOption(label=one_line(o.label, OPTION) or "…", value=o.value,
                                     description=one_line(o.description, OPTION) or None,
                                     default=o.value in select.chosen)
                for o in select.options[:25]
            ],
            min_values=select.least,
            max_values=min(select.most, len(select.options[:25])),
            row=row,
        )  # fmt: skip
        view.add_item(item)
    for row, group in enumerate(_rows(buttons, 5 - min(5, len(selects))), start=min(5, len(selects))):
        for button in group:
            view.add_item(
                discord.ui.Button(
                    label=one_line(button.label, BUTTON) or "…",
                    custom_id=button.custom_id,
                    style=STYLES[button.style],
                    disabled=button.disabled,
                    emoji=button.emoji or None,
                    row=row,
                )
            )
    view.stop()
    return view


def _rows(buttons: tuple[Button, ...], most: int) -> list[list[Button]]:
    """Buttons in rows of at most five, those with the same `row` together, never more rows than there is room for."""
    rows: list[list[Button]] = []
    last = None
    for button in buttons:
        if not rows or len(rows[-1]) == 5 or button.row != last:
            rows.append([])
        rows[-1].append(button)
        last = button.row
    if len(rows) > most:
        flat = list(buttons)[: most * 5]
        rows = [flat[n : n + 5] for n in range(0, len(flat), 5)]
    return rows


def _split(field: Field) -> list[Field]:
    """The field itself, or several where its lines are too many for one; the later ones have no name."""
    parts: list[list[Line]] = [[]]
    used = 0
    for row in field.lines:
        need = len(line_text(row)) + 1
        if parts[-1] and used + need > FIELD:
            parts.append([])
            used = 0
        parts[-1].append(row)
        used += need
    return [Field(field.name if not n else "", tuple(rows), field.inline) for n, rows in enumerate(parts)]


def _field(embed: discord.Embed, field: Field, room: int) -> int:
    name = cut(escape(one_line(field.name, 200)), FIELD_NAME) or "\u200b"
    value = fitted(field.lines, min(FIELD, max(2, room - len(name)))) or "\u200b"
    embed.add_field(name=name, value=value, inline=field.inline)
    return len(name) + len(value)


def _stamp(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso.replace("Z", "+00:00")) if iso else None
    except ValueError:
        return None


def to_messages(card: Card) -> list[dict[str, Any]]:
    """Keyword arguments for `send` or `edit`, one dict for each message; more than one only for very long prose.

    The buttons stand on the first message; a continuation carries the first button's id with its page number, so that
    its turn can be told from the message.
    """
    parts = split_prose(lines_text(card.body), PART) or [""]
    pages: list[list[str]] = [[]]
    used = 0
    fixed = min(2000, 400 + sum(min(FIELD, len(lines_text(f.lines))) + len(f.name) + 8 for f in card.fields))
    for part in parts:
        room = MESSAGE - (fixed if len(pages) == 1 else 400)
        if pages[-1] and used + len(part) > room:
            pages.append([])
            used = 0
        pages[-1].append(part)
        used += len(part)
    return [_message(card, texts, number, len(pages)) for number, texts in enumerate(pages, 1)]


def _message(card: Card, texts: list[str], number: int, count: int) -> dict[str, Any]:
    embeds = [discord.Embed(description=text or None, colour=card.colour) for text in texts[:EMBEDS]]
    first, last = embeds[0], embeds[-1]
    if number == 1 and card.title:
        first.title = cut(escape(one_line(card.title, 200)), TITLE)
    if number == 1 and card.author:
        first.set_author(name=one_line(card.author, AUTHOR))
    footer = card.footer if number == 1 else tr("{number} of {count}", number=number, count=count)
    if footer:
        last.set_footer(text=one_line(footer, FOOTER))
    stamp = _stamp(card.stamp)
    if stamp is not None:
        last.timestamp = stamp
    if number == 1:
        room = MESSAGE - sum(len(e) for e in embeds)
        for field in [part for whole in card.fields for part in _split(whole)][:FIELDS]:
            if room < 60:
                break
            room -= _field(last, field, room)
    if number == 1:
        view = view_of(card.buttons, card.selects)
    else:
        view = view_of(tuple(_continued(b, number) for b in card.buttons[:1]))
    return {"embeds": embeds, "view": view, "allowed_mentions": NO_PINGS}


def _continued(button: Button, number: int) -> Button:
    target = ids.parse(button.custom_id)
    if target is None:
        return button
    custom_id = ids.make(target.kind, target.id, target.verb, *(target.args or ("",)), f"p{number}")
    return Button(button.label, custom_id, button.style, emoji=button.emoji)


def to_discord(card: Card) -> dict[str, Any]:
    """The card as one message (its first, should it need several)."""
    return to_messages(card)[0]
