"""How fights begin, go round and end, and fights that an older version saved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.content.catalogue import Content
from api.content.definitions import ConditionDef, LootTableDef
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.apply import fold
from api.rules.dice import KeyedDice
from api.rules.encounters import lock_intent, start_encounter
from api.rules.errors import FightUnderWay, IllegalAction, NotYourTurn, Rooted, RuleError
from api.rules.legal import legal_actions
from api.rules.resolution import Resolution
from api.rules.state import ActiveCondition, Hero, PlayState
from tests.fakes.dice import LoadedDice, ScriptedDice
from tests.fakes.skirmish import BITE, MISS, OVER, Skirmish, ability, changed, fought, hero, of, one

SAVED = Path(__file__).parent / "saved" / "fight_before_figures.json"
ROOTED = {"rooted": ActiveCondition(2)}


def test_initiative_is_d20_plus_speed(content: Content) -> None:
    """Speed is dexterity and what gear adds; among equals the faster goes first."""
    ring = {"name": "Ring", "kind": "trinket", "slot": "ring", "bonuses": {"speed": 2}}
    fight = Skirmish(content, rat={"stats": {"dexterity": 16}}, items={"ring": ring})
    heroes = (hero("ann"), hero("bob", inventory={"ring": 1}, equipment={"ring": "ring"}))
    res = Resolution(fight.before(*heroes), ScriptedDice(13, 10, 9, 5), fight.content)
    start_encounter(res, "fight")
    assert fought(res.state).order == ("ann", "rat.1", "bob", "rat.2")
    assert [one(res.state, i).initiative for i in fought(res.state).order] == [13, 12, 12, 8]


def test_t4_a_second_fight_does_not_start_while_one_is_fought(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"))
    res = Resolution(state, LoadedDice(0.5), fight.content)
    with pytest.raises(FightUnderWay):
        start_encounter(res, "fight")
    assert res.state == state and res.events == []


def test_t2_an_action_in_anothers_turn_is_refused_with_the_reason(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"))
    with pytest.raises(NotYourTurn, match="It is Ann's turn."):
        fight.act(state, cmd.Attack("bob", "rat.1"))
    listed = {a.kind: a for a in legal_actions(state, "bob", fight.content)}
    assert not listed["attack"].enabled and listed["attack"].reason == "It is Ann's turn."
    assert listed["attack"].lockable


def test_r3_the_level_on_the_sheet_is_what_combat_uses(content: Content) -> None:
    fight = Skirmish(content)
    assert one(fight.start(hero("ann", level=9)), "ann").figures["hit"] == 4


def test_abilities_of_what_is_worn_can_be_used(content: Content) -> None:
    fight = Skirmish(
        content, abilities={"jab": ability()},
        items={"stick": {"name": "Stick", "kind": "weapon", "damage": "1d6", "abilities": ["jab"]}},
    )  # fmt: skip
    armed = hero("ann", inventory={"stick": 1}, equipment={"weapon": "stick"})
    assert "jab" in one(fight.start(armed), "ann").abilities


def test_foes_have_more_hp_against_more_heroes(content: Content) -> None:
    fight = Skirmish(content, rat={"hp_per_extra_hero": 5})
    state = fight.start(hero("ann"), hero("bob"), hero("cat"))
    assert one(state, "rat.1").hp_max == 6 + 2 * 5


def test_a_group_says_in_which_row_it_stands(content: Content) -> None:
    fight = Skirmish(
        content, groups=[{"creature": "rat"}, {"creature": "owl"}, {"creature": "owl", "row": "front"}],
        creatures={"owl": {"name": "Owl", "row": "back"}},
    )  # fmt: skip
    state = fight.start(hero("ann"), foes=3)
    assert [one(state, i).row for i in ("rat.1", "owl.1", "owl.2")] == ["front", "back", "front"]


def test_t5_conditions_and_counts_survive_a_changed_order(content: Content) -> None:
    """A summon changes the order of initiative; what sits on anybody, and whose turn it is, stays."""
    fight = Skirmish(
        content, abilities={"whistle": ability(target="self", effect={"summon": {"creature": "rat"}})}
    )
    state = fight.start(hero("ann", abilities=("whistle",)), hero("bob"))
    kept = {"inspired": ActiveCondition(2, 1, "ann"), "strengthened": ActiveCondition(3, 1, "bob")}
    state = changed(state, "bob", conditions=kept, cooldowns={"jab": 2}, threat={"rat.1": 4})
    done = fight.act(state, cmd.UseAbility("ann", "whistle", ""), 19)
    after = fought(done.state)
    assert after.order == ("ann", "bob", "rat.3", "rat.1", "rat.2")
    assert after.actor.id == "bob"
    assert dict(one(done.state, "bob").conditions) == kept
    assert (one(done.state, "bob").cooldowns, one(done.state, "bob").threat) == ({"jab": 2}, {"rat.1": 4})


def test_who_acts_before_the_summoned_is_still_whose_turn_it_was(content: Content) -> None:
    """A newcomer that is faster than its caller comes before it in the order, and acts in the next round."""
    whistle = ability(target="self", effect={"summon": {"creature": "cur"}})
    fight = Skirmish(
        content,
        abilities={"whistle": whistle},
        creatures={"cur": {"name": "Cur", "stats": {"dexterity": 30}}},
    )
    state = fight.start(hero("ann", abilities=("whistle",)), hero("bob"))
    done = fight.act(state, cmd.UseAbility("ann", "whistle", ""), 20)
    assert fought(done.state).order[0] == "cur.1" and fought(done.state).actor.id == "bob"
    # The rats miss; then the cur bites a rat and misses, and it is Ann's turn.
    done = fight.act(done.state, cmd.Pass("bob"), *MISS, *MISS, *MISS)
    assert fought(done.state).round == 2 and fought(done.state).actor.id == "ann"
    assert of(done, ev.AttackMissed)[-1].source == "cur.1" and of(done, ev.AttackMissed)[-1].target == "rat.1"


def test_rows_change_as_a_turn_and_the_rooted_stay(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"))
    done = fight.act(state, cmd.MoveRow("ann", "back"))
    assert one(done.state, "ann").row == "back" and fought(done.state).actor.id == "bob"
    with pytest.raises(IllegalAction, match="already"):
        fight.act(state, cmd.MoveRow("ann", "front"))
    with pytest.raises(IllegalAction, match="no row"):
        fight.act(state, cmd.MoveRow("ann", "roof"))
    held = changed(state, "ann", conditions=ROOTED)
    for command in (cmd.MoveRow("ann", "back"), cmd.Flee("ann")):
        with pytest.raises(Rooted):
            fight.act(held, command)


def test_defending_takes_the_turn_and_guards(content: Content) -> None:
    fight = Skirmish(content)
    done = fight.act(fight.start(hero("ann"), hero("bob")), cmd.Defend("ann"))
    assert one(done.state, "ann").conditions["guarded"].rounds == 1
    assert of(done, ev.Defended) and fought(done.state).actor.id == "bob"


def test_words_end_a_fight_where_there_is_an_outcome_for_it(content: Content) -> None:
    fight = Skirmish(content, parley={"tell": ["They share the cheese."], "gold": 5}, parley_band="easy")
    done = fight.act(fight.start(hero("ann"), hero("bob")), cmd.Parley("ann"), 9, 1)
    assert of(done, ev.ParleyTried)[0].degree == "success"
    assert of(done, ev.EncounterEnded)[0].outcome == "parley"
    assert done.state.encounter is None and done.state.heroes["ann"].gold == 5
    with pytest.raises(IllegalAction, match="not be talked to"):
        mute = Skirmish(content)
        mute.act(mute.start(hero("ann")), cmd.Parley("ann"))


def test_each_hero_tries_to_talk_once_in_a_fight(content: Content) -> None:
    fight = Skirmish(content, parley=OVER)
    state = fight.act(fight.start(hero("ann"), hero("bob")), cmd.Parley("ann"), 2).state
    state = fight.act(state, cmd.Pass("bob"), *MISS, *MISS).state
    with pytest.raises(IllegalAction, match="said it all"):
        fight.act(state, cmd.Parley("ann"))
    state = fight.act(state, cmd.Pass("ann")).state
    assert fight.act(state, cmd.Parley("bob"), 20, 1).state.encounter is None


def test_surrender_takes_more_than_half_of_those_who_stand(content: Content) -> None:
    fight = Skirmish(content, surrender={"tell": ["They hand over their boots."], "gold": -3})
    state = fight.start(hero("ann", gold=10), hero("bob", gold=10))
    done = fight.act(state, cmd.Surrender("ann"))
    assert (of(done, ev.SurrenderOffered)[0].votes, of(done, ev.SurrenderOffered)[0].needed) == (1, 2)
    assert done.state.encounter is not None
    done = fight.act(done.state, cmd.Surrender("bob"), 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "surrender"
    assert done.state.heroes["ann"].gold == 7
    alone = fight.act(fight.start(hero("ann")), cmd.Surrender("ann"), 1)
    assert alone.state.encounter is None


def test_nobody_surrenders_twice(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.act(fight.start(hero("ann"), hero("bob")), cmd.Surrender("ann")).state
    state = fight.act(state, cmd.Pass("bob"), *MISS, *MISS).state
    with pytest.raises(IllegalAction, match="already"):
        fight.act(state, cmd.Surrender("ann"))


def test_surrender_without_an_outcome_is_as_defeat(content: Content) -> None:
    fight = Skirmish(content, defeat={"tell": ["They lose."], "gold": -2})
    done = fight.act(fight.start(hero("ann", gold=9)), cmd.Surrender("ann"), 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "surrender"
    assert done.state.heroes["ann"].gold == 7


def test_quests_count_fights_won_and_creatures_that_fell_in_them(content: Content) -> None:
    fight = Skirmish(content, rat={"hp": 1})
    state = fight.act(fight.start(hero("ann"), hero("bob")), cmd.Attack("ann", "rat.1"), 15, 1).state
    assert dict(state.tally) == {}
    done = fight.act(state, cmd.Attack("bob", "rat.2"), 15, 1, 1)
    assert dict(done.state.tally) == {"defeat.rat": 2, "win.fight": 1}
    fled = fight.act(state, cmd.Flee("bob"), 20, 1)
    assert dict(fled.state.tally) == {"defeat.rat": 1}


def test_loot_tables_of_creatures_and_encounters_are_drawn_after_a_victory(content: Content) -> None:
    table = {"name": "Purse", "draws": 0, "lines": [{"gold": (6, 6), "guaranteed": True}]}
    fight = Skirmish(
        content, rat={"hp": 1, "loot_table": "purse"}, loot_table="purse", groups=[{"creature": "rat"}]
    )
    fight.content = replace(fight.content, loot_tables={"purse": LootTableDef.model_validate(table)})
    done = fight.act(fight.start(hero("ann"), hero("bob"), foes=1), cmd.Attack("ann", "rat.1"), 15, 1, 1)
    assert [h.gold for h in done.state.heroes.values()] == [6, 6]


def test_a_wound_at_the_end_of_a_turn_can_decide_the_fight(content: Content) -> None:
    rot = {
        "name": "Rot", "summary": "x.", "kind": "harmful", "adjective": "rotting", "gained": ["x."], "ended": ["x."],
        "tick_damage": 5, "moment": "end",
    }  # fmt: skip
    fight = Skirmish(content)
    fight.content = replace(
        fight.content, conditions={**content.conditions, "rot": ConditionDef.model_validate(rot)}
    )
    state = changed(fight.start(hero("ann", hp=3)), "ann", conditions={"rot": ActiveCondition(2)})
    done = fight.act(state, cmd.Pass("ann"), 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "defeat"


def test_the_stunned_lose_their_turn_and_keep_their_intent(content: Content) -> None:
    fight = Skirmish(content)
    state = fight.start(hero("ann"), hero("bob"))
    state = fight.act(state, lock_intent(state, cmd.Defend("bob"), fight.content)).state
    state = changed(state, "bob", conditions={"stunned": ActiveCondition(1)})
    done = engine.resolve(state, cmd.Pass("ann"), LoadedDice(0.0), fight.content)
    assert [e.reason for e in of(done, ev.TurnPassed)] == ["chosen", "stunned"]
    assert "bob" in fought(done.state).intents


def test_an_area_attack_reaches_both_rows(content: Content) -> None:
    gale = {**BITE, "name": "Gale", "targets": "all", "reach": "ranged"}
    fight = Skirmish(content, rat={"attacks": [gale]}, groups=[{"creature": "rat"}])
    state = changed(fight.start(hero("ann"), hero("bob"), foes=1), "bob", row="back")
    state = fight.act(state, cmd.Pass("ann")).state
    done = fight.act(state, cmd.Pass("bob"), 1, 1, 15, 1, 15, 1)
    assert [e.target for e in of(done, ev.AttackHit)] == ["ann", "bob"]


# --- fights that an older version saved ---


def saved() -> PlayState:
    raw = json.loads(SAVED.read_text(encoding="utf-8"))
    heroes = {k: Hero.from_json(h) for k, h in raw["heroes"].items()}
    return PlayState.from_json(raw["world"], raw["turn_number"], heroes)


def test_a_fight_saved_before_figures_loads_and_goes_on_to_its_end(content: Content) -> None:
    state = saved()
    before = {i: (c.hp, c.mp, c.evade, set(c.conditions)) for i, c in fought(state).combatants.items()}
    assert any(c.conditions for c in fought(state).combatants.values())
    actor = fought(state).actor.id
    legal = [a for a in legal_actions(state, actor, content) if a.enabled]
    assert {"attack", "ability", "defend"} <= {a.kind for a in legal}
    done = engine.resolve(state, cmd.RefuseClaim(actor, "No."), KeyedDice("old", 0), content)
    renewed = fold(state, [e for e in done.events if isinstance(e, ev.FightersRenewed)])
    assert {
        i: (c.hp, c.mp, c.evade, set(c.conditions)) for i, c in fought(renewed).combatants.items()
    } == before
    assert all("strength" in c.figures for c in fought(renewed).combatants.values())
    assert [type(e) for e in done.events].count(ev.FightersRenewed) == 1
    assert fold(state, done.events) == done.state
    state = done.state
    for turn in range(1, 400):
        if state.encounter is None:
            return
        actor = state.encounter.actor.id
        attack = next(a for a in legal_actions(state, actor, content) if a.kind == "attack")
        command = cmd.Attack(actor, attack.targets[0].id) if attack.enabled else cmd.Defend(actor)
        done = engine.resolve(state, command, KeyedDice("old", turn), content)
        assert not [e for e in done.events if isinstance(e, ev.FightersRenewed)]
        state = done.state
    raise AssertionError("the old fight does not end")


def test_an_old_fight_says_what_is_legal_before_it_is_renewed(content: Content) -> None:
    state = saved()
    actor = fought(state).actor.id
    for action in legal_actions(state, actor, content):
        if action.kind == "ability" and action.enabled:
            command = cmd.UseAbility(actor, action.id, action.targets[0].id if action.targets else "")
            engine.check_legal(command, state, content)
    for who in state.heroes:
        if who != actor:
            with pytest.raises(RuleError):
                engine.check_legal(cmd.Defend(who), state, content)
