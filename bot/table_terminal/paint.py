"""Cards and play as rich text: the styles of the terminal; nothing here knows the network."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from bot.cards.as_text import line_text, span_text
from bot.cards.fight_board import condition, fate, in_the_fight
from bot.cards.fight_board import tags as tags_of
from bot.cards.model import Card, Line, bar
from bot.cards.plain import neutralise, one_line
from bot.texts import tr

Json = dict[str, Any]

STYLES = {"bold": "bold", "italic": "italic", "code": "cyan", "struck": "dim strike"}
HERO, FOE, QUIET, RULE, THREAT, TITLE = "bold green", "bold red", "dim", "blue", "italic yellow", "bold"
LOW = 1 / 3  # a gauge at or under this share of its maximum is drawn as a warning


def clock(minutes: int | None) -> str:
    """The world's time of day: 1110 is 18:30; empty before the story begins."""
    if minutes is None:
        return ""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours % 24:02d}:{rest:02d}"


def spoken(words: str) -> str:
    """Typed words in quotation marks, unless they bring their own."""
    return words if words[:1] in ('"', "“", "«", "„") else f"“{words}”"


def card_line(row: Line) -> Text:
    """One line of a card with its styles; what is special about it (times, channels) reads as in plain text."""
    if row.style == "quote" or any(s.style in ("when", "channel") for s in row.spans):
        return Text(line_text(row))
    text = Text("  " if row.style == "small" else "")
    for span in row.spans:
        text.append(span_text(span), STYLES.get(span.style))
    if row.style in ("small", "heading"):
        text.stylize(QUIET if row.style == "small" else TITLE)
    return text


def card_lines(card: Card) -> list[Text]:
    """Title, body, fields and footer of a card; its buttons are the terminal's own numbers and commands."""
    out: list[Text] = []
    if card.author:
        out.append(Text(f"{neutralise(card.author)}:", TITLE))
    if card.title:
        out += [Text(neutralise(card.title), TITLE), Text()]
    out += [card_line(row) for row in card.body]
    for field in card.fields:
        out += [Text(), Text(neutralise(field.name), TITLE)]
        out += [Text("  ") + card_line(row) for row in field.lines]
    if card.footer:
        out += [Text(), Text(neutralise(card.footer), QUIET)]
    return out


def gauge(value: int, most: int, width: int = 8) -> Text:
    colour = "red" if most and value <= most * LOW else "green"
    return Text(bar(value, most, width), colour)


def hero_row(member: Json, width: int, *, next_up: bool, waiting: bool) -> Text:
    """▶ Isaure Venn  ▰▰▰▰▰▰▱▱ 11/14 HP   4/4 MP   poisoned 2   · has spoken"""
    mark = "▶ " if next_up else "  "
    text = Text(mark, "bold")
    text.append(one_line(member["name"]).ljust(width), HERO)
    text.append("  ")
    text += gauge(member["hp"], member["hp_max"])
    text.append((" " + tr("{have}/{most} HP", have=member["hp"], most=member["hp_max"])).ljust(10))
    if member.get("mp_max"):
        text.append("  " + tr("{have}/{most} MP", have=member["mp"], most=member["mp_max"]), "cyan")
    tags = [fate(member)] if fate(member) else []
    tags += [condition(c) for c in member.get("conditions") or []]
    if tags:
        text.append("  " + ", ".join(tags), "magenta")
    if member.get("stated"):
        text.append("  ✓ " + tr("has spoken"), QUIET)
    elif waiting and not next_up:
        text.append("  … " + tr("still to speak"), QUIET)
    return text


def place(scene: Json) -> str:
    """`The Drowned Library — below the customs house`; the place alone adds nothing when it repeats the name."""
    name, where = one_line(scene.get("name") or ""), one_line(scene.get("place") or "")
    told = name.lower().removeprefix("the ")
    return name if not where or told in where.lower() else f"{name} — {where}"


def order_row(one: Json, width: int, member: Json, *, acts: bool) -> Text:
    """A fighter in the order of initiative; `member` is the hero's place in the party, empty for a creature."""
    text = Text("▶ " if acts else "  ", "bold")
    text.append(one_line(one["name"]).ljust(width), HERO if one["kind"] == "hero" else FOE)
    text.append("  ")
    text += gauge(one["hp"], one["hp_max"])
    text.append((" " + tr("{have}/{most} HP", have=one["hp"], most=one["hp_max"])).ljust(10))
    if member.get("mp_max"):
        text.append("  " + tr("{have}/{most} MP", have=member["mp"], most=member["mp_max"]), "cyan")
    tags = tags_of(one)
    if tags:
        text.append("  " + ", ".join(tags), "magenta")
    return text


def fight_line(encounter: Json) -> Text:
    """Everyone's health on one line: what changes from turn to turn inside a round."""
    text = Text()
    for one in in_the_fight(encounter):
        if one.get("down") and one["kind"] != "hero":
            continue
        if text:
            text.append(" · ", QUIET)
        text.append(one_line(one["name"]), HERO if one["kind"] == "hero" else FOE)
        if one.get("down"):
            text.append(f" {fate(one)}", QUIET)
        else:
            text.append(f" {one['hp']}/{one['hp_max']}")
    return text
