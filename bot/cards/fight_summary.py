"""The card of a fight that is over: who did what, who fell, and what was won."""

from __future__ import annotations

from typing import Any

from bot.cards.model import GOLD, GREY, RED, Card, Draft, Field, Line, b, i, line, names_of
from bot.cards.plain import one_line

Json = dict[str, Any]
OUTCOMES = {
    "victory": ("won", GOLD), "defeat": ("lost", RED), "flight": ("left behind", GREY),
    "parley": ("talked out of", GOLD), "surrender": ("given up", GREY),
}  # fmt: skip


def fight_summary(e: Json, stamp: str = "") -> Card:
    """From the feed's `fight_summed_up`."""
    word, colour = OUTCOMES.get(str(e.get("outcome")), (str(e.get("outcome") or "over"), GREY))
    rounds = int(e.get("rounds") or 0)
    draft = Draft()
    draft.add(
        b(str(e.get("encounter_name") or "The fight")),
        f", {word} in {rounds} round{'' if rounds == 1 else 's'}.",
    )
    if e.get("foes"):
        draft.add("Fallen: ", i(names_of(one_line(n, 60) for n in e["foes"])), ".")
    heroes = tuple(_hero(h) for h in e.get("heroes") or [])
    fields = [Field("In figures", heroes)] if heroes else []
    won = _won(e)
    if won:
        fields.append(Field("Won", won))
    return Card("fight", "After the fight", draft.done(), tuple(fields), colour=colour, stamp=stamp)


def _hero(h: Json) -> Line:
    parts = [f"{h['dealt']} dealt", f"{h['taken']} taken"]
    if h.get("healed"):
        parts.append(f"{h['healed']} healed")
    if h.get("felled"):
        parts.append(f"{h['felled']} felled")
    if h.get("falls"):
        parts.append("fell" if h["falls"] == 1 else f"fell {h['falls']} times")
    return line(b(str(h["name"])), f": {', '.join(parts)}")


def _won(e: Json) -> tuple[Line, ...]:
    rows = []
    gains = [
        x
        for x in (f"{e['xp']} XP" if e.get("xp") else "", f"{e['gold']} gold" if e.get("gold", 0) > 0 else "")
        if x
    ]
    if gains:
        rows.append(line("✨ ", " and ".join(gains), " between you"))
    for thing in e.get("found") or []:
        many = f"{thing['quantity']} × " if thing["quantity"] != 1 else ""
        rows.append(line("🎒 ", b(many + str(thing["name"])), f" ({thing['by']})"))
    for level in e.get("levels") or []:
        rows.append(line("⬆️ ", b(str(level["name"])), f" reaches level {level['level']}"))
    return tuple(rows)
