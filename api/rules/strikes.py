"""One blow, one effect: to hit, damage, healing, conditions, going down, getting up (`docs/rules.md`, Attacks)."""

from __future__ import annotations

from dataclasses import dataclass

from api.content.definitions import AppliedCondition, Effect
from api.rules import events as ev
from api.rules.dice import roll_amount
from api.rules.resolution import Resolution
from api.rules.state import Combatant


@dataclass(frozen=True, slots=True)
class Attack:
    """What strikes: `to_hit` is added to the d20, `bonus` to the damage; each of `damage` is rolled and summed."""

    name: str
    key: str
    to_hit: int
    damage: tuple[str, ...]
    bonus: int
    damage_type: str
    condition: AppliedCondition | None = None


def strike(res: Resolution, source: Combatant, target_id: str, attack: Attack) -> None:
    """Roll to hit and, on a hit, damage and condition. 20 is critical, 1 always misses."""
    target = _combatant(res, target_id)
    source = _combatant(res, source.id)
    roll, _ = res.d20(
        advantage="inspired" in source.conditions or "marked" in target.conditions,
        disadvantage="guarded" in target.conditions,
    )
    total = roll + attack.to_hit
    common = (
        source.id,
        source.name,
        target.id,
        target.name,
        attack.name,
        attack.key,
        roll,
        total,
        target.evade,
    )
    if roll != 20 and (roll == 1 or total < target.evade):
        res.emit(ev.AttackMissed(*common))
        return
    res.emit(ev.AttackHit(*common, roll == 20))
    if attack.damage:
        amount = sum(roll_amount(d, res.dice, doubled=roll == 20) for d in attack.damage) + attack.bonus
        deal(res, source, target_id, max(1, amount), attack.damage_type)
    if attack.condition is not None:
        afflict(res, source, target_id, attack.condition)


def deal(res: Resolution, source: Combatant, target_id: str, amount: int, damage_type: str) -> None:
    """Take HP, never below 0; at 0 the target goes down. A weakened source deals half."""
    target = _combatant(res, target_id)
    if "weakened" in source.conditions:
        amount = max(1, amount // 2)
    amount = min(amount, target.hp)
    left = target.hp - amount
    res.emit(ev.DamageDealt(source.id, source.name, target.id, target.name, amount, damage_type, left))
    if left == 0:
        res.emit(ev.WentDown(target.id, target.name, source.id, source.name, target.is_hero))


def afflict(res: Resolution, source: Combatant, target_id: str, condition: AppliedCondition) -> None:
    target = _combatant(res, target_id)
    if target.down:
        return
    # One turn more for oneself: the count drops at the end of the very turn in which it is put on.
    rounds = condition.rounds + (1 if target.id == source.id else 0)
    res.emit(ev.ConditionGained(target.id, target.name, condition.key, rounds, source.id))


def apply_effect(res: Resolution, source: Combatant, target_id: str, effect: Effect, modifier: int) -> None:
    """Everything an ability or item does to one target without an attack roll."""
    if effect.heal:
        target = _combatant(res, target_id)
        amount = min(max(1, roll_amount(effect.heal, res.dice) + modifier), target.hp_max - target.hp)
        if amount > 0:
            was_down = target.down
            res.emit(ev.Healed(source.id, source.name, target.id, target.name, amount, target.hp + amount))
            if was_down:
                res.emit(ev.Recovered(target.id, target.name, target.hp + amount))
    if effect.restore_mp:
        target = _combatant(res, target_id)
        amount = min(roll_amount(effect.restore_mp, res.dice), target.mp_max - target.mp)
        if amount > 0:
            res.emit(ev.ManaChanged(target.id, target.name, amount, target.mp + amount))
    if effect.damage:
        deal(
            res,
            source,
            target_id,
            max(1, roll_amount(effect.damage, res.dice) + modifier),
            effect.damage_type,
        )
    if effect.condition is not None:
        afflict(res, source, target_id, effect.condition)


def _combatant(res: Resolution, combatant_id: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.get(combatant_id)
