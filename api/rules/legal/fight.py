"""What a hero may do in a fight."""

from __future__ import annotations

from api.content.catalogue import Content
from api.rules.encounters import ability_targets, item_targets, why_not_ability
from api.rules.legal.base import LegalAction, Target
from api.rules.state import Combatant, Hero, PlayState


def in_encounter(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
    encounter = state.encounter
    assert encounter is not None
    actor = encounter.combatants.get(hero.id)
    if actor is None:
        return []
    wait = ""
    if actor.down:
        wait = f"{hero.name} is down until somebody helps."
    elif encounter.actor.id != hero.id:
        wait = f"It is {encounter.actor.name}'s turn."
    found = []
    for key in hero.abilities:
        ability = content.abilities[key]
        reason = wait or why_not_ability(actor, key, ability) or ""
        targets = _targets(ability_targets(encounter, actor, ability))
        found.append(LegalAction("ability", key, ability.name, targets, ability.cost_mp, not reason, reason))
    for key, count in hero.inventory.items():
        item = content.items[key]
        if item.use is not None:
            targets = _targets(item_targets(encounter, actor, item.target))
            label = f"Use {item.name} ({count})"
            found.append(LegalAction("item", key, label, targets, 0, not wait, wait))
    found.append(LegalAction("defend", "defend", "Defend", enabled=not wait, reason=wait))
    can_flee = content.encounters[encounter.key].can_flee
    reason = wait or ("" if can_flee else "There is no way out of this fight.")
    found.append(LegalAction("flee", "flee", "Flee with the party", enabled=not reason, reason=reason))
    found.append(LegalAction("pass", "pass", "Hold back", enabled=not wait, reason=wait))
    return found


def _targets(combatants: list[Combatant]) -> tuple[Target, ...]:
    return tuple(Target(c.id, c.name) for c in combatants)
