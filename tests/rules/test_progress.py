"""Growing: XP, levels, skill points, trees and starting anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules import progress
from api.rules.errors import IllegalAction, NoSkillPoints, NotEnoughGold, SkillLocked
from api.rules.figures import effective_stats
from api.rules.resolution import Resolution
from api.rules.state import Hero
from tests.fakes.dice import LoadedDice
from tests.rules.smithy import at_table, do, forge, resolution, skill, smith


@pytest.fixture(scope="module")
def world(content: Content) -> Content:
    return forge(content)


def test_the_xp_of_a_level_are_fifty_times_level_times_the_level_before(world: Content) -> None:
    assert [progress.xp_for(level) for level in (1, 2, 3, 10, 20)] == [0, 100, 300, 4_500, 19_000]
    for level in range(1, 21):
        assert progress.level_for(progress.xp_for(level)) == level
        assert level == 1 or progress.level_for(progress.xp_for(level) - 1) == level - 1
    assert progress.level_for(10**9) == 20


def test_a_level_comes_with_its_xp_and_heals_what_it_adds(world: Content) -> None:
    res = resolution(world, smith(hp=3, mp=0, xp=90))
    res.gain_xp("ann", 9)
    assert [type(e) for e in res.events] == [ev.XpGained]
    res.gain_xp("ann", 1)
    level = res.events[-1]
    assert level == ev.LevelGained("ann", "Ann", 2, {}, 1, 17, 6, 11, 9, 2)
    hero = res.state.hero("ann")
    assert (hero.level, hero.xp, hero.hp, hero.hp_max, hero.mp, hero.skill_points) == (2, 100, 9, 17, 2, 1)


def test_many_xp_are_many_levels_one_event_each(world: Content) -> None:
    res = resolution(world, smith())
    res.gain_xp("ann", 1_000)
    levels = [e.level for e in res.events if isinstance(e, ev.LevelGained)]
    assert levels == [2, 3, 4, 5]
    hero = res.state.hero("ann")
    assert hero.hp == hero.hp_max == effective_stats(hero, world).values["hp"]


def test_no_level_comes_after_the_twentieth(world: Content) -> None:
    res = resolution(world, smith())
    res.gain_xp("ann", 1_000_000)
    res.gain_xp("ann", 5)
    hero = res.state.hero("ann")
    assert (hero.level, hero.xp, hero.skill_points) == (20, 1_000_005, 19)


def test_the_classes_scores_grow_at_every_fourth_level_in_turn(world: Content) -> None:
    hero, seen = smith(), []
    for _ in range(19):
        grown = progress.level_up(hero, world)
        seen += [(grown.level, k) for k, n in grown.stats.items() if n != hero.stats[k]]
        hero = grown
    assert seen == [(4, "strength"), (8, "dexterity"), (12, "strength"), (16, "dexterity"), (20, "strength")]
    res = resolution(world, progress.raised_to(smith(), 3, world))
    res.gain_xp("ann", 300)
    assert res.events[-1] == ev.LevelGained("ann", "Ann", 4, {"strength": 15}, 3, 29, 10, 11, 29, 10)


def test_levels_earned_in_a_fight_come_at_its_end(content: Content, world: Content) -> None:
    from api.rules.encounters import start_encounter

    state = replace(at_table(world, smith()), scene="drowned_library")
    res = Resolution(state, LoadedDice(1.0), world)
    start_encounter(res, "inkhounds")
    assert res.state.encounter is not None
    res.gain_xp("ann", 100)
    assert not any(isinstance(e, ev.LevelGained) for e in res.events)
    res.emit(ev.EncounterEnded("inkhounds", "Inkhounds", "victory", 1, 0))
    progress.settle(res, "ann")
    assert isinstance(res.events[-1], ev.LevelGained)


def test_a_hero_can_be_raised_to_a_level(world: Content) -> None:
    hero = progress.raised_to(smith(hp=1), 10, world)
    assert (hero.level, hero.xp, hero.skill_points, hero.hp) == (10, 4_500, 9, hero.hp_max)
    assert progress.raised_to(hero, 4, world) is hero
    assert progress.raised_to(smith(), 99, world).level == 20
    res = resolution(world, smith())
    res.gain_xp("ann", 4_500)
    assert replace(res.state.hero("ann"), gold=0) == progress.raised_to(smith(), 10, world)


def test_a_campaign_raises_heroes_to_its_level(world: Content) -> None:
    story = world.campaigns["low_water_ledger"].model_copy(update={"level": 4})
    later = replace(world, campaigns={"low_water_ledger": story})
    veteran = progress.raised_to(smith("bo"), 7, world)
    begun = at_table(later, smith("ann", gold=3), veteran)
    assert begun.hero("ann") == progress.raised_to(smith("ann", gold=3), 4, world)
    assert begun.hero("bo") is veteran


def test_a_trained_hero_has_spent_what_it_could(world: Content) -> None:
    hero = progress.trained(progress.raised_to(smith(), 6, world), world)
    assert hero.skills == ("forge_fire", "hot_iron", "steel") and hero.skill_points == 0


# --- the tree ----------------------------------------------------------------------------------------------------


def test_a_skill_is_learnt_for_its_points(world: Content) -> None:
    state = at_table(world, smith(level=3, skill_points=2, skills=("forge_fire",), hp=11))
    done = do(world, state, cmd.LearnSkill("ann", "hot_iron"))
    hero = done.state.hero("ann")
    assert hero.skills == ("forge_fire", "hot_iron") and hero.abilities == ("hammer", "spin")
    assert done.events == (
        ev.SkillLearned("ann", "Ann", "hot_iron", "Hot Iron", ("spin",), 1, 23, 8, 11, 11, 4),
    )


def test_a_skills_bonus_shows_on_the_sheet(world: Content) -> None:
    done = do(world, at_table(world, smith(skill_points=3)), cmd.LearnSkill("ann", "steel"))
    assert (done.state.hero("ann").hp_max, done.state.hero("ann").hp) == (16, 11)


@pytest.mark.parametrize(
    ("hero", "key", "refusal", "says"),
    [
        (smith(skill_points=9), "hot_iron", SkillLocked, "needs level 3"),
        (smith(skill_points=9, level=3), "hot_iron", SkillLocked, "builds on Forge Fire"),
        (smith(skill_points=9), "lamp", SkillLocked, "no skill of Ann's class"),
        (smith(skill_points=9), "nothing", SkillLocked, "no skill of Ann's class"),
        (smith(skill_points=9, skills=("steel",)), "steel", SkillLocked, "knows Steel already"),
        (smith(skill_points=2), "steel", NoSkillPoints, "costs 3 skill points; Ann has 2"),
        (smith(), "forge_fire", NoSkillPoints, "costs 1 skill point; Ann has 0"),
    ],
)
def test_a_skill_out_of_reach_is_refused_with_the_reason(
    world: Content, hero: Hero, key: str, refusal: type[Exception], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        do(world, at_table(world, hero), cmd.LearnSkill("ann", key))


def test_starting_anew_costs_gold_by_level_and_returns_every_point(world: Content) -> None:
    learnt = progress.trained(progress.raised_to(smith(), 6, world), world)
    state = at_table(world, replace(learnt, gold=151))
    done = do(world, state, cmd.Respec("ann"))
    hero = done.state.hero("ann")
    assert (hero.gold, hero.skills, hero.skill_points, hero.abilities) == (1, (), 5, ("hammer",))
    assert hero.hp == hero.hp_max == learnt.hp_max - 5
    again = do(world, at_table(world, replace(hero, skill_points=5)), cmd.LearnSkill("ann", "steel")).state
    assert again.hero("ann").skill_points == 2


def test_starting_anew_is_refused_without_gold_or_without_skills(world: Content) -> None:
    with pytest.raises(NotEnoughGold, match="25 gold; Ann has 24"):
        do(world, at_table(world, smith(skills=("steel",), gold=24)), cmd.Respec("ann"))
    with pytest.raises(IllegalAction, match="no skills"):
        do(world, at_table(world, smith(gold=999)), cmd.Respec("ann"))


def test_starting_anew_keeps_what_the_class_itself_teaches(content: Content) -> None:
    world = forge(content, skills={"echo": skill(abilities=["hammer", "spin"])})
    hero = smith(skill_points=1, gold=25)
    state = do(world, at_table(world, hero), cmd.LearnSkill("ann", "echo")).state
    assert state.hero("ann").abilities == ("hammer", "spin")
    assert do(world, state, cmd.Respec("ann")).state.hero("ann").abilities == ("hammer",)


def test_the_points_of_a_skill_that_content_lost_come_back(world: Content) -> None:
    state = at_table(world, smith(skills=("gone", "steel"), gold=25))
    assert do(world, state, cmd.Respec("ann")).state.hero("ann").skill_points == 4
