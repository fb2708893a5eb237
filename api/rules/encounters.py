"""Fights: initiative, the order of turns, what a hero may do in it, and how it ends.

Creatures act inside the player's turn, so after every command it is a standing hero's turn or the fight is over.
"""

from __future__ import annotations

from api.content.definitions import AbilityDef, Outcome
from api.rules import events as ev
from api.rules.apply.fights import hero_as_combatant
from api.rules.commands import Command, Defend, Flee, Improvise, Pass, RefuseClaim, UseAbility, UseItem
from api.rules.creatures import act as creature_acts
from api.rules.errors import HeroDown, IllegalAction, NoMana, NotYourTurn, OnCooldown, UnknownTarget
from api.rules.items import carried_consumable, weapon_of
from api.rules.resolution import Resolution
from api.rules.state import Combatant, Encounter, Hero, PlayState
from api.rules.strikes import Attack, apply_effect, strike

HERO_TRAINING = 2
LAST_ROUND = 30  # then the fight breaks off: an encounter always ends
TICKS = {"bleeding": (2, "slashing"), "poisoned": (2, "poison"), "burning": (3, "fire")}


def start_encounter(res: Resolution, key: str) -> Outcome | None:
    """Gather both sides and roll initiative; creatures that won it act first.

    Returns the outcome in the rare case that they end the fight before any hero acts.
    """
    definition = res.content.encounters[key]
    heroes = list(res.state.heroes.values())
    combatants: dict[str, Combatant] = {h.id: hero_as_combatant(h) for h in heroes}
    bonus = {h.id: h.modifier("dexterity") for h in heroes}
    for group in definition.groups:
        creature = res.content.creatures[group.creature]
        count = group.count + int(group.per_extra_hero * (len(heroes) - 1))
        for number in range(1, count + 1):
            foe = Combatant(
                id=f"{group.creature}.{number}",
                name=creature.name if count == 1 else f"{creature.name} {number}",
                is_hero=False, key=group.creature, hp=creature.hp, hp_max=creature.hp, mp=0, mp_max=0,
                evade=creature.evade,
            )  # fmt: skip
            combatants[foe.id] = foe
            bonus[foe.id] = (creature.stats.dexterity - 10) // 2
    rolls = {i: res.dice.roll(20) + bonus[i] for i in combatants}
    order = tuple(sorted(combatants, key=lambda i: (-rolls[i], -bonus[i], i)))
    res.emit(
        ev.EncounterStarted(
            key,
            definition.name,
            order,
            tuple(combatants[i].name for i in order),
            tuple(rolls[i] for i in order),
            tuple(combatants[i].to_json() for i in order),
        )
    )
    return _run_until_hero(res, 0)


def take_combat_turn(res: Resolution, command: Command) -> Outcome | None:
    """Resolve one hero's turn and the creatures' answers. Returns the outcome when the fight is over."""
    encounter = _encounter(res)
    actor = encounter.get(command.actor)
    if encounter.actor.id != actor.id:
        if actor.down:
            raise HeroDown(f"{actor.name} is down and cannot act until somebody helps.")
        raise NotYourTurn(f"It is {encounter.actor.name}'s turn.")
    _perform(res, actor, command)
    if res.state.encounter is None:  # fled
        return res.content.encounters[encounter.key].flight
    over = _finish_if_decided(res)
    if over is not None:
        return over
    _end_turn(res, actor.id)
    return _run_until_hero(res, _encounter(res).index + 1)


def _perform(res: Resolution, actor: Combatant, command: Command) -> None:
    match command:
        case UseAbility():
            _use_ability(res, actor, command)
        case UseItem():
            _use_item(res, actor, command)
        case Defend():
            res.emit(ev.Defended(actor.id, actor.name))
            res.emit(ev.ConditionGained(actor.id, actor.name, "guarded", 2, actor.id))
        case Flee():
            _flee(res, actor)
        case Improvise():
            _stunt(res, actor, command)
        case RefuseClaim():
            res.emit(ev.ClaimRefused(actor.id, actor.name, command.reason))
        case Pass():
            res.emit(ev.TurnPassed(actor.id, actor.name, command.reason))
        case _:
            raise IllegalAction("In a fight, fight: attack, use an ability or item, defend, flee or pass.")


def why_not_ability(actor: Combatant, key: str, ability: AbilityDef) -> str | None:
    if actor.cooldowns.get(key):
        return f"{ability.name} is ready again in {actor.cooldowns[key]} rounds."
    if actor.mp < ability.cost_mp:
        return f"{ability.name} costs {ability.cost_mp} MP and {actor.name} has {actor.mp}."
    return None


