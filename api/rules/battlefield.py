"""Where combatants stand and what they hold against each other: rows, reach, threat, who joins.

Nothing here strikes, so strikes may call it (`docs/rules.md`, Encounters).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.content.definitions import EncounterGroup, Summon
from api.rules import bearing
from api.rules import events as ev
from api.rules.combatants import Combatant, Encounter, evolve
from api.rules.errors import OutOfReach, Untargetable
from api.rules.fighters import creature_fighter

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

MOST_ON_A_SIDE = 8  # of those who stand; nobody more is called


def foes_of(side: str) -> str:
    return "foes" if side == "party" else "party"


def front_stands(encounter: Encounter, side: str) -> bool:
    """Whether anybody of this side stands in the front row."""
    return any(c.side == side and c.row == "front" and c.standing for c in encounter.combatants.values())


def reach_problem(
    encounter: Encounter, attacker: Combatant, target: Combatant, reach: str, content: Content
) -> OutOfReach | None:
    """Why a single blow of this reach (melee, ranged) cannot be aimed at this foe; None when it can."""
    if target.conditions and bearing.has_trait(target, "untargetable", content):
        return Untargetable(f"{target.name} cannot be made out to aim at.")
    if reach == "ranged":
        return None
    if attacker.row == "back" and front_stands(encounter, attacker.side):
        return OutOfReach(f"{attacker.name} stands in the back row, too far for a blow.")
    if target.row == "back" and front_stands(encounter, target.side):
        return OutOfReach(f"{target.name} stands in the back row, behind others.")
    return None


def reachable(encounter: Encounter, attacker: Combatant, reach: str, content: Content) -> list[Combatant]:
    """The foes that a single blow may be aimed at, by initiative; the taunted must aim at a taunter whom they reach."""
    found = [
        c
        for c in encounter.standing(foes_of(attacker.side))
        if reach_problem(encounter, attacker, c, reach, content) is None
    ]
    if attacker.conditions:
        taunter = bearing.taunter(encounter, attacker, content)
        if taunter is not None and any(c.id == taunter.id for c in found):
            return [taunter]
    return found


def in_sight(encounter: Encounter, attacker: Combatant, content: Content) -> list[Combatant]:
    """The foes that something against everybody reaches."""
    return [
        c
        for c in encounter.standing(foes_of(attacker.side))
        if not c.conditions or not bearing.has_trait(c, "untargetable", content)
    ]


def push(res: Resolution, target_id: str, row: str, by: str = "") -> None:
    """Move the target into `row`; the rooted stay."""
    encounter = _encounter(res)
    target = encounter.get(target_id)
    if target.row == row or bearing.has_trait(target, "rooted", res.content):
        return
    pusher = encounter.combatants.get(by)
    res.emit(ev.RowChanged(target.id, target.name, row, by, pusher.name if pusher else ""))


def add_threat(res: Resolution, holder_id: str, against_id: str, amount: int) -> None:
    """The holder holds so much more against somebody of the other side, or less; never below 0."""
    encounter = _encounter(res)
    holder, against = encounter.get(holder_id), encounter.get(against_id)
    before = holder.threat.get(against_id, 0)
    after = max(0, before + amount)
    if after != before and holder.side != against.side:
        res.emit(ev.ThreatChanged(holder.id, holder.name, against.id, against.name, after - before, after))


def summon(res: Resolution, source_id: str, summoned: Summon) -> None:
    """Creatures join the side of `source_id` and roll for initiative."""
    call(res, source_id, summoned.creature, summoned.count, None)


def summon_group(res: Resolution, source_id: str, group: EncounterGroup) -> None:
    """As a boss phase calls them: more for each hero beyond the first, in the row that the group names."""
    count = group.count + int(group.per_extra_hero * (len(res.state.heroes) - 1))
    call(res, source_id, group.creature, count, row_of(group))


def row_of(group: EncounterGroup) -> str | None:
    """The row that a group names; None leaves it to the creature."""
    return group.row if "row" in group.model_fields_set else None


def call(res: Resolution, source_id: str, creature: str, count: int, row: str | None) -> None:
    """Newcomers take their places in the order of initiative; everybody else keeps place, conditions and counts."""
    encounter = _encounter(res)
    source = encounter.get(source_id)
    count = min(count, MOST_ON_A_SIDE - len(encounter.standing(source.side)))
    if count <= 0:
        return
    before = [c for c in encounter.combatants.values() if c.key == creature]
    joined: list[Combatant] = []
    for number in range(len(before) + 1, len(before) + count + 1):
        fresh = creature_fighter(
            creature, number, res.content, named_alone=number == 1 and count == 1, side=source.side, row=row,
            extra_heroes=len(res.state.heroes) - 1 if source.side == "foes" else 0, summoned_by=source_id,
        )  # fmt: skip
        roll = res.dice.roll(20) + fresh.figures["speed"]
        joined.append(with_initiative(fresh, roll))
    known = {**encounter.combatants, **{c.id: c for c in joined}}
    # Sorting is stable: who was first among equals stays so, and newcomers come last among equals.
    order = tuple(sorted((*encounter.order, *(c.id for c in joined)), key=lambda i: -known[i].initiative))
    res.emit(
        ev.Summoned(
            source.id, source.name, tuple(c.name for c in joined), tuple(c.initiative for c in joined),
            tuple(c.to_json() for c in joined), order, order.index(encounter.order[encounter.index]),
        )
    )  # fmt: skip


def with_initiative(fighter: Combatant, initiative: int) -> Combatant:
    return evolve(fighter, initiative=initiative)


def _encounter(res: Resolution) -> Encounter:
    assert res.state.encounter is not None
    return res.state.encounter
