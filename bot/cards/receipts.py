"""Rule events (JSON) -> receipts: the lines that show how code decided, roll by roll."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.cards import receipt_dice, receipt_world
from bot.cards.model import Line, Text, b, line
from bot.cards.receipt_dice import GOOD, Event, by_creature, harm, mending, parts_of, sum_of
from bot.cards.receipt_dice import words as words
from bot.cards.receipt_world import item, span_of


def _used(e: Event) -> str:
    on = "" if e["target"] == e["source"] else f" on {e['target_name']}"
    return f"{'🧪' if e.get('is_item') else '✨'} {e['means']}{on}"


def _gold(e: Event) -> str:
    return f"🪙 {e['actor_name']} {'+' if e['amount'] >= 0 else '−'}{abs(e['amount'])} gold (now {e['gold_after']})"


def _down(e: Event) -> str:
    return (
        f"💀 {e['target_name']} is down" if e.get("is_hero") else f"☠️ {e['target_name']} is out of the fight"
    )


def _passed(e: Event) -> str:
    why = {"deadline": "ran out of time", "stunned": "cannot act", "down": "is down", "left": "has left",
           "outvoted": "wanted another way, and comes along",
           "alone": "would lead on, but too few come along"}  # fmt: skip
    return f"💤 {e['actor_name']} {why.get(str(e.get('reason')), 'waits')}"


def _outcome(e: Event) -> str:
    return {
        "victory": f"🏆 Victory: {e['encounter_name']}, {e['rounds']} rounds",
        "defeat": f"🩸 Defeat: {e['encounter_name']}",
        "flight": f"🏃 The party gets away from {e['encounter_name']}",
        "parley": f"🕊️ Talked out of it: {e['encounter_name']}",
        "surrender": f"🏳️ Given up: {e['encounter_name']}",
    }.get(str(e["outcome"]), f"{e['encounter_name']}: {words(e['outcome'])}")


def _votes(e: Event) -> str:
    against = len(e.get("against") or ())
    return f" ({len(e.get('votes') or ())} to {against})" if against else ""


def _worked(e: Event) -> str:
    return "it works" if e["degree"] in GOOD else "in vain"


def _thanks(e: Event) -> str:
    return f", thanks to {e['by_name']}" if e.get("by_name") else ""


def _name(e: Event) -> str:
    return str(e.get("condition_name") or words(e["condition"]).capitalize())


def _by_what(e: Event) -> str:
    """What goes on hurting or healing where nobody does it."""
    untold = e.get("means_key") and not e.get("source") and not parts_of(e)  # its steps begin with its name
    return f", from {words(e['means_key'])}" if untold else ""


def _gained(e: Event) -> str:
    """🌀 Nell is bleeding (2 rounds, ×2); 🌀 Nell is shielded (3 rounds, takes 6)"""
    notes = [_rounds(e)]
    notes += [f"×{e['stacks']}"] if int(e.get("stacks") or 1) > 1 else []
    notes += [f"takes {e['shield']}"] if e.get("shield") else []
    return f"🌀 {e['target_name']} is {words(e['condition'])} ({', '.join(notes)})"


def _resisted(e: Event) -> str:
    why = {
        "save": "a save", "ward": f"warded by {e.get('by')}", "immune": "immune", "lasting": "has it already",
    }.get(str(e.get("why")), words(e.get("why")))  # fmt: skip
    return f"🛡️ {_name(e)} does not take on {e['target_name']} ({why})"


def _ended(e: Event) -> str:
    how = {
        "saved": " (shaken off)", "dispelled": " (dispelled)", "cured": " (cured)", "woke": " (woken by the blow)",
        "used": " (used)", "spent": " (broken)",
    }.get(str(e.get("why")), "")  # fmt: skip
    return f"🌤️ {e['target_name']} is no longer {words(e['condition'])}{how}"


def _reaction(e: Event) -> str:
    return f"↪️ {e['actor_name']} answers {e['against_name']}: {e['ability_name']}"


def _rounds(e: Event) -> str:
    count = int(e.get("rounds") or 0)
    return "1 round" if count == 1 else f"{count} rounds" if count > 0 else "until it ends"


# One line for each event that players may see; what is missing here is the storyteller's business alone.
RECEIPTS: dict[str, Callable[[Event], str]] = {
    **receipt_world.RECEIPTS,
    "check_rolled": receipt_dice.check,
    "contest_rolled": receipt_dice.contest,
    "group_checked": receipt_dice.group_check,
    "save_rolled": receipt_dice.save,
    "death_checked": receipt_dice.death_check,
    "claim_refused": lambda e: f"🚫 {e['actor_name']}: {e['reason']}",
    "turn_passed": _passed,
    "rested": lambda e: (
        f"🛌 {e['actor_name']} {'sleeps' if e.get('kind') == 'long' else 'rests'}"
        f" (HP {e['hp_after']}, MP {e['mp_after']})"
    ),
    "item_gained": lambda e: item(e, "gets"),
    "item_lost": lambda e: item(e, "loses"),
    "gold_changed": _gold,
    "xp_gained": lambda e: f"⭐ {e['actor_name']} +{e['amount']} XP",
    "clue_found": lambda e: f"🔎 {e['actor_name']} finds a clue: {e['clue']}",
    "clock_advanced": lambda e: f"⏳ {span_of(int(e['minutes'])).capitalize()} goes by",
    "choice_made": lambda e: f"🧭 The party chooses: {e['label']}{_votes(e)}",
    "scene_entered": lambda e: f"🚪 {e['scene_name']} — {e['place']}",
    "campaign_ended": lambda e: f"🏁 {e['ending_name']}",
    "encounter_started": lambda e: f"⚔️ {e['encounter_name']}: {', '.join(e['names'])}",
    "round_started": lambda e: f"🔔 Round {e['round']}",
    "attack_hit": lambda e: receipt_dice.attack(e, hit=True),
    "attack_missed": lambda e: receipt_dice.attack(e, hit=False),
    "ability_used": _used,
    "damage_dealt": lambda e: f"🩸 {e['target_name']} {harm(e)}{_by_what(e)}",
    "healed": lambda e: f"💚 {e['target_name']} {mending(e)}{_by_what(e)}",
    "mana_changed": lambda e: (
        f"💧 {e['actor_name']} +{e['amount']} MP (now {e['mp_after']})" if e["amount"] > 0 else ""
    ),
    "condition_gained": _gained,
    "condition_resisted": _resisted,
    "condition_ended": _ended,
    "row_changed": lambda e: (
        f"🔀 {e['actor_name']} {'is pushed' if e.get('by') and e['by'] != e['actor'] else 'steps'}"
        f" into the {e['row']} row"
    ),
    "summoned": lambda e: f"📣 {e['source_name']} calls {', '.join(e['names'])}",
    "phase_started": lambda e: f"🔥 {e['actor_name']} changes: {e['phase_name']}",
    "reaction_used": _reaction,
    "stabilised": lambda e: f"🩹 {e['actor_name']} is stable{_thanks(e)}",
    "died": lambda e: f"⚰️ {e['actor_name']} is beyond ordinary healing in this fight",
    "carried_back": lambda e: (
        f"🩹 {e['actor_name']} is carried back with {e['hp_after']} HP and a wound ({e['wounds']} of 3, now"
        f" {e['hp_max']} HP at most)"
    ),
    "revived": lambda e: f"💫 {e['source_name']} brings {e['target_name']} back with {e['hp_after']} HP",
    "fled": lambda e: f"🏃 {e['actor_name']} flees",
    "encouraged": lambda e: f"🤝 {e['actor_name']} helps {e['target_name']}",
    "tended": lambda e: f"🩹 {e['actor_name']} tends {e['target_name']}: {_worked(e)}",
    "parley_tried": lambda e: f"🕊️ {e['actor_name']} tries words: {_worked(e)}",
    "surrender_offered": lambda e: (
        f"🏳️ {e['actor_name']} lays the weapon down ({e['votes']} of {e['needed']} needed)"
    ),
    "intent_locked": lambda e: f"🎯 {e['actor_name']} means to: {e['label']}",
    "intent_cleared": lambda e: (
        f"🎯 {e['actor_name']}'s plan cannot be done: {e.get('reason') or 'it is too late for it'}"
        if e["why"] == "dropped"
        else f"🎯 {e['actor_name']} drops the plan"
        if e["why"] == "withdrawn"
        else ""
    ),
    "went_down": _down,
    "recovered": lambda e: f"💪 {e['target_name']} is up again at {e['hp_after']} HP",
    "defended": lambda e: f"🛡️ {e['actor_name']} guards",
    "flee_failed": lambda e: f"🏃 {e['actor_name']} finds no way out",
    "encounter_ended": _outcome,
}


def receipt(event: Event) -> str | None:
    """The line for one event, without any escaping; None for events that show nothing or that are not known."""
    draw = RECEIPTS.get(str(event.get("type")))
    if draw is None:
        return None
    try:
        return draw(event) or None
    except (KeyError, TypeError, ValueError, AttributeError):
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
            return f"🎲 {words(e['stat']).capitalize()} {sum_} vs {e['difficulty']} {mark}"
        case "contest_rolled":
            mark = "✓" if e["degree"] in GOOD else "✗"
            return f"🎲 {words(e['stat']).capitalize()} {e['total']} vs {e['rival_name']} {e['rival_total']} {mark}"
        case "group_checked":
            return f"👥 {e['worked']} of {len(e['names'])} {'✓' if e['degree'] in GOOD else '✗'}"
        case "save_rolled":
            return f"🎲 {_name(e)} {e['total']} vs {e['difficulty']} {'✓' if e['saved'] else '✗'}"
        case "level_gained":
            return f"🌟 {e['actor_name']} level {e['level']}"
        case "quest_started":
            return f"📜 {e['quest_name']}"
        case "quest_stage_done":
            return f"📌 {e['quest_name']}"
        case "condition_resisted":
            return None if e["why"] == "save" else f"🛡️ not {words(e['condition'])}"  # the save says it
        case "death_checked":
            return f"💀 {e['actor_name']} {e['successes']}/3 ✓ {e['failures']}/3 ✗"
        case "disposition_changed":
            return f"💭 {e['person_name']} {e['amount']:+d}"
        case "reputation_changed":
            return f"🏛️ {e['faction_name']} {e['amount']:+d}"
        case "attack_hit":
            return f"⚔️ {by_creature(e, ' ')}{e['total']} vs {e['against']} {'critical ✓' if e.get('critical') else '✓'}"
        case "attack_missed":
            return f"⚔️ {by_creature(e, ' ')}{e['total']} vs {e['against']} ✗"
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


def deed_title(deed: Event) -> list[Text]:
    """Who did what: the spans of a deed's headline."""
    return [b(str(deed.get("character_name") or "The party")), " ", str(deed.get("text") or "acts")]
