"""A deed in a few words, for the line under its narration."""

from __future__ import annotations

from collections.abc import Iterable

from bot.cards.receipt_dice import GOOD, Event, by_creature, sum_of
from bot.cards.receipts import condition_name, receipt
from bot.cards.words import word
from bot.texts import tr


def brief(events: Iterable[Event], actor: str = "") -> str:
    """One deed in a few words, for the line under the narration; `actor` (an id) is not named again."""
    parts: list[str] = []
    for e in events:
        kind = str(e.get("type"))
        try:
            text = _brief_one(kind, e, actor)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if text:
            parts.append(text)
    return " · ".join(dict.fromkeys(parts))  # what the whole party gets is said once


def _whom(e: Event, actor: str) -> str:
    return "" if actor and e["target"] == actor else f"{e['target_name']} "


def _brief_one(kind: str, e: Event, actor: str) -> str | None:
    match kind:
        case "check_rolled":
            mark = "✓" if e["degree"] in GOOD else "✗"
            sum_ = sum_of(e["total"], e["modifier"], e["kept"])
            return tr(
                "🎲 {stat} {sum} vs {difficulty} {mark}",
                stat=word(e["stat"]).capitalize(),
                sum=sum_,
                difficulty=e["difficulty"],
                mark=mark,
            )
        case "contest_rolled":
            mark = "✓" if e["degree"] in GOOD else "✗"
            return tr(
                "🎲 {stat} {total} vs {rival_name} {rival_total} {mark}",
                stat=word(e["stat"]).capitalize(),
                total=e["total"],
                rival_name=e["rival_name"],
                rival_total=e["rival_total"],
                mark=mark,
            )
        case "group_checked":
            return tr(
                "👥 {worked} of {all} {mark}",
                worked=e["worked"],
                all=len(e["names"]),
                mark="✓" if e["degree"] in GOOD else "✗",
            )
        case "save_rolled":
            return tr(
                "🎲 {condition} {total} vs {difficulty} {mark}",
                condition=condition_name(e),
                total=e["total"],
                difficulty=e["difficulty"],
                mark="✓" if e["saved"] else "✗",
            )
        case "level_gained":
            return tr("🌟 {actor_name} level {level}", actor_name=e["actor_name"], level=e["level"])
        case "quest_started":
            return f"📜 {e['quest_name']}"
        case "quest_stage_done":
            return f"📌 {e['quest_name']}"
        case "condition_resisted":
            return (
                None if e["why"] == "save" else tr("🛡️ not {condition}", condition=word(e["condition"]))
            )  # the save says it
        case "death_checked":
            return f"💀 {e['actor_name']} {e['successes']}/3 ✓ {e['failures']}/3 ✗"
        case "disposition_changed":
            return f"💭 {e['person_name']} {e['amount']:+d}"
        case "reputation_changed":
            return f"🏛️ {e['faction_name']} {e['amount']:+d}"
        case "attack_hit":
            return tr(
                "⚔️ {who}{total} vs {against} {mark}",
                who=by_creature(e, " "),
                total=e["total"],
                against=e["against"],
                mark=f"{tr('critical')} ✓" if e.get("critical") else "✓",
            )
        case "attack_missed":
            return tr(
                "⚔️ {who}{total} vs {against} {mark}",
                who=by_creature(e, " "),
                total=e["total"],
                against=e["against"],
                mark="✗",
            )
        case "damage_dealt":
            return _whom(e, actor) + tr("{amount} HP", amount=f"−{e['amount']}")
        case "healed":
            return _whom(e, actor) + tr("{amount} HP", amount=f"+{e['amount']}")
        case "gold_changed":
            return f"🪙 {e['amount']:+d}"
        case "clue_found":
            return tr("🔎 a clue")
        case "xp_gained":
            return f"⭐ +{e['amount']}"
        case "item_gained":
            return f"🎒 {e['item_name']}" + (f" ×{e['quantity']}" if e["quantity"] != 1 else "")
        case (
            "item_lost"
            | "clock_advanced"
            | "location_reached"
            | "met_on_the_way"
            | "help_lapsed"
            | "mana_changed"
            | "intent_locked"
            | "intent_cleared"
            | "scene_entered"
            | "round_started"
            | "encounter_started"
            | "campaign_ended"
        ):
            return None
        case _:
            return receipt(e)
