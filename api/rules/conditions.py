"""Conditions on combatants: put on, resisted, stacked, ticking, shaken off, dispelled (`docs/rules.md`, Conditions).

What a condition does stands in `data/conditions`; no key means anything here but the three that commands put on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from api.content.definitions import AppliedCondition, ConditionDef
from api.rules import bearing, damage
from api.rules import events as ev
from api.rules.checks import BANDS
from api.rules.combatants import ActiveCondition, Combatant

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

GUARDED = "guarded"  # Defend
MARKED = "marked"  # a stunt that works
INSPIRED = "inspired"  # Help
NEEDED = (GUARDED, MARKED, INSPIRED)


def gain(res: Resolution, source_id: str, target_id: str, applied: AppliedCondition) -> bool:
    """Put a condition on, unless nature, a ward or a save keeps it off; returns whether it took.

    Who is down gains nothing. `source_id` is empty for what nobody does.
    """
    target = _combatant(res, target_id)
    definition = res.content.conditions[applied.key]
    if target.down or not _may_take(res, source_id, target, applied.key, definition):
        return False
    if applied.save is not None and _saves(
        res, target, applied.key, definition, applied.save, applied.band, "gain"
    ):
        _resisted(res, source_id, target, applied.key, definition, "save")
        return False
    return put_on(res, source_id, target_id, applied.key, applied.rounds, applied.stacks)


def put_on(res: Resolution, source_id: str, target_id: str, key: str, rounds: int, stacks: int = 1) -> bool:
    """Put a condition on without a roll; returns whether anything changed. Rounds are own turns of the target.

    In the target's own turn it counts one turn more, since the very turn in which it is put on counts too.
    """
    assert res.state.encounter is not None
    target = _combatant(res, target_id)
    if target.down:
        return False
    definition = res.content.conditions[key]
    rounds += 1 if res.state.encounter.actor.id == target_id else 0
    before = target.conditions.get(key)
    if before is not None and definition.stacking == "keep":
        _resisted(res, source_id, target, key, definition, "lasting")
        return False
    after = stacked(definition, before, rounds, stacks)
    source = res.state.encounter.combatants.get(source_id)
    res.emit(
        ev.ConditionGained(
            target.id, target.name, key, after.rounds, source_id, after.stacks, after.shield_left,
            definition.name, source.name if source else "",
        )
    )  # fmt: skip
    return True


def stacked(
    definition: ConditionDef, before: ActiveCondition | None, rounds: int, stacks: int
) -> ActiveCondition:
    """How a condition stands after it was gained (again). `keep` is the caller's: it ignores a second one.

    `refresh` and `stack` keep the longer count, `stack` adds up to its most; `replace` starts anew. A shield is whole
    again for every kind.
    """
    stacks = min(stacks, definition.max_stacks)
    if before is not None and definition.stacking in ("refresh", "stack"):
        rounds = max(rounds, before.rounds)
        if definition.stacking == "stack":
            stacks = min(before.stacks + stacks, definition.max_stacks)
        else:
            stacks = max(stacks, before.stacks)
    return ActiveCondition(rounds, stacks, "", definition.shield * stacks)


def tick(res: Resolution, combatant_id: str, moment: Literal["start", "end"]) -> None:
    """What hurts, heals or drains on at this moment of the bearer's turn, oldest first. A wound may fell the bearer."""
    bearer = _combatant(res, combatant_id)
    if not bearer.conditions:
        return
    for one in tuple(bearing.borne(bearer, res.content)):
        definition = one.definition
        now = _combatant(res, combatant_id).conditions.get(one.key)
        if definition.moment != moment or now is None:
            continue
        if definition.tick_damage:
            tally = damage.Tally()
            tally.add(definition.name, definition.tick_damage * now.stacks)
            damage.harm(res, damage.Cause(means_key=one.key), combatant_id, tally, definition.tick_type)
        if definition.tick_heal and not _combatant(res, combatant_id).down:
            tally = damage.Tally()
            tally.add(definition.name, definition.tick_heal * now.stacks)
            damage.heal(res, None, combatant_id, tally, one.key)
        if definition.tick_mp:
            _change_mp(res, combatant_id, definition.tick_mp * now.stacks)


