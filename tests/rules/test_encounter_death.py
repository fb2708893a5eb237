"""Down, death checks, death, help for the fallen, revival, and being carried back."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from api.content.definitions import Effect
from api.rules import commands as cmd
from api.rules import damage, dying, strikes
from api.rules import events as ev
from api.rules.errors import HeroDown, UnknownTarget
from api.rules.figures import effective_stats
from api.rules.legal import legal_actions
from api.rules.resolution import Resolution
from api.rules.state import PlayState
from tests.fakes.dice import ScriptedDice
from tests.fakes.skirmish import MISS, Skirmish, ability, changed, fought, hero, of, one


@pytest.fixture
def fight(content: Content) -> Skirmish:
    return Skirmish(
        content,
        items={
            "potion": {"name": "Potion", "use": {"heal": "1d8"}, "target": "ally"},
            "salts": {"name": "Salts", "use": {"revive": 50}, "target": "ally"},
        },
        abilities={"wake": ability(name="Wake", target="ally", effect={"revive": 25})},
    )  # fmt: skip


def fallen(fight: Skirmish, **values: object) -> PlayState:
    """Ann's turn; Bob lies there."""
    state = fight.start(hero("ann", inventory={"potion": 2, "salts": 1}, abilities=("wake",)), hero("bob"))
    return changed(state, "bob", hp=0, **values)


def round_on(fight: Skirmish, state: PlayState, *checked: int) -> PlayState:
    """Ann passes; Bob's death check shows `checked`; both rats miss Ann."""
    return fight.act(state, cmd.Pass("ann"), *checked, *MISS, *MISS).state


def test_three_successes_make_stable(fight: Skirmish) -> None:
    state = round_on(fight, round_on(fight, fallen(fight), 10), 19)
    assert one(state, "bob").dying == (2, 0)
    state = round_on(fight, state, 10)
    assert one(state, "bob").stable and one(state, "bob").dying == (0, 0)
    state = round_on(fight, state)  # no further checks
    assert one(state, "bob").hp == 0 and not one(state, "bob").dead


def test_three_failures_are_death(fight: Skirmish) -> None:
    state = round_on(fight, round_on(fight, fallen(fight), 9), 2)
    assert one(state, "bob").dying == (0, 2)
    done = fight.act(state, cmd.Pass("ann"), 5, *MISS, *MISS)
    assert [e.result for e in of(done, ev.DeathChecked)] == ["dead"] and of(done, ev.Died)[0].actor == "bob"
    assert one(done.state, "bob").dead
    state = round_on(fight, done.state)  # the dead roll nothing
    with pytest.raises(HeroDown, match="dead"):
        fight.act(state, cmd.Defend("bob"))


def test_a_natural_one_fails_twice_and_a_natural_twenty_rises_and_acts(fight: Skirmish) -> None:
    assert one(round_on(fight, fallen(fight), 1), "bob").dying == (0, 2)
    done = fight.act(fallen(fight), cmd.Pass("ann"), 20)
    assert of(done, ev.Recovered)[0].hp_after == 1
    assert fought(done.state).actor.id == "bob" and one(done.state, "bob").hp == 1


def test_harm_to_the_fallen_is_a_failed_check(fight: Skirmish) -> None:
    state = fallen(fight, stable=True)
    res = Resolution(state, ScriptedDice(), fight.content)
    for failures in (1, 2):
        dying.struck(res, "bob")
        assert one(res.state, "bob").dying == (0, failures) and not one(res.state, "bob").stable
    burn = Effect(damage="1d4", damage_type="fire")
    strikes.apply_effect(res, "rat.1", "bob", burn)  # what does not look whom it reaches spares the fallen
    damage.harm(res, damage.Cause(), "bob", damage.Tally(), "fire")
    assert one(res.state, "bob").dead


def test_r6_healing_above_zero_clears_what_was_dying(fight: Skirmish) -> None:
    state = fight.act(fallen(fight, dying=(1, 2)), cmd.UseItem("ann", "potion", "bob"), 4).state
    assert (one(state, "bob").hp, one(state, "bob").dying) == (4, (0, 0))
    assert fought(state).actor.id == "bob"


