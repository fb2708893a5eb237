"""What a hero does in a turn: first whether it is legal, then, once it is, what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.catalogue import Content
from api.content.definitions import Outcome
from api.rules import battlefield, bearing, checks, conditions, strikes
from api.rules import events as ev
from api.rules.combatants import Combatant, Encounter
from api.rules.commands import (
    Attack,
    Command,
    Defend,
    Flee,
    Help,
    Improvise,
    MoveRow,
    Parley,
    Pass,
    RefuseClaim,
    Surrender,
    UseAbility,
    UseItem,
)
from api.rules.encounters import choices, ending
from api.rules.errors import (
    InFight,
    NotCarried,
    NotUsable,
    RuleError,
    UnknownAbility,
    UnknownTarget,
)
from api.rules.items import item_of, name_of
from api.rules.resolution import Resolution
from api.rules.state import PlayState

FLEE_BAND = "medium"
TEND_BAND = "medium"
ENCOURAGED_TURNS = 1


def why_not(state: PlayState, command: Command, content: Content) -> RuleError | None:
    """The refusal that a hero's command would meet if it were the hero's turn; None when it is legal."""
    encounter = state.encounter
    assert encounter is not None
    actor = encounter.get(command.actor)
    match command:
        case Attack():
            reach = choices.attack_reach(actor, state.hero(actor.id), content)
            possible = battlefield.reachable(encounter, actor, reach, content)
            return _why_not_target(encounter, actor, command.target, possible, "The attack", content, reach)
        case UseAbility():
            return _why_not_ability(encounter, actor, command, content)
        case UseItem():
            return _why_not_item(state, encounter, actor, command, content)
        case MoveRow():
            return choices.why_not_row(actor, command.row, content)
        case Help():
            possible = choices.helpable(encounter, actor)
            return _why_not_target(encounter, actor, command.target, possible, "Help", content)
        case Flee():
            return choices.why_not_flee(encounter, actor, content)
        case Parley():
            return choices.why_not_parley(encounter, actor, content)
        case Surrender():
            return choices.why_not_surrender(encounter, actor)
        case Improvise():
            return _why_not_stunt(encounter, actor, command)
        case Defend() | Pass() | RefuseClaim():
            return None
    return InFight(
        "In a fight, fight: attack, use an ability or item, defend, change rows, help, flee, talk, surrender or pass."
    )


def _why_not_target(
    encounter: Encounter,
    actor: Combatant,
    wanted: str,
    possible: Sequence[Combatant],
    what: str,
    content: Content,
    reach: str = "",
) -> RuleError | None:
    if any(c.id == wanted for c in possible):
        return None
    if not possible:
        return choices.nobody(encounter, actor, reach, content)
    legal = f"hoose one of: {', '.join(c.name for c in possible)}."
    for foe, problem in choices.blocked(encounter, actor, possible, reach, content) if reach else ():
        if foe.id == wanted:
            return type(problem)(f"{problem.message} C{legal}")
    return UnknownTarget(f"{what} cannot reach that; c{legal}")


def _why_not_stunt(encounter: Encounter, actor: Combatant, stunt: Improvise) -> RuleError | None:
    refusal = checks.why_not(stunt.stat, stunt.band)
    if refusal is not None:
        return refusal
    if stunt.group:
        return InFight("In a fight everyone acts in their own turn.")
    foes = encounter.standing(battlefield.foes_of(actor.side))
    if stunt.rival and all(foe.id != stunt.rival for foe in foes):
        return UnknownTarget(f"A stunt is against one of: {', '.join(foe.name for foe in foes)}.")
    return None


def _why_not_ability(
    encounter: Encounter, actor: Combatant, command: UseAbility, content: Content
) -> RuleError | None:
    ability = content.abilities.get(command.ability)
    if ability is None or command.ability not in actor.abilities:
        return UnknownAbility(f"{actor.name} knows no '{command.ability}'.")
    refusal = choices.why_not_ability(actor, command.ability, ability, content)
    if refusal is not None:
        return refusal
    possible = choices.ability_targets(encounter, actor, ability, content)
    if ability.target in ("enemy", "ally"):
        reach = ability.reach if ability.target == "enemy" else ""
        return _why_not_target(encounter, actor, command.target, possible, ability.name, content, reach)
    return None if possible else choices.nobody(encounter, actor, "", content)


def _why_not_item(
    state: PlayState, encounter: Encounter, actor: Combatant, command: UseItem, content: Content
) -> RuleError | None:
    hero = state.hero(actor.id)
    if not hero.inventory.get(command.item):
        return NotCarried(f"{actor.name} carries no '{name_of(content, command.item, hero.rolled)}'.")
    item = choices.consumable_of(hero, command.item, content)
    if item is None:
        name = name_of(content, command.item, hero.rolled)
        return NotUsable(f"{name} is not something that can be used up.")
    possible = choices.item_targets(encounter, actor, item, content)
    if item.target in ("enemy", "ally"):
        reach = "ranged" if item.target == "enemy" else ""
        return _why_not_target(encounter, actor, command.target, possible, item.name, content, reach)
    return None if possible else choices.nobody(encounter, actor, "", content)


def perform(res: Resolution, command: Command) -> Outcome | None:
    """Do what `why_not` allows. Returns the outcome when it ended the fight."""
    encounter = _encounter(res)
    actor = encounter.get(command.actor)
    match command:
        case Attack():
            strikes.basic_attack(res, actor.id, command.target)
        case UseAbility():
            use_ability(res, actor, command.ability, command.target)
        case UseItem():
            use_item(res, actor, command.item, command.target)
        case Defend():
            defend(res, actor)
        case MoveRow():
            res.emit(ev.RowChanged(actor.id, actor.name, command.row))
        case Help():
            _help(res, actor, encounter.get(command.target))
        case Flee():
            return _flee(res, actor)
        case Parley():
            return _parley(res, actor)
        case Surrender():
            return _surrender(res, actor)
        case Improvise():
            _stunt(res, actor, command)
        case RefuseClaim():
            res.emit(ev.ClaimRefused(actor.id, actor.name, command.reason))
        case Pass():
            res.emit(ev.TurnPassed(actor.id, actor.name, command.reason))
    return None


def use_ability(res: Resolution, actor: Combatant, key: str, target: str) -> None:
    """Pay, then use it on the target, or on everybody whom it reaches."""
    ability = res.content.abilities[key]
    if ability.target in ("enemy", "ally"):
        targets = [target]
    else:
        targets = [c.id for c in choices.ability_targets(_encounter(res), actor, ability, res.content)]
    if ability.cost_mp:
        res.emit(ev.ManaChanged(actor.id, actor.name, -ability.cost_mp, actor.mp - ability.cost_mp))
    if ability.cooldown:
        res.emit(ev.CooldownStarted(actor.id, actor.name, key, ability.cooldown + 1))
    strikes.use_ability(res, actor.id, key, ability, targets)


def use_item(res: Resolution, actor: Combatant, carried: str, target: str) -> None:
    """One of it is gone; then it does what it does."""
    hero = res.state.hero(actor.id)
    item = item_of(res.content, carried)
    assert item is not None
    if item.target in ("enemy", "ally"):
        targets = [target]
    else:
        targets = [c.id for c in choices.item_targets(_encounter(res), actor, item, res.content)]
    name = name_of(res.content, carried, hero.rolled)
    res.emit(ev.ItemLost(hero.id, hero.name, carried, name, 1, "used"))
    strikes.use_item(res, actor.id, carried, item, targets)


def defend(res: Resolution, actor: Combatant) -> None:
    res.emit(ev.Defended(actor.id, actor.name))
    conditions.put_on(res, actor.id, actor.id, conditions.GUARDED, 1)


def _help(res: Resolution, actor: Combatant, friend: Combatant) -> None:
    """Encourage who stands; tend who is dying: a wisdom check makes stable."""
    if friend.standing:
        res.emit(ev.Encouraged(actor.id, actor.name, friend.id, friend.name))
        conditions.put_on(res, actor.id, friend.id, conditions.INSPIRED, ENCOURAGED_TURNS)
        return
    degree = res.check(res.state.hero(actor.id), "wisdom", TEND_BAND)
    res.emit(ev.Tended(actor.id, actor.name, friend.id, friend.name, degree))
    if degree in checks.WORKED:
        res.emit(ev.Stabilised(friend.id, friend.name, actor.id, actor.name))


def _stunt(res: Resolution, actor: Combatant, command: Improvise) -> None:
    """A clever try, against one foe or a difficulty: on a success that foe, or the weakest, is marked, so that the
    next blows come with advantage."""
    hero = res.state.hero(actor.id)
    stat = command.stat or "dexterity"
    foe = None
    if command.rival:
        foe = _encounter(res).get(command.rival)
        degree = checks.contest(res, hero, stat, foe.name, bearing.modifier(foe, stat, res.content)).degree
    else:
        degree = res.check(hero, stat, command.band)
    res.emit(ev.Improvised(hero.id, hero.name, command.kind, degree))
    if degree in checks.WORKED:
        standing = _encounter(res).standing(battlefield.foes_of(actor.side))
        foe = foe or min(standing, key=lambda c: (c.hp, c.id))
        conditions.put_on(res, actor.id, foe.id, conditions.MARKED, 2 if degree == "critical" else 1)


def _flee(res: Resolution, actor: Combatant) -> Outcome | None:
    degree = res.check(res.state.hero(actor.id), "dexterity", FLEE_BAND)
    if degree in checks.WORKED:
        return ending.end_encounter(res, "flight")
    res.emit(ev.FleeFailed(actor.id, actor.name))
    return None


def _parley(res: Resolution, actor: Combatant) -> Outcome | None:
    band = res.content.encounters[_encounter(res).key].parley_band
    degree = res.check(res.state.hero(actor.id), "charisma", band)
    res.emit(ev.ParleyTried(actor.id, actor.name, degree))
    return ending.end_encounter(res, "parley") if degree in checks.WORKED else None


def _surrender(res: Resolution, actor: Combatant) -> Outcome | None:
    """More than half of the standing heroes must have laid their weapons down."""
    encounter = _encounter(res)
    standing = [c.id for c in encounter.standing("party") if c.is_hero]
    votes = sum(i in encounter.yielding for i in standing) + 1
    needed = len(standing) // 2 + 1
    res.emit(ev.SurrenderOffered(actor.id, actor.name, votes, needed))
    return ending.end_encounter(res, "surrender") if votes >= needed else None


def _encounter(res: Resolution) -> Encounter:
    assert res.state.encounter is not None
    return res.state.encounter
