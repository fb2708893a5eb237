"""A deed's rule events as the few lines that show how code decided it, each creature's answer under its own name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cards.plain import neutralise
from bot.cards.receipts import receipt, words

Event = dict[str, Any]


@dataclass(slots=True)
class Block:
    """Who acted, and what came of it. `who` is empty for what befell everybody."""

    who: str
    lines: list[str] = field(default_factory=list)
    minutes: int = 0


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
            found[-1].minutes += int(event.get("minutes") or 0)
        elif kind == "xp_gained":
            same = _same_xp(rows, index)
            skip.update(same)
            found[-1].lines.append(_xp(event, len(same)))
        else:
            text = receipt(event)
            if text is None:
                continue
            after = index + 1
            if kind == "attack_hit" and after < len(rows) and rows[after].get("type") == "damage_dealt":
                text += f" · {_damage(rows[after])}"
                skip.add(after)
            found[-1].lines.append(text)
    return [b for b in found if b.lines or b.minutes]


def _same_xp(rows: Sequence[Event], start: int) -> list[int]:
    """The run of equal awards that starts here: the whole party learns together."""
    amount = rows[start].get("amount")
    run = []
    for index in range(start, len(rows)):
        if rows[index].get("type") != "xp_gained" or rows[index].get("amount") != amount:
            break
        run.append(index)
    return run


def _xp(event: Event, heroes: int) -> str:
    return (
        f"⭐ +{event['amount']} XP for everyone"
        if heroes > 1
        else f"⭐ {event['actor_name']} +{event['amount']} XP"
    )


def _damage(event: Event) -> str:
    return f"−{event['amount']} HP ({words(event['damage_type'])}), {event['hp_after']} left"


def heading(name: str, text: str, minutes: int = 0) -> str:
    """`Isaure Venn: Search the shelves (10 min)`."""
    hours, rest = divmod(minutes, 60)
    span = " ".join(x for x in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if x)
    said = neutralise(text).replace("\n", " ")
    return f"{neutralise(name)}{': ' + said if said else ''}{f'  ({span})' if span else ''}"
