"""Reactions, once a round and never to each other; summons; phases of bosses."""

from __future__ import annotations

from typing import Any

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.errors import IllegalAction
from api.rules.legal import legal_actions
from api.rules.state import ActiveCondition
from tests.fakes.skirmish import BITE, MISS, Skirmish, ability, changed, fought, hero, of, one


def reaction(on: str, does: str, **values: Any) -> dict[str, Any]:
    return ability(name="Answer", reaction={"on": on, "does": does}, **values)


def with_reaction(content: Content, on: str, does: str, **values: Any) -> Skirmish:
    return Skirmish(content, abilities={"answer": reaction(on, does, **values)})


BITTEN = (15, 3)  # a bite that hits for 3


def test_slipping_turns_a_melee_hit_into_a_miss(content: Content) -> None:
    fight = with_reaction(content, "hit", "slip", target="self", effect={"heal": "1d4"})
    state = fight.start(hero("ann", abilities=("answer",)))
    done = fight.act(state, cmd.Pass("ann"), 1, 1, 15, *MISS)
    assert of(done, ev.ReactionUsed)[0].does == "slip" and not of(done, ev.AttackHit)
    assert one(done.state, "ann").hp == 10
    ranged = Skirmish(
        content, abilities={"answer": reaction("hit", "slip", target="self", effect={"heal": "1d4"})},
        rat={"attacks": [{**BITE, "reach": "ranged"}]},
    )  # fmt: skip
    done = ranged.act(ranged.start(hero("ann", abilities=("answer",))), cmd.Pass("ann"), 1, 1, *BITTEN, *MISS)
    assert one(done.state, "ann").hp == 7


def test_bracing_halves_the_damage(content: Content) -> None:
    fight = with_reaction(content, "hit", "brace", target="self", effect={"heal": "1d4"})
    done = fight.act(fight.start(hero("ann", abilities=("answer",))), cmd.Pass("ann"), 1, 1, 15, 4, *MISS)
    assert of(done, ev.DamageDealt)[0].amount == 2
    assert ("braced", -2) in of(done, ev.DamageDealt)[0].parts


def test_covering_takes_a_friends_hit(content: Content) -> None:
    fight = with_reaction(content, "ally_hit", "cover", target="ally", effect={"heal": "1d4"})
    state = fight.start(hero("ann"), hero("bob", abilities=("answer",)))
    state = fight.act(state, cmd.Pass("ann")).state
    done = fight.act(state, cmd.Pass("bob"), 1, 1, *BITTEN, *MISS)
    used = of(done, ev.ReactionUsed)[0]
    assert (used.actor, used.target, used.against) == ("bob", "ann", "rat.1")
    assert (one(done.state, "ann").hp, one(done.state, "bob").hp) == (10, 7)


def test_striking_back_answers_a_miss_once_a_round(content: Content) -> None:
    fight = with_reaction(content, "missed", "strike_back")
    state = fight.start(hero("ann", abilities=("answer",)))
    # rat.1 misses and is struck back for 2; rat.2 misses too, but the reaction of the round is spent.
    done = fight.act(state, cmd.Pass("ann"), *MISS, 15, 2, *MISS)
    assert [e.does for e in of(done, ev.ReactionUsed)] == ["strike_back"]
    assert (one(done.state, "rat.1").hp, one(done.state, "rat.2").hp) == (4, 6)
    assert one(done.state, "ann").reacted is False  # a new round has begun
    again = fight.act(done.state, cmd.Pass("ann"), *MISS, 15, 2, *MISS)
    assert one(again.state, "rat.1").hp == 2


def test_reactions_never_set_off_reactions(content: Content) -> None:
    answer = reaction("missed", "strike_back")
    fight = Skirmish(
        content, abilities={"answer": answer}, rat={"abilities": ["answer"]}, groups=[{"creature": "rat"}]
    )
    state = fight.start(hero("ann", abilities=("answer",)), foes=1)
    # Ann misses, the rat strikes back and misses: that miss is answered by nobody. Then the rat's own turn: it has
    # reacted, Ann has not: her answer misses too.
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 2, 2, *MISS, 2)
    assert [e.actor for e in of(done, ev.ReactionUsed)] == ["rat.1", "ann"]


def test_who_is_struck_back_does_not_react_to_that(content: Content) -> None:
    brace = reaction("hit", "brace", target="self", effect={"heal": "1d4"})
    answer = reaction("missed", "strike_back")
    fight = Skirmish(
        content, abilities={"brace": brace, "answer": answer}, rat={"abilities": ["answer"]},
        groups=[{"creature": "rat"}],
    )  # fmt: skip
    state = fight.start(hero("ann", abilities=("brace",)), foes=1)
    # Ann misses and is struck back for 3, unbraced; the rat's own bite of 4 she braces against.
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 2, 15, 3, 1, 1, 15, 4)
    assert [e.amount for e in of(done, ev.DamageDealt)] == [3, 2]


