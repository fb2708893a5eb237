"""Cards of what a player asks about: a thing's lore, and what the game master cost."""

from __future__ import annotations

from typing import Any

from bot.cards.model import BLUE, GOLD, Card, Draft, Field, b, i, line

Json = dict[str, Any]

PURPOSES = {
    "narration": "passages told", "rulings": "free texts ruled on", "repairs": "passages mended",
    "summaries": "summaries written", "lore": "things told of",
}  # fmt: skip
DAYS = 7


def lore(told: Json) -> Card:
    """What is told of a thing."""
    draft = Draft()
    draft.prose(str(told.get("text") or ""))
    facts = [str(f) for f in told.get("facts") or []]
    return Card(
        "lore", str(told.get("name") or "A thing"), draft.done(), footer=", ".join(facts), colour=GOLD
    )


def usage(used: Json) -> Card:
    """For a sponsor's eyes: today's calls, what is left, and the last days' costs."""
    today = used["today"]
    limit = today.get("limit")
    of = "without limit" if limit is None else f"of {limit}, {today.get('left')} left"
    body = [line("Today ", b(str(today["used"])), f" calls of models ({of}). A new day begins at 00:00 UTC.")]
    if used.get("ceiling_reached"):
        body.append(
            line(i("This server has spent what it spends in a day: the storyteller tells until then."))
        )
    rows = tuple(
        line(b(str(number)), f" {PURPOSES.get(purpose, purpose)}")
        for purpose, number in today["calls"].items()
        if number
    )
    fields = [Field("What for", rows)] if rows else []
    days = (used.get("days") or [])[:DAYS]
    if days:
        fields.append(Field("What it cost", tuple(_day(day) for day in days)))
    return Card("usage", "The game master's calls", tuple(body), tuple(fields), colour=BLUE,
                footer=f"Tier {used['tier']}; only you see this.")  # fmt: skip


def _day(day: Json) -> Any:
    guessed = f", {day['estimated']} of them guessed" if day.get("estimated") else ""
    return line(b(str(day["day"])), f": ${day['usd']:.4f} for {day['calls']} calls{guessed}")
