"""Fights, one behaviour each, with scripted dice and small content of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.definitions import AbilityDef, CreatureDef, EncounterDef, ItemDef
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.encounters import start_encounter
from api.rules.errors import (
    HeroDown,
    IllegalAction,
    NoMana,
    NotCarried,
    NotYourTurn,
    OnCooldown,
    UnknownTarget,
)
from api.rules.legal import legal_actions
from api.rules.resolution import Resolution, degree_of
from api.rules.state import Hero, PlayState
from tests.fakes.dice import ScriptedDice

RAT = {
    "name": "Rat",
    "summary": "A rat.",
    "stats": {},
    "hp": 6,
    "evade": 10,
    "xp": 10,
    "gold": (2, 2),
    "attacks": [{"name": "Bite", "verb": "bites", "damage": "1d4", "damage_type": "piercing", "to_hit": 2}],
    "loot": [{"item": "tail", "percent": 100}],
    "down": ["{target} falls."],
}
OUTCOME = {"tell": ["It is over."]}


@pytest.fixture
def arena(content: Content) -> Content:
    """The starter content with one small fight in it, so that every die of a test can be written down."""
    abilities = {
        "jab": AbilityDef(
            name="Jab",
            summary="x.",
            target="enemy",
            stat="strength",
            verb="jabs",
            effect={"damage": "1d6"},
        ),
        "flare": AbilityDef(
            name="Flare",
            summary="x.",
            target="all_enemies",
            stat="strength",
            cost_mp=3,
            cooldown=2,
            effect={"damage": "1d4", "condition": {"key": "burning", "rounds": 2}},
            verb="sears",
        ),
        "mend": AbilityDef(
            name="Mend", summary="x.", target="ally", stat="wisdom", verb="mends", effect={"heal": "1d8"}
        ),
        "cheer": AbilityDef(
            name="Cheer",
            summary="x.",
            target="ally",
            stat="charisma",
            effect={"condition": {"key": "inspired", "rounds": 2}},
            verb="cheers",
        ),
    }
    items = {
        "tail": ItemDef(name="Rat Tail", summary="x.", kind="treasure", value=1),
        "potion": ItemDef(name="Potion", summary="x.", kind="consumable", use={"heal": "1d8"}, target="ally"),
    }
    encounter = EncounterDef.model_validate(
        {
            "name": "Rats",
            "intro": ["Rats."],
            "stakes": "The cheese.",
            "groups": [{"creature": "rat", "count": 2}],
            "victory": OUTCOME,
            "defeat": {"tell": ["Down."], "goto": "drowned_library"},
            "flight": OUTCOME,
        }
    )
    return replace(
        content,
        abilities={**content.abilities, **abilities},
        items={**content.items, **items},
        creatures={**content.creatures, "rat": CreatureDef.model_validate(RAT)},
        encounters={**content.encounters, "rats": encounter},
    )


def hero(name: str, **values: Any) -> Hero:
    stats = dict.fromkeys(["strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma"], 10)
    plain: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "pronouns": "she",
        "character_class": "vanguard",
        "origin": "noble_exile",
        "level": 1,
        "xp": 0,
        "stats": stats,
        "hp": 10,
        "hp_max": 12,
        "mp": 5,
        "mp_max": 5,
        "evade": 12,
        "gold": 0,
        "abilities": ("jab", "flare", "mend", "cheer"),
        "inventory": {"potion": 1},
    }
    return Hero(**{**plain, **values})


Fight = Callable[..., PlayState]


@pytest.fixture
def fight(arena: Content) -> Fight:
    """A fight in which the heroes go first, in the order given, then rat.1 and rat.2."""

    def start(*heroes: Hero) -> PlayState:
        state = engine.begin(arena, "low_water_ledger", {h.id: h for h in heroes})
        rolls = [20 - i for i in range(len(heroes))] + [2, 1]
        res = Resolution(state, ScriptedDice(*rolls), arena)
        assert start_encounter(res, "rats") is None
        return res.state

    return start


def act(state: PlayState, command: cmd.Command, arena: Content, *faces: int) -> engine.Resolved:
    dice = ScriptedDice(*faces)
    done = engine.resolve(state, command, dice, arena)
    assert dice.unused == [], f"the script has faces left: {dice.unused}"
    return done


def kinds(events: Any) -> list[str]:
    return [e.type_name() for e in events]


def of(done: engine.Resolved, kind: type[Any]) -> list[Any]:
    return [e for e in done.events if isinstance(e, kind)]


MISSES = (1, 1, 2, 1, 1, 2)  # each rat: its target, its attack, a roll that misses


def test_r2_an_encounter_starts_from_the_sheets_current_hp(fight: Fight) -> None:
    state = fight(hero("ann", hp=4))
    assert state.encounter is not None
    assert state.encounter.combatants["ann"].hp == 4


def test_initiative_orders_by_roll_then_dexterity(arena: Content) -> None:
    state = engine.begin(arena, "low_water_ledger", {h.id: h for h in (hero("ann"), hero("bob"))})
    res = Resolution(state, ScriptedDice(5, 15, 9, 3), arena)
    start_encounter(res, "rats")
    assert res.state.encounter is not None
    assert res.state.encounter.order == ("bob", "rat.1", "ann", "rat.2")


def test_a_hit_deals_its_dice_and_the_receipt_equals_the_state(fight: Fight, arena: Content) -> None:
    done = act(fight(hero("ann"), hero("bob")), cmd.UseAbility("ann", "jab", "rat.1"), arena, 10, 4)
    (hit,), (damage,) = of(done, ev.AttackHit), of(done, ev.DamageDealt)
    assert (hit.total, hit.against, hit.critical) == (12, 10, False)
    assert (damage.amount, damage.hp_after) == (4, 2)
    assert done.state.encounter is not None and done.state.encounter.combatants["rat.1"].hp == 2


def test_a_miss_deals_no_damage(fight: Fight, arena: Content) -> None:
    done = act(fight(hero("ann"), hero("bob")), cmd.UseAbility("ann", "jab", "rat.1"), arena, 7)
    assert of(done, ev.AttackMissed) and not of(done, ev.DamageDealt)


def test_twenty_hits_anything_and_doubles_the_dice(fight: Fight, arena: Content) -> None:
    done = act(fight(hero("ann"), hero("bob")), cmd.UseAbility("ann", "jab", "rat.1"), arena, 20, 2, 3)
    assert of(done, ev.AttackHit)[0].critical
    assert of(done, ev.DamageDealt)[0].amount == 5


def test_one_always_misses(fight: Fight, arena: Content) -> None:
    strong = {**hero("ann").stats, "strength": 30}
    done = act(fight(hero("ann", stats=strong), hero("bob")), cmd.UseAbility("ann", "jab", "rat.1"), arena, 1)
    assert of(done, ev.AttackMissed)


def test_r3_the_sheets_abilities_are_what_combat_uses(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", abilities=("mend",)))
    with pytest.raises(IllegalAction, match="knows no"):
        act(state, cmd.UseAbility("ann", "jab", "rat.1"), arena)
    assert [a.id for a in legal_actions(state, "ann", arena) if a.kind == "ability"] == ["mend"]


def test_r4_disadvantage_takes_the_lower_and_both_cancel(arena: Content) -> None:
    state = engine.begin(arena, "low_water_ledger", {"ann": hero("ann")})
    assert Resolution(state, ScriptedDice(15, 4), arena).d20(advantage=False, disadvantage=True) == (
        4,
        (15, 4),
    )
    assert Resolution(state, ScriptedDice(15, 4), arena).d20(advantage=True, disadvantage=False) == (
        15,
        (15, 4),
    )
    assert Resolution(state, ScriptedDice(15), arena).d20(advantage=True, disadvantage=True) == (15, (15,))


def test_r5_inspiration_changes_the_attack_and_nothing_else(fight: Fight, arena: Content) -> None:
    state = act(fight(hero("ann"), hero("bob")), cmd.UseAbility("ann", "cheer", "bob"), arena).state
    done = act(state, cmd.UseAbility("bob", "jab", "rat.1"), arena, 3, 12, 4, *MISSES)
    assert of(done, ev.AttackHit)[0].roll == 12
    assert of(done, ev.DamageDealt)[0].amount == 4


def test_r6_healing_above_zero_lifts_down(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann"), hero("bob", hp=1))
    state = act(state, cmd.Pass("ann"), arena).state
    state = _bob_bitten(state, arena)
    assert state.encounter is not None and state.encounter.combatants["bob"].down
    done = act(state, cmd.UseAbility("ann", "mend", "bob"), arena, 5)
    assert of(done, ev.Recovered)[0].hp_after == 5
    assert done.state.encounter is not None and not done.state.encounter.combatants["bob"].down


def _bob_bitten(state: PlayState, arena: Content) -> PlayState:
    # rat.1: target 2 of 2 (bob), attack 1 of 1, to hit 15, damage 1; rat.2: target 1 of 1 (ann), attack 1, misses.
    return act(state, cmd.Pass("bob"), arena, 2, 1, 15, 1, 1, 1, 2).state


def test_r10_healing_stops_at_the_maximum_and_a_fallen_foe_is_no_target(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", hp=11), hero("bob"))
    done = act(state, cmd.UseAbility("ann", "mend", "ann"), arena, 8)
    assert of(done, ev.Healed)[0].amount == 1
    state = act(done.state, cmd.UseAbility("bob", "jab", "rat.1"), arena, 15, 6, 1, 1, 2).state
    assert state.encounter is not None and state.encounter.combatants["rat.1"].down
    with pytest.raises(UnknownTarget):
        act(state, cmd.UseItem("ann", "potion", "rat.1"), arena)


def test_a_hero_who_is_down_cannot_act(fight: Fight, arena: Content) -> None:
    state = act(fight(hero("ann"), hero("bob", hp=1)), cmd.Pass("ann"), arena).state
    state = _bob_bitten(state, arena)
    with pytest.raises(HeroDown):
        act(state, cmd.Defend("bob"), arena)


def test_the_turn_of_another_is_refused(fight: Fight, arena: Content) -> None:
    with pytest.raises(NotYourTurn, match="Ann"):
        act(fight(hero("ann"), hero("bob")), cmd.Defend("bob"), arena)


def test_mana_and_cooldown_are_paid_and_refused_when_lacking(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann"), hero("bob"))
    done = act(state, cmd.UseAbility("ann", "flare", ""), arena, 2, 2)  # misses both rats
    assert of(done, ev.ManaChanged)[0].mp_after == 2
    state = act(done.state, cmd.Pass("bob"), arena, 1, 1, 2, 1, 1, 2).state
    with pytest.raises(OnCooldown):
        act(state, cmd.UseAbility("ann", "flare", ""), arena)
    poor = fight(hero("ann", mp=2))
    with pytest.raises(NoMana, match="costs 3 MP"):
        act(poor, cmd.UseAbility("ann", "flare", ""), arena)


def test_r1_using_one_item_leaves_every_other_row(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", inventory={"potion": 2, "tail": 3}), hero("bob"))
    done = act(state, cmd.UseItem("ann", "potion", "bob"), arena, 1)
    assert dict(done.state.heroes["ann"].inventory) == {"potion": 1, "tail": 3}
    with pytest.raises(NotCarried):
        act(fight(hero("ann", inventory={})), cmd.UseItem("ann", "potion", "ann"), arena)


def test_burning_hurts_at_its_bearers_turn_and_ends(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann"), hero("bob"))
    state = act(
        state, cmd.UseAbility("ann", "flare", ""), arena, 15, 1, 2
    ).state  # rat.1 burns, rat.2 is missed
    done = act(state, cmd.Pass("bob"), arena, 1, 1, 2, 1, 1, 2)
    burnt = [e for e in of(done, ev.DamageDealt) if e.target == "rat.1"]
    assert [e.amount for e in burnt] == [3]
    assert done.state.encounter is not None
    assert done.state.encounter.combatants["rat.1"].conditions == {"burning": 1}


def test_the_final_blow_returns_hp_to_the_sheets_and_shares_the_spoils(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", hp=7), hero("bob"))
    state = act(state, cmd.UseAbility("ann", "jab", "rat.1"), arena, 15, 6).state
    # jab kills rat.2; then: victory's tell, gold of each rat (1 of 1), loot of each rat (d100).
    done = act(state, cmd.UseAbility("bob", "jab", "rat.2"), arena, 15, 6, 1, 1, 1, 50, 50)
    assert done.state.encounter is None
    assert done.state.heroes["ann"].hp == 7
    assert [h.xp for h in done.state.heroes.values()] == [10, 10]
    assert [h.gold for h in done.state.heroes.values()] == [2, 2]
    assert [h.inventory.get("tail") for h in done.state.heroes.values()] == [1, 1]
    assert "encounter_ended" in kinds(done.closing)


def test_defeat_is_a_scene_and_everybody_rises_with_one_hp(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", hp=1))
    # rat.1: its target and attack have one choice each, hits for 1; then the outcome's tell.
    done = act(state, cmd.Pass("ann"), arena, 1, 1, 15, 1, 1)
    ended = of(done, ev.EncounterEnded)[0]
    assert ended.outcome == "defeat"
    assert done.state.heroes["ann"].hp == 1
    assert of(done, ev.SceneEntered)[0].scene == "drowned_library"
    assert done.state.encounter is None


def test_flight_takes_the_whole_party_out(fight: Fight, arena: Content) -> None:
    done = act(fight(hero("ann"), hero("bob")), cmd.Flee("ann"), arena, 15, 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "flight"
    failed = act(fight(hero("ann"), hero("bob")), cmd.Flee("ann"), arena, 5)
    assert of(failed, ev.FleeFailed)


def test_a_fight_that_nobody_wins_breaks_off(fight: Fight, arena: Content) -> None:
    state = fight(hero("ann", evade=25))
    rounds = 0
    while state.encounter is not None:
        rounds += 1
        faces = (1, 1, 2, 1, 1, 2) if state.encounter.round < 30 else (1, 1, 2, 1, 1, 2, 1)
        state = act(state, cmd.Pass("ann"), arena, *faces).state
        assert rounds <= 40
    assert rounds == 30


@pytest.mark.parametrize(
    ("roll", "total", "degree"),
    [
        (20, 5, "critical"),
        (12, 22, "critical"),
        (12, 12, "success"),
        (11, 11, "partial"),
        (10, 10, "partial"),
        (9, 9, "failure"),
        (1, 1, "fumble"),
        (1, 12, "success"),
    ],
)
def test_degrees_follow_the_margin(roll: int, total: int, degree: str) -> None:
    assert degree_of(roll, total, 12) == degree


def test_what_a_fights_end_heals_it_heals_for_everyone(fight: Fight, arena: Content) -> None:
    rats = arena.encounters["rats"]
    kind = rats.defeat.model_copy(update={"heal": "1d4"})
    merciful = replace(
        arena, encounters={**arena.encounters, "rats": rats.model_copy(update={"defeat": kind})}
    )
    state = act(fight(hero("ann", hp=1), hero("bob", hp=1)), cmd.Pass("ann"), merciful).state
    # rat.1 bites ann (1 of 2), rat.2 bites bob, the only one left; the tell; then 1d4 for each.
    done = act(state, cmd.Pass("bob"), merciful, 1, 1, 15, 1, 1, 1, 15, 1, 1, 3, 4)
    assert of(done, ev.EncounterEnded)[0].outcome == "defeat"
    assert [h.hp for h in done.state.heroes.values()] == [1 + 3, 1 + 4]
