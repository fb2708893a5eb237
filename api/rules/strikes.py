"""What combatants do to each other: attacks, abilities, items, and each part of an effect (`docs/rules.md`, Attacks).

Whoever calls has chosen legal targets and paid the price; here dice fall and events say what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from api.content.definitions import AbilityDef, AppliedCondition, CreatureAttack, Effect, ItemDef
from api.rules import battlefield, bearing, checks, conditions, damage, reactions
from api.rules import events as ev
from api.rules.combatants import Combatant
from api.rules.dice import roll_amount
from api.rules.fighters import creature_of
from api.rules.figures import training
from api.rules.items import weapon_of
from api.rules.resolution import Resolution

FISTS = "1d4"  # bare hands
Names = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Attack:
    """What strikes. `to_hit` is added beside the figure hit, `bonus` (named `bonus_name`) beside attack or magic.

    Each of `damage` is rolled and summed; none means that a hit only puts `effect` on. `effect` is everything else that
    a hit does: conditions, dispelling, a push. `melee` blows can be slipped.
    """

    name: str
    key: str
    to_hit: int
    damage: tuple[str, ...]
    bonus: int
    damage_type: str
    bonus_name: str = ""
    effect: Effect | None = None
    conditions: tuple[AppliedCondition, ...] = ()
    melee: bool = True


def basic_attack(res: Resolution, source_id: str, target_id: str) -> bool:
    """One blow with what is wielded: with the better of strength and dexterity in melee, with dexterity from afar.

    Bare hands deal 1d4. A creature strikes with its first attack. Returns whether it hit.
    """
    source = _combatant(res, source_id)
    if not source.is_hero:
        return creature_attack(res, source_id, creature_of(source, res.content).attacks[0], [target_id])
    weapon = weapon_of(res.content, res.state.hero(source.id))
    melee = weapon is None or weapon.reach == "melee"
    stat = "dexterity"
    if melee:
        stat = max(("strength", "dexterity"), key=lambda one: bearing.modifier(source, one, res.content))
    modifier = bearing.modifier(source, stat, res.content)
    attack = Attack(
        name=weapon.name if weapon else "bare hands",
        key="attack",
        to_hit=modifier,
        damage=((weapon.damage or FISTS) if weapon else FISTS,),
        bonus=modifier,
        damage_type=weapon.damage_type if weapon else "bludgeoning",
        bonus_name=stat,
        melee=melee,
    )
    return strike(res, source_id, target_id, attack)


def creature_attack(
    res: Resolution, source_id: str, attack: CreatureAttack, target_ids: Iterable[str]
) -> bool:
    """An attack of a creature's own on each target, `hits` times. Returns whether any blow hit."""
    blow = Attack(
        name=attack.name,
        key=attack.name,
        to_hit=attack.to_hit,
        damage=(attack.damage,),
        bonus=0,
        damage_type=attack.damage_type,
        conditions=(attack.condition,) if attack.condition else (),
        melee=attack.reach == "melee",
    )
    return _blows(res, source_id, target_ids, blow, attack.hits)


def use_ability(
    res: Resolution, source_id: str, key: str, ability: AbilityDef, target_ids: Sequence[str]
) -> None:
    """Everything that an ability does: to foes by attack rolls unless it is `sure`, to friends as it is, then to its
    user. Costs are the caller's.
    """
    source = _combatant(res, source_id)
    modifier = bearing.modifier(source, ability.stat, res.content)
    bonus = (ability.stat, modifier)
    blow = _ability_blow(res, source, key, ability, modifier)
    for target_id in target_ids:
        target = _combatant(res, target_id)
        if target.side == source.side or ability.sure:
            res.emit(ev.AbilityUsed(source.id, source.name, target.id, target.name, ability.name, key, False))
            harm = (blow.damage, blow.damage_type)
            apply_effect(res, source_id, target_id, ability.effect, bonus, key, harm)
            for _ in range(ability.hits - 1 if blow.damage else 0):
                if _combatant(res, target_id).standing:
                    damage.hit_for(
                        res, damage.Cause(source, key), target_id, blow.damage, bonus, blow.damage_type
                    )
        else:
            _blows(res, source_id, [target_id], blow, ability.hits)
    if ability.effect.summon is not None:
        battlefield.summon(res, source_id, ability.effect.summon)
    if ability.on_self is not None:
        apply_effect(res, source_id, source_id, ability.on_self, bonus, key)
        if ability.on_self.summon is not None:
            battlefield.summon(res, source_id, ability.on_self.summon)


