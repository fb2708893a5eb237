"""Rule events of the world and the sheets as receipts: journeys, quests, opinions, nights, levels, gear and trade."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.cards.receipt_dice import DEGREES, Event, signed, words


def span_of(minutes: int) -> str:
    """1 h 20 min; `no time` for none"""
    hours, rest = divmod(minutes, 60)
    return (
        " ".join(x for x in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if x) or "no time"
    )


def many(e: Event) -> str:
    return str(e["item_name"]) + (f" ×{e['quantity']}" if e["quantity"] != 1 else "")


def item(e: Event, sign: str) -> str:
    how = {"used": " (used up)", "given": " (given up)", "taken": " (taken)"}.get(str(e.get("reason")), "")
    rolled = e.get("rolled") or {}
    rarity = f" ({words(rolled['rarity'])})" if isinstance(rolled, Mapping) and rolled.get("rarity") else ""
    return f"🎒 {e['actor_name']} {sign} {many(e)}{rarity}{how}"


def _level(e: Event) -> str:
    grown = ", ".join(f"{words(stat)} {value}" for stat, value in (e.get("stats") or {}).items())
    points = int(e.get("skill_points") or 0)
    spend = f"{points} skill point{'s' if points != 1 else ''} to spend" if points else ""
    told = " · ".join(x for x in (f"{e['hp_max']} HP", f"{e['mp_max']} MP", grown, spend) if x)
    return f"🌟 {e['actor_name']} reaches level {e['level']}: {told}"


def _quest_step(e: Event) -> str:
    following = f" → {e['next_objective']}" if e.get("next_objective") else ""
    return f"📌 {e['quest_name']}: done — {e['objective']}{following}"


def _region(e: Event) -> str:
    return f"🗺️ {e['region_name']}: {'averted in time' if e.get('averted') else 'the hours bring a change'}"


def _opinion(mark: str, name: str, what: str, amount: int, now: int) -> str:
    return f"{mark} {name}: {what} {signed(amount)} (now {now})"


def _worn(e: Event) -> str:
    old = e.get("replaces_names") or ()
    instead = f" instead of {', '.join(old)}" if old else ""
    return f"🧥 {e['actor_name']} puts on {e['item_name']} ({words(e['slot'])}){instead}"


def _night(e: Event) -> str:
    price = f", {e['price']} gold a bed" if e.get("price") else ""
    return f"🌙 The party spends the night at {e['location_name']}{price}"


RECEIPTS: dict[str, Callable[[Event], str]] = {
    "trouble_came": lambda e: "⚠️ Trouble comes upon the party",
    "person_came": lambda e: f"🚪 {e['person_name']} is here now",
    "scene_closed": lambda e: f"🎬 {e['scene_name']}: the scene is over",
    "hook_came_due": lambda e: f"🪝 {e['actor_name']}: what was wanted from the first is answered",
    "journey_began": lambda e: f"🥾 To {e['to_name']}: {span_of(int(e['minutes']))}",
    "met_on_the_way": lambda e: (
        "⚠️ Something is met on the way" if e.get("encounter") else "🥾 A sight on the way"
    ),
    "turned_back": lambda e: f"↩️ Back to {e['location_name']}",
    "location_reached": lambda e: (
        f"📍 {e['location_name']}{' (for the first time)' if e.get('first_visit') else ''}"
    ),
    "region_stage_reached": _region,
    "quest_started": lambda e: f"📜 New quest: {e['quest_name']} (for {e['giver']}) — {e['objective']}",
    "quest_stage_done": _quest_step,
    "quest_completed": lambda e: f"🏅 Quest completed: {e['quest_name']}",
    "quest_failed": lambda e: f"🥀 Quest failed: {e['quest_name']}",
    "disposition_changed": lambda e: _opinion(
        "💭", e["person_name"], "liking", e["amount"], e["disposition"]
    ),
    "reputation_changed": lambda e: _opinion(
        "🏛️", e["faction_name"], "reputation", e["amount"], e["reputation"]
    ),
    "remembered": lambda e: f"💭 {e['person_name']} will remember: {e['text']}",
    "night_spent": _night,
    "wounds_healed": lambda e: f"🩹 {e['actor_name']}'s wounds have healed ({e['hp_max']} HP again)",
    "downtime_spent": lambda e: (
        f"📅 {e['actor_name']}: {e['activity_name']} — {DEGREES.get(str(e['degree']), words(e['degree']))}"
    ),
    "helped": lambda e: f"🤝 {e['actor_name']} helps {e['target_name']}: advantage on the next check",
    "help_lapsed": lambda e: f"🤝 {e['target_name']} did not need the help",
    "level_gained": _level,
    "skill_learned": lambda e: (
        f"📘 {e['actor_name']} learns {e['skill_name']} ({e['skill_points']} points left)"
    ),
    "skills_reset": lambda e: (
        f"📘 {e['actor_name']} unlearns everything for {e['price']} gold ({e['skill_points']} points to spend)"
    ),
    "item_equipped": _worn,
    "item_unequipped": lambda e: f"🧥 {e['actor_name']} takes off {e['item_name']}",
    "item_handed": lambda e: f"🎒 {e['actor_name']} → {e['to_name']}: {many(e)}",
    "gold_handed": lambda e: f"🪙 {e['actor_name']} → {e['to_name']}: {e['amount']} gold",
    "item_cached": lambda e: f"📦 No room: {many(e)} waits in the party's baggage",
    "item_dropped": lambda e: f"📦 {e['actor_name']} leaves {many(e)} in the party's baggage",
    "item_picked_up": lambda e: f"📦 {e['actor_name']} takes {many(e)} out of the party's baggage",
    "item_bought": lambda e: (
        f"🛒 {e['actor_name']} buys {many(e)} at {e['shop_name']} for {e['price']} gold (now {e['gold_after']})"
    ),
    "item_sold": lambda e: (
        f"🛒 {e['actor_name']} sells {many(e)} at {e['shop_name']} for {e['price']} gold (now {e['gold_after']})"
    ),
    "row_chosen": lambda e: f"🔀 {e['actor_name']} will fight in the {e['row']} row",
    "orders_set": lambda e: (
        f"📋 {e['actor_name']} leaves standing orders ({len(e['orders'])})"
        if e["orders"]
        else f"📋 {e['actor_name']} leaves no standing orders"
    ),
}
