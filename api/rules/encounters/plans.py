"""Plans as data: the first tactic that applies and is legal is done. Creatures and standing orders share them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from api.content.catalogue import Content
from api.content.definitions import CreatureAttack, CreatureDef, Tactic
from api.content.definitions.combat import When
from api.rules import battlefield
from api.rules.combatants import Combatant, Encounter
from api.rules.conditions import MARKED
from api.rules.encounters import choices
from api.rules.fighters import creature_of
from api.rules.state import Hero

Roll = Callable[[int], int]  # a die with that many sides


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do: `kind` is attack, ability, item, defend, row, flee or pass, `key` which; `target` an id or empty."""

    kind: str
    key: str = ""
    target: str = ""


def choose(
    lines: Iterable[Tactic],
    encounter: Encounter,
    actor: Combatant,
    hero: Hero | None,
    content: Content,
    roll: Roll,
) -> Choice | None:
    """The first line that applies, whose chance comes up and that is legal; None when no line is.

    `hero` is the sheet of a hero who follows standing orders.
    """
    for line in lines:
        if not applies(line.when, encounter, actor):
            continue
        if line.chance < 100 and roll(100) > line.chance:
            continue
        found = _legal(line, encounter, actor, hero, content, roll)
        if found is not None:
            return found
    return None


def applies(when: When, encounter: Encounter, actor: Combatant) -> bool:
    """Whether everything that does not depend on the target holds."""
    hp, most = actor.hp * 100, actor.hp_max
    if when.self_hp_below is not None and hp >= when.self_hp_below * most:
        return False
    if when.self_hp_above is not None and hp <= when.self_hp_above * most:
        return False
    if when.self_lacks is not None and when.self_lacks in actor.conditions:
        return False
    if when.round_at_least is not None and encounter.round < when.round_at_least:
        return False
    if when.every is not None and encounter.round % when.every:
        return False
    foes = when.foes_at_least
    if foes is not None and len(encounter.standing(battlefield.foes_of(actor.side))) < foes:
        return False
    return _friends_allow(when, encounter, actor)


def _friends_allow(when: When, encounter: Encounter, actor: Combatant) -> bool:
    if when.allies_at_most is None and when.ally_hp_below is None and when.ally_down is None:
        return True
    members = encounter.members(actor.side)
    standing = [c for c in members if c.standing]
    if when.allies_at_most is not None and len(standing) > when.allies_at_most:
        return False
    below = when.ally_hp_below
    if below is not None and not any(c.hp * 100 < below * c.hp_max for c in standing):
        return False
    return when.ally_down is None or when.ally_down == any(c.down and not c.gone for c in members)


def _legal(
    line: Tactic, encounter: Encounter, actor: Combatant, hero: Hero | None, content: Content, roll: Roll
) -> Choice | None:
    use = line.use
    match use:
        case "defend" | "pass":
            return Choice(use)
        case "move_front" | "move_back":
            row = use.removeprefix("move_")
            return Choice("row", row) if choices.why_not_row(actor, row, content) is None else None
        case "flee":
            return Choice("flee") if _may_flee(encounter, actor, hero, content) else None
        case "attack":
            return _attack(line, encounter, actor, hero, content, roll)
    if use in actor.abilities and use in content.abilities:
        ability = content.abilities[use]
        if choices.why_not_ability(actor, use, ability, content) is not None:
            return None
        possible = choices.ability_targets(encounter, actor, ability, content)
        alone = ability.target in ("enemy", "ally")
        return _aimed("ability", use, line, encounter, actor, possible, alone, roll)
    if hero is not None:
        item = choices.consumable_of(hero, use, content)
        if item is None:
            return None
        possible = choices.item_targets(encounter, actor, item, content)
        return _aimed("item", use, line, encounter, actor, possible, item.target in ("enemy", "ally"), roll)
    own = next((a for a in creature_of(actor, content).attacks if a.key == use), None)
    if own is None:
        return None
    possible = attack_targets(own, encounter, actor, content)
    return _aimed("attack", own.key, line, encounter, actor, possible, own.targets == "one", roll)


def _may_flee(encounter: Encounter, actor: Combatant, hero: Hero | None, content: Content) -> bool:
    if hero is not None:
        return choices.why_not_flee(encounter, actor, content) is None
    return choices.why_rooted(actor, content) is None


