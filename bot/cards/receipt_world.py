"""Rule events of the world and the sheets as receipts: journeys, quests, opinions, nights, levels, gear and trade."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.cards.receipt_dice import Event, degree_word, signed
from bot.cards.words import word
from bot.texts import N, tr, trn


def span_of(minutes: int) -> str:
    """1 h 20 min; `no time` for none"""
    hours, rest = divmod(minutes, 60)
    return " ".join(
        x
        for x in (
            tr("{hours} h", hours=hours) if hours else "",
            tr("{minutes} min", minutes=rest) if rest else "",
        )
        if x
    ) or tr("no time")


def many(e: Event) -> str:
    return str(e["item_name"]) + (f" ×{e['quantity']}" if e["quantity"] != 1 else "")


def to_spend(points: int) -> str:
    """1 skill point to spend"""
    return trn("{count} skill point to spend", "{count} skill points to spend", points)


def item(e: Event, template: str) -> str:
    reason = {"used": tr("used up"), "given": tr("given up"), "taken": tr("taken")}.get(str(e.get("reason")))
    how = f" ({reason})" if reason else ""
    rolled = e.get("rolled") or {}
    rarity = f" ({word(rolled['rarity'])})" if isinstance(rolled, Mapping) and rolled.get("rarity") else ""
    return "🎒 " + tr(template, who=e["actor_name"], what=many(e)) + rarity + how


def _level(e: Event) -> str:
    grown = ", ".join(f"{word(stat)} {value}" for stat, value in (e.get("stats") or {}).items())
    points = int(e.get("skill_points") or 0)
    spend = to_spend(points) if points else ""
    told = " · ".join(x for x in (tr("{hp} HP · {mp} MP", hp=e["hp_max"], mp=e["mp_max"]), grown, spend) if x)
    return tr(
        "🌟 {actor_name} reaches level {level}: {told}",
        actor_name=e["actor_name"],
        level=e["level"],
        told=told,
    )


def _quest_step(e: Event) -> str:
    following = f" → {e['next_objective']}" if e.get("next_objective") else ""
    return tr(
        "📌 {quest_name}: done — {objective}{following}",
        quest_name=e["quest_name"],
        objective=e["objective"],
        following=following,
    )


def _region(e: Event) -> str:
    return f"🗺️ {e['region_name']}: {tr('averted in time') if e.get('averted') else tr('the hours bring a change')}"


def _opinion(mark: str, name: str, what: str, amount: int, now: int) -> str:
    return tr(
        "{mark} {name}: {what} {amount} (now {now})",
        mark=mark,
        name=name,
        what=what,
        amount=signed(amount),
        now=now,
    )


def _worn(e: Event) -> str:
    old = e.get("replaces_names") or ()
    instead = " " + tr("instead of {things}", things=", ".join(old)) if old else ""
    return tr(
        "🧥 {actor_name} puts on {item_name} ({slot}){instead}",
        actor_name=e["actor_name"],
        item_name=e["item_name"],
        slot=word(e["slot"]),
        instead=instead,
    )


def _night(e: Event) -> str:
    price = ", " + tr("{price} gold a bed", price=e["price"]) if e.get("price") else ""
    return tr(
        "🌙 The party spends the night at {location_name}{price}",
        location_name=e["location_name"],
        price=price,
    )


RECEIPTS: dict[str, Callable[[Event], str]] = {
    "trouble_came": lambda e: "⚠️ " + tr("Trouble comes upon the party"),
    "person_came": lambda e: "🚪 " + tr("{person_name} is here now", person_name=e["person_name"]),
    "scene_closed": lambda e: "🎬 " + tr("{scene_name}: the scene is over", scene_name=e["scene_name"]),
    "hook_came_due": lambda e: (
        "🪝 " + tr("{actor_name}: what was wanted from the first is answered", actor_name=e["actor_name"])
    ),
    "journey_began": lambda e: tr(
        "🥾 To {to_name}: {minutes}", to_name=e["to_name"], minutes=span_of(int(e["minutes"]))
    ),
    "met_on_the_way": lambda e: (
        tr("⚠️ Something is met on the way") if e.get("encounter") else tr("🥾 A sight on the way")
    ),
    "turned_back": lambda e: tr("↩️ Back to {location_name}", location_name=e["location_name"]),
    "location_reached": lambda e: (
        f"📍 {e['location_name']}{' ' + tr('(for the first time)') if e.get('first_visit') else ''}"
    ),
    "region_stage_reached": _region,
    "quest_started": lambda e: tr(
        "📜 New quest: {quest_name} (for {giver}) — {objective}",
        quest_name=e["quest_name"],
        giver=e["giver"],
        objective=e["objective"],
    ),
    "quest_stage_done": _quest_step,
    "quest_completed": lambda e: tr("🏅 Quest completed: {quest_name}", quest_name=e["quest_name"]),
    "quest_failed": lambda e: tr("🥀 Quest failed: {quest_name}", quest_name=e["quest_name"]),
    "disposition_changed": lambda e: _opinion(
        "💭", e["person_name"], tr("liking"), e["amount"], e["disposition"]
    ),
    "reputation_changed": lambda e: _opinion(
        "🏛️", e["faction_name"], tr("reputation"), e["amount"], e["reputation"]
    ),
    "remembered": lambda e: tr(
        "💭 {person_name} will remember: {text}", person_name=e["person_name"], text=e["text"]
    ),
    "night_spent": _night,
    "wounds_healed": lambda e: tr(
        "🩹 {actor_name}'s wounds have healed ({hp_max} HP again)",
        actor_name=e["actor_name"],
        hp_max=e["hp_max"],
    ),
    "downtime_spent": lambda e: f"📅 {e['actor_name']}: {e['activity_name']} — {degree_word(e['degree'])}",
    "helped": lambda e: tr(
        "🤝 {actor_name} helps {target_name}: advantage on the next check",
        actor_name=e["actor_name"],
        target_name=e["target_name"],
    ),
    "help_lapsed": lambda e: tr("🤝 {target_name} did not need the help", target_name=e["target_name"]),
    "level_gained": _level,
    "skill_learned": lambda e: trn(
        "📘 {actor_name} learns {skill_name} ({count} point left)",
        "📘 {actor_name} learns {skill_name} ({count} points left)",
        e["skill_points"],
        actor_name=e["actor_name"],
        skill_name=e["skill_name"],
    ),
    "skills_reset": lambda e: tr(
        "📘 {actor_name} unlearns everything for {price} gold ({points})",
        actor_name=e["actor_name"],
        price=e["price"],
        points=to_spend(e["skill_points"]),
    ),
    "item_equipped": _worn,
    "item_unequipped": lambda e: tr(
        "🧥 {actor_name} takes off {item_name}", actor_name=e["actor_name"], item_name=e["item_name"]
    ),
    "item_handed": lambda e: f"🎒 {e['actor_name']} → {e['to_name']}: {many(e)}",
    "gold_handed": lambda e: tr(
        "🪙 {actor_name} → {to_name}: {amount} gold",
        actor_name=e["actor_name"],
        to_name=e["to_name"],
        amount=e["amount"],
    ),
    "item_cached": lambda e: tr("📦 No room: {what} waits in the party's baggage", what=many(e)),
    "item_dropped": lambda e: tr(
        "📦 {actor_name} leaves {what} in the party's baggage", actor_name=e["actor_name"], what=many(e)
    ),
    "item_picked_up": lambda e: tr(
        "📦 {actor_name} takes {what} out of the party's baggage", actor_name=e["actor_name"], what=many(e)
    ),
    "item_bought": lambda e: tr(
        "🛒 {actor_name} buys {what} at {shop_name} for {price} gold (now {gold_after})",
        actor_name=e["actor_name"],
        what=many(e),
        shop_name=e["shop_name"],
        price=e["price"],
        gold_after=e["gold_after"],
    ),
    "item_sold": lambda e: tr(
        "🛒 {actor_name} sells {what} at {shop_name} for {price} gold (now {gold_after})",
        actor_name=e["actor_name"],
        what=many(e),
        shop_name=e["shop_name"],
        price=e["price"],
        gold_after=e["gold_after"],
    ),
    "row_chosen": lambda e: tr(
        N("🔀 {actor_name} will fight in the back row")
        if e["row"] == "back"
        else N("🔀 {actor_name} will fight in the front row"),
        actor_name=e["actor_name"],
    ),
    "orders_set": lambda e: (
        tr(
            "📋 {actor_name} leaves standing orders ({orders})",
            actor_name=e["actor_name"],
            orders=len(e["orders"]),
        )
        if e["orders"]
        else tr("📋 {actor_name} leaves no standing orders", actor_name=e["actor_name"])
    ),
}