def test_a_reaction_pays_its_price_and_waits_for_its_cooldown(content: Content) -> None:
    brace = {"target": "self", "effect": {"heal": "1d4"}, "cost_mp": 3, "cooldown": 1}
    fight = with_reaction(content, "hit", "brace", **brace)
    state = fight.start(hero("ann", abilities=("answer",)))
    done = fight.act(state, cmd.Pass("ann"), 1, 1, 15, 4, *MISS)
    assert one(done.state, "ann").mp == 2 and one(done.state, "ann").cooldowns == {"answer": 2}
    done = fight.act(done.state, cmd.Pass("ann"), 1, 1, 15, 4, *MISS)
    assert not of(done, ev.ReactionUsed)  # neither MP nor cooldown allow it
    hushed = changed(
        fight.start(hero("ann", abilities=("answer",))), "ann", conditions={"silenced": ActiveCondition(3)}
    )
    assert not of(fight.act(hushed, cmd.Pass("ann"), 1, 1, 15, 4, *MISS), ev.ReactionUsed)


def test_a_reactions_cooldown_lasts_its_number_of_own_turns(content: Content) -> None:
    fight = with_reaction(content, "hit", "brace", target="self", effect={"heal": "1d4"}, cooldown=1)
    state = fight.start(hero("ann", hp=12, abilities=("answer",)))
    dealt = []
    for _ in range(3):
        done = fight.act(state, cmd.Pass("ann"), 1, 1, 15, 2, *MISS)
        dealt += [e.amount for e in of(done, ev.DamageDealt)]
        state = done.state
    assert dealt == [1, 2, 1]


def test_a_friends_fall_can_be_answered_by_an_effect(content: Content) -> None:
    rage = {"target": "self", "effect": {"condition": {"key": "strengthened", "rounds": 3}}}
    fight = with_reaction(content, "ally_down", "use_effect", **rage)
    state = fight.start(hero("ann", hp=1), hero("bob", abilities=("answer",)))
    state = fight.act(state, cmd.Pass("ann")).state
    done = fight.act(state, cmd.Pass("bob"), 1, 1, *BITTEN, 1, 1, 2, 10)
    assert "strengthened" in one(done.state, "bob").conditions


def test_reactions_are_not_chosen(content: Content) -> None:
    fight = with_reaction(content, "hit", "brace", target="self", effect={"heal": "1d4"})
    state = fight.start(hero("ann", abilities=("answer",)))
    assert "answer" not in {a.id for a in legal_actions(state, "ann", fight.content)}
    with pytest.raises(IllegalAction, match="by itself"):
        fight.act(state, cmd.UseAbility("ann", "answer", "ann"))


# --- summons ---


def test_the_summoned_fight_on_their_callers_side_and_leave_no_spoils(content: Content) -> None:
    whistle = ability(target="self", effect={"summon": {"creature": "cur", "count": 2}})
    fight = Skirmish(
        content,
        abilities={"whistle": whistle},
        creatures={"cur": {"name": "Cur"}},
        groups=[{"creature": "rat"}],
    )
    state = fight.start(hero("ann", abilities=("whistle",)), foes=1)
    # Both roll 10; each strikes the rat: a miss, and a bite for 4. The rat bites whom it draws of three: the first cur.
    done = fight.act(state, cmd.UseAbility("ann", "whistle", ""), 10, 10, *MISS, 1, 1, 15, 4, 2, 1, 15, 1)
    came = of(done, ev.Summoned)[0]
    assert came.names == ("Cur 1", "Cur 2") and came.rolls == (10, 10)
    assert [one(done.state, i).side for i in ("cur.1", "cur.2")] == ["party", "party"]
    assert one(done.state, "rat.1").hp == 2 and one(done.state, "cur.1").hp == 5
    won = fight.act(done.state, cmd.Attack("ann", "rat.1"), 15, 4, 1)
    assert won.state.heroes["ann"].xp == 10 and dict(won.state.tally) == {"defeat.rat": 1, "win.fight": 1}


def test_nobody_more_comes_when_eight_stand_on_a_side(content: Content) -> None:
    whistle = ability(target="self", effect={"summon": {"creature": "rat", "count": 4}})
    fight = Skirmish(content, abilities={"whistle": whistle})
    state = fight.start(*(hero(f"h{i}", abilities=("whistle",)) for i in range(6)))
    done = fight.act(state, cmd.UseAbility("h0", "whistle", ""), 1, 1)
    assert len(fought(done.state).standing("party")) == 8
    assert not of(fight.act(done.state, cmd.UseAbility("h1", "whistle", "")), ev.Summoned)


# --- phases ---

