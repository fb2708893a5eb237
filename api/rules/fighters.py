"""Combatants as they come into a fight: heroes from sheets, creatures from content, and old saved fights renewed."""

from __future__ import annotations

from collections.abc import Iterable

from api.content.catalogue import Content
from api.content.definitions import CreatureDef
from api.rules.combatants import Combatant, Encounter, evolve
from api.rules.figures import effective_stats
from api.rules.state import Hero, PlayState

NOT_FOUGHT_WITH = ("hp", "mp")  # a combatant's maxima stand beside its figures
LOST = CreatureDef.model_validate(
    {
        "name": "Stranger", "summary": "A creature that content no longer has.", "stats": {}, "hp": 1, "evade": 10,
        "xp": 0, "down": ["{target} falls."],
        "attacks": [
            {"name": "Blow", "verb": "strikes", "damage": "1d4", "damage_type": "bludgeoning", "to_hit": 2}
        ],
    }
)  # fmt: skip


def creature_of(combatant: Combatant, content: Content) -> CreatureDef:
    """What a creature in a fight is. One that content has lost since goes on with plain blows and leaves nothing."""
    return content.creatures.get(combatant.key, LOST)


def hero_fighter(hero: Hero, content: Content) -> Combatant:
    """A hero enters with the sheet's HP and MP as they are, its evade and maxima, and the abilities of what is worn."""
    own = effective_stats(hero, content)
    figures = {k: n for k, n in own.values.items() if k not in NOT_FOUGHT_WITH}
    figures["evade"] = hero.evade
    return Combatant(
        id=hero.id, name=hero.name, is_hero=True, key=hero.id, hp=hero.hp, hp_max=hero.hp_max, mp=hero.mp,
        mp_max=hero.mp_max, figures=figures, side="party", row=hero.row, affinities=dict(own.affinities),
        abilities=own.abilities, reactions=reactions_of(own.abilities, content),
    )  # fmt: skip


def creature_fighter(
    key: str,
    number: int,
    content: Content,
    *,
    named_alone: bool,
    side: str = "foes",
    row: str | None = None,
    extra_heroes: int = 0,
    summoned_by: str = "",
) -> Combatant:
    """The `number`th of a kind, with more HP for each hero beyond the first; `named_alone` leaves the number off."""
    creature = content.creatures[key]
    hp = creature.hp + creature.hp_per_extra_hero * extra_heroes
    affinities = {str(k): str(a) for k, a in creature.affinities.items()}
    return Combatant(
        id=f"{key}.{number}", name=creature.name if named_alone else f"{creature.name} {number}", is_hero=False,
        key=key, hp=hp, hp_max=hp, mp=creature.mp, mp_max=creature.mp, figures=creature_figures(creature, content),
        side=side, row=row or creature.row, affinities=affinities, abilities=creature.abilities,
        reactions=reactions_of(creature.abilities, content), summoned_by=summoned_by,
    )  # fmt: skip


def creature_figures(creature: CreatureDef, content: Content) -> dict[str, int]:
    """Scores, what the definition states, speed by dexterity, and what passive abilities add."""
    figures = {
        **creature.stats.model_dump(),
        "attack": 0, "magic": 0, "defence": creature.defence, "resistance": creature.resistance,
        "speed": (creature.stats.dexterity - 10) // 2, "hit": 0, "evade": creature.evade,
        "crit": creature.crit, "block": creature.block,
    }  # fmt: skip
    for key in creature.abilities:
        for name, amount in content.abilities[key].bonuses.items():
            if name in figures:
                figures[name] += amount
    return figures


def reactions_of(abilities: Iterable[str], content: Content) -> tuple[str, ...]:
    """Those that go off by themselves."""
    return tuple(k for k in abilities if k in content.abilities and content.abilities[k].reaction is not None)


def is_old(encounter: Encounter) -> bool:
    """Whether an older rules version saved this fight: its combatants bring no scores along.

    Who was there first tells, since a fight is renewed as a whole and only newcomers are added to it.
    """
    return "strength" not in next(iter(encounter.combatants.values())).figures


def renewed(state: PlayState, content: Content) -> PlayState:
    """An old fight with figures, rows and abilities from sheets and content; HP, MP and conditions stay as they are."""
    assert state.encounter is not None
    fresh: dict[str, Combatant] = {}
    for old in state.encounter.combatants.values():
        if old.is_hero and old.id in state.heroes:
            model = hero_fighter(state.heroes[old.id], content)
        elif not old.is_hero and old.key in content.creatures:
            model = creature_fighter(old.key, 1, content, named_alone=True)
        else:  # a creature that content no longer has fights on as an ordinary one
            model = evolve(old, figures={**dict.fromkeys(_SCORES, 10), "evade": old.evade})
        fresh[old.id] = evolve(
            old, figures={**model.figures, "evade": old.evade}, row=model.row, affinities=model.affinities,
            abilities=model.abilities, reactions=model.reactions,
        )  # fmt: skip
    return evolve(state, encounter=evolve(state.encounter, combatants=fresh))


_SCORES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
