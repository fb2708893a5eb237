"""What a hero may do outside fights."""

from __future__ import annotations

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef
from api.rules import scenes
from api.rules.legal.base import LegalAction, Target
from api.rules.state import Hero, PlayState


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


def in_scene(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
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
