"""Who has no turn any more, and what a fight leaves behind: quests that count it, levels that were owed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.content.definitions import QuestDef
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.apply import fold
from api.rules.encounters import lock_intent
from api.rules.errors import IllegalAction, UnknownTarget
from api.rules.fighters import LOST
from api.rules.legal import legal_actions
from api.rules.progress import xp_for
from api.rules.state import ActiveCondition, PlayState, QuestState, evolve
from tests.fakes.dice import ScriptedDice
from tests.fakes.skirmish import MISS, Skirmish, ability, changed, fought, hero, of, one


def hunt(content: Content, *goals: dict[str, object], **rat: object) -> Skirmish:
    """A fight with two rats, and the quest `hunt` that counts what comes of it."""
    fight = Skirmish(content, rat={"hp": 1, **rat})
    quest = {
        "name": "The Hunt", "summary": "Rats.", "giver": "The cook",
        "stages": [{"key": "only", "objective": "Do it.", "goals": list(goals)}],
    }  # fmt: skip
    fight.content = replace(fight.content, quests={"hunt": QuestDef.model_validate(quest)})
    return fight


def hunting(fight: Skirmish) -> PlayState:
    return replace(fight.start(hero("ann"), hero("bob")), quests={"hunt": QuestState(0)})


FELL_TWO = {"kind": "defeat", "key": "rat", "count": 2}
WON = {"kind": "win", "key": "fight"}


@pytest.mark.parametrize("goals", [(FELL_TWO,), (WON,), (FELL_TWO, WON)])
def test_a_quest_that_counts_a_fight_goes_on_with_its_end(
    content: Content, goals: tuple[dict[str, object], ...]
) -> None:
    fight = hunt(content, *goals)
    state = fight.act(hunting(fight), cmd.Attack("ann", "rat.1"), 15, 1).state
    assert state.quests["hunt"].status == "active", "nothing counts before the end"
    done = fight.act(state, cmd.Attack("bob", "rat.2"), 15, 1, 1)
    assert done.state.quests["hunt"].status == "done"
    kinds = [type(e) for e in done.events]
    assert kinds.index(ev.EncounterEnded) < kinds.index(ev.QuestCompleted)


def test_who_fled_was_not_defeated_and_flight_wins_nothing(content: Content) -> None:
    fight = hunt(content, FELL_TWO)
    state = changed(hunting(fight), "rat.2", gone=True)
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 15, 1, 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "victory"
    assert dict(done.state.tally) == {"defeat.rat": 1, "win.fight": 1}
    assert done.state.quests["hunt"].status == "active"
    won = hunt(content, WON)
    fled = won.act(hunting(won), cmd.Flee("ann"), 20, 1)
    assert fled.state.encounter is None and fled.state.quests["hunt"].status == "active"


def test_levels_that_are_owed_come_when_the_fight_is_over(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann", xp=xp_for(3)), hero("bob", xp=xp_for(2) - 1))
    fled = fight.act(state, cmd.Flee("ann"), 20, 1)
    kinds = [type(e) for e in fled.events]
    assert kinds.index(ev.EncounterEnded) < kinds.index(ev.LevelGained)
    assert [h.level for h in fled.state.heroes.values()] == [3, 1]
    assert fold(state, fled.events) == fled.state
    inside = fight.act(state, cmd.Pass("ann"))
    assert not of(inside, ev.LevelGained), "nobody grows in the middle of a fight"


def lost_rats(fight: Skirmish) -> Content:
    """The content after somebody has deleted the rats' file."""
    return replace(fight.content, creatures={k: c for k, c in fight.content.creatures.items() if k != "rat"})


