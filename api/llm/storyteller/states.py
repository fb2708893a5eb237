"""Tells what sits on combatants: conditions that come, stay off and go, hurts that work on, wounds that mend."""

from __future__ import annotations

from collections.abc import Sequence

from api.llm.storyteller.grammar import Ref, Value
from api.llm.storyteller.telling import Teller
from api.rules import events as ev

QUIET_ENDS = frozenset({"ran_out", "used"})  # how what helps ends unnoticed


def tell_condition(teller: Teller, target: Ref, condition: str) -> None:
    """By the grammar's own pools where there are any, else by the author's sentences, else by the bare word."""
    side = "hero" if target.hero else "foe"
    pool = f"gains_{condition}_{side}"
    scope: dict[str, Value] = {
        "actor": target,
        "target": target,
        "condition": teller.lore.adjective(condition),
    }
    known = teller.lore.content.conditions.get(condition)
    if teller.grammar.has(pool):
        sense = f"sense_{condition}_{side}"
        aliases = {"sense": sense if teller.grammar.has(sense) else f"sense_{condition}"}
        teller.say(pool, scope, aliases)
    elif known is None or not recite_any(teller, known.gained, target):
        teller.say("gains_any", scope)


def recite_any(teller: Teller, lines: Sequence[str], target: Ref) -> bool:
    """One of an author's sentences about somebody, any that was not told lately."""
    return bool(lines) and teller.recite(lines, {"target": target}, teller.chooser.below(len(lines)))


def quiet_end(teller: Teller, event: ev.ConditionEnded) -> bool:
    """Whether a condition ends without a word: a guard that lapses, a mark that was used, the states of the fallen."""
    known = teller.lore.content.conditions.get(event.condition)
    helpful = known is not None and known.kind == "helpful"
    return event.why in ("down", "used") or (
        event.why in QUIET_ENDS and (helpful or event.condition == "marked")
    )


def tell_condition_end(teller: Teller, event: ev.ConditionEnded) -> None:
    """Wounds and weaknesses that pass are told; guards, marks and good spirits lapse in silence."""
    if quiet_end(teller, event):
        return
    target = teller.anyone(event.target, event.target_name)
    condition = teller.lore.adjective(event.condition)
    scope: dict[str, Value] = {"actor": target, "target": target, "condition": condition}
    known = teller.lore.content.conditions.get(event.condition)
    if event.why in ("dispelled", "cured") and event.by and not teller.lean:
        teller.say("takes_away", scope | {"other": _somebody(teller, event.by)})
    elif event.why == "saved" and teller.chooser.chance(0.5):
        teller.say("shakes_off", scope)
    elif teller.grammar.has(f"ends_{event.condition}"):
        teller.say(f"ends_{event.condition}", scope)
    elif known is None or not recite_any(teller, known.ended, target):
        teller.say("ends_any", scope)


def _somebody(teller: Teller, name: str) -> Ref:
    """Who is known by name only."""
    hero = next((h for key, h in teller.heroes.items() if teller.members[key].name == name), None)
    return hero or teller.lore.foe("", name)


def tell_ends_together(teller: Teller, ended: Sequence[ev.ConditionEnded]) -> None:
    """Conditions that end in one turn, one sentence for each kind."""
    ended = [e for e in ended if not quiet_end(teller, e)]
    for condition in dict.fromkeys(e.condition for e in ended):
        alike = [e for e in ended if e.condition == condition]
        if len(alike) == 1:
            tell_condition_end(teller, alike[0])
            continue
        group = teller.all_of([(e.target, e.target_name) for e in alike])
        pool = "ends_many" if group.plural else "ends_any"
        teller.say(pool, {"actor": group, "target": group, "condition": teller.lore.adjective(condition)})


def tell_tick(teller: Teller, event: ev.DamageDealt) -> None:
    """Damage without a blow of its own: a wound that goes on hurting, a blow thrown back, a mishap outside a fight."""
    target = teller.anyone(event.target, event.target_name)
    scope: dict[str, Value] = {"actor": target, "target": target}
    if event.amount <= 0:
        teller.say("unhurt", scope)
        return
    if event.source and teller.request.kind == "combat":
        teller.say("rebounds", scope, asides=False)
        return
    kind = "tick" if teller.request.kind == "combat" else "mishap"
    pool = f"{kind}_{event.damage_type}"
    teller.say(pool if teller.grammar.has(pool) else kind, scope)


def tell_mend(teller: Teller, event: ev.Healed) -> None:
    """HP that come back without anybody's deed here."""
    target = teller.anyone(event.target, event.target_name)
    pool = "regains" if event.means_key or not target.hero else "mends"
    teller.say(pool, {"actor": target})
