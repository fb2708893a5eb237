"""How creatures act: by the plan that their definition or their phase gives, else by behaviour and a drawn attack."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.definitions import CreatureDef, Tactic
from api.rules import events as ev
from api.rules import strikes
from api.rules.combatants import Combatant, Encounter
from api.rules.encounters import actions, choices, plans
from api.rules.encounters.plans import Choice
from api.rules.fighters import creature_of
from api.rules.resolution import Resolution


def act(res: Resolution, actor: Combatant) -> None:
    """One turn of a creature on either side, also one that was summoned."""
    encounter = _encounter(res)
    creature = creature_of(actor, res.content)
    roll = res.dice.roll
    lines = lines_of(creature, actor.phase)
    choice = plans.choose(lines, encounter, actor, None, res.content, roll) if lines else None
    _do(res, actor, creature, choice or by_behaviour(res, actor, creature))


def lines_of(creature: CreatureDef, phase: int) -> Sequence[Tactic]:
    """The tactics of the last phase begun that has any, else the creature's own."""
    for begun in reversed(creature.phases[:phase]):
        if begun.tactics:
            return begun.tactics
    return creature.tactics


def by_behaviour(res: Resolution, actor: Combatant, creature: CreatureDef) -> Choice:
    """An attack on whom its behaviour names; where none can be reached it steps up, and where that fails it guards."""
    encounter = _encounter(res)
    possible = plans.any_attack_targets(creature, encounter, actor, res.content)
    if possible:
        target = plans.pick_target(creature.behaviour, actor, possible, res.dice.roll)
        return plans.drawn_attack(creature, encounter, actor, target, res.content, res.dice.roll)
    if choices.why_not_row(actor, "front", res.content) is None:
        return Choice("row", "front")
    return Choice("defend")


def _do(res: Resolution, actor: Combatant, creature: CreatureDef, choice: Choice) -> None:
    match choice.kind:
        case "attack":
            attack = next(a for a in creature.attacks if a.key == choice.key)
            if attack.targets == "all":
                targets = [c.id for c in plans.attack_targets(attack, _encounter(res), actor, res.content)]
            else:
                targets = [choice.target]
            strikes.creature_attack(res, actor.id, attack, targets)
        case "ability":
            actions.use_ability(res, actor, choice.key, choice.target)
        case "row":
            res.emit(ev.RowChanged(actor.id, actor.name, choice.key))
        case "flee":
            res.emit(ev.Fled(actor.id, actor.name))
        case "pass":
            res.emit(ev.TurnPassed(actor.id, actor.name, "chosen"))
        case _:
            actions.defend(res, actor)


def _encounter(res: Resolution) -> Encounter:
    assert res.state.encounter is not None
    return res.state.encounter
