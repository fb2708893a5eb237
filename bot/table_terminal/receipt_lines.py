"""A deed's rule events as the few lines that show how code decided it, each creature's answer under its own name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cards.model import names_of
from bot.cards.receipt_dice import harm
from bot.cards.receipt_world import many
from bot.cards.receipts import receipt
from bot.texts import tr

Event = dict[str, Any]


@dataclass(slots=True)
class Block:
    """Who acted, and what came of it. `who` is empty for what befell everybody."""

    who: str
    lines: list[str] = field(default_factory=list)


def blocks(events: Iterable[Event], who: str = "") -> list[Block]:
    """Group events by actor: a hero's deed is followed by what the creatures did before the next hero's turn."""
    rows = list(events)
    found = [Block(who)]
    skip: set[int] = set()
    for index, event in enumerate(rows):
        if index in skip:
            continue
        kind = event.get("type")
        if kind == "combat_turn_started":
            found.append(Block(str(event.get("actor_name") or "")))
        elif kind == "round_started":
            found.append(Block("", [receipt(event) or ""]))
        elif kind == "clock_advanced":
            continue  # the table's heading shows the time of day
        elif kind == "xp_gained":
            same = _same_xp(rows, index)
            skip.update(same)
            found[-1].lines.append(_xp(event, len(same)))
        elif kind == "item_gained" and len(same := _same_things(rows, index)) > 1:
            skip.update(same)
            names = names_of(str(rows[i]["actor_name"]) for i in same)
            found[-1].lines.append(tr("🎒 {names} get {what} each", names=names, what=many(event)))
        else:
            text = receipt(event)
            if text is None:
                continue
            after = index + 1
            if kind == "attack_hit" and after < len(rows) and rows[after].get("type") == "damage_dealt":
                text += f" · {harm(rows[after])}"
                skip.add(after)
            found[-1].lines.append(text)
    return [b for b in found if b.lines]


def _same_xp(rows: Sequence[Event], start: int) -> list[int]:
    """Where the party is awarded the same as here, one row for each hero: they learn together."""
    amount, heroes, found = rows[start].get("amount"), set(), []
    for index in range(start, len(rows)):
        row = rows[index]
        if row.get("type") != "xp_gained" or row.get("amount") != amount:
            continue
        if row.get("actor") in heroes:
            break
        heroes.add(row.get("actor"))
        found.append(index)
    return found


def _same_things(rows: Sequence[Event], start: int) -> list[int]:
    """Where one hero after the other gets the same as here."""
    first, found = rows[start], []
    for index in range(start, len(rows)):
        row = rows[index]
        same = all(row.get(k) == first.get(k) for k in ("type", "item", "item_name", "quantity", "rolled"))
        if not same or any(rows[i].get("actor") == row.get("actor") for i in found):
            break
        found.append(index)
    return found


def _xp(event: Event, heroes: int) -> str:
    return (
        tr("⭐ +{amount} XP for everyone", amount=event["amount"])
        if heroes > 1
        else tr("⭐ {actor_name} +{amount} XP", actor_name=event["actor_name"], amount=event["amount"])
    )
