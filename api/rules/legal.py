"""What is legal now, with targets, costs and reasons, so that no client needs a rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef
from api.rules import scenes
from api.rules.encounters import ability_targets, item_targets, why_not_ability
from api.rules.state import Combatant, Hero, PlayState


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class LegalAction:
    """One choice. `enabled` false carries the `reason`; `kind` and `id` go into the action as they are."""

    kind: str
    id: str
    label: str
    targets: tuple[Target, ...] = field(default=())
    cost_mp: int = 0
    enabled: bool = True
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "id": self.id, "label": self.label,
            "targets": tuple({"id": t.id, "name": t.name} for t in self.targets),
            "cost_mp": self.cost_mp, "enabled": self.enabled, "reason": self.reason,
        }  # fmt: skip


def legal_actions(state: PlayState, hero_id: str, content: Content) -> list[LegalAction]:
    """Everything that this hero could choose now, the possible first; empty when the story is over."""
    if state.ending is not None or hero_id not in state.heroes:
        return []
    hero = state.heroes[hero_id]
    found = _in_encounter(state, hero, content) if state.encounter else _in_scene(state, hero, content)
    return sorted(found, key=lambda a: not a.enabled)


def suggested_actions(state: PlayState, content: Content) -> list[LegalAction]:
    """At most three inviting things for a party outside a fight: two to do here and one way onward."""
    if state.ending is not None or state.encounter is not None or not state.heroes:
        return []
    open_now: dict[str, AffordanceDef] = {}
    for hero in state.heroes.values():
        open_now |= {a.key: a for a in scenes.offered(state, hero, content) if a.suggest}
    ordered = [a for a in content.scenes[state.scene].affordances if a.key in open_now]
    here = [a for a in ordered if not scenes.moves_party(a)]
    onward = [a for a in ordered if scenes.moves_party(a)]
    chosen = (here[:2] + onward[:1] + here[2:] + onward[1:])[:3]
    return [LegalAction("affordance", a.key, a.label) for a in chosen]


def _in_scene(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
    scene = content.scenes[state.scene]
    found = []
    for a in scene.affordances:
        reason = scenes.why_not(state, hero, a)
        if reason is None or scenes.meets(a.requires, state, hero):
            found.append(
                LegalAction("affordance", a.key, a.label, enabled=reason is None, reason=reason or "")
            )
    if scene.people:
        people = tuple(Target(p.key, p.name) for p in scene.people)
        found.append(LegalAction("talk", "talk", "Talk", people))
    for key, count in hero.inventory.items():
        item = content.items[key]
        if item.use is not None and (item.use.heal or item.use.restore_mp):
            whom = state.heroes.values() if item.target == "ally" else [hero]
            targets = tuple(
                Target(h.id, h.name) for h in whom
                if (item.use.heal and h.hp < h.hp_max) or (item.use.restore_mp and h.mp < h.mp_max)
            )  # fmt: skip
            reason = "" if targets else "Nobody needs it now."
            label = f"Use {item.name} ({count})"
            found.append(LegalAction("item", key, label, targets, 0, bool(targets), reason))
    reason = scenes.may_rest(state, hero) or ""
    found.append(LegalAction("rest", "rest", "Rest for an hour", enabled=not reason, reason=reason))
    found.append(LegalAction("pass", "pass", "Wait and watch"))
    return found


def _in_encounter(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
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
