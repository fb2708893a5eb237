"""How heroes grow: XP, levels, skill points, skill trees and starting anew (`docs/rules.md`, Progress)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from api.content.catalogue import Content
from api.content.definitions import SkillDef
from api.rules import events as ev
from api.rules.equipment import figures_of
from api.rules.errors import NoSkillPoints, NoSkills, NotEnoughGold, RuleError, SkillLocked
from api.rules.figures import growth, refreshed
from api.rules.state import Hero

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

MAX_LEVEL = 20
XP_STEP = 50
POINTS_PER_LEVEL = 1
RESPEC_PRICE = 25


def xp_for(level: int) -> int:
    """All the XP that a level takes: 50 x L x (L - 1)."""
    return XP_STEP * level * (level - 1)


def level_for(xp: int) -> int:
    """The level, 1 to 20, of a hero with so many XP."""
    level = 1
    while level < MAX_LEVEL and xp >= xp_for(level + 1):
        level += 1
    return level


def gain_xp(res: Resolution, hero_id: str, amount: int) -> None:
    """XP for a hero. Levels follow at once, in a fight only when `settle` is called at its end."""
    hero = res.state.hero(hero_id)
    if amount:
        res.emit(ev.XpGained(hero.id, hero.name, amount, hero.xp + amount))
    if res.state.encounter is None:
        settle(res, hero_id)


def settle(res: Resolution, hero_id: str) -> None:
    """Every level that the hero's XP have earned, one event each."""
    while (hero := res.state.hero(hero_id)).level < level_for(hero.xp):
        grown = level_up(hero, res.content)
        stats = {k: n for k, n in grown.stats.items() if n != hero.stats[k]}
        res.emit(
            ev.LevelGained(
                hero.id, hero.name, grown.level, stats, grown.skill_points, **figures_of(grown)
            )
        )  # fmt: skip


def level_up(hero: Hero, content: Content) -> Hero:
    """The hero one level higher: growth, a skill point, and HP and MP by what their maxima rise."""
    character_class = content.classes[hero.character_class]
    before, after = growth(character_class, hero.level), growth(character_class, hero.level + 1)
    stats = {k: n + after.get(k, 0) - before.get(k, 0) for k, n in hero.stats.items()}
    grown = replace(
        hero, level=hero.level + 1, stats=stats, skill_points=hero.skill_points + POINTS_PER_LEVEL
    )  # fmt: skip
    return refreshed(grown, content, rises=True)


def raised_to(hero: Hero, level: int, content: Content) -> Hero:
    """The hero at that level at least (up to 20), with its XP and unspent skill points, healed; never lowered."""
    if hero.level >= level:
        return hero
    while hero.level < min(level, MAX_LEVEL):
        hero = level_up(hero, content)
    return replace(hero, xp=max(hero.xp, xp_for(hero.level)), hp=hero.hp_max, mp=hero.mp_max)


def trained(hero: Hero, content: Content) -> Hero:
    """The hero with its skill points spent on what can be learnt, by key. For tests, bots and benchmarks."""
    while True:
        key = next((k for k in tree_of(hero, content) if why_not_learn(hero, k, content) is None), None)
        if key is None:
            return replace(hero, hp=hero.hp_max, mp=hero.mp_max)
        hero = with_skill(hero, key, content)


def tree_of(hero: Hero, content: Content) -> Iterator[str]:
    """The nodes of the hero's class, by key."""
    return (k for k, s in content.skills.items() if s.character_class == hero.character_class)


def why_not_learn(hero: Hero, key: str, content: Content) -> RuleError | None:
    """The refusal that learning it now would meet; None when it is open."""
    skill = content.skills.get(key)
    if skill is None or skill.character_class != hero.character_class:
        return SkillLocked(f"'{key}' is no skill of {hero.name}'s class.")
    if key in hero.skills:
        return SkillLocked(f"{hero.name} knows {skill.name} already.")
    if hero.level < skill.min_level:
        return SkillLocked(
            f"{skill.name} needs level {skill.min_level}; {hero.name} is at level {hero.level}."
        )
    lacking = [
        content.skills[k].name if k in content.skills else k for k in skill.requires if k not in hero.skills
    ]
    if lacking:
        return SkillLocked(f"{skill.name} builds on {' and '.join(lacking)}; learn that first.")
    if hero.skill_points < skill.cost:
        return NoSkillPoints(
            f"{skill.name} costs {_points(skill.cost)}; {hero.name} has {hero.skill_points}."
        )
    return None


def _points(count: int) -> str:
    return "1 skill point" if count == 1 else f"{count} skill points"


def with_skill(hero: Hero, key: str, content: Content) -> Hero:
    """The hero with the skill, paid for, figures refreshed."""
    skill = content.skills[key]
    fresh = _taught(hero, skill)
    return refreshed(
        replace(
            hero, skills=(*hero.skills, key), abilities=(*hero.abilities, *fresh),
            skill_points=hero.skill_points - skill.cost,
        ),
        content,
    )  # fmt: skip


def _taught(hero: Hero, skill: SkillDef) -> tuple[str, ...]:
    return tuple(a for a in skill.abilities if a not in hero.abilities)


def learn(res: Resolution, hero_id: str, key: str) -> None:
    """Raises SkillLocked, NoSkillPoints."""
    hero = res.state.hero(hero_id)
    refusal = why_not_learn(hero, key, res.content)
    if refusal is not None:
        raise refusal
    after = with_skill(hero, key, res.content)
    skill = res.content.skills[key]
    res.emit(
        ev.SkillLearned(
            hero.id, hero.name, key, skill.name, _taught(hero, skill), after.skill_points, **figures_of(after)
        )
    )


def respec_price(hero: Hero) -> int:
    """Gold for giving all skills back: 25 for each level."""
    return RESPEC_PRICE * hero.level


def why_not_respec(hero: Hero) -> RuleError | None:
    if not hero.skills:
        return NoSkills(f"{hero.name} has learnt no skills that could be given back.")
    price = respec_price(hero)
    if hero.gold < price:
        return NotEnoughGold(f"Starting anew costs {price} gold; {hero.name} has {hero.gold}.")
    return None


def respec(res: Resolution, hero_id: str) -> None:
    """Give all skills back for gold; the points return. Raises NoSkills, NotEnoughGold."""
    hero = res.state.hero(hero_id)
    refusal = why_not_respec(hero)
    if refusal is not None:
        raise refusal
    content, price = res.content, respec_price(hero)
    own = content.classes[hero.character_class].abilities
    learnt = [content.skills[k] for k in hero.skills if k in content.skills]
    taught = {a for skill in learnt for a in skill.abilities} - set(own)
    # What content no longer knows still cost a point.
    returned = sum(skill.cost for skill in learnt) + len(hero.skills) - len(learnt)
    bare = replace(
        hero, skills=(), abilities=tuple(a for a in hero.abilities if a not in taught),
        skill_points=hero.skill_points + returned,
    )  # fmt: skip
    after = refreshed(bare, content)
    res.emit(
        ev.SkillsReset(
            hero.id,
            hero.name,
            price,
            hero.gold - price,
            after.skill_points,
            after.abilities,
            **figures_of(after),
        )
    )
