"""The card of a fight that is over: who did what, who fell, and what was won."""

from __future__ import annotations

from typing import Any

from bot.cards.model import GOLD, GREY, RED, Card, Draft, Field, Line, b, i, line, names_of, sentence
from bot.cards.plain import one_line
from bot.texts import N, tr, trn

Json = dict[str, Any]
OUTCOMES = {
    "victory": (N("Won: {fight}, in {rounds}."), GOLD), "defeat": (N("Lost: {fight}, in {rounds}."), RED),
    "flight": (N("Left behind: {fight}, after {rounds}."), GREY),
    "parley": (N("Talked out of: {fight}, after {rounds}."), GOLD),
    "surrender": (N("Given up: {fight}, after {rounds}."), GREY),
}  # fmt: skip


def fight_summary(e: Json, stamp: str = "") -> Card:
    """From the feed's `fight_summed_up`."""
    headline, colour = OUTCOMES.get(str(e.get("outcome")), (N("Over: {fight}, after {rounds}."), GREY))
    rounds = trn("{count} round", "{count} rounds", int(e.get("rounds") or 0))
    draft = Draft()
    draft.add(*sentence(headline, fight=b(str(e.get("encounter_name") or tr("The fight"))), rounds=rounds))
    if e.get("foes"):
        fallen = i(names_of(one_line(n, 60) for n in e["foes"]))
        draft.add(*sentence("Fallen: {names}.", names=fallen))
    heroes = tuple(_hero(h) for h in e.get("heroes") or [])
    fields = [Field(tr("In figures"), heroes)] if heroes else []
    won = _won(e)
    if won:
        fields.append(Field(tr("Won"), won))
    return Card("fight", tr("After the fight"), draft.done(), tuple(fields), colour=colour, stamp=stamp)


def _hero(h: Json) -> Line:
    parts = [tr("{dealt} dealt", dealt=h["dealt"]), tr("{taken} taken", taken=h["taken"])]
    if h.get("healed"):
        parts.append(tr("{healed} healed", healed=h["healed"]))
    if h.get("felled"):
        parts.append(tr("{felled} felled", felled=h["felled"]))
    if h.get("falls"):
        parts.append(trn("fell", "fell {count} times", int(h["falls"])))
    return line(b(str(h["name"])), f": {', '.join(parts)}")


def _won(e: Json) -> tuple[Line, ...]:
    rows = []
    gains = [
        x
        for x in (
            tr("{xp} XP", xp=e["xp"]) if e.get("xp") else "",
            tr("{gold} gold", gold=e["gold"]) if e.get("gold", 0) > 0 else "",
        )
        if x
    ]
    if gains:
        rows.append(line("✨ ", tr("{gains} between you", gains=names_of(gains))))
    for thing in e.get("found") or []:
        many = f"{thing['quantity']} × " if thing["quantity"] != 1 else ""
        rows.append(line("🎒 ", b(many + str(thing["name"])), f" ({thing['by']})"))
    for level in e.get("levels") or []:
        rows.append(
            line(
                "⬆️ ",
                *sentence(
                    "{who} reaches level {level}", who=b(str(level["name"])), level=str(level["level"])
                ),
            )
        )
    return tuple(rows)
