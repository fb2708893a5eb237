"""Tries that no scene lists: against a person, by everyone, against one foe (`docs/rules.md`, Checks)."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.errors import BadValue, InFight, UnknownTarget
from tests.rules.play import of
from tests.rules.test_rules_page import World, hero


@pytest.mark.parametrize(("band", "against"), [("trivial", 6), ("medium", 13), ("heroic", 21)])
def test_a_try_against_a_person_is_a_contest(content: Content, band: str, against: int) -> None:
    world = World(content)
    state = world.at(hero("ann"))
    bluff = cmd.Improvise("ann", "other", "charisma", band, rival=world.person.key)
    done = world.act(state, bluff, 11, 11)
    (rolled,) = of(done, ev.ContestRolled)
    assert (rolled.rival_name, rolled.rival_total) == (world.person.name, against)
    assert of(done, ev.CheckRolled) == []
    assert of(done, ev.Improvised)[0].degree == rolled.degree


def test_a_try_of_the_whole_party_is_a_group_check(content: Content) -> None:
    world = World(content)
    state = world.at(hero("ann"), hero("bob"), hero("cat"))
    done = world.act(state, cmd.Improvise("ann", "sneak", "dexterity", "medium", group=True), 15, 2, 14)
    (group,) = of(done, ev.GroupChecked)
    assert group.actors == ("ann", "bob", "cat") and group.worked == 2
    assert [e.actor for e in of(done, ev.Improvised)] == ["ann"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"stat": "luck"}, BadValue),
        ({"band": "godlike"}, BadValue),
        ({"rival": "nobody_at_all"}, UnknownTarget),
    ],
)
def test_a_try_of_what_the_rules_do_not_know_is_refused(
    content: Content, values: dict[str, str], error: type[Exception]
) -> None:
    world = World(content)
    wanted = {"kind": "look", "stat": "wisdom", **values}
    with pytest.raises(error):
        world.act(world.at(hero("ann")), cmd.Improvise("ann", **wanted), 10)


def test_a_stunt_against_one_foe_is_a_contest_and_marks_that_foe(content: Content) -> None:
    arena = World(content)
    arena.ogres(2)
    state = arena.fight(hero("ann"), hero("bob"))
    state = arena.act(
        state, cmd.UseAbility("ann", "jab", "ogre.2"), 15, 1
    ).state  # the second is the weaker one
    done = arena.act(
        state, cmd.Improvise("bob", "force", "strength", rival="ogre.1"), 15, 2, 1, 1, 2, 1, 1, 2
    )
    (rolled,) = of(done, ev.ContestRolled)
    assert rolled.rival_name == state.encounter.combatants["ogre.1"].name  # type: ignore[union-attr]
    (gained,) = of(done, ev.ConditionGained)
    assert (gained.target, gained.condition) == ("ogre.1", "marked")


@pytest.mark.parametrize(
    ("values", "error"), [({"group": True}, InFight), ({"rival": "ogre.9"}, UnknownTarget)]
)
def test_a_stunt_is_the_heros_own_and_against_who_stands(
    content: Content, values: dict[str, object], error: type[Exception]
) -> None:
    arena = World(content)
    arena.ogres(1)
    state = arena.fight(hero("ann"), hero("bob"))
    with pytest.raises(error):
        arena.act(state, cmd.Improvise("ann", "force", "strength", **values), 10)  # type: ignore[arg-type]
