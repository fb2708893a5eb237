"""What a hero amounts to: every figure by its formula, with a receipt that adds up to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.rules.figures import FIGURES, SCORES, EffectiveStats, effective_stats, refreshed, training
from api.rules.progress import raised_to
from api.rules.state import Hero
from tests.rules.smithy import forge, item, rolled, smith


@pytest.fixture(scope="module")
def world(content: Content) -> Content:
    return forge(content)


def lines(found: EffectiveStats, stat: str) -> list[tuple[int, str, str]]:
    return [(line.amount, line.kind, line.source) for line in found.lines(stat)]


def test_a_bare_hero_is_class_origin_and_scores(world: Content) -> None:
    found = effective_stats(smith(), world)
    assert dict(found.values) == {
        "strength": 14, "dexterity": 12, "constitution": 13, "intelligence": 10, "wisdom": 10, "charisma": 10,
        "hp": 11, "mp": 4, "attack": 0, "magic": 0, "defence": 0, "resistance": 0, "speed": 1, "hit": 2,
        "evade": 11, "crit": 1, "block": 0,
    }  # fmt: skip
    assert lines(found, "dexterity") == [(10, "class", "Smith"), (2, "origin", "Village")]
    assert lines(found, "evade") == [(10, "class", "Smith"), (1, "ability", "dexterity")]


def test_hp_and_mp_grow_with_the_level(world: Content) -> None:
    """10 + 1 at first, then 5 + 1 a level; 4 MP, then 2 a level."""
    found = effective_stats(smith(level=5), world)
    assert (found.values["hp"], found.values["mp"]) == (11 + 4 * 6, 4 + 4 * 2)


def test_a_frail_hero_still_gains_one_hp_a_level(world: Content) -> None:
    frail = smith(level=3, stats={**smith().stats, "constitution": 1})
    assert effective_stats(frail, world).values["hp"] == 10 - 5 + 2 * 1


def test_levels_add_to_hit_attack_and_magic(world: Content) -> None:
    assert [training(level) for level in (1, 4, 5, 8, 9, 13, 17, 20)] == [2, 2, 3, 3, 4, 5, 6, 6]
    for level, step in ((1, 0), (3, 0), (4, 1), (10, 3), (20, 6)):
        found = effective_stats(smith(level=level), world).values
        assert (found["attack"], found["magic"], found["hit"]) == (step, step, training(level))


def test_what_is_worn_counts_and_what_lies_in_the_bag_does_not(world: Content) -> None:
    hero = smith(inventory={"mail": 1, "cap": 1, "shield": 1})
    assert effective_stats(hero, world).values["defence"] == 0
    worn = replace(hero, equipment={"body": "mail", "head": "cap"})
    found = effective_stats(worn, world)
    assert (found.values["defence"], found.values["hp"], found.values["block"]) == (4, 15, 0)
    assert lines(found, "defence") == [(3, "item", "the mail"), (1, "item", "the cap")]


def test_a_bonus_to_a_score_moves_what_follows_from_it(world: Content) -> None:
    girdle = item("trinket", slot="neck", bonuses={"constitution": 3, "dexterity": 2})
    hero = smith(inventory={"girdle": 1}, equipment={"neck": "girdle"}, level=2)
    found = effective_stats(hero, forge(world, items={"girdle": girdle}))
    assert found.values["constitution"] == 16 and found.modifier("constitution") == 3
    assert found.values["hp"] == 10 + 3 + (5 + 3)
    assert (found.values["speed"], found.values["evade"]) == (2, 12)


def test_skills_affixes_and_sets_add_their_bonuses(world: Content) -> None:
    hero = smith(
        skills=("forge_fire", "steel"), inventory={"sword~aa": 1, "mail": 1, "boots": 1},
        rolled={"sword~aa": rolled("sword", "keen", "lucky")},
        equipment={"weapon": "sword~aa", "body": "mail", "feet": "boots"},
    )  # fmt: skip
    found = effective_stats(hero, world)
    assert lines(found, "magic") == [(1, "skill", "Forge Fire")]
    assert lines(found, "crit") == [(1, "affix", "prefix"), (1, "class", "Smith")]
    assert lines(found, "resistance") == [(2, "set", "Suit")]
    assert found.values["hp"] == 11 + 5 + 4
    alone = replace(hero, equipment={"body": "mail"})
    assert effective_stats(alone, world).values["resistance"] == 0


def test_affinities_of_several_things_combine(world: Content) -> None:
    hero = smith(
        inventory={"ring~a": 1, "sword~b": 1},
        rolled={"ring~a": rolled("ring", "lucky"), "sword~b": rolled("sword", "lucky")},
        equipment={"ring": "ring~a", "weapon": "sword~b"},
    )
    assert dict(effective_stats(hero, world).affinities) == {"fire": "resist", "frost": "weak"}
    warded = item("armour", affinities={"fire": "weak", "frost": "immune"})
    both = replace(
        hero, inventory={**hero.inventory, "robe": 1}, equipment={**hero.equipment, "body": "robe"}
    )  # fmt: skip
    assert dict(effective_stats(both, forge(world, items={"robe": warded})).affinities) == {"frost": "immune"}


def test_worn_things_lend_their_abilities(world: Content) -> None:
    hero = smith(inventory={"ring": 1})
    assert effective_stats(hero, world).abilities == ("hammer",)
    assert effective_stats(replace(hero, equipment={"ring": "ring"}), world).abilities == ("hammer", "ember")


def test_a_wound_takes_a_tenth_of_the_hp(world: Content) -> None:
    """Of 11: a tenth is 2 (rounded up), three tenths are 4."""
    for wounds, left in ((0, 11), (1, 9), (2, 8), (3, 7)):
        assert effective_stats(smith(wounds=wounds), world).values["hp"] == left
    assert lines(effective_stats(smith(wounds=1), world), "hp")[-1] == (-2, "wound", "wounds")


def test_figures_stay_within_their_limits(world: Content) -> None:
    sharp = item(
        "weapon", damage="1d4", bonuses={"crit": 9, "block": 30, "hp": -99, "mp": -99, "wisdom": -40}
    )
    hero = smith(inventory={"odd": 1}, equipment={"weapon": "odd"})
    found = effective_stats(hero, forge(world, items={"odd": sharp}))
    names = ("crit", "block", "hp", "mp", "wisdom")
    assert [found.values[k] for k in names] == [5, 10, 1, 0, 1]
    assert lines(found, "crit")[-1] == (-5, "cap", "limit")


def test_changing_clothes_heals_nobody_and_a_level_does(world: Content) -> None:
    hero = smith(hp=5, inventory={"mail": 1}, equipment={"body": "mail"})
    dressed = refreshed(hero, world)
    assert (dressed.hp, dressed.hp_max) == (5, 15)
    bare = refreshed(replace(dressed, hp=15, equipment={}), world)
    assert (bare.hp, bare.hp_max) == (11, 11)
    grown = refreshed(replace(bare, level=2, hp=3), world, rises=True)
    assert (grown.hp, grown.hp_max, grown.mp) == (3 + 6, 17, 6)


def test_what_content_no_longer_knows_counts_for_nothing(world: Content) -> None:
    hero = smith(skills=("gone",), inventory={"gone": 1}, equipment={"head": "gone"}, origin="gone")
    assert effective_stats(hero, world).values["hp"] == 11


def test_figures_of_other_content_are_not_remembered(world: Content) -> None:
    hero = smith(inventory={"mail": 1}, equipment={"body": "mail"})
    before = effective_stats(hero, world).values["defence"]
    heavier = forge(world, items={"mail": item("armour", bonuses={"defence": 9})})
    assert (before, effective_stats(hero, heavier).values["defence"]) == (3, 9)
    assert effective_stats(hero, world).values["defence"] == 3


WORN: dict[str, list[str]] = {
    "weapon": ["sword", "maul", "sword~x"], "offhand": ["shield"], "head": ["crown", "cap"], "body": ["mail"],
    "feet": ["boots"], "ring": ["ring"],
}  # fmt: skip


@st.composite
def heroes(draw: Any) -> Hero:
    worn = {slot: draw(st.sampled_from(keys)) for slot, keys in WORN.items() if draw(st.booleans())}
    learnt = draw(st.lists(st.sampled_from(["forge_fire", "hot_iron", "steel"]), unique=True))
    scores = {score: draw(st.integers(1, 30)) for score in SCORES}
    return smith(
        stats=scores, equipment=worn, inventory=dict.fromkeys(worn.values(), 1), skills=tuple(learnt),
        rolled={"sword~x": rolled("sword", "fine", "lucky")}, wounds=draw(st.integers(0, 3)),
        level=draw(st.integers(1, 20)),
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(hero=heroes())
def test_r7_every_figure_is_the_sum_of_its_receipt(content: Content, hero: Hero) -> None:
    found = effective_stats(hero, forge(content))
    assert set(found.values) == set(SCORES) | set(FIGURES)
    for stat, value in found.values.items():
        assert sum(line.amount for line in found.lines(stat)) == value, stat
    assert found.values["hp"] >= 1 and found.values["mp"] >= 0


def test_every_class_grows_and_never_shrinks(content: Content) -> None:
    for key in content.classes:
        hero = smith(character_class=key, origin="noble_exile")
        before = effective_stats(hero, content).values
        for level in range(2, 21):
            hero = raised_to(hero, level, content)
            now = effective_stats(hero, content).values
            assert all(now[stat] >= before[stat] for stat in now) and now["hp"] > before["hp"]
            before = now
