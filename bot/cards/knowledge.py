"""Cards of what a player asks about: a thing's lore, and what the game master cost."""

from __future__ import annotations

from typing import Any

from bot.cards.model import BLUE, GOLD, Card, Draft, Field, Line, b, i, line, sentence
from bot.texts import N, tr

Json = dict[str, Any]

PURPOSES = {
    "narration": N("passages told: {number}"), "rulings": N("free texts ruled on: {number}"),
    "repairs": N("passages mended: {number}"), "summaries": N("summaries written: {number}"),
    "lore": N("things told of: {number}"),
}  # fmt: skip
DAYS = 7


def lore(told: Json) -> Card:
    """What is told of a thing."""
    draft = Draft()
    draft.prose(str(told.get("text") or ""))
    facts = [str(f) for f in told.get("facts") or []]
    name = str(told.get("name") or tr("A thing"))
    return Card("lore", name, draft.done(), footer=", ".join(facts), colour=GOLD)


def usage(used: Json) -> Card:
    """For a sponsor's eyes: today's calls, what is left, and the last days' costs."""
    today = used["today"]
    limit = today.get("limit")
    body = [_today(today, limit), line(tr("A new day begins at 00:00 UTC."))]
    if used.get("ceiling_reached"):
        told = tr("This server has spent what it spends in a day: the storyteller tells until then.")
        body.append(line(i(told)))
    rows = tuple(
        line(tr(PURPOSES[purpose], number=number))
        for purpose, number in today["calls"].items()
        if number and purpose in PURPOSES
    )
    fields = [Field(tr("What for"), rows)] if rows else []
    days = (used.get("days") or [])[:DAYS]
    if days:
        fields.append(Field(tr("What it cost"), tuple(_day(day) for day in days)))
    footer = tr("Tier {tier}; only you see this.", tier=used["tier"])
    return Card("usage", tr("The game master's calls"), tuple(body), tuple(fields), footer, BLUE)


def _today(today: Json, limit: int | None) -> Line:
    number = b(str(today["used"]))
    if limit is None:
        return line(*sentence("Today {number} calls of models, without limit.", number=number))
    return line(
        *sentence(
            "Today {number} of {limit} calls of models, {left} left.",
            number=number,
            limit=str(limit),
            left=str(today.get("left")),
        )
    )


def _day(day: Json) -> Line:
    cost = f"${day['usd']:.4f}"
    if day.get("estimated"):
        told = tr("{day}: {cost} for {calls} calls, {estimated} of them guessed", day=day["day"], cost=cost,
                  calls=day["calls"], estimated=day["estimated"])  # fmt: skip
    else:
        told = tr("{day}: {cost} for {calls} calls", day=day["day"], cost=cost, calls=day["calls"])
    return line(told)
