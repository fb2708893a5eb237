"""What the slice of content promises: enough to show every rule, and nothing in it that nobody could reach or have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.content.catalogue import Content
from api.content.definitions import KINDS, AbilityDef, CampaignDef, Effect, Outcome
from api.content.loader import load_content
from api.content.reach import reach
from api.content.reading import Document
from api.content.sources import Source, Sources
from api.rules.progress import MAX_LEVEL, POINTS_PER_LEVEL, raised_to, why_not_learn, with_skill
from api.services.characters import NewCharacter, new_hero

DATA = Path(__file__).resolve().parents[2] / "data"
CONTENT = load_content(DATA)
MAPPED = CONTENT.campaigns["standing_water"]


def effects(content: Content) -> Iterator[Effect]:
    for ability in content.abilities.values():
        yield from (each for each in (ability.effect, ability.on_self) if each is not None)
    yield from (item.use for item in content.items.values() if item.use is not None)


def outcomes(content: Content) -> Iterator[Outcome]:
    for scene in content.scenes.values():
        for one in scene.affordances:
            yield from (each for each in (one.success, one.failure) if each is not None)
    for fight in content.encounters.values():
        ends = (fight.victory, fight.defeat, fight.flight, fight.parley, fight.surrender)
        yield from (each for each in ends if each is not None)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("classes", 6), ("abilities", 45), ("items", 50), ("affixes", 6), ("item_sets", 2), ("loot_tables", 5),
        ("shops", 3), ("creatures", 24), ("encounters", 12), ("encounter_tables", 3), ("locations", 12),
        ("regions", 2), ("factions", 3), ("npcs", 5), ("quests", 6), ("downtime", 4), ("campaigns", 2),
    ],
)  # fmt: skip
def test_there_is_enough_of_it(kind: str, least: int) -> None:
    assert kind in KINDS
    assert len(getattr(CONTENT, kind)) >= least


@pytest.mark.parametrize("key", sorted(CONTENT.classes))
def test_a_class_grows_along_two_branches_that_no_hero_can_learn_in_full(key: str) -> None:
    tree = [skill for skill in CONTENT.skills.values() if skill.character_class == key]
    assert 6 <= len(tree) <= 9
    assert len({skill.branch for skill in tree}) == 2
    assert sum(skill.cost for skill in tree) > (MAX_LEVEL - 1) * POINTS_PER_LEVEL
    for branch in {skill.branch for skill in tree}:
        assert min(skill.min_level for skill in tree if skill.branch == branch) <= 3
    assert len(CONTENT.classes[key].growth) >= 2


@pytest.mark.parametrize("key", sorted(CONTENT.skills))
def test_every_skill_can_be_learnt(key: str) -> None:
    hero_key = next(
        k for k, one in CONTENT.heroes.items() if one.character_class == CONTENT.skills[key].character_class
    )
    hero = raised_to(new_hero(CONTENT, "h", NewCharacter(hero=hero_key)), MAX_LEVEL, CONTENT)
    wanted = [key]
    while wanted:
        one = wanted[-1]
        lacking = [need for need in CONTENT.skills[one].requires if need not in hero.skills]
        if lacking:
            wanted += lacking
            continue
        if one not in hero.skills:
            assert why_not_learn(hero, one, CONTENT) is None
            hero = with_skill(hero, one, CONTENT)
        wanted.pop()
    assert set(CONTENT.skills[key].abilities) <= set(hero.abilities)
    assert key in hero.skills


def test_every_ability_is_somebodys() -> None:
    owned = {key for one in CONTENT.classes.values() for key in one.abilities}
    for kind in ("skills", "creatures", "items"):
        owned |= {key for one in getattr(CONTENT, kind).values() for key in one.abilities}
    assert set(CONTENT.abilities) - owned == set()


def test_abilities_and_things_show_every_kind_of_effect() -> None:
    shown: Counter[str] = Counter()
    for effect in effects(CONTENT):
        shown.update(name for name in Effect.model_fields if name != "damage_type" and getattr(effect, name))
    assert set(Effect.model_fields) - {"damage_type"} - set(shown) == set()


def test_abilities_show_every_way_of_being_used() -> None:
    def some(found: Iterator[AbilityDef]) -> bool:
        return next(found, None) is not None

    known = list(CONTENT.abilities.values())
    assert {one.reaction.does for one in known if one.reaction} == {
        "strike_back", "brace", "cover", "slip", "use_effect",
    }  # fmt: skip
    assert {one.target for one in known} == {"self", "ally", "enemy", "all_allies", "all_enemies"}
    assert some(one for one in known if one.hits >= 3)
    assert some(one for one in known if one.cooldown and one.cost_mp)
    assert some(one for one in known if one.sure and one.target == "all_enemies")
    assert some(one for one in known if one.on_self is not None)
    assert {one.reach for one in known} == {"melee", "ranged"}


def test_every_condition_is_put_on_by_something() -> None:
    put_on = {"guarded", "marked", "inspired"}  # commands put these on
    for effect in effects(CONTENT):
        put_on |= {one.key for one in effect.afflicts}
    for creature in CONTENT.creatures.values():
        put_on |= {one.condition.key for one in creature.attacks if one.condition}
        put_on |= {one.key for phase in creature.phases for one in phase.conditions}
    assert set(CONTENT.conditions) - put_on == set()


def test_things_show_every_slot_rarity_and_demand() -> None:
    items = list(CONTENT.items.values())
    assert {one.worn_in for one in items if one.worn_in} == {
        "weapon", "offhand", "head", "body", "hands", "feet", "neck", "ring",
    }  # fmt: skip
    assert {one.rarity for one in items} >= {"common", "uncommon", "rare", "epic"}
    assert any(one.two_handed and one.reach == "melee" for one in items)
    assert any(one.two_handed and one.reach == "ranged" for one in items)
    for wanted in ("needs", "classes", "abilities", "affinities", "item_set"):
        assert any(getattr(one, wanted) for one in items), wanted
    assert any(one.min_level > 1 for one in items)
    assert any(one.use and one.use.revive for one in items)
    assert {one.kind for one in CONTENT.affixes.values()} == {"prefix", "suffix"}


def test_two_bosses_change_by_phases_and_call_company() -> None:
    bosses = [one for one in CONTENT.creatures.values() if len(one.phases) >= 2]
    assert len([one for one in bosses if any(phase.summon for phase in one.phases)]) >= 2
    assert all(phase.tactics for one in bosses for phase in one.phases)
    assert len([one for one in CONTENT.creatures.values() if one.tactics]) >= 8
    assert {one.row for one in CONTENT.creatures.values()} == {"front", "back"}
    assert {one.behaviour for one in CONTENT.creatures.values()} == {
        "random", "weakest", "strongest", "vengeful", "threat",
    }  # fmt: skip


def test_fights_end_in_every_way() -> None:
    for way in ("flight", "parley", "surrender"):
        assert len([one for one in CONTENT.encounters.values() if getattr(one, way) is not None]) >= 2, way


def test_deeds_show_every_demand_and_every_kind_of_roll() -> None:
    deeds = [one for key in MAPPED.scenes for one in CONTENT.scenes[key].affordances]
    for name in ("flags", "without", "item", "classes", "disposition", "time"):
        assert any(getattr(one.requires, name) for one in deeds), name
    assert any(one.requires.level > 1 for one in deeds)
    assert any(one.contest for one in deeds) and any(one.group for one in deeds)
    assert {one.stat for one in deeds if one.stat} == {
        "strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma",
    }  # fmt: skip
    told = list(outcomes(CONTENT))
    for name in (
        "reputation",
        "disposition",
        "remember",
        "quest",
        "loot_table",
        "take",
        "hurt",
        "heal",
        "clue",
    ):
        assert any(getattr(one, name) for one in told), name


def test_the_map_has_every_kind_of_place() -> None:
    places = list(CONTENT.locations.values())
    assert {one.rest for one in places} == {"none", "short", "long"}
    assert any(one.rest_price for one in places)
    assert len({key for one in places for key in one.shops}) >= 3
    assert len({key for one in places for key in one.downtime}) >= 4
    assert any(way.danger_percent for one in places for way in one.ways)
    assert any(way.requires.flags for one in places for way in one.ways)
    assert all(region.stages for region in CONTENT.regions.values())
    assert any(stage.flags and stage.without for one in CONTENT.regions.values() for stage in one.stages)


def found_in(key: str) -> set[str]:
    """The items that some party of the campaign can come to hold."""
    sources = Sources()
    for kind in KINDS:
        for name, one in getattr(CONTENT, kind).items():
            sources.add(kind, name, Source(f"{kind}/{name}.yaml", one, Document({}, {})))
    campaign: CampaignDef = CONTENT.campaigns[key]
    return reach(sources, campaign).items


def test_every_thing_can_be_had_somewhere() -> None:
    had = set[str]().union(*(found_in(key) for key in CONTENT.campaigns))
    assert set(CONTENT.items) - had == set()


def test_what_a_thing_asks_for_some_hero_has() -> None:
    heroes = [
        raised_to(new_hero(CONTENT, key, NewCharacter(hero=key)), MAX_LEVEL, CONTENT)
        for key in sorted(CONTENT.heroes)
    ]
    for key, item in CONTENT.items.items():
        fits = [
            hero
            for hero in heroes
            if all(hero.stats[score] >= least for score, least in item.needs.items())
            and (not item.classes or hero.character_class in item.classes)
        ]
        assert fits, key


def test_ready_made_heroes_of_every_class_can_be_chosen() -> None:
    assert {one.character_class for one in CONTENT.heroes.values()} == set(CONTENT.classes)
    assert replace(new_hero(CONTENT, "h", NewCharacter(hero="solace_bright")), id="x").pronouns == "he"