BOSS = {
    "hp": 40, "boss": True, "tactics": [{"use": "pass"}],
    "phases": [
        {"name": "Angry", "at_percent": 75, "tell": ["It roars.", "It hisses."], "bonuses": {"evade": 2, "attack": 1},
         "conditions": [{"key": "strengthened", "rounds": 2}]},
        {"name": "Desperate", "at_percent": 50, "tell": ["It howls."], "heal_percent": 10,
         "summon": {"creature": "cur", "count": 1, "per_extra_hero": 1, "row": "back"}, "tactics": [{"use": "defend"}]},
    ],
}  # fmt: skip


@pytest.fixture
def lair(content: Content) -> Skirmish:
    return Skirmish(
        content, rat=BOSS, creatures={"cur": {"name": "Cur", "tactics": [{"use": "pass"}]}},
        groups=[{"creature": "rat"}], abilities={"hew": ability(name="Hew", sure=True, effect={"damage": "2d10"})},
    )  # fmt: skip


def test_a_boss_changes_when_its_hp_first_fall_so_far(lair: Skirmish) -> None:
    state = lair.start(hero("ann", abilities=("hew",)), hero("bob"), foes=1)
    done = lair.act(state, cmd.UseAbility("ann", "hew", "rat.1"), 5, 5, 2)
    begun = of(done, ev.PhaseStarted)[0]
    assert (begun.phase, begun.phase_name, begun.tell) == (1, "Angry", 1)
    boss = one(done.state, "rat.1")
    assert (boss.figures["evade"], boss.figures["attack"], boss.phase) == (12, 1, 1)
    assert "strengthened" in boss.conditions
    assert lair.content.creatures["rat"].evade == 10


def test_a_phase_heals_calls_and_plans_anew(lair: Skirmish) -> None:
    state = lair.start(hero("ann", abilities=("hew",)), hero("bob"), foes=1)
    # 20 of 40 are left: both phases begin at once, in order; the second heals 4 and calls 1 + 1 for the second hero.
    done = lair.act(state, cmd.UseAbility("ann", "hew", "rat.1"), 10, 10, 1, 1, 2, 1)
    assert [e.phase_name for e in of(done, ev.PhaseStarted)] == ["Angry", "Desperate"]
    assert one(done.state, "rat.1").hp == 24
    called = of(done, ev.Summoned)[0]
    assert called.names == ("Cur 1", "Cur 2") and one(done.state, "cur.1").row == "back"
    done = lair.act(done.state, cmd.Pass("bob"))
    assert [e.actor for e in of(done, ev.Defended)] == ["rat.1"]  # it passed before
    again = lair.act(done.state, cmd.UseAbility("ann", "hew", "rat.1"), 1, 1)
    assert not of(again, ev.PhaseStarted)


def test_what_foes_have_called_leaves_no_spoils_and_does_not_count(lair: Skirmish) -> None:
    state = lair.start(hero("ann", abilities=("hew",)), foes=1)
    state = lair.act(
        changed(state, "rat.1", hp=24), cmd.UseAbility("ann", "hew", "rat.1"), 1, 3, 1, 1, 5
    ).state
    assert one(state, "cur.1").summoned_by == "rat.1"
    state = changed(changed(state, "cur.1", hp=0), "rat.1", hp=2)
    done = lair.act(state, cmd.UseAbility("ann", "hew", "rat.1"), 5, 5, 1)
    assert done.state.heroes["ann"].xp == 10 and dict(done.state.tally) == {"defeat.rat": 1, "win.fight": 1}


def test_a_creature_that_calls_somebody_faster_acts_once(content: Content) -> None:
    whistle = ability(target="self", cooldown=5, effect={"summon": {"creature": "cur"}})
    fight = Skirmish(
        content, abilities={"whistle": whistle}, creatures={"cur": {"name": "Cur", "tactics": [{"use": "pass"}]}},
        rat={"abilities": ["whistle"], "tactics": [{"use": "whistle"}, {"use": "pass"}]}, groups=[{"creature": "rat"}],
    )  # fmt: skip
    done = fight.act(fight.start(hero("ann"), foes=1), cmd.Pass("ann"), 15)
    assert fought(done.state).order == ("ann", "cur.1", "rat.1")
    assert fought(done.state).round == 2 and fought(done.state).actor.id == "ann"
    assert [e.actor for e in of(done, ev.CombatTurnEnded)] == ["ann", "rat.1"]


def test_a_blow_that_fells_begins_no_phase(lair: Skirmish) -> None:
    state = changed(lair.start(hero("ann", abilities=("hew",)), foes=1), "rat.1", hp=15)
    done = lair.act(state, cmd.UseAbility("ann", "hew", "rat.1"), 10, 10, 1)
    assert not of(done, ev.PhaseStarted) and of(done, ev.EncounterEnded)[0].outcome == "victory"
