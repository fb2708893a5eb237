"""How a fight begins: both sides gather and roll initiative (`docs/rules.md`, Encounters)."""

from __future__ import annotations

from api.content.definitions import Outcome
from api.rules import events as ev
from api.rules.battlefield import row_of, with_initiative
from api.rules.combatants import Combatant
from api.rules.encounters.turns import run_until_hero
from api.rules.errors import FightUnderWay
from api.rules.fighters import creature_fighter, hero_fighter
from api.rules.resolution import Resolution


def start_encounter(res: Resolution, key: str) -> Outcome | None:
    """Gather both sides and roll initiative, d20 + speed each; creatures that won it act first.

    Returns the outcome in the rare case that they end the fight before any hero acts. Raises FightUnderWay.
    """
    if res.state.encounter is not None:
        raise FightUnderWay(f"{res.state.encounter.name} is being fought; one fight at a time.")
    definition = res.content.encounters[key]
    heroes = list(res.state.heroes.values())
    extra = len(heroes) - 1
    gathered = [hero_fighter(h, res.content) for h in heroes]
    numbers: dict[str, int] = {}
    for group in definition.groups:
        count = group.count + int(group.per_extra_hero * extra)
        for _ in range(count):
            number = numbers[group.creature] = numbers.get(group.creature, 0) + 1
            gathered.append(
                creature_fighter(
                    group.creature, number, res.content, named_alone=count == 1 and number == 1,
                    row=row_of(group), extra_heroes=extra,
                )
            )  # fmt: skip
    rolled = [with_initiative(c, res.dice.roll(20) + c.figures["speed"]) for c in gathered]
    order = sorted(rolled, key=_place)
    res.emit(
        ev.EncounterStarted(
            key,
            definition.name,
            tuple(c.id for c in order),
            tuple(c.name for c in order),
            tuple(c.initiative for c in order),
            tuple(c.to_json() for c in order),
        )
    )
    return run_until_hero(res, 0)


def _place(fighter: Combatant) -> tuple[int, int, str]:
    """The higher roll goes first, then the faster, then by id."""
    return (-fighter.initiative, -fighter.figures["speed"], fighter.id)
