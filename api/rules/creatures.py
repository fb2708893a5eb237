"""How creatures choose: by the behaviour that their definition names, never by code of their own."""

from __future__ import annotations

from api.rules.resolution import Resolution
from api.rules.state import Combatant
from api.rules.strikes import creature_attack


def act(res: Resolution, actor: Combatant) -> None:
    """One attack of the creature on one standing hero."""
    assert res.state.encounter is not None
    creature = res.content.creatures[actor.key]
    targets = res.state.encounter.standing(heroes=True)
    target = choose_target(res, actor, creature.behaviour, targets)
    attack = creature.attacks[res.pick(len(creature.attacks))]
    creature_attack(res, actor.id, attack, [target.id])


def choose_target(res: Resolution, actor: Combatant, behaviour: str, targets: list[Combatant]) -> Combatant:
    match behaviour:
        case "weakest":
            return min(targets, key=lambda c: (c.hp, c.id))
        case "strongest":
            return max(targets, key=lambda c: (c.hp, c.id))
        case "vengeful" if any(t.id == actor.hurt_by for t in targets):
            return next(t for t in targets if t.id == actor.hurt_by)
    return targets[res.pick(len(targets))]