def end_of_turn(res: Resolution, combatant_id: str) -> None:
    """After `CombatTurnEnded` has counted down: what ran out ends, then the bearer tries to shake off what it can."""
    bearer = _combatant(res, combatant_id)
    if not bearer.conditions:
        return
    for key, active in bearer.conditions.items():
        definition = res.content.conditions.get(key)
        if active.rounds <= 0:
            name = definition.name if definition else ""
            res.emit(ev.ConditionEnded(bearer.id, bearer.name, key, "ran_out", name))
        elif definition is not None and definition.save is not None and not bearer.down:
            bearer_now = _combatant(res, combatant_id)
            if _saves(res, bearer_now, key, definition, definition.save, definition.band, "end"):
                _end(res, bearer, key, definition, "saved")


def dispel(res: Resolution, source_id: str, target_id: str, count: int) -> int:
    """End up to `count` conditions, the newest first: harmful ones on a friend, helpful ones on a foe.

    Returns how many ended. What is not `dispellable` stays.
    """
    source, target = _combatant(res, source_id), _combatant(res, target_id)
    wanted = "harmful" if source.side == target.side else "helpful"
    found = [
        one
        for one in bearing.borne(target, res.content)
        if one.definition.kind == wanted and one.definition.dispellable
    ]
    chosen = found[::-1][:count]
    for one in chosen:
        _end(res, target, one.key, one.definition, "dispelled", source.name)
    return len(chosen)


def cure(res: Resolution, source_id: str, target_id: str, keys: Iterable[str]) -> int:
    """End these conditions where they sit on the target; returns how many did."""
    source, target = _combatant(res, source_id), _combatant(res, target_id)
    ended = [key for key in keys if key in target.conditions]
    for key in ended:
        _end(res, target, key, res.content.conditions[key], "cured", source.name)
    return len(ended)


def use_up(res: Resolution, combatant_id: str, keys: Iterable[str]) -> None:
    """End conditions whose one roll is done."""
    for key in keys:
        combatant = _combatant(res, combatant_id)
        if key in combatant.conditions:
            _end(res, combatant, key, res.content.conditions[key], "used")


def cannot_act(combatant: Combatant, res: Resolution) -> ConditionDef | None:
    """What takes the combatant's turn away, if anything does."""
    found = bearing.with_trait(combatant, "no_turn", res.content)
    return found[0].definition if found else None


def _may_take(res: Resolution, source_id: str, target: Combatant, key: str, definition: ConditionDef) -> bool:
    creature = None if target.is_hero else res.content.creatures.get(target.key)
    if creature is not None and key in creature.immune_to:
        _resisted(res, source_id, target, key, definition, "immune")
        return False
    ward = bearing.ward_against(target, key, res.content) if target.conditions else None
    if ward is not None:
        _resisted(res, source_id, target, key, definition, "ward", ward.name)
        return False
    return True


def _saves(
    res: Resolution,
    target: Combatant,
    key: str,
    definition: ConditionDef,
    stat: str,
    band: str,
    moment: str,
) -> bool:
    """A plain d20 + modifier of the score; reaching the band saves. Advantage is for attacks and checks alone."""
    roll = res.dice.roll(20)
    modifier = bearing.modifier(target, stat, res.content)
    total, difficulty = roll + modifier, BANDS[band]
    saved = total >= difficulty
    res.emit(
        ev.SaveRolled(
            target.id, target.name, key, definition.name, stat, band, difficulty, roll, modifier, total, saved,
            moment,
        )
    )  # fmt: skip
    return saved


def _resisted(
    res: Resolution,
    source_id: str,
    target: Combatant,
    key: str,
    definition: ConditionDef,
    why: str,
    by: str = "",
) -> None:
    res.emit(ev.ConditionResisted(target.id, target.name, key, definition.name, source_id, why, by))


def _end(
    res: Resolution, target: Combatant, key: str, definition: ConditionDef, why: str, by: str = ""
) -> None:
    res.emit(ev.ConditionEnded(target.id, target.name, key, why, definition.name, by))


def _change_mp(res: Resolution, combatant_id: str, amount: int) -> None:
    bearer = _combatant(res, combatant_id)
    after = min(max(bearer.mp + amount, 0), bearer.mp_max)
    if after != bearer.mp:
        res.emit(ev.ManaChanged(bearer.id, bearer.name, after - bearer.mp, after))


def _combatant(res: Resolution, combatant_id: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.get(combatant_id)