def use_item(res: Resolution, source_id: str, key: str, item: ItemDef, target_ids: Sequence[str]) -> None:
    """Everything that using an item up does to each target; no roll to hit, no score's modifier."""
    assert item.use is not None
    source = _combatant(res, source_id)
    for target_id in target_ids:
        target = _combatant(res, target_id)
        res.emit(ev.AbilityUsed(source.id, source.name, target.id, target.name, item.name, key, True))
        apply_effect(res, source_id, target_id, item.use, means_key=key)
    if item.use.summon is not None:
        battlefield.summon(res, source_id, item.use.summon)


def strike(res: Resolution, source_id: str, target_id: str, attack: Attack) -> bool:
    """Roll to hit and, on a hit, everything that the attack does. Returns whether it hit.

    A natural 1 misses; a natural roll above 20 - crit is critical and always hits.
    """
    source, target = _combatant(res, source_id), _combatant(res, target_id)
    content = res.content
    swing = _Swing(res, source, target)
    roll, rolls = checks.roll_d20(res.dice, advantage=swing.helped, disadvantage=swing.hindered)
    modifier = attack.to_hit + bearing.figure(source, "hit", content)
    total, against = roll + modifier, bearing.figure(target, "evade", content)
    critical = roll > 20 - bearing.figure(source, "crit", content)
    hits = roll != 1 and (critical or total >= against)
    braced = False
    if hits:
        answer = reactions.answer_hit(res, source, target_id, attack.melee)
        hits, braced = not answer.slipped, answer.braced
        if answer.target_id != target_id:
            target_id = answer.target_id
            target = _combatant(res, target_id)
    about: Names = (source.id, source.name, target.id, target.name, attack.name, attack.key)
    if not hits:
        res.emit(ev.AttackMissed(*about, roll, total, against, rolls, modifier, swing.reasons))
        swing.use_up(res, hit=False)
        return False
    res.emit(ev.AttackHit(*about, roll, total, against, critical, rolls, modifier, swing.reasons))
    if attack.damage:
        cause = damage.Cause(source, attack.key, attack=True)
        damage.hit_for(
            res, cause, target_id, attack.damage, (attack.bonus_name, attack.bonus), attack.damage_type,
            critical=critical, braced=braced,
        )  # fmt: skip
    swing.use_up(res, hit=True)
    for applied in attack.conditions:
        conditions.gain(res, source_id, target_id, applied)
    if attack.effect is not None:
        _besides_harm(res, source_id, target_id, attack.effect)
    return True


def apply_effect(
    res: Resolution,
    source_id: str,
    target_id: str,
    effect: Effect,
    bonus: damage.Part | None = None,
    means_key: str = "",
    harm: tuple[tuple[str, ...], str] | None = None,
) -> None:
    """Everything an effect does to one target without an attack roll, in the order of `Effect`.

    `bonus` is the score's modifier with its name; None for things, which work the same in any hand. `harm` are dice and
    damage type where a weapon's stand beside the effect's own.
    """
    source, target = _combatant(res, source_id), _combatant(res, target_id)
    dice, damage_type = harm or ((effect.damage,) if effect.damage else (), effect.damage_type)
    if dice and not target.down:
        damage.hit_for(res, damage.Cause(source, means_key), target_id, dice, bonus, damage_type)
    if effect.heal and not _combatant(res, target_id).dead:
        tally = damage.Tally()
        tally.roll(res, [effect.heal])
        if bonus is not None:
            tally.add(*bonus)
        if tally.total < 1:
            tally.become("at least 1", 1)
        damage.heal(res, source, target_id, tally, means_key)
    if effect.restore_mp:
        target = _combatant(res, target_id)
        amount = min(roll_amount(effect.restore_mp, res.dice), target.mp_max - target.mp)
        if amount > 0:
            res.emit(ev.ManaChanged(target.id, target.name, amount, target.mp + amount))
    _besides_harm(res, source_id, target_id, effect)


