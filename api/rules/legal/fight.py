"""What a hero may do in a fight, in the own turn or (locked) before it."""

from __future__ import annotations

from collections.abc import Sequence

from api.content.catalogue import Content
from api.rules import battlefield, fighters
from api.rules.combatants import Combatant, Encounter
from api.rules.encounters import choices
from api.rules.errors import RuleError
from api.rules.items import name_of, weapon_of
from api.rules.legal.base import Blocked, LegalAction, Target
from api.rules.state import Hero, PlayState


def in_encounter(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
    """Everything that this hero can do in the fight; what must wait for the own turn may be `lockable`."""
    if state.encounter is not None and fighters.is_old(state.encounter):
        state = fighters.renewed(state, content)
    encounter = state.encounter
    assert encounter is not None
    actor = encounter.combatants.get(hero.id)
    return [] if actor is None else _Choices(state, encounter, actor, hero, content).all()


class _Choices:
    """The choices of one hero, each with what would speak against it in the own turn, and with the wait for it."""

    def __init__(
        self, state: PlayState, encounter: Encounter, actor: Combatant, hero: Hero, content: Content
    ) -> None:
        self.state, self.encounter, self.actor = state, encounter, actor
        self.hero, self.content = hero, content
        wait = choices.why_wait(encounter, actor, content)
        self.wait = wait.message if wait is not None else ""

    def all(self) -> list[LegalAction]:
        encounter, actor, content = self.encounter, self.actor, self.content
        row = "back" if actor.row == "front" else "front"
        flee = choices.why_not_flee(encounter, actor, content)
        found = [
            self._attack(),
            *(self._ability(key) for key in actor.abilities if key in content.abilities),
            *(self._item(carried) for carried in self.hero.inventory),
            self._one("defend", "defend", "Defend"),
            self._one("row", row, f"Step into the {row} row", choices.why_not_row(actor, row, content)),
            self._help(),
            self._one("flee", "flee", "Flee with the party", flee),
        ]
        if content.encounters[encounter.key].parley is not None:
            parley = choices.why_not_parley(encounter, actor, content)
            found.append(self._one("parley", "parley", "Talk them out of it", parley))
        surrender = choices.why_not_surrender(encounter, actor)
        found.append(self._one("surrender", "surrender", "Surrender", surrender))
        found.append(self._one("pass", "pass", "Hold back"))
        return [a for a in found if a is not None]

    def _one(
        self,
        kind: str,
        key: str,
        label: str,
        refusal: RuleError | None = None,
        targets: Sequence[Combatant] = (),
        blocked: tuple[Blocked, ...] = (),
        cost_mp: int = 0,
        cooldown: int = 0,
    ) -> LegalAction:
        reason = refusal.message if refusal is not None else ""
        waits = self.actor.standing and self.encounter.actor.id != self.actor.id
        return LegalAction(
            kind, key, label, tuple(Target(c.id, c.name) for c in targets), cost_mp,
            enabled=not (self.wait or reason), reason=self.wait or reason, blocked=blocked,
            lockable=waits and not reason, cooldown=cooldown,
        )  # fmt: skip

    def _aimed(
        self,
        kind: str,
        key: str,
        label: str,
        refusal: RuleError | None,
        targets: Sequence[Combatant],
        reach: str = "",
        cost_mp: int = 0,
        cooldown: int = 0,
    ) -> LegalAction:
        """A choice that needs somebody to aim at. `reach` (melee, ranged) explains which foes it does not reach."""
        found: Sequence[tuple[Combatant, RuleError]] = ()
        if reach:
            found = choices.blocked(self.encounter, self.actor, targets, reach, self.content)
        blocked = tuple(Blocked(c.id, c.name, problem.message) for c, problem in found)
        if refusal is None and not targets:
            refusal = choices.nobody(self.encounter, self.actor, reach, self.content)
        return self._one(kind, key, label, refusal, targets, blocked, cost_mp, cooldown)

    def _attack(self) -> LegalAction:
        weapon = weapon_of(self.content, self.hero)
        reach = choices.attack_reach(self.actor, self.hero, self.content)
        targets = battlefield.reachable(self.encounter, self.actor, reach, self.content)
        name = "bare hands"
        if weapon is not None:
            name = name_of(self.content, self.hero.equipment["weapon"], self.hero.rolled)
        return self._aimed("attack", "attack", f"Attack with {name}", None, targets, reach)

    def _ability(self, key: str) -> LegalAction | None:
        ability = self.content.abilities[key]
        if ability.passive or ability.reaction is not None:
            return None
        refusal = choices.why_not_ability(self.actor, key, ability, self.content)
        targets = choices.ability_targets(self.encounter, self.actor, ability, self.content)
        reach = ability.reach if ability.target == "enemy" else ""
        cooldown = self.actor.cooldowns.get(key, 0)
        return self._aimed("ability", key, ability.name, refusal, targets, reach, ability.cost_mp, cooldown)

    def _item(self, carried: str) -> LegalAction | None:
        item = choices.consumable_of(self.hero, carried, self.content)
        if item is None:
            return None
        targets = choices.item_targets(self.encounter, self.actor, item, self.content)
        name = name_of(self.content, carried, self.hero.rolled)
        label = f"Use {name} ({self.hero.inventory[carried]})"
        return self._aimed("item", carried, label, None, targets, "ranged" if item.target == "enemy" else "")

    def _help(self) -> LegalAction | None:
        friends = [c for c in self.encounter.members(self.actor.side) if c.id != self.actor.id]
        if not friends:
            return None
        return self._aimed(
            "help", "help", "Help a friend", None, choices.helpable(self.encounter, self.actor)
        )
