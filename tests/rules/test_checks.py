"""Checks: bands, contests, the whole party's rolls, helping, and what helps and hinders (`docs/rules.md`, Checks)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.content.definitions import ItemDef
from api.rules import checks, strikes
from api.rules import events as ev
from api.rules.combatants import ActiveCondition
from api.rules.resolution import Resolution
from tests.fakes.dice import ScriptedDice
from tests.rules.ring import (
    ability,
    bearing,
    condition,
    fighter,
    now,
    of,
    outside,
    ring,
    sheet,
    spent,
    with_things,
)


def calm(content: Content, *faces: int, **scores: int) -> Resolution:
    """Ann, outside a fight."""
    return Resolution(outside(content, sheet("ann", **scores)), ScriptedDice(*faces), content)


def test_a_check_carries_its_margin_and_all_its_dice(content: Content) -> None:
    res = calm(content, 7, 15, wisdom=14)
    rolled = checks.check(res, res.state.heroes["ann"], "wisdom", "medium", advantage=["a lamp"])
    assert (rolled.rolls, rolled.roll, rolled.modifier, rolled.total) == ((7, 15), 15, 2, 17)
    assert (rolled.margin, rolled.degree, rolled.worked) == (5, "success", True)
    (event,) = of(res, ev.CheckRolled)
    assert (event.rolls, event.kept, event.margin, event.reasons) == ((7, 15), 15, 5, ("+a lamp",))
    assert spent(res)


def test_a_check_uses_the_score_as_gear_and_conditions_make_it(content: Content) -> None:
    ring_of_wit = ItemDef(name="Wit", summary="x.", kind="trinket", slot="ring", bonuses={"wisdom": 4})
    things = with_things(
        content, items={"wit": ring_of_wit}, conditions={"wise": condition(bonuses={"wisdom": 2})}
    )
    wearing = sheet("ann", inventory={"wit": 1}, equipment={"ring": "wit"})
    res = Resolution(outside(things, wearing), ScriptedDice(10), things)
    assert checks.check(res, wearing, "wisdom", "medium").modifier == 2
    fight = ring(things, fighter("ann", "party", figures={"wisdom": 14}), heroes=[wearing], faces=(10, 10))
    bearing(fight, "ann", wise=ActiveCondition(2, stacks=1))
    assert checks.check(fight, wearing, "wisdom", "medium").modifier == 3
    assert checks.check(fight, wearing, "charisma", "medium").modifier == 0
    assert spent(fight)


def test_r4_any_number_of_sources_cancel(content: Content) -> None:
    ann = sheet("ann")
    two_to_one = Resolution(outside(content, ann), ScriptedDice(9), content)
    rolled = checks.check(
        two_to_one, ann, "wisdom", "easy", advantage=["a lamp", "a map"], disadvantage=["the dark"]
    )
    assert rolled.rolls == (9,)
    assert of(two_to_one, ev.CheckRolled)[0].reasons == ("+a lamp", "+a map", "-the dark")
    for faces, advantage, disadvantage, counts in (
        ((15, 4), [], ["the dark", "the wet"], 4),
        ((4, 15), ["a lamp", "a map"], [], 15),
    ):
        res = Resolution(outside(content, ann), ScriptedDice(*faces), content)
        rolled = checks.check(res, ann, "wisdom", "easy", advantage=advantage, disadvantage=disadvantage)
        assert (rolled.roll, rolled.rolls) == (counts, faces)
        assert spent(res)


def test_r4_conditions_and_circumstances_cancel_too(content: Content) -> None:
    res = ring(content, fighter("ann", "party"), faces=(8,))
    bearing(res, "ann", frightened=2)
    checks.check(res, res.state.heroes["ann"], "dexterity", "medium", advantage=["a rope"])
    assert of(res, ev.CheckRolled)[0].reasons == ("+a rope", "-Frightened")
    assert spent(res)


@pytest.mark.parametrize(
    ("mine", "theirs", "margin", "degree"),
    [
        (12, 11, 0, "success"),  # 12 + 1 against 11 + 2
        (10, 11, -2, "partial"),
        (8, 11, -4, "failure"),
        (15, 4, 10, "critical"),
        (20, 19, 0, "critical"),
        (1, 9, -9, "fumble"),
        (12, 1, 10, "critical"),
    ],
)
def test_a_contest_is_a_difference_and_a_tie_goes_to_the_hero(
    content: Content, mine: int, theirs: int, margin: int, degree: str
) -> None:
    res = calm(content, mine, theirs, strength=12)
    rolled = checks.contest(res, res.state.heroes["ann"], "strength", "The Bailiff", 2)
    assert (rolled.margin, rolled.degree) == (margin, degree)
    (event,) = of(res, ev.ContestRolled)
    assert (event.rival_name, event.rival_roll, event.rival_total) == ("The Bailiff", theirs, theirs + 2)
    assert (event.total, event.margin, event.degree) == (mine + 1, margin, degree)
    assert spent(res)


def test_two_natural_twenties_are_decided_by_the_margin(content: Content) -> None:
    res = calm(content, 20, 20)
    rolled = checks.contest(res, res.state.heroes["ann"], "strength", "The Bailiff", 3)
    assert (rolled.margin, rolled.degree) == (-3, "failure")


@pytest.mark.parametrize(
    ("faces", "worked", "degree"),
    [
        ((12, 2), 1, "success"),
        ((11, 2), 1, "partial"),
        ((2, 3), 0, "failure"),
        ((12, 2, 3), 1, "failure"),
        ((12, 2, 13), 2, "success"),
        ((20, 12, 2, 1), 2, "success"),
        ((20, 20, 2, 1), 2, "critical"),
        ((1, 1, 1, 20), 1, "fumble"),
    ],
)
def test_a_group_check_works_when_half_of_the_rolls_do(
    content: Content, faces: tuple[int, ...], worked: int, degree: str
) -> None:
    heroes = [sheet(f"h{i}") for i in range(len(faces))]
    res = Resolution(outside(content, *heroes), ScriptedDice(*faces), content)
    result = checks.group_check(res, heroes, "dexterity", "medium")
    (event,) = of(res, ev.GroupChecked)
    assert (result.worked, result.degree) == (worked, degree) == (event.worked, event.degree)
    assert event.needed == (len(faces) + 1) // 2
    assert (result.degree in checks.WORKED) == (2 * worked >= len(faces))
    assert [e.actor for e in of(res, ev.CheckRolled)] == list(event.actors)
    assert [e.degree for e in of(res, ev.CheckRolled)] == list(event.degrees)


@given(faces=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_the_roll_in_the_middle_gives_the_groups_degree(content: Content, faces: list[int]) -> None:
    heroes = [sheet(f"h{i}") for i in range(len(faces))]
    res = Resolution(outside(content, *heroes), ScriptedDice(*faces), content)
    result = checks.group_check(res, heroes, "dexterity", "medium")
    ranks = ["fumble", "failure", "partial", "success", "critical"]
    best_first = sorted((ranks.index(one.degree) for one in result.results), reverse=True)
    assert ranks.index(result.degree) == best_first[(len(faces) + 1) // 2 - 1]
    assert (result.degree in checks.WORKED) == (2 * result.worked >= len(faces))
    assert result.margin in {one.margin for one in result.results if one.degree == result.degree}


def test_a_helper_gives_advantage_and_is_named(content: Content) -> None:
    ann, bob = sheet("ann"), sheet("bob")
    for rolled in ("check", "contest"):
        faces = (3, 14) if rolled == "check" else (3, 14, 5)
        res = Resolution(outside(content, ann, bob), ScriptedDice(*faces), content)
        if rolled == "check":
            checks.check(res, ann, "strength", "easy", helper=bob)
        else:
            checks.contest(res, ann, "strength", "The Bailiff", 0, helper=bob)
        event = res.events[0]
        assert isinstance(event, ev.CheckRolled | ev.ContestRolled)
        assert (event.kept, event.reasons, event.helper, event.helper_name) == (14, ("+Bob",), "bob", "Bob")
        assert spent(res)


def test_r7_a_harmless_check_deals_no_damage(content: Content) -> None:
    for face in range(1, 21):
        res = calm(content, face)
        before = res.state
        checks.check(res, before.heroes["ann"], "dexterity", "heroic")
        checks.contest(
            Resolution(before, ScriptedDice(face, 20), content), before.heroes["ann"], "wisdom", "Eel", 9
        )
        assert res.state == before
        assert [type(e) for e in res.events] == [ev.CheckRolled]


def test_a_focused_hero_spends_the_focus_on_the_check_that_it_helped(content: Content) -> None:
    res = ring(content, fighter("ann", "party"), faces=(3, 14, 9))
    bearing(res, "ann", focused=3)
    checks.check(res, res.state.heroes["ann"], "wisdom", "easy")
    (ended,) = of(res, ev.ConditionEnded)
    assert (ended.condition, ended.why, now(res, "ann").conditions) == ("focused", "used", {})
    checks.check(res, res.state.heroes["ann"], "wisdom", "easy")
    assert spent(res)


def test_what_was_cancelled_is_not_spent(content: Content) -> None:
    res = ring(content, fighter("ann", "party"), fighter("rat"), faces=(9, 9, 1))
    bearing(res, "ann", focused=3, frightened=3)
    checks.check(res, res.state.heroes["ann"], "wisdom", "easy")
    strikes.use_ability(res, "ann", "jab", ability("enemy", {"damage": "1d4"}), ["rat"])
    assert "focused" in now(res, "ann").conditions
    assert not of(res, ev.ConditionEnded)