def test_creatures_that_content_has_lost_fight_on_and_leave_nothing(content: Content) -> None:
    fight = Skirmish(content, rat={"gold": (5, 5)})
    state = fight.start(hero("ann"), hero("bob"))
    fight.content = lost_rats(fight)
    state = fight.act(state, cmd.Pass("ann")).state
    # Each rat draws one of two targets and its only attack, which is that of a stranger.
    done = fight.act(state, cmd.Pass("bob"), 1, 1, 15, 3, 1, 1, 2)
    assert [(e.means, e.target) for e in of(done, ev.AttackHit)] == [(LOST.attacks[0].name, "ann")]
    state = changed(changed(done.state, "rat.1", hp=1), "rat.2", gone=True)
    done = fight.act(state, cmd.Attack("ann", "rat.1"), 15, 1, 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "victory"
    assert not of(done, ev.XpGained) and not of(done, ev.GoldChanged)


def test_an_impossible_ruling_in_an_old_fight_is_told_and_spoils_nothing(content: Content) -> None:
    """The fight is brought up to date in the same resolution, which is no deed yet."""
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"))
    old = {k: evolve(c, figures={"evade": c.evade}) for k, c in fought(state).combatants.items()}
    state = evolve(state, encounter=evolve(fought(state), combatants=old))
    done = engine.resolve_together(
        state, [cmd.UseAbility("ann", "no_such", "rat.1")], ScriptedDice(), fight.content, tolerant=True
    )
    assert of(done, ev.FightersRenewed) and of(done, ev.ClaimRefused) and fought(done.state).actor.id == "bob"


def test_nobody_decides_for_a_creature(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"))
    with pytest.raises(IllegalAction, match="plans of its own"):
        lock_intent(state, cmd.Defend("rat.1"), fight.content)
    with pytest.raises(IllegalAction, match="plans of its own"):
        fight.act(state, cmd.LockIntent("rat.1", cmd.Defend("rat.1").to_json()))
    assert legal_actions(state, "rat.1", fight.content) == []
    assert one(state, "rat.1").standing


def test_whoever_has_fled_has_no_turn_any_more(content: Content) -> None:
    fight = Skirmish(content)
    state = changed(fight.start(hero("ann")), "rat.1", gone=True)
    done = fight.act(state, cmd.Pass("ann"), *MISS)
    assert [e.source for e in of(done, ev.AttackMissed)] == ["rat.2"]


def test_who_falls_by_a_wound_as_the_turn_begins_does_nothing_in_it(content: Content) -> None:
    fight = Skirmish(content)
    bleeding = {"bleeding": ActiveCondition(3)}
    state = changed(fight.start(hero("ann"), hero("bob"), hero("cat")), "bob", hp=1, conditions=bleeding)
    done = fight.act(state, cmd.Pass("ann"))
    assert [e.target for e in of(done, ev.WentDown)] == ["bob"]
    assert fought(done.state).actor.id == "cat", "the fallen are waited for by nobody"
    state = changed(fight.start(hero("ann")), "rat.1", hp=1, conditions=bleeding)
    done = fight.act(state, cmd.Pass("ann"), *MISS)
    assert [e.target for e in of(done, ev.WentDown)] == ["rat.1"]
    assert [e.source for e in of(done, ev.AttackMissed)] == ["rat.2"]


def test_who_yielded_and_fell_has_no_voice_in_a_surrender(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"), hero("cat"))
    state = changed(fight.act(state, cmd.Surrender("ann")).state, "ann", hp=0)
    done = fight.act(state, cmd.Surrender("bob"))
    assert [(e.votes, e.needed) for e in of(done, ev.SurrenderOffered)] == [(1, 2)]
    assert done.state.encounter is not None


def test_a_creature_that_fell_is_beyond_healing_and_needs_reviving(content: Content) -> None:
    """Its fall was its end: unlike heroes, it does not lie dying."""
    fight = Skirmish(
        content,
        abilities={
            "mend": ability(target="ally", effect={"heal": "1d6"}),
            "wake": ability(target="ally", effect={"revive": 50}),
        },
    )
    state = fight.start(hero("ann", abilities=("mend", "wake")), hero("bob"))
    state = changed(state, "rat.1", side="party", hp=0)  # a friend that was summoned, say
    with pytest.raises(UnknownTarget):
        fight.act(state, cmd.UseAbility("ann", "mend", "rat.1"))
    done = fight.act(state, cmd.UseAbility("ann", "wake", "rat.1"))
    assert one(done.state, "rat.1").hp == 3


def test_only_foes_who_stand_notice_healing(content: Content) -> None:
    fight = Skirmish(content, abilities={"mend": ability(target="ally", effect={"heal": "1d6"})})
    state = fight.start(hero("ann", hp=2, abilities=("mend",)), hero("bob"))
    done = fight.act(changed(state, "rat.1", gone=True), cmd.UseAbility("ann", "mend", "ann"), 4)
    assert [dict(one(done.state, rat).threat) for rat in ("rat.1", "rat.2")] == [{}, {"ann": 2}]
