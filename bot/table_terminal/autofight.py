"""A plain way to fight for scripts: help who is hurt, else strike who is nearest to falling. Decides, never rolls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.table_terminal.options import Choice

Json = dict[str, Any]
HEALING = ("heal", "wound", "mend", "bandage", "cordial", "tie off", "back to their feet")
LOW = 0.4  # heal somebody at or under this share of their HP


def fight_action(view: Json, choices: Sequence[Choice]) -> Json:
    """The body of the next action for the hero whose legal actions these are; passes when nothing else is legal."""
    order = {o["id"]: o for o in (view.get("encounter") or {}).get("order") or []}
    hurt = sorted(
        (o for o in order.values() if o["kind"] == "hero" and o["hp"] <= o["hp_max"] * LOW),
        key=lambda o: (not o.get("down"), o["hp"]),
    )
    for one in hurt:
        for choice in choices:
            helps = choice.kind in ("ability", "item") and _heroes_only(choice, order)
            if helps and _mends(choice) and any(t == one["id"] for t, _ in choice.targets):
                return choice.body(one["id"])
    # A plain attack last: what a hero has learnt is mostly better than it.
    strikes = [c for kind in ("ability", "attack") for c in choices if c.kind == kind and _foes(c, order)]
    if strikes:
        best = max(strikes, key=lambda c: (c.cost_mp, -strikes.index(c)))
        foe = min(_foes(best, order), key=lambda ident: order[ident]["hp"])
        return best.body(foe)
    for kind in ("help", "row", "defend", "pass"):
        for choice in choices:
            if choice.kind == kind and (kind != "help" or _fallen(choice, order)):
                return choice.body(next(iter(_fallen(choice, order)), None))
    return {"kind": "pass"}


def _mends(choice: Choice) -> bool:
    text = f"{choice.label} {choice.summary}".lower()
    return any(word in text for word in HEALING)


def _heroes_only(choice: Choice, order: dict[str, Json]) -> bool:
    return bool(choice.targets) and all(order.get(t, {}).get("kind") == "hero" for t, _ in choice.targets)


def _fallen(choice: Choice, order: dict[str, Json]) -> list[str]:
    return [t for t, _ in choice.targets if order.get(t, {}).get("down")]


def _foes(choice: Choice, order: dict[str, Json]) -> list[str]:
    return [t for t, _ in choice.targets if order.get(t, {}).get("kind") == "creature"]