def ability_targets(encounter: Encounter, actor: Combatant, ability: AbilityDef) -> list[Combatant]:
    """Whom it can be used on now. Allies that are down count only for healing."""
    if ability.target == "self":
        return [actor]
    if ability.target in ("enemy", "all_enemies"):
        return encounter.standing(heroes=False)
    allies = [c for i in encounter.order if (c := encounter.combatants[i]).is_hero]
    return allies if ability.effect.heal else [a for a in allies if not a.down]


def _use_ability(res: Resolution, actor: Combatant, command: UseAbility) -> None:
    hero = res.state.hero(actor.id)
    ability = res.content.abilities.get(command.ability)
    if ability is None or command.ability not in hero.abilities:
        raise IllegalAction(f"{hero.name} knows no '{command.ability}'.")
    reason = why_not_ability(actor, command.ability, ability)
    if reason is not None:
        raise (OnCooldown if actor.cooldowns.get(command.ability) else NoMana)(reason)
    possible = ability_targets(_encounter(res), actor, ability)
    targets = possible
    if ability.target in ("enemy", "ally"):
        targets = [t for t in possible if t.id == command.target]
        if not targets:
            names = ", ".join(t.name for t in possible)
            raise UnknownTarget(f"{ability.name} cannot reach that; choose one of: {names}.")
    if ability.cost_mp:
        res.emit(ev.ManaChanged(actor.id, actor.name, -ability.cost_mp, actor.mp - ability.cost_mp))
    if ability.cooldown:
        res.emit(ev.CooldownStarted(actor.id, actor.name, command.ability, ability.cooldown + 1))
    modifier = hero.modifier(ability.stat)
    for target in targets:
        if target.is_hero:
            res.emit(
                ev.AbilityUsed(
                    actor.id, actor.name, target.id, target.name, ability.name, command.ability, False
                )
            )
            apply_effect(res, actor, target.id, ability.effect, modifier)
        else:
            weapon = weapon_of(res.content, hero) if ability.uses_weapon else None
            strike(
                res,
                actor,
                target.id,
                Attack(
                    name=ability.name,
                    key=command.ability,
                    to_hit=modifier + HERO_TRAINING,
                    damage=tuple(
                        d for d in (ability.effect.damage, weapon.damage if weapon else None) if d is not None
                    ),
                    bonus=modifier,
                    damage_type=weapon.damage_type if weapon else ability.effect.damage_type,
                    condition=ability.effect.condition,
                ),
            )


def item_targets(encounter: Encounter, actor: Combatant, target_kind: str) -> list[Combatant]:
    """Whom a consumable can be used on: a potion also reaches an ally who is down."""
    if target_kind in ("enemy", "all_enemies"):
        return encounter.standing(heroes=False)
    if target_kind in ("ally", "all_allies"):
        return [c for i in encounter.order if (c := encounter.combatants[i]).is_hero]
    return [actor]


def _use_item(res: Resolution, actor: Combatant, command: UseItem) -> None:
    hero = res.state.hero(actor.id)
    item = carried_consumable(res.content, hero, command.item)
    possible = item_targets(_encounter(res), actor, item.target)
    targets = possible
    if item.target in ("enemy", "ally"):
        targets = [t for t in possible if t.id == command.target]
        if not targets:
            names = ", ".join(t.name for t in possible)
            raise UnknownTarget(f"{item.name} cannot be used on that; choose one of: {names}.")
    assert item.use is not None
    res.emit(ev.ItemLost(hero.id, hero.name, command.item, item.name, 1, "used"))
    for target in targets:
        res.emit(ev.AbilityUsed(actor.id, actor.name, target.id, target.name, item.name, command.item, True))
        apply_effect(res, actor, target.id, item.use, 0)


def _stunt(res: Resolution, actor: Combatant, command: Improvise) -> None:
    """A clever try: on a success the weakest foe is marked, so that the next blows come with advantage."""
    hero = res.state.hero(actor.id)
    degree = res.check(hero, command.stat or "dexterity", command.band)
    res.emit(ev.Improvised(hero.id, hero.name, command.kind, degree))
    if degree in ("critical", "success", "partial"):
        foe = min(_encounter(res).standing(heroes=False), key=lambda c: (c.hp, c.id))
        res.emit(ev.ConditionGained(foe.id, foe.name, "marked", 2 if degree == "critical" else 1, actor.id))


def _flee(res: Resolution, actor: Combatant) -> None:
    encounter = _encounter(res)
    definition = res.content.encounters[encounter.key]
    if not definition.can_flee:
        raise IllegalAction("There is no way out of this fight.")
    degree = res.check(res.state.hero(actor.id), "dexterity", "medium")
    if degree in ("critical", "success", "partial"):
        _end_encounter(res, "flight")
    else:
        res.emit(ev.FleeFailed(actor.id, actor.name))


