"""Tells what turns a fight: rows, summons, phases, reactions, words instead of blows, and who lives or dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.llm.authored import WORKED, lines_for
from api.llm.storyteller.english import tidy
from api.llm.storyteller.grammar import Value
from api.llm.storyteller.telling import Teller
from api.llm.storyteller.units import Single
from api.rules import events as ev

Scope = dict[str, Value]
ROOM_FOR_FATES = 14  # words that must be free, where words are short, before what changes little is told


def tell_fate(teller: Teller, unit: Single) -> bool:
    """Tell an event of this module's kinds; False for any other."""
    own = _OWN.get(type(unit.event))
    if own is None:
        return False
    own(teller, unit.event)
    return True


def _actor(teller: Teller, event: Any) -> Scope:
    return {"actor": teller.anyone(event.actor, event.actor_name)}


def _row(teller: Teller, event: ev.RowChanged) -> None:
    scope = _actor(teller, event)
    pushed = bool(event.by) and event.by != event.actor
    if pushed:
        scope["other"] = teller.anyone(event.by, event.by_name)
    row = event.row if event.row in ("front", "back") else "back"
    teller.say(f"{'pushed' if pushed else 'steps'}_{row}", scope)


def _summoned(teller: Teller, event: ev.Summoned) -> None:
    people = [
        (str(raw.get("id", "")), name) for raw, name in zip(event.combatants, event.names, strict=False)
    ]
    foes = teller.all_of(people).name if people else "others of its kind"
    teller.say("summons", {"actor": teller.anyone(event.source, event.source_name), "foes": foes})


def _phase(teller: Teller, event: ev.PhaseStarted) -> None:
    boss = teller.anyone(event.actor, event.actor_name)
    lines, drawn = lines_for(teller.lore.content, event)
    teller.open_block(new_paragraph=teller.request.kind != "combat" or not teller.lean)
    if not lines or not teller.recite(lines, {"actor": boss, "target": boss}, drawn):
        teller.say("phase", {"actor": boss, "line": tidy(event.phase_name).rstrip(".")}, asides=False)


def _reaction(teller: Teller, event: ev.ReactionUsed) -> None:
    pool = f"reacts_{event.does}"
    scope = _actor(teller, event) | {"target": teller.anyone(event.against, event.against_name)}
    if event.target != event.actor:
        scope["other"] = teller.anyone(event.target, event.target_name)
    if pool == "reacts_cover" and "other" not in scope:
        pool = "reacts_brace"
    teller.say(pool if teller.grammar.has(pool) else "reacts_use_effect", scope, asides=False)


def _death_check(teller: Teller, event: ev.DeathChecked) -> None:
    pool = {"rises": "death_rises", "success": "death_holds"}.get(event.result, "death_slips")
    if event.result == "failure" and event.roll == 0:
        pool = "death_struck"
    if pool == "death_holds" and teller.lean and teller.room < ROOM_FOR_FATES:
        return
    teller.say(pool, _actor(teller, event))


def _stabilised(teller: Teller, event: ev.Stabilised) -> None:
    scope = _actor(teller, event)
    if event.by and event.by != event.actor:
        helper = teller.anyone(event.by, event.by_name)
        teller.say("tends_good", {"actor": helper, "target": scope["actor"]})
    else:
        teller.say("stands_still", scope)


def _tended(teller: Teller, event: ev.Tended) -> None:
    scope = _actor(teller, event) | {"target": teller.anyone(event.target, event.target_name)}
    teller.say("tends_good" if event.degree in WORKED else "tends_bad", scope)


def _encouraged(teller: Teller, event: ev.Encouraged) -> None:
    scope = _actor(teller, event) | {"target": teller.anyone(event.target, event.target_name)}
    teller.say("encourages", scope)


def _revived(teller: Teller, event: ev.Revived) -> None:
    scope: Scope = {
        "actor": teller.anyone(event.source, event.source_name),
        "target": teller.anyone(event.target, event.target_name),
    }
    teller.say("recovered" if event.source == event.target else "revived", scope | _for_self(scope, event))


def _for_self(scope: Scope, event: ev.Revived) -> Scope:
    return {"actor": scope["target"]} if event.source == event.target else {}


def _parley(teller: Teller, event: ev.ParleyTried) -> None:
    teller.say("parley_good" if event.degree in WORKED else "parley_bad", _actor(teller, event), asides=False)


def _surrender(teller: Teller, event: ev.SurrenderOffered) -> None:
    teller.say("lays_down_last" if event.votes >= event.needed else "lays_down", _actor(teller, event))


def tell_resisted(teller: Teller, event: ev.ConditionResisted) -> None:
    """What did not take; where words are short only if they reach."""
    if teller.lean and teller.room < ROOM_FOR_FATES:
        return
    pool = f"resists_{event.why}"
    target = teller.anyone(event.target, event.target_name)
    scope: Scope = {"actor": target, "target": target}
    teller.say(pool if teller.grammar.has(pool) else "resists_save", scope)


def _save_failed(teller: Teller, event: ev.SaveRolled) -> None:
    """Somebody goes on bearing a condition: worth a sentence where there is room and it is not stale."""
    if teller.lean or teller.room < ROOM_FOR_FATES:
        return
    target = teller.anyone(event.target, event.target_name)
    teller.try_to_say("save_failed", {"actor": target, "target": target})


def _plain(pool: str) -> Callable[[Teller, Any], None]:
    return lambda teller, event: teller.say(pool, _actor(teller, event))


_OWN: Mapping[type[ev.Event], Callable[[Teller, Any], None]] = {
    ev.RowChanged: _row,
    ev.Summoned: _summoned,
    ev.PhaseStarted: _phase,
    ev.ReactionUsed: _reaction,
    ev.DeathChecked: _death_check,
    ev.Stabilised: _stabilised,
    ev.Died: _plain("hero_down_dead"),
    ev.CarriedBack: _plain("carried_back"),
    ev.Fled: _plain("foe_flees"),
    ev.Encouraged: _encouraged,
    ev.Tended: _tended,
    ev.Revived: _revived,
    ev.ParleyTried: _parley,
    ev.SurrenderOffered: _surrender,
    ev.ConditionResisted: tell_resisted,
    ev.SaveRolled: _save_failed,
    ev.IntentCleared: _plain("plan_dropped"),
}