def test_r10_a_dead_target_cannot_be_healed_by_an_ordinary_potion(fight: Skirmish) -> None:
    state = fallen(fight, dead=True, dying=(0, 3))
    with pytest.raises(UnknownTarget):
        fight.act(state, cmd.UseItem("ann", "potion", "bob"))
    potion = next(a for a in legal_actions(state, "ann", fight.content) if a.id == "potion")
    assert [t.id for t in potion.targets] == ["ann"]
    res = Resolution(state, ScriptedDice(4), fight.content)
    use = fight.content.items["potion"].use
    assert use is not None
    strikes.apply_effect(res, "ann", "bob", use)  # not even where something reaches everybody
    assert one(res.state, "bob").hp == 0 and one(res.state, "bob").dead


@pytest.mark.parametrize(("key", "hp"), [("salts", 6), ("wake", 3)])
def test_what_revives_brings_back_the_dead_and_the_fallen(fight: Skirmish, key: str, hp: int) -> None:
    for values in ({"dead": True, "dying": (0, 3)}, {"dying": (1, 1)}):
        state = fallen(fight, **values)
        command = cmd.UseItem("ann", key, "bob") if key == "salts" else cmd.UseAbility("ann", key, "bob")
        done = fight.act(state, command)
        back = one(done.state, "bob")
        assert (back.hp, back.dead, back.dying) == (hp, False, (0, 0))
        assert of(done, ev.Revived)[0].hp_after == hp and fought(done.state).actor.id == "bob"
    with pytest.raises(UnknownTarget):  # who stands needs no reviving
        fight.act(fight.start(hero("ann", abilities=("wake",))), cmd.UseAbility("ann", "wake", "ann"))


def test_help_steadies_the_dying_on_a_wisdom_check(fight: Skirmish) -> None:
    done = fight.act(fallen(fight), cmd.Help("ann", "bob"), 12, *MISS, *MISS)
    assert of(done, ev.Tended)[0].degree == "success"
    assert (of(done, ev.Stabilised)[0].by, one(done.state, "bob").stable) == ("ann", True)
    failed = fight.act(fallen(fight), cmd.Help("ann", "bob"), 5, 15, *MISS, *MISS)
    assert not of(failed, ev.Stabilised) and one(failed.state, "bob").dying == (1, 0)


def test_help_encourages_who_stands(fight: Skirmish) -> None:
    state = fight.start(hero("ann"), hero("bob"))
    done = fight.act(state, cmd.Help("ann", "bob"))
    assert of(done, ev.Encouraged)[0].target == "bob"
    assert one(done.state, "bob").conditions["inspired"].rounds == 1
    for nobody in ("ann", "rat.1", "zed"):
        with pytest.raises(UnknownTarget):
            fight.act(state, cmd.Help("ann", nobody))


def test_a_dead_hero_is_carried_back_with_a_wound(content: Content) -> None:
    """A player is at the table again within one beat, and bears a wound until a long rest."""
    fight = Skirmish(content, rat={"hp": 1}, groups=[{"creature": "rat"}])
    bob = hero("bob", wounds=1, stats={**hero("x").stats, "constitution": 14})
    state = changed(fight.start(hero("ann"), bob, foes=1), "bob", hp=0, dead=True)
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 15, 1, 1)
    after = done.state.heroes["bob"]
    assert (after.hp, after.wounds) == (1, 2)
    assert after.hp_max == effective_stats(after, fight.content).values["hp"]
    assert of(done, ev.CarriedBack)[0].wounds == 2
    assert not [e for e in of(done, ev.Recovered) if e.target == "bob"]


def test_nobody_has_more_than_three_wounds(content: Content) -> None:
    fight = Skirmish(content, rat={"hp": 1}, groups=[{"creature": "rat"}])
    state = changed(fight.start(hero("ann"), hero("bob", wounds=3), foes=1), "bob", hp=0, dead=True)
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 15, 1, 1)
    assert done.state.heroes["bob"].wounds == 3


def test_summoned_friends_alone_do_not_fight_on(fight: Skirmish, content: Content) -> None:
    whistle = ability(target="self", effect={"summon": {"creature": "rat"}})
    own = Skirmish(content, abilities={"whistle": whistle}, groups=[{"creature": "rat"}])
    state = own.start(hero("ann", hp=1, abilities=("whistle",)), foes=1)
    # The friend comes last and misses; then the foe bites Ann (first of two), who falls: defeat, and its sentence.
    done = own.act(state, cmd.UseAbility("ann", "whistle", ""), 1, 1, 1, 15, 1, 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "defeat"