def _run_until_hero(res: Resolution, index: int) -> Outcome | None:
    """Go through the order from `index` until a hero can act; returns the outcome when the fight ends first."""
    while True:
        encounter = _encounter(res)
        if index >= len(encounter.order):
            index = 0
            if encounter.round >= LAST_ROUND:
                definition = res.content.encounters[encounter.key]
                return _end_encounter(res, "flight" if definition.flight else "defeat")
            res.emit(ev.RoundStarted(encounter.round + 1))
        actor = _encounter(res).combatants[encounter.order[index]]
        if not actor.down:
            res.emit(ev.CombatTurnStarted(actor.id, actor.name, index))
            _tick(res, actor)
            over = _finish_if_decided(res)
            if over is not None:
                return over
            actor = _encounter(res).combatants[actor.id]
            if actor.down:
                pass  # the wound that bled on took its turn
            elif "stunned" in actor.conditions:
                res.emit(ev.TurnPassed(actor.id, actor.name, "stunned"))
                _end_turn(res, actor.id)
            elif actor.is_hero:
                return None
            else:
                creature_acts(res, actor)
                over = _finish_if_decided(res)
                if over is not None:
                    return over
                _end_turn(res, actor.id)
        index += 1


def _tick(res: Resolution, actor: Combatant) -> None:
    """Wounds that go on hurting do so when their bearer's turn starts."""
    for condition, (amount, damage_type) in TICKS.items():
        actor = _encounter(res).combatants[actor.id]
        if condition in actor.conditions and not actor.down:
            dealt = min(amount, actor.hp)
            res.emit(ev.DamageDealt("", "", actor.id, actor.name, dealt, damage_type, actor.hp - dealt))
            if actor.hp - dealt == 0:
                res.emit(ev.WentDown(actor.id, actor.name, "", condition, actor.is_hero))


def _end_turn(res: Resolution, actor_id: str) -> None:
    actor = _encounter(res).combatants[actor_id]
    res.emit(ev.CombatTurnEnded(actor.id, actor.name))
    for condition, left in _encounter(res).combatants[actor_id].conditions.items():
        if left <= 0:
            res.emit(ev.ConditionEnded(actor.id, actor.name, condition))


def _finish_if_decided(res: Resolution) -> Outcome | None:
    encounter = _encounter(res)
    if not encounter.standing(heroes=False):
        return _end_encounter(res, "victory")
    if not encounter.standing(heroes=True):
        return _end_encounter(res, "defeat")
    return None


def _end_encounter(res: Resolution, result: str) -> Outcome | None:
    """The final blow: sheets get their HP back, the fallen rise with 1 HP, spoils are shared, and the story goes on."""
    encounter = _encounter(res)
    definition = res.content.encounters[encounter.key]
    outcome: Outcome | None = getattr(definition, result)
    tell = res.pick(len(outcome.tell)) if outcome else 0
    res.emit(ev.EncounterEnded(encounter.key, encounter.name, result, encounter.round, tell))
    for combatant in encounter.combatants.values():
        if combatant.is_hero and combatant.down:
            res.emit(ev.Recovered(combatant.id, combatant.name, 1))
    if result == "victory":
        _share_spoils(res, encounter)
    if outcome is not None:
        res.grant(outcome, _spokesman(res.state, encounter), party=True)
    return outcome


def _share_spoils(res: Resolution, encounter: Encounter) -> None:
    """XP and gold evenly (the remainder to the first in initiative), things in turn by initiative."""
    heroes: list[Hero] = [res.state.heroes[i] for i in encounter.order if i in res.state.heroes]
    fallen = [res.content.creatures[c.key] for c in encounter.combatants.values() if not c.is_hero]
    xp = sum(c.xp for c in fallen)
    gold = sum(c.gold[0] + res.dice.roll(c.gold[1] - c.gold[0] + 1) - 1 for c in fallen if c.gold[1])
    for i, hero in enumerate(heroes):
        res.gain_xp(hero.id, xp // len(heroes))
        res.change_gold(hero.id, gold // len(heroes) + (gold % len(heroes) if i == 0 else 0))
    found = [entry.item for c in fallen for entry in c.loot if res.dice.roll(100) <= entry.percent]
    for i, item in enumerate(found):
        res.give(heroes[i % len(heroes)].id, item)


def _spokesman(state: PlayState, encounter: Encounter) -> str:
    """Who stands for the party in the outcome: the first hero in initiative."""
    return next(i for i in encounter.order if i in state.heroes)


def _encounter(res: Resolution) -> Encounter:
    if res.state.encounter is None:
        raise IllegalAction("There is no fight.")
    return res.state.encounter
