"""Rule events (JSON) -> receipts: the lines that show how code decided, roll by roll."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.cards.model import Line, Text, b, line

Event = dict[str, Any]
DEGREES = {
    "critical": "critical success",
    "success": "success",
    "partial": "success at a price",
    "failure": "failure",
    "fumble": "critical failure",
    "none": "no roll needed",
}
GOOD = {"critical", "success", "partial", "none"}


def words(key: object) -> str:
    return str(key or "").replace("_", " ")


def _sum(total: int, modifier: int, kept: int) -> str:
    return f"{kept} {'−' if modifier < 0 else '+'} {abs(modifier)} = {total}"


def check(e: Event) -> str:
    """🎲 Wisdom 14 + 2 = 16 vs 12 — success"""
    rolls = e.get("rolls") or []
    dropped = f" (of {', '.join(str(r) for r in rolls)})" if len(rolls) > 1 else ""
    degree = DEGREES.get(str(e.get("degree")), words(e.get("degree")))
    return (
        f"🎲 {words(e['stat']).capitalize()} {_sum(e['total'], e['modifier'], e['kept'])}{dropped}"
        f" vs {e['difficulty']} — {degree}"
    )


def _attack(e: Event, hit: bool) -> str:
    verdict = ("critical hit!" if e.get("critical") else "hit") if hit else "miss"
    bonus = e["total"] - e["roll"]
    # A hero's deed says whose it is; a creature (`<key>.<number>`) strikes inside a hero's turn and must be named.
    who = f"{e['source_name']}, " if "." in str(e["source"]) else ""
    sum_ = _sum(e["total"], bonus, e["roll"])
    return f"⚔️ {who}{e['means']} → {e['target_name']}: {sum_} vs {e['against']} — {verdict}"


def _used(e: Event) -> str:
    on = "" if e["target"] == e["source"] else f" on {e['target_name']}"
    return f"{'🧪' if e.get('is_item') else '✨'} {e['means']}{on}"


def _gold(e: Event) -> str:
    return f"🪙 {e['actor_name']} {'+' if e['amount'] >= 0 else '−'}{abs(e['amount'])} gold (now {e['gold_after']})"


def _item(e: Event, sign: str) -> str:
    many = f" ×{e['quantity']}" if e["quantity"] != 1 else ""
    how = {"used": " (used up)", "given": " (given up)", "taken": " (taken)"}.get(str(e.get("reason")), "")
    return f"🎒 {e['actor_name']} {sign} {e['item_name']}{many}{how}"


def _down(e: Event) -> str:
    return (
        f"💀 {e['target_name']} is down" if e.get("is_hero") else f"☠️ {e['target_name']} is out of the fight"
    )


def _minutes(e: Event) -> str:
    hours, minutes = divmod(int(e["minutes"]), 60)
    span = " ".join(x for x in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if x)
    return f"⏳ {span or 'No time'} goes by"


def _passed(e: Event) -> str:
    why = {"deadline": "ran out of time", "stunned": "is stunned", "down": "is down", "left": "has left",
           "outvoted": "wanted another way, and comes along",
           "alone": "would lead on, but too few come along"}  # fmt: skip
    return f"💤 {e['actor_name']} {why.get(str(e.get('reason')), 'waits')}"


def _outcome(e: Event) -> str:
    return {
        "victory": f"🏆 Victory: {e['encounter_name']}, {e['rounds']} rounds",
        "defeat": f"🩸 Defeat: {e['encounter_name']}",
        "flight": f"🏃 The party gets away from {e['encounter_name']}",
    }.get(str(e["outcome"]), f"{e['encounter_name']}: {words(e['outcome'])}")


# One line for each event that players may see; what is missing here is the storyteller's business alone.
RECEIPTS: dict[str, Callable[[Event], str]] = {
    "check_rolled": check,
    "claim_refused": lambda e: f"🚫 {e['actor_name']}: {e['reason']}",
    "turn_passed": _passed,
    "rested": lambda e: f"🛌 {e['actor_name']} rests (HP {e['hp_after']}, MP {e['mp_after']})",
    "item_gained": lambda e: _item(e, "gets"),
    "item_lost": lambda e: _item(e, "loses"),
    "gold_changed": _gold,
    "xp_gained": lambda e: f"⭐ {e['actor_name']} +{e['amount']} XP",
    "clue_found": lambda e: f"🔎 {e['actor_name']} finds a clue: {e['clue']}",
    "clock_advanced": _minutes,
    "choice_made": lambda e: f"🧭 The party chooses: {e['label']}{_votes(e)}",
    "scene_entered": lambda e: f"🚪 {e['scene_name']} — {e['place']}",
    "campaign_ended": lambda e: f"🏁 {e['ending_name']}",
    "encounter_started": lambda e: f"⚔️ {e['encounter_name']}: {', '.join(e['names'])}",
    "round_started": lambda e: f"🔔 Round {e['round']}",
    "attack_hit": lambda e: _attack(e, True),
    "attack_missed": lambda e: _attack(e, False),
    "ability_used": _used,
    "damage_dealt": lambda e: (
        f"🩸 {e['target_name']} −{e['amount']} HP ({words(e['damage_type'])}), {e['hp_after']} left"
    ),
    "healed": lambda e: f"💚 {e['target_name']} +{e['amount']} HP (now {e['hp_after']})",
    "condition_gained": lambda e: f"🌀 {e['target_name']} is {words(e['condition'])} ({_rounds(e)})",
    "condition_ended": lambda e: f"🌤️ {e['target_name']} is no longer {words(e['condition'])}",
    "went_down": _down,
    "recovered": lambda e: f"💪 {e['target_name']} is up again at {e['hp_after']} HP",
    "defended": lambda e: f"🛡️ {e['actor_name']} guards",
    "flee_failed": lambda e: f"🏃 {e['actor_name']} finds no way out",
    "encounter_ended": _outcome,
}


def _votes(e: Event) -> str:
    against = len(e.get("against") or ())
    return f" ({len(e.get('votes') or ())} to {against})" if against else ""


def _rounds(e: Event) -> str:
    count = int(e.get("rounds") or 0)
    return "1 round" if count == 1 else f"{count} rounds" if count > 0 else "until it ends"


def receipt(event: Event) -> str | None:
    """The line for one event, without any escaping; None for events that show nothing or that are not known."""
    draw = RECEIPTS.get(str(event.get("type")))
    if draw is None:
        return None
    try:
        return draw(event)
    except (KeyError, TypeError, ValueError):
        # A newer API may send an event in a shape we do not know: a turn must still be shown without that line.
        return None


def receipts(events: Iterable[Event]) -> list[Line]:
    """All lines of a deed, in order."""
    return [line(text) for event in events if (text := receipt(event))]


def brief(events: Iterable[Event], actor: str = "") -> str:
    """One deed in a few words, for the line under the narration; `actor` (an id) is not named again."""
    parts: list[str] = []
    for e in events:
        kind = str(e.get("type"))
        try:
            text = _brief_one(kind, e, actor)
        except (KeyError, TypeError):
            continue
        if text:
            parts.append(text)
    return " · ".join(dict.fromkeys(parts))  # what the whole party gets is said once


def _whom(e: Event, actor: str) -> str:
    return "" if actor and e["target"] == actor else f"{e['target_name']} "


def _foe(e: Event) -> str:
    return f"{e['source_name']} " if "." in str(e["source"]) else ""


def _brief_one(kind: str, e: Event, actor: str) -> str | None:
    match kind:
        case "check_rolled":
            mark = "✓" if e["degree"] in GOOD else "✗"
            sum_ = _sum(e["total"], e["modifier"], e["kept"])
            return f"🎲 {words(e['stat']).capitalize()} {sum_} vs {e['difficulty']} {mark}"
        case "attack_hit":
            return f"⚔️ {_foe(e)}{e['total']} vs {e['against']} {'critical ✓' if e.get('critical') else '✓'}"
        case "attack_missed":
            return f"⚔️ {_foe(e)}{e['total']} vs {e['against']} ✗"
        case "damage_dealt":
            return f"{_whom(e, actor)}−{e['amount']} HP"
        case "healed":
            return f"{_whom(e, actor)}+{e['amount']} HP"
        case "gold_changed":
            return f"🪙 {e['amount']:+d}"
        case "clue_found":
            return "🔎 a clue"
        case "xp_gained":
            return f"⭐ +{e['amount']}"
        case "item_gained":
            return f"🎒 {e['item_name']}" + (f" ×{e['quantity']}" if e["quantity"] != 1 else "")
        case (
            "item_lost"
            | "clock_advanced"
            | "scene_entered"
            | "round_started"
            | "encounter_started"
            | "campaign_ended"
        ):
            return None
        case _:
            return receipt(e)


def deed_title(deed: Event) -> list[Text]:
    """Who did what: the spans of a deed's headline."""
    return [b(str(deed.get("character_name") or "The party")), " ", str(deed.get("text") or "acts")]
