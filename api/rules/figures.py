"""What a hero amounts to: the six scores and all derived figures, each with a receipt of what made it.

Pure: the same sheet and content give the same figures. Conditions are not in here; they sit on combatants and are added
there. Every formula is a line of `docs/rules.md`, Sheets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from api.content.catalogue import Content
from api.content.definitions import AffixDef, BonusTo, ClassDef, ItemDef, StatName
from api.rules.bearing import combined
from api.rules.state import Hero

SCORES: tuple[StatName, ...] = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
FIGURES = ("hp", "mp", "attack", "magic", "defence", "resistance", "speed", "hit", "evade", "crit", "block")
LEAST: Mapping[str, int] = {**dict.fromkeys(SCORES, 1), "hp": 1, "mp": 0, "crit": 0, "block": 0}
MOST: Mapping[str, int] = {"crit": 5, "block": 10}
CRIT = 1
WOUND_PERCENT = 10
GROWTH_EVERY = 4
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Contribution:
    """One line of a receipt: `amount` is added to `stat`.

    `kind` is class, level, origin, skill, item, affix, set, ability (a score's modifier), condition, wound or cap (what
    a limit takes or gives); `source` is the name that a player knows.
    """

    stat: str
    amount: int
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class EffectiveStats:
    """`values` holds the six scores and the eleven figures; each is the sum of its lines in `receipt`.

    `affinities` maps a damage type to weak, resist or immune. `abilities` are those of the sheet and of what is worn.
    """

    values: Mapping[str, int]
    affinities: Mapping[str, str]
    abilities: tuple[str, ...]
    receipt: tuple[Contribution, ...]

    def modifier(self, score: str) -> int:
        """Of an effective score, as checks, attacks and damage use it."""
        return modifier(self.values[score])

    def lines(self, stat: str) -> tuple[Contribution, ...]:
        """What made this score or figure."""
        return tuple(line for line in self.receipt if line.stat == stat)


def modifier(score: int) -> int:
    """What a score adds: 10 and 11 nothing, each two points more one more."""
    return (score - 10) // 2


def training(level: int) -> int:
    """What practice adds to hit at a level: 2, and one more at levels 5, 9, 13 and 17."""
    return 2 + (level - 1) // 4


def growth(character_class: ClassDef, level: int) -> dict[str, int]:
    """By how much each score has grown by this level: one point at levels 4, 8, 12, 16 and 20, in the class's order."""
    grown: dict[str, int] = {}
    for step in range(level // GROWTH_EVERY if character_class.growth else 0):
        score = character_class.growth[step % len(character_class.growth)]
        grown[score] = grown.get(score, 0) + 1
    return grown


def item_key(carried: str) -> str:
    """The key of the item of a carried id: `key`, or `key~token` for one found with affixes."""
    return carried.partition("~")[0]


class Worn(NamedTuple):
    """Something that a hero wears or wields."""

    slot: str
    carried: str
    item: ItemDef
    affixes: tuple[AffixDef, ...]


def worn_items(hero: Hero, content: Content) -> Iterator[Worn]:
    """Everything worn. What content no longer knows counts for nothing."""
    for slot, carried in hero.equipment.items():
        item = content.items.get(item_key(carried))
        if item is not None:
            rolled = hero.rolled.get(carried)
            keys = rolled.affixes if rolled is not None else ()
            yield Worn(slot, carried, item, tuple(content.affixes[k] for k in keys if k in content.affixes))


def refreshed(hero: Hero, content: Content, *, rises: bool = False) -> Hero:
    """The hero with maxima and evade as they follow from the sheet, whatever changed it (gear, wounds, skills, level).

    HP and MP are cut to the maxima; only with `rises` (a level) they also rise by what the maxima rise, so that nobody
    heals by changing clothes.
    """
    values = effective_stats(hero, content).values
    hp, mp = hero.hp, hero.mp
    if rises:
        hp += max(0, values["hp"] - hero.hp_max)
        mp += max(0, values["mp"] - hero.mp_max)
    return replace(
        hero, hp_max=values["hp"], mp_max=values["mp"], evade=values["evade"],
        hp=min(hp, values["hp"]), mp=min(mp, values["mp"]),
    )  # fmt: skip


# The content of each entry is held and compared, so that a key can never answer for other content.
_remembered: dict[tuple[object, ...], tuple[Content, EffectiveStats]] = {}


def effective_stats(hero: Hero, content: Content) -> EffectiveStats:
    """All figures of a hero as the sheet stands (`docs/rules.md`, Sheets), conditions aside."""
    worn = tuple(hero.equipment.items())
    key = (
        id(content), hero.character_class, hero.origin, hero.level, hero.wounds, hero.skills, hero.abilities,
        worn, tuple(hero.stats.items()), tuple(hero.rolled.get(carried) for _slot, carried in worn),
    )  # fmt: skip
    known = _remembered.get(key)
    if known is not None and known[0] is content:
        return known[1]
    found = _work_out(hero, content)
    if len(_remembered) >= _REMEMBERED:
        _remembered.clear()
    _remembered[key] = (content, found)
    return found


def _work_out(hero: Hero, content: Content) -> EffectiveStats:
    worn = tuple(worn_items(hero, content))
    receipt = [
        *_own_scores(hero, content), *_skills(hero, content), *_gear(worn), *_sets(worn, content)
    ]  # fmt: skip
    values = dict.fromkeys((*SCORES, *FIGURES), 0)
    for line in receipt:
        values[line.stat] += line.amount
    for score in SCORES:
        _limit(score, values, receipt)
    derived = list(_derived(hero, content.classes[hero.character_class], values))
    for line in derived:
        values[line.stat] += line.amount
    receipt += derived
    if hero.wounds > 0:
        lost = -(-max(0, values["hp"]) * WOUND_PERCENT * hero.wounds // 100)
        values["hp"] -= lost
        receipt.append(Contribution("hp", -lost, "wound", "wounds"))
    for figure in FIGURES:
        _limit(figure, values, receipt)
    return EffectiveStats(
        MappingProxyType(values), MappingProxyType(_affinities(worn)), _abilities(hero, worn),
        tuple(line for line in receipt if line.amount),
    )  # fmt: skip


def _own_scores(hero: Hero, content: Content) -> Iterator[Contribution]:
    """The sheet's own scores, told apart by where they come from; the sheet is right, whatever the class now says."""
    character_class = content.classes[hero.character_class]
    origin = content.origins.get(hero.origin)
    for score in SCORES:
        left: int = hero.stats[score] - getattr(character_class.stats, score)
        yield Contribution(score, hero.stats[score] - left, "class", character_class.name)
        if origin is not None:
            bonus = origin.bonus.get(score, 0)
            left -= bonus
            yield Contribution(score, bonus, "origin", origin.name)
        yield Contribution(score, left, "level", "growth")


def _skills(hero: Hero, content: Content) -> Iterator[Contribution]:
    for key in hero.skills:
        skill = content.skills.get(key)
        if skill is not None:
            yield from _bonuses(skill.bonuses, "skill", skill.name)


def _gear(worn: tuple[Worn, ...]) -> Iterator[Contribution]:
    for each in worn:
        yield from _bonuses(each.item.bonuses, "item", each.item.name)
        for affix in each.affixes:
            yield from _bonuses(affix.bonuses, "affix", affix.name)


def _sets(worn: tuple[Worn, ...], content: Content) -> Iterator[Contribution]:
    pieces: dict[str, set[str]] = {}
    for each in worn:
        if each.item.item_set is not None:
            pieces.setdefault(each.item.item_set, set()).add(item_key(each.carried))
    for key, different in pieces.items():
        item_set = content.item_sets.get(key)
        if item_set is not None:
            for step in item_set.steps:
                if len(different) >= step.pieces:
                    yield from _bonuses(step.bonuses, "set", item_set.name)


def _bonuses(bonuses: Mapping[BonusTo, int], kind: str, source: str) -> Iterator[Contribution]:
    for stat, amount in bonuses.items():
        yield Contribution(stat, amount, kind, source)


def _derived(hero: Hero, character_class: ClassDef, values: Mapping[str, int]) -> Iterator[Contribution]:
    name, above = character_class.name, hero.level - 1
    constitution, dexterity = modifier(values["constitution"]), modifier(values["dexterity"])
    yield Contribution("hp", character_class.hp, "class", name)
    yield Contribution("hp", constitution, "ability", "constitution")
    yield Contribution("hp", above * max(1, character_class.hp_per_level + constitution), "level", "level")
    yield Contribution("mp", character_class.mp, "class", name)
    yield Contribution("mp", above * character_class.mp_per_level, "level", "level")
    yield Contribution("attack", above // 3, "level", "level")
    yield Contribution("magic", above // 3, "level", "level")
    yield Contribution("speed", dexterity, "ability", "dexterity")
    yield Contribution("hit", training(hero.level), "level", "training")
    yield Contribution("evade", character_class.evade, "class", name)
    yield Contribution("evade", dexterity, "ability", "dexterity")
    yield Contribution("crit", CRIT, "class", name)


def _limit(stat: str, values: dict[str, int], receipt: list[Contribution]) -> None:
    value = values[stat]
    limited = min(max(value, LEAST.get(stat, value)), MOST.get(stat, max(value, LEAST.get(stat, value))))
    if limited != value:
        values[stat] = limited
        receipt.append(Contribution(stat, limited - value, "cap", "limit"))


def _affinities(worn: tuple[Worn, ...]) -> dict[str, str]:
    """Several sources for one type: immune wins, weak and resist cancel."""
    found: dict[str, set[str]] = {}
    for each in worn:
        for source in (each.item.affinities, *(affix.affinities for affix in each.affixes)):
            for damage_type, affinity in source.items():
                found.setdefault(damage_type, set()).add(affinity)
    return {damage_type: one for damage_type, several in found.items() if (one := combined(several))}


def _abilities(hero: Hero, worn: tuple[Worn, ...]) -> tuple[str, ...]:
    lent = (ability for each in worn for ability in each.item.abilities)
    return tuple(dict.fromkeys((*hero.abilities, *lent)))