def _attack(
    line: Tactic, encounter: Encounter, actor: Combatant, hero: Hero | None, content: Content, roll: Roll
) -> Choice | None:
    """Any own attack: a hero's basic one, or one of the creature's that reaches the target, drawn evenly."""
    if hero is not None:
        reach = choices.attack_reach(actor, hero, content)
        possible = battlefield.reachable(encounter, actor, reach, content)
        return _aimed("attack", "", line, encounter, actor, possible, True, roll)
    creature = creature_of(actor, content)
    fitting = _fitting(line.when, any_attack_targets(creature, encounter, actor, content))
    if not fitting:
        return None
    target = pick_target(line.target, actor, fitting, roll)
    return drawn_attack(creature, encounter, actor, target, content, roll)


def drawn_attack(
    creature: CreatureDef,
    encounter: Encounter,
    actor: Combatant,
    target: Combatant,
    content: Content,
    roll: Roll,
) -> Choice:
    """One of the creature's attacks that reach the target, drawn evenly."""
    near = battlefield.reach_problem(encounter, actor, target, "melee", content) is None
    fitting = [a for a in creature.attacks if near or a.reach == "ranged" or a.targets == "all"]
    return Choice("attack", fitting[roll(len(fitting)) - 1].key, target.id)


def attack_targets(
    attack: CreatureAttack, encounter: Encounter, actor: Combatant, content: Content
) -> list[Combatant]:
    if attack.targets == "all":
        return battlefield.in_sight(encounter, actor, content)
    return battlefield.reachable(encounter, actor, attack.reach, content)


def any_attack_targets(
    creature: CreatureDef, encounter: Encounter, actor: Combatant, content: Content
) -> list[Combatant]:
    """Whom any of its attacks reaches, by initiative; the taunted aim at the taunter whenever one attack reaches it."""
    reach = "ranged" if any(a.reach == "ranged" for a in creature.attacks) else "melee"
    found = battlefield.reachable(encounter, actor, reach, content)
    if not found and any(a.targets == "all" for a in creature.attacks):
        return battlefield.in_sight(encounter, actor, content)
    return found


def _aimed(
    kind: str,
    key: str,
    line: Tactic,
    encounter: Encounter,
    actor: Combatant,
    possible: Sequence[Combatant],
    alone: bool,
    roll: Roll,
) -> Choice | None:
    fitting = _fitting(line.when, possible)
    if line.target == "self":
        fitting = [c for c in fitting if c.id == actor.id]
    if line.target == "fallen_ally":
        fitting = [c for c in fitting if c.down]
    if not fitting:
        return None
    return Choice(kind, key, pick_target(line.target, actor, fitting, roll).id if alone else "")


def _fitting(when: When, possible: Sequence[Combatant]) -> Sequence[Combatant]:
    if when.target_has is None and when.target_lacks is None:
        return possible
    return [
        c
        for c in possible
        if (when.target_has is None or when.target_has in c.conditions)
        and (when.target_lacks is None or when.target_lacks not in c.conditions)
    ]


def pick_target(rule: str, actor: Combatant, targets: Sequence[Combatant], roll: Roll) -> Combatant:
    """One of `targets` (at least one) by the rule; where nobody fits the rule, by chance."""
    match rule:
        case "weakest":
            return min(targets, key=lambda c: (c.hp, c.id))
        case "strongest":
            return max(targets, key=lambda c: (c.hp, c.id))
        case "lowest_percent" | "weakest_ally":
            return min(targets, key=lambda c: (c.hp * 100 // c.hp_max, c.id))
        case "threat" if any(actor.threat.get(c.id) for c in targets):
            return max(targets, key=lambda c: (actor.threat.get(c.id, 0), c.id))
        case "self":
            return next((c for c in targets if c.id == actor.id), targets[0])
        case "vengeful":
            targets = [c for c in targets if c.id == actor.hurt_by] or targets
            if targets[0].id == actor.hurt_by:
                return targets[0]
        case "back_row" | "front_row":
            targets = [c for c in targets if c.row == rule.removesuffix("_row")] or targets
        case "caster":
            most = max(c.mp_max for c in targets)
            targets = [c for c in targets if c.mp_max == most]
        case "marked":
            targets = [c for c in targets if MARKED in c.conditions] or targets
        case "fallen_ally":
            targets = [c for c in targets if c.down] or targets
    return targets[roll(len(targets)) - 1]
