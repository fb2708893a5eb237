"""What blows set off once they have fallen: phases of bosses, and reactions that strike back or do something."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.definitions import AbilityDef
from api.rules import battlefield, conditions, damage, reactions, strikes
from api.rules import events as ev
from api.rules.combatants import Combatant, Encounter
from api.rules.encounters import choices
from api.rules.resolution import Resolution

AFTER = ("strike_back", "use_effect")


def settle_blows(res: Resolution, mark: int) -> bool:
    """Look at the events from `mark` on; returns whether anybody fell or left, so that the fight may be decided.

    What reactions themselves do sets off phases, and no more reactions.
    """
    events = res.events
    if len(events) == mark:
        return False
    for combatant in _encounter(res).combatants.values():
        if combatant.reactions and not combatant.reacted:
            _react(res, [event for event in events[mark:] if type(event) in _ANSWERED])
            break
    thinned = False
    while mark < len(events):
        told = events[mark:]
        mark = len(events)
        for event in told:
            if isinstance(event, ev.DamageDealt):
                _begin_phases(res, event.target)
            elif isinstance(event, _THINNING):
                thinned = True
    return thinned


_THINNING = (ev.WentDown, ev.Fled)
_ANSWERED = frozenset({ev.AttackHit, ev.AttackMissed, ev.WentDown})


def _react(res: Resolution, told: list[ev.Event]) -> None:
    for event in told:
        if isinstance(event, ev.AttackHit):
            _answer(res, event.source, event.target, "hit")
            _friends_answer(res, event.source, event.target, "ally_hit")
        elif isinstance(event, ev.AttackMissed):
            _answer(res, event.source, event.target, "missed")
        elif isinstance(event, ev.WentDown):
            _friends_answer(res, event.by, event.target, "ally_down")


def _friends_answer(res: Resolution, source: str, target: str, moment: str) -> None:
    encounter = _encounter(res)
    for friend in reactions.friends_of(encounter, encounter.get(target)):
        _answer(res, source, target, moment, friend.id)


def _answer(res: Resolution, source: str, target: str, moment: str, reactor: str = "") -> None:
    """The first ready reaction of `reactor` (the target itself when empty) that can do anything."""
    encounter = _encounter(res)
    actor = encounter.get(reactor or target)
    against = encounter.combatants.get(source)
    if not actor.reactions or actor.reacted or against is None or against.side == actor.side:
        return
    for key, ability in reactions.ready(actor, moment, res.content):
        assert ability.reaction is not None
        if ability.reaction.does not in AFTER:
            continue
        aims = list(_aims(res, actor, ability, against, encounter.get(target)))
        if not aims:
            continue
        reactions.pay(res, actor, key, ability, against, encounter.get(target))
        res.reacting = True
        if ability.reaction.does == "use_effect" or _strikes_itself(ability):
            strikes.use_ability(res, actor.id, key, ability, aims)
        else:
            strikes.basic_attack(res, actor.id, against.id)
        res.reacting = False
        return


def _strikes_itself(ability: AbilityDef) -> bool:
    return ability.target == "enemy" and (ability.effect.damage is not None or ability.uses_weapon)


def _aims(
    res: Resolution, actor: Combatant, ability: AbilityDef, against: Combatant, target: Combatant
) -> Iterator[str]:
    """Whom the reaction reaches: the attacker, itself, the friend, or everybody of a side."""
    encounter, content = _encounter(res), res.content
    assert ability.reaction is not None
    if ability.reaction.does == "strike_back" or ability.target == "enemy":
        reach: str = ability.reach
        if ability.reaction.does == "strike_back" and not _strikes_itself(ability):
            hero = res.state.heroes.get(actor.id)
            reach = choices.attack_reach(actor, hero, content)
        if against.standing and battlefield.reach_problem(encounter, actor, against, reach, content) is None:
            yield against.id
    elif ability.target == "ally":
        if choices.helps(target, ability.effect):
            yield target.id
    else:
        yield from (c.id for c in choices.ability_targets(encounter, actor, ability, content))


def _begin_phases(res: Resolution, combatant_id: str) -> None:
    """Every phase whose share of HP has been reached begins, once each."""
    while True:
        boss = _encounter(res).get(combatant_id)
        creature = None if boss.is_hero else res.content.creatures.get(boss.key)
        if creature is None or boss.phase >= len(creature.phases) or not boss.standing:
            return
        phase = creature.phases[boss.phase]
        if boss.hp * 100 > phase.at_percent * boss.hp_max:
            return
        figures = dict(boss.figures)
        for name, amount in phase.bonuses.items():
            if name in figures:
                figures[name] += amount
        tell = res.pick(len(phase.tell))
        res.emit(ev.PhaseStarted(boss.id, boss.name, boss.phase + 1, phase.name, tell, figures))
        if phase.heal_percent:
            tally = damage.Tally()
            tally.add(phase.name, max(1, boss.hp_max * phase.heal_percent // 100))
            damage.heal(res, boss, boss.id, tally)
        for applied in phase.conditions:
            conditions.gain(res, boss.id, boss.id, applied)
        if phase.summon is not None:
            battlefield.summon_group(res, boss.id, phase.summon)


def _encounter(res: Resolution) -> Encounter:
    assert res.state.encounter is not None
    return res.state.encounter
