"""The end of a story: its ending, what is remembered, who was there, and the dice revealed."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from bot import cards
from bot.api_client import ApiError
from bot.cards.model import Card
from bot.cards.plain import one_line
from bot.table_terminal.paint import HERO, QUIET
from bot.table_terminal.play import Game
from bot.texts import tr

Json = dict[str, Any]


async def farewell(game: Game) -> None:
    """The epilogue itself is the last turn's narration and has been told; this is the page after it."""
    table, screen = game.table, game.screen
    view = await table.refresh()
    card = cards.ending(view, game.teller.ended or {})
    screen.rule(card.title)
    screen.card(Card("ending", "", card.body))
    await _remembered(game)
    screen.line(Text(tr("Those who were there"), "bold"), indent=2)
    for seat in table.seats:
        try:
            sheet = await table.sheet(seat)
        except ApiError as error:
            if error.code != "not_found":
                raise
            continue  # retired meanwhile: the party above still names the hero
        text = Text(one_line(sheet["name"]), HERO)
        text.append("  " + tr("level {level}, {xp} XP", level=sheet["level"], xp=sheet["xp"]))
        text.append(
            ", "
            + tr("{hp}/{hp_max} HP, {gold} gold", hp=sheet["hp"], hp_max=sheet["hp_max"], gold=sheet["gold"])
        )
        screen.line(text, indent=2, hang=4)
        bag = ", ".join(_item(i) for i in sheet.get("inventory") or [])
        if bag:
            screen.line(Text(tr("carries {bag}", bag=bag), QUIET), indent=4)
    screen.card(
        Card("ending", "", fields=tuple(f for f in card.fields if f.name == tr("The dice, revealed")))
    )
    screen.note(tr("Your heroes keep what they have. ./coc play begins another story with them."))


def _item(item: Json) -> str:
    many = f" ×{item['quantity']}" if item.get("quantity", 1) != 1 else ""
    return one_line(item["name"]) + many


async def _remembered(game: Game) -> None:
    recap = await game.table.recap()
    rows = [str(p) for p in recap.get("so_far") or []]
    if not rows:
        return
    game.screen.line(Text(tr("What is remembered"), "bold"), indent=2)
    for row in rows:
        game.screen.prose(row)
