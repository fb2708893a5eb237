"""Rule events (JSON) -> receipts: the lines that show how code decided, roll by roll."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.cards import receipt_dice, receipt_world
from bot.cards.model import Line, Text, b, line
from bot.cards.receipt_dice import GOOD, Event, harm, mending, parts_of
from bot.cards.receipt_world import item, span_of
from bot.cards.words import word
from bot.texts import N, tr, trn


def _used(e: Event) -> str:
    on = "" if e["target"] == e["source"] else " " + tr("on {target_name}", target_name=e["target_name"])
    return f"{'🧪' if e.get('is_item') else '✨'} {e['means']}{on}"


def _gold(e: Event) -> str:
    return tr(
        "🪙 {actor_name} {amount} gold (now {gold_after})",
        actor_name=e["actor_name"],
        amount=receipt_dice.signed(e["amount"]),
        gold_after=e["gold_after"],
    )


def _down(e: Event) -> str:
    return (
        tr("💀 {target_name} is down", target_name=e["target_name"])
        if e.get("is_hero")
        else tr("☠️ {target_name} is out of the fight", target_name=e["target_name"])
    )


def _passed(e: Event) -> str:
    why = {"deadline": tr("ran out of time"), "stunned": tr("cannot act"), "down": tr("is down"),
           "left": tr("has left"),
           "outvoted": tr("wanted another way, and comes along"),
           "alone": tr("would lead on, but too few come along")}  # fmt: skip
    return f"💤 {e['actor_name']} {why.get(str(e.get('reason')), tr('waits'))}"


def _outcome(e: Event) -> str:
    return {
        "victory": trn(
            "🏆 Victory: {encounter_name}, {count} round",
            "🏆 Victory: {encounter_name}, {count} rounds",
            int(e.get("rounds") or 0),
            encounter_name=e["encounter_name"],
        ),
        "defeat": tr("🩸 Defeat: {encounter_name}", encounter_name=e["encounter_name"]),
        "flight": tr("🏃 The party gets away from {encounter_name}", encounter_name=e["encounter_name"]),
        "parley": tr("🕊️ Talked out of it: {encounter_name}", encounter_name=e["encounter_name"]),
        "surrender": tr("🏳️ Given up: {encounter_name}", encounter_name=e["encounter_name"]),
    }.get(str(e["outcome"]), f"{e['encounter_name']}: {word(e['outcome'])}")


def _votes(e: Event) -> str:
    against = len(e.get("against") or ())
    return (
        f" ({tr('{votes} to {against}', votes=len(e.get('votes') or ()), against=against)})"
        if against
        else ""
    )


def _worked(e: Event) -> str:
    return tr("it works") if e["degree"] in GOOD else tr("in vain")


def _thanks(e: Event) -> str:
    return ", " + tr("thanks to {by_name}", by_name=e["by_name"]) if e.get("by_name") else ""


def condition_name(e: Event) -> str:
    return str(e.get("condition_name") or word(e["condition"]).capitalize())


def _by_what(e: Event) -> str:
    """What goes on hurting or healing where nobody does it."""
    untold = e.get("means_key") and not e.get("source") and not parts_of(e)  # its steps begin with its name
    return ", " + tr("from {condition}", condition=word(e["means_key"])) if untold else ""


def _gained(e: Event) -> str:
    """🌀 Nell is bleeding (2 rounds, ×2); 🌀 Nell is shielded (3 rounds, takes 6)"""
    notes = [_rounds(e)]
    notes += [f"×{e['stacks']}"] if int(e.get("stacks") or 1) > 1 else []
    notes += [tr("takes {shield}", shield=e["shield"])] if e.get("shield") else []
    return tr(
        "🌀 {target_name} is {condition} ({notes})",
        target_name=e["target_name"],
        condition=word(e["condition"]),
        notes=", ".join(notes),
    )


def _resisted(e: Event) -> str:
    why = {
        "save": tr("a save"), "ward": tr("warded by {by}", by=e.get("by")), "immune": tr("immune"),
        "lasting": tr("has it already"),
    }.get(str(e.get("why")), word(e.get("why")))  # fmt: skip
    return tr(
        "🛡️ {condition} does not take on {target_name} ({why})",
        condition=condition_name(e),
        target_name=e["target_name"],
        why=why,
    )


def _ended(e: Event) -> str:
    why = {
        "saved": tr("shaken off"), "dispelled": tr("dispelled"), "cured": tr("cured"),
        "woke": tr("woken by the blow"), "used": tr("used"), "spent": tr("broken"),
    }.get(str(e.get("why")))  # fmt: skip
    how = f" ({why})" if why else ""
    return tr(
        "🌤️ {target_name} is no longer {condition}{how}",
        target_name=e["target_name"],
        condition=word(e["condition"]),
        how=how,
    )


def _reaction(e: Event) -> str:
    return tr(
        "↪️ {actor_name} answers {against_name}: {ability_name}",
        actor_name=e["actor_name"],
        against_name=e["against_name"],
        ability_name=e["ability_name"],
    )


def _moved(e: Event) -> str:
    pushed = e.get("by") and e["by"] != e["actor"]
    if e["row"] == "back":
        return (
            N("🔀 {actor_name} is pushed into the back row")
            if pushed
            else N("🔀 {actor_name} steps into the back row")
        )
    return (
        N("🔀 {actor_name} is pushed into the front row")
        if pushed
        else N("🔀 {actor_name} steps into the front row")
    )


def _rounds(e: Event) -> str:
    count = int(e.get("rounds") or 0)
    return trn("{count} round", "{count} rounds", count) if count > 0 else tr("until it ends")


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
    "rested": lambda e: tr(
        N("🛌 {actor_name} sleeps (HP {hp_after}, MP {mp_after})")
        if e.get("kind") == "long"
        else N("🛌 {actor_name} rests (HP {hp_after}, MP {mp_after})"),
        actor_name=e["actor_name"],
        hp_after=e["hp_after"],
        mp_after=e["mp_after"],
    ),
    "item_gained": lambda e: item(e, N("{who} gets {what}")),
    "item_lost": lambda e: item(e, N("{who} loses {what}")),
    "gold_changed": _gold,
    "xp_gained": lambda e: tr("⭐ {actor_name} +{amount} XP", actor_name=e["actor_name"], amount=e["amount"]),
    "clue_found": lambda e: tr(
        "🔎 {actor_name} finds a clue: {clue}", actor_name=e["actor_name"], clue=e["clue"]
    ),
    "clock_advanced": lambda e: tr("⏳ {time} goes by", time=span_of(int(e["minutes"])).capitalize()),
    "choice_made": lambda e: tr("🧭 The party chooses: {what}", what=e["label"]) + _votes(e),
    "scene_entered": lambda e: f"🚪 {e['scene_name']} — {e['place']}",
    "campaign_ended": lambda e: f"🏁 {e['ending_name']}",
    "encounter_started": lambda e: f"⚔️ {e['encounter_name']}: {', '.join(e['names'])}",
    "round_started": lambda e: tr("🔔 Round {round}", round=e["round"]),
    "attack_hit": lambda e: receipt_dice.attack(e, hit=True),
    "attack_missed": lambda e: receipt_dice.attack(e, hit=False),
    "ability_used": _used,
    "damage_dealt": lambda e: f"🩸 {e['target_name']} {harm(e)}{_by_what(e)}",
    "healed": lambda e: f"💚 {e['target_name']} {mending(e)}{_by_what(e)}",
    "mana_changed": lambda e: (
        tr(
            "💧 {actor_name} +{amount} MP (now {mp_after})",
            actor_name=e["actor_name"],
            amount=e["amount"],
            mp_after=e["mp_after"],
        )
        if e["amount"] > 0
        else ""
    ),
    "condition_gained": _gained,
    "condition_resisted": _resisted,
    "condition_ended": _ended,
    "row_changed": lambda e: tr(_moved(e), actor_name=e["actor_name"]),
    "summoned": lambda e: tr(
        "📣 {source_name} calls {names}", source_name=e["source_name"], names=", ".join(e["names"])
    ),
    "phase_started": lambda e: tr(
        "🔥 {actor_name} changes: {phase_name}", actor_name=e["actor_name"], phase_name=e["phase_name"]
    ),
    "reaction_used": _reaction,
    "stabilised": lambda e: tr("🩹 {actor_name} is stable", actor_name=e["actor_name"]) + _thanks(e),
    "died": lambda e: tr(
        "⚰️ {actor_name} is beyond ordinary healing in this fight", actor_name=e["actor_name"]
    ),
    "carried_back": lambda e: tr(
        "🩹 {actor_name} is carried back with {hp_after} HP and a wound ({wounds} of 3, now {hp_max} HP at most)",
        actor_name=e["actor_name"],
        hp_after=e["hp_after"],
        wounds=e["wounds"],
        hp_max=e["hp_max"],
    ),
    "revived": lambda e: tr(
        "💫 {source_name} brings {target_name} back with {hp_after} HP",
        source_name=e["source_name"],
        target_name=e["target_name"],
        hp_after=e["hp_after"],
    ),
    "fled": lambda e: tr("🏃 {actor_name} flees", actor_name=e["actor_name"]),
    "encouraged": lambda e: tr(
        "🤝 {actor_name} helps {target_name}", actor_name=e["actor_name"], target_name=e["target_name"]
    ),
    "tended": lambda e: tr(
        "🩹 {actor_name} tends {target_name}: {verdict}",
        actor_name=e["actor_name"],
        target_name=e["target_name"],
        verdict=_worked(e),
    ),
    "parley_tried": lambda e: tr(
        "🕊️ {actor_name} tries words: {verdict}", actor_name=e["actor_name"], verdict=_worked(e)
    ),
    "surrender_offered": lambda e: tr(
        "🏳️ {actor_name} lays the weapon down ({votes} of {needed} needed)",
        actor_name=e["actor_name"],
        votes=e["votes"],
        needed=e["needed"],
    ),
    "intent_locked": lambda e: tr(
        "🎯 {actor_name} means to: {label}", actor_name=e["actor_name"], label=e["label"]
    ),
    "intent_cleared": lambda e: (
        tr(
            "🎯 {actor_name}'s plan cannot be done: {reason}",
            actor_name=e["actor_name"],
            reason=e.get("reason") or tr("it is too late for it"),
        )
        if e["why"] == "dropped"
        else tr("🎯 {actor_name} drops the plan", actor_name=e["actor_name"])
        if e["why"] == "withdrawn"
        else ""
    ),
    "went_down": _down,
    "recovered": lambda e: tr(
        "💪 {target_name} is up again at {hp_after} HP", target_name=e["target_name"], hp_after=e["hp_after"]
    ),
    "defended": lambda e: tr("🛡️ {actor_name} guards", actor_name=e["actor_name"]),
    "flee_failed": lambda e: tr("🏃 {actor_name} finds no way out", actor_name=e["actor_name"]),
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


def deed_title(deed: Event) -> list[Text]:
    """Who did what: the spans of a deed's headline."""
    return [b(str(deed.get("character_name") or tr("The party"))), ": ", str(deed.get("text") or tr("acts"))]
