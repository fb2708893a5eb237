"""What heroes wear and carry: slots, requirements, swaps, the bag and its places, and sheets of older versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.apply import fold
from api.rules.equipment import dressed, sheet_from_document
from api.rules.errors import BagFull, CannotWear, NotCarried
from api.rules.figures import effective_stats
from api.rules.items import average, places_taken, room_for, weapon_of
from api.rules.sheet import SheetResolved, resolve_sheet
from api.rules.state import Hero
from api.services.characters import NewCharacter, new_hero
from tests.fakes.dice import ScriptedDice
from tests.rules.smithy import at_table, forge, item, resolution, rolled, smith


@pytest.fixture(scope="module")
def world(content: Content) -> Content:
    return forge(content)


def do(world: Content, hero: Hero, command: cmd.Command) -> SheetResolved:
    state = at_table(world, hero)
    done = resolve_sheet(state, command, ScriptedDice(), world)
    assert fold(state, done.events) == done.state
    return done


def bag(**things: int) -> dict[str, Any]:
    return {"inventory": things}


# --- wearing -----------------------------------------------------------------------------------------------------


def test_what_is_put_on_goes_to_its_slot_and_shows_at_once(world: Content) -> None:
    done = do(world, smith(**bag(mail=1)), cmd.Equip("ann", "mail"))
    hero = done.state.hero("ann")
    assert hero.equipment == {"body": "mail"} and hero.inventory == {"mail": 1}
    assert (hero.hp_max, hero.hp) == (15, 11)
    assert done.events == (
        ev.ItemEquipped("ann", "Ann", "mail", "the mail", "body", (), (), 15, 4, 11, 11, 4),
    )  # fmt: skip


def test_the_slot_may_be_named_but_not_another(world: Content) -> None:
    assert do(world, smith(**bag(sword=1)), cmd.Equip("ann", "sword", "weapon")).events
    with pytest.raises(CannotWear, match="belongs in the slot weapon"):
        do(world, smith(**bag(sword=1)), cmd.Equip("ann", "sword", "offhand"))


def test_what_is_in_the_way_comes_off_in_the_same_step(world: Content) -> None:
    hero = smith(**bag(sword=1, knife=1), equipment={"weapon": "knife"})
    done = do(world, hero, cmd.Equip("ann", "sword"))
    (event,) = done.events
    assert isinstance(event, ev.ItemEquipped)
    assert (event.replaces, event.replaces_names) == (("knife",), ("the knife",))
    assert done.state.hero("ann").equipment == {"weapon": "sword"}


def test_two_hands_hold_one_great_weapon_or_two_things(world: Content) -> None:
    hero = smith(**bag(sword=1, shield=1, maul=1), equipment={"weapon": "sword", "offhand": "shield"})
    both = do(world, hero, cmd.Equip("ann", "maul")).state.hero("ann")
    assert both.equipment == {"weapon": "maul"} and both.inventory == hero.inventory
    assert do(world, both, cmd.Equip("ann", "shield")).state.hero("ann").equipment == {"offhand": "shield"}


@pytest.mark.parametrize(
    ("hero", "carried", "says"),
    [
        (smith(**bag(potion=1)), "potion", "nothing to wear"),
        (smith(**bag(crown=1)), "crown", "needs level 5; Ann is at level 1"),
        (smith(**bag(wand=1)), "wand", "only for: Lampwright"),
        (
            smith(**bag(maul=1), stats={**smith().stats, "strength": 12}),
            "maul",
            "needs 13 strength; Ann has 12",
        ),
        (smith(**bag(cap=1), equipment={"head": "cap"}), "cap", "wears the cap already"),
    ],
)
def test_what_a_hero_may_not_wear_is_refused_with_the_reason(
    world: Content, hero: Hero, carried: str, says: str
) -> None:
    with pytest.raises(CannotWear, match=says):
        do(world, hero, cmd.Equip("ann", carried))


def test_requirements_ask_for_own_scores_not_borrowed_ones(world: Content) -> None:
    """So that taking the ring off never leaves the maul in hands that may not hold it."""
    weak = smith(
        **bag(maul=1, ring=1), stats={**smith().stats, "strength": 12}, equipment={"ring": "ring"}
    )  # fmt: skip
    assert effective_stats(weak, world).values["strength"] == 14
    with pytest.raises(CannotWear, match="needs 13 strength"):
        do(world, weak, cmd.Equip("ann", "maul"))


def test_what_is_not_carried_cannot_be_put_on(world: Content) -> None:
    for carried in ("sword", "sword~nowhere", "nonsense", ""):
        with pytest.raises(NotCarried):
            do(world, smith(), cmd.Equip("ann", carried))


def test_what_is_taken_off_lies_in_the_bag_and_counts_no_more(world: Content) -> None:
    hero = smith(**bag(mail=1), equipment={"body": "mail"}, hp=15, hp_max=15)
    done = do(world, hero, cmd.Unequip("ann", "body"))
    after = done.state.hero("ann")
    assert (after.equipment, after.inventory, after.hp, after.hp_max) == ({}, {"mail": 1}, 11, 11)
    with pytest.raises(CannotWear, match="nothing in 'body'; slots in use: none"):
        do(world, after, cmd.Unequip("ann", "body"))


def test_the_weapon_is_the_one_in_hand(world: Content) -> None:
    hero = smith(**bag(sword=1, knife=1))
    assert weapon_of(world, hero) is None
    assert weapon_of(world, replace(hero, equipment={"weapon": "knife"})) is world.items["knife"]
    found = replace(hero, inventory={"sword~a": 1}, equipment={"weapon": "sword~a"})
    assert weapon_of(world, found) is world.items["sword"]


def test_the_mean_of_an_amount() -> None:
    assert [average(text) for text in ("1d6", "2d4+1", "1d4-2")] == [3.5, 6.0, 0.5]


# --- the bag -----------------------------------------------------------------------------------------------------


def test_a_place_holds_a_stack_and_keys_and_worn_things_take_none(world: Content) -> None:
    hero = smith(**bag(potion=6, gem=3, pebble=2, gate_key=7, mail=1, cap=2), equipment={"body": "mail"})
    assert places_taken(hero, world) == 2 + 1 + 2 + 2
    assert places_taken(replace(hero, equipment={"body": "mail", "head": "cap"}), world) == 6


def test_the_bag_has_24_places(world: Content) -> None:
    hero = smith(**bag(pebble=22, potion=3))
    assert [room_for(hero, key, world) for key in ("potion", "gem", "sword", "pebble")] == [2 + 5, 3, 1, 1]
    assert room_for(hero, "gate_key", world) > 99
    assert room_for(smith(**bag(pebble=24)), "sword", world) == 0
    assert room_for(smith(**bag(pebble=30)), "sword", world) == 0


def test_what_would_come_off_needs_room(world: Content) -> None:
    hero = smith(**bag(pebble=24, sword=1, shield=1), equipment={"weapon": "sword", "offhand": "shield"})
    with pytest.raises(BagFull, match="no room"):
        do(world, hero, cmd.Unequip("ann", "weapon"))
    maul = replace(hero, inventory={**hero.inventory, "maul": 1, "pebble": 23})
    with pytest.raises(BagFull):
        do(world, maul, cmd.Equip("ann", "maul"))
    swap = replace(hero, inventory={"pebble": 23, "sword": 1, "knife": 1}, equipment={"weapon": "sword"})
    assert do(world, swap, cmd.Equip("ann", "knife")).state.hero("ann").equipment == {"weapon": "knife"}


def test_a_gift_of_the_story_never_bursts_the_bag(world: Content) -> None:
    res = resolution(world, smith(**bag(pebble=23)))
    res.give("ann", "sword", 2)
    assert dict(res.state.hero("ann").inventory) == {"pebble": 23, "sword": 1}
    assert dict(res.state.cache) == {"sword": 1}
    assert [type(e) for e in res.events] == [ev.ItemGained, ev.ItemCached]


def test_r1_losing_one_thing_leaves_every_other_row(world: Content) -> None:
    found = {"sword~a": rolled("sword", "fine"), "sword~b": rolled("sword", "keen")}
    hero = smith(inventory={"sword": 2, "sword~a": 1, "sword~b": 1, "potion": 3}, rolled=found)
    res = resolution(world, hero)
    res.emit(ev.ItemLost("ann", "Ann", "sword~a", "x", 1, "given"))
    after = res.state.hero("ann")
    assert after.inventory == {"sword": 2, "sword~b": 1, "potion": 3}
    assert after.rolled == {"sword~b": found["sword~b"]}


# --- sheets, new and old -----------------------------------------------------------------------------------------


def test_a_new_hero_wears_its_starting_gear(content: Content) -> None:
    hero = new_hero(content, "h", NewCharacter(hero="isaure_venn"))
    assert hero.equipment == {"weapon": "harbour_sword", "body": "ring_jack"}
    values = effective_stats(hero, content).values
    assert (hero.hp, hero.hp_max, hero.mp, hero.mp_max, hero.evade) == (
        values["hp"], values["hp"], values["mp"], values["mp"], values["evade"],
    )  # fmt: skip
    assert values["defence"] == 2 and hero.row == content.classes["vanguard"].row


def test_dressing_takes_the_best_that_may_be_worn_and_two_hands_are_two(world: Content) -> None:
    hero = smith(**bag(knife=1, sword=1, cap=1, crown=1, wand=1, shield=1))
    assert dressed(hero, world).equipment == {"weapon": "sword", "offhand": "shield", "head": "cap"}
    great = dressed(replace(hero, inventory={**hero.inventory, "maul": 1}), world)
    assert great.equipment == {"weapon": "maul", "head": "cap"}
    kept = dressed(replace(hero, equipment={"weapon": "knife"}), world)
    assert kept.equipment["weapon"] == "knife"


OLD_SHEET = {
    "id": "old", "name": "Old", "pronouns": "they", "character_class": "vanguard", "origin": "noble_exile",
    "level": 1, "xp": 130,
    "stats": {"strength": 16, "dexterity": 12, "constitution": 14, "intelligence": 9, "wisdom": 11, "charisma": 14},
    "hp": 7, "hp_max": 18, "mp": 3, "mp_max": 8, "gold": 4, "abilities": ["measured_cut"],
    "inventory": {"harbour_sword": 1, "eel_spear": 1, "ring_jack": 1, "red_cordial": 2}, "seated_in": None,
}  # fmt: skip


@pytest.mark.parametrize("figure", ["defence", "evade"])
def test_a_sheet_of_before_equipment_puts_on_its_armour_and_weapon(content: Content, figure: str) -> None:
    hero = sheet_from_document({**OLD_SHEET, figure: 14}, content)
    assert hero.equipment == {"weapon": "eel_spear", "body": "ring_jack"}
    assert (hero.hp, hero.hp_max, hero.mp, hero.mp_max, hero.gold) == (7, 18, 3, 8, 4)
    assert hero.evade == effective_stats(hero, content).values["evade"] == 12
    assert hero.inventory == OLD_SHEET["inventory"]
    assert sheet_from_document(hero.to_json(), content) == hero


def test_an_old_sheet_rises_with_the_next_xp(content: Content) -> None:
    hero = sheet_from_document({**OLD_SHEET, "evade": 14}, content)
    res = resolution(content, hero)
    res.gain_xp("old", 1)
    assert (res.state.hero("old").level, res.state.hero("old").hp_max) == (2, 18 + 8)


def test_who_took_everything_off_stays_so(content: Content) -> None:
    hero = replace(sheet_from_document({**OLD_SHEET, "evade": 14}, content), equipment={})
    assert sheet_from_document(hero.to_json(), content).equipment == {}


def test_a_thing_that_content_lost_is_carried_on_but_never_worn(content: Content) -> None:
    hero = sheet_from_document({**OLD_SHEET, "evade": 14, "inventory": {"gone": 2}}, content)
    assert hero.equipment == {} and places_taken(hero, content) == 2
    with pytest.raises(CannotWear, match="nothing to wear"):
        do(content, hero, cmd.Equip("old", "gone"))


def test_a_hero_survives_its_own_document(content: Content) -> None:
    world = forge(content, items={"ring": item("trinket", slot="ring", bonuses={"strength": 1})})
    found = rolled("ring", "lucky", name="ring of luck")
    hero = smith(
        inventory={"ring~a": 1}, rolled={"ring~a": found}, equipment={"ring": "ring~a"}, skills=("steel",),
        orders=({"use": "attack"},), wounds=1,
    )  # fmt: skip
    assert sheet_from_document(hero.to_json(), world) == hero