def revive(res: Resolution, source_id: str, target_id: str, percent: int) -> bool:
    """Bring a fallen or dead ally back with that percentage of HP, rounded up, at least 1; returns whether it did."""
    source, target = _combatant(res, source_id), _combatant(res, target_id)
    if not target.down and not target.dead:
        return False
    hp = min(target.hp_max, max(1, -(-target.hp_max * percent // 100)))
    res.emit(ev.Revived(source.id, source.name, target.id, target.name, hp))
    return True


def _besides_harm(res: Resolution, source_id: str, target_id: str, effect: Effect) -> None:
    """What an effect does besides damage, healing and MP, in the order of `Effect`. Summons are the caller's: they come
    once for a use, not once for a target.
    """
    if effect.revive:
        revive(res, source_id, target_id, effect.revive)
    if _combatant(res, target_id).down:
        return
    if effect.cure:
        conditions.cure(res, source_id, target_id, effect.cure)
    if effect.dispel:
        conditions.dispel(res, source_id, target_id, effect.dispel)
    for applied in effect.afflicts:
        conditions.gain(res, source_id, target_id, applied)
    if effect.threat:
        battlefield.add_threat(res, target_id, source_id, effect.threat)
    if effect.push:
        battlefield.push(res, target_id, effect.push)


def _ability_blow(res: Resolution, source: Combatant, key: str, ability: AbilityDef, modifier: int) -> Attack:
    """An ability as a blow. A creature has practice by its level, as heroes have in their figure hit."""
    to_hit, weapon_dice, damage_type = modifier, "", ability.effect.damage_type
    if source.is_hero:
        weapon = weapon_of(res.content, res.state.hero(source.id)) if ability.uses_weapon else None
        if weapon is not None:
            weapon_dice, damage_type = weapon.damage or "", weapon.damage_type
    else:
        creature = creature_of(source, res.content)
        to_hit += training(creature.level)
        if ability.uses_weapon:
            weapon_dice, damage_type = creature.attacks[0].damage, creature.attacks[0].damage_type
    return Attack(
        name=ability.name,
        key=key,
        to_hit=to_hit,
        damage=tuple(d for d in (ability.effect.damage, weapon_dice) if d),
        bonus=modifier,
        damage_type=damage_type,
        bonus_name=ability.stat,
        effect=ability.effect,
        melee=ability.reach == "melee",
    )


def _blows(res: Resolution, source_id: str, target_ids: Iterable[str], blow: Attack, hits: int) -> bool:
    """`hits` blows on each target, one by one, until the target or the striker falls."""
    any_hit = False
    for target_id in target_ids:
        left = blow
        for _ in range(hits):
            if not (_combatant(res, target_id).standing and _combatant(res, source_id).standing):
                break
            if strike(res, source_id, target_id, left):
                any_hit = True
                # What an attack does besides harm it does once to each target, with the first blow that hits.
                left = replace(blow, effect=None, conditions=()) if hits > 1 else blow
    return any_hit


class _Swing:
    """What helps and hinders one attack roll, and which conditions of a single use it uses up."""

    __slots__ = ("_source", "_target", "helped", "hindered", "reasons")

    def __init__(self, res: Resolution, source: Combatant, target: Combatant) -> None:
        self._source, self._target = source, target
        self.helped = self.hindered = False
        self.reasons: tuple[str, ...] = ()
        if not source.conditions and not target.conditions:
            return
        content = res.content
        helps = (
            *bearing.with_trait(source, "advantage", content),
            *bearing.with_trait(target, "exposed", content),
        )
        hinders = (
            *bearing.with_trait(source, "disadvantage", content),
            *bearing.with_trait(target, "hidden", content),
        )
        self.helped, self.hindered = bool(helps), bool(hinders)
        self.reasons = checks.reasons(
            [one.definition.name for one in helps], [one.definition.name for one in hinders]
        )

    def use_up(self, res: Resolution, *, hit: bool) -> None:
        """End what lasts for one roll and changed this one: traits that counted, bonuses to the roll or the blow."""
        cancelled = self.helped and self.hindered
        for who, traits, figures in (
            (self._source, _OWN_TRAITS, _OWN_FIGURES if hit else _OWN_ROLL),
            (self._target, _FOES_TRAITS, _FOES_FIGURES if hit else _FOES_ROLL),
        ):
            if not who.conditions:
                continue
            used = [
                one.key
                for one in bearing.borne(who, res.content)
                if one.definition.once
                and (
                    (not cancelled and not traits.isdisjoint(one.definition.traits))
                    or not figures.isdisjoint(one.definition.bonuses)
                )
            ]
            conditions.use_up(res, who.id, used)


_OWN_TRAITS = frozenset({"advantage", "disadvantage"})
_FOES_TRAITS = frozenset({"exposed", "hidden"})
_OWN_ROLL = frozenset({"hit", "crit"})
_OWN_FIGURES = _OWN_ROLL | {"attack", "magic"}
_FOES_ROLL = frozenset({"evade"})
_FOES_FIGURES = _FOES_ROLL | {"block", "defence", "resistance"}


def _combatant(res: Resolution, combatant_id: str) -> Combatant:
    assert res.state.encounter is not None
    return res.state.encounter.get(combatant_id)
