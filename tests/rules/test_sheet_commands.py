"""Commands on sheets as one: nothing is lost or doubled, whatever players do, and what is offered is what is legal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules.encounters import start_encounter
from api.rules.equipment import SLOTS, why_not_wear
from api.rules.errors import (
    BadValue,
    BagFull,
    IllegalAction,
    InFight,
    NoTable,
    NotCarried,
    NotEnoughGold,
    RuleError,
    StillWorn,
    UnknownTarget,
)
from api.rules.figures import effective_stats
from api.rules.items import BAG_PLACES, places_taken
from api.rules.legal import sheet_options
from api.rules.resolution import Resolution
from api.rules.sheet import alone, is_sheet_command
from api.rules.state import Hero, PlayState
from tests.fakes.dice import LoadedDice
from tests.rules.smithy import at_table, do, forge, rolled, smith


@pytest.fixture(scope="module")
def world(content: Content) -> Content:
    return forge(content)


def two(world: Content, ann: dict[str, Any] | None = None, bo: dict[str, Any] | None = None) -> PlayState:
    return at_table(world, smith("ann", **(ann or {})), smith("bo", **(bo or {})))


# --- an operator's corrections -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        (cmd.CorrectGold("ann", -11), NotEnoughGold),
        (cmd.CorrectGold("ann", 0), BadValue),
        (cmd.CorrectGold("ann", True), BadValue),
        (cmd.CorrectGold("ann", 1_000_001), BadValue),
        (cmd.CorrectItem("ann", "no_such_thing", 1), UnknownTarget),
        (cmd.CorrectItem("ann", "no_such_thing", -1), NotCarried),
        (cmd.CorrectItem("ann", "gem", 100), BadValue),
        (cmd.CorrectItem("ann", "gem", -3), NotCarried),
        (cmd.CorrectItem("ann", "ring", -1), StillWorn),
    ],
)
def test_an_operators_correction_keeps_every_bound(
    world: Content, command: Any, refused: type[RuleError]
) -> None:
    state = two(world, {"gold": 10, "inventory": {"gem": 2, "ring": 1}, "equipment": {"ring": "ring"}})
    with pytest.raises(refused):
        do(world, state, command)


def test_a_correction_adds_and_takes_what_it_says_and_nothing_else(world: Content) -> None:
    state = two(world, {"gold": 10, "inventory": {"gem": 2}})
    after = do(
        world, do(world, state, cmd.CorrectGold("ann", -4)).state, cmd.CorrectItem("ann", "gem", -1)
    ).state
    assert (after.hero("ann").gold, after.hero("ann").inventory) == (6, {"gem": 1})
    after = do(
        world, do(world, after, cmd.CorrectGold("ann", 9)).state, cmd.CorrectItem("ann", "gem", 2)
    ).state
    assert (after.hero("ann").gold, after.hero("ann").inventory) == (15, {"gem": 3})
    assert after.hero("bo") == state.hero("bo")


# --- giving, leaving and taking ----------------------------------------------------------------------------------


def test_a_thing_changes_hands_with_all_that_it_is(world: Content) -> None:
    find = rolled("sword", "fine", name="fine sword")
    state = two(world, {"inventory": {"sword~a": 1, "gem": 3}, "rolled": {"sword~a": find}})
    done = do(world, state, cmd.GiveItem("ann", "sword~a", "bo"))
    ann, bo = done.state.hero("ann"), done.state.hero("bo")
    assert (ann.inventory, ann.rolled) == ({"gem": 3}, {})
    assert (bo.inventory, bo.rolled) == ({"sword~a": 1}, {"sword~a": find})
    assert done.events == (ev.ItemHanded("ann", "Ann", "bo", "Bo", "sword~a", "fine sword", 1),)


def test_gold_changes_hands_in_whole_pieces(world: Content) -> None:
    state = two(world, {"gold": 9}, {"gold": 1})
    done = do(world, state, cmd.GiveGold("ann", 9, "bo"))
    assert (done.state.hero("ann").gold, done.state.hero("bo").gold) == (0, 10)
    for amount in (0, -5, True, 2.5):
        with pytest.raises(IllegalAction, match="at least 1"):
            do(world, state, cmd.GiveGold("ann", amount, "bo"))  # type: ignore[arg-type]
    with pytest.raises(NotEnoughGold, match="Ann has 9"):
        do(world, state, cmd.GiveGold("ann", 10, "bo"))


@pytest.mark.parametrize(
    ("command", "refusal", "says"),
    [
        (cmd.GiveItem("ann", "cap", "bo"), StillWorn, "take it off"),
        (cmd.GiveItem("ann", "gem", "bo", 4), NotCarried, "There are 3"),
        (cmd.GiveItem("ann", "gem", "bo", 0), IllegalAction, "1 to 99"),
        (cmd.GiveItem("ann", "gem", "bo", -1), IllegalAction, "1 to 99"),
        (cmd.GiveItem("ann", "sword", "bo"), NotCarried, "no 'the sword'"),
        (cmd.GiveItem("ann", "gem", "ann"), UnknownTarget, "Bo"),
        (cmd.GiveItem("ann", "gem", "eve"), UnknownTarget, "choose one of: Bo"),
        (cmd.GiveItem("ann", "gem", "bo"), BagFull, "Bo's bag has room for 0"),
        (cmd.DropItem("ann", "cap"), StillWorn, "take it off"),
        (cmd.DropItem("ann", "sword"), NotCarried, "no 'the sword'"),
        (cmd.TakeFromCache("ann", "gem"), NotCarried, "The cache holds no"),
        (cmd.SetRow("ann", "middle"), IllegalAction, "one of: front, back"),
        (cmd.SetRow("ann", "back"), IllegalAction, "already"),
        (cmd.Pass("ann"), IllegalAction, "changes no sheet"),
    ],
)
def test_what_cannot_change_hands_is_refused(
    world: Content, command: cmd.Command, refusal: type[RuleError], says: str
) -> None:
    ann = {"inventory": {"cap": 1, "gem": 3}, "equipment": {"head": "cap"}}
    with pytest.raises(refusal, match=says):
        do(world, two(world, ann, {"inventory": {"pebble": 24}}), command)


def test_what_is_left_behind_waits_for_anybody_of_the_party(world: Content) -> None:
    find = rolled("sword", "fine")
    state = two(world, {"inventory": {"sword~a": 1, "gem": 3}, "rolled": {"sword~a": find}})
    state = do(world, state, cmd.DropItem("ann", "sword~a")).state
    state = do(world, state, cmd.DropItem("ann", "gem", 2)).state
    assert (state.cache, state.cached_rolls) == ({"sword~a": 1, "gem": 2}, {"sword~a": find})
    state = do(world, state, cmd.TakeFromCache("bo", "sword~a")).state
    state = do(world, state, cmd.TakeFromCache("bo", "gem")).state
    assert (state.hero("bo").inventory, state.hero("bo").rolled) == (
        {"sword~a": 1, "gem": 1},
        {"sword~a": find},
    )
    assert (state.cache, state.cached_rolls) == ({"gem": 1}, {})
    again = PlayState.from_json(state.world_to_json(), state.turn_number, state.heroes)
    assert again == state


def test_the_row_is_chosen_on_the_sheet(world: Content) -> None:
    done = do(world, two(world), cmd.SetRow("ann", "front"))
    assert done.events == (ev.RowChosen("ann", "Ann", "front"),)
    assert done.state.hero("ann").row == "front"


# --- standing orders ---------------------------------------------------------------------------------------------


def test_standing_orders_are_kept_as_data(world: Content) -> None:
    orders = (
        {"when": {"ally_hp_below": 40}, "use": "potion", "target": "weakest_ally"},
        {"use": "hammer", "target": "weakest"}, {"use": "ember"}, {"use": "defend"},
    )  # fmt: skip
    hero = {"inventory": {"potion": 1, "ring": 1}, "equipment": {"ring": "ring"}}
    done = do(world, two(world, hero), cmd.SetOrders("ann", orders))
    assert done.state.hero("ann").orders == orders
    assert Hero.from_json(done.state.hero("ann").to_json()) == done.state.hero("ann")
    assert do(world, done.state, cmd.SetOrders("ann", ())).state.hero("ann").orders == ()


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        (({"use": "fireball"},), "Order 1: Ann can do one of: .*hammer"),
        (({"use": "attack"}, {"use": "gem"}), "Order 2"),
        (({"use": "attack", "target": "the moon"},), "Order 1, target: should be 'random'"),
        (
            ({"when": {"self_hp_below": 400}, "use": "attack"},),
            "Order 1, when.self_hp_below: should be less than",
        ),
        (({"use": "attack"},) * 9, "At most 8"),
        (("attack",), "Order 1: should be a valid"),
    ],
)
def test_orders_that_could_never_be_carried_out_are_refused(world: Content, orders: Any, says: str) -> None:
    with pytest.raises(IllegalAction, match=says):
        do(world, two(world), cmd.SetOrders("ann", orders))


# --- where and when ----------------------------------------------------------------------------------------------


def test_a_hero_alone_with_the_sheet_learns_and_dresses_but_has_no_cache_friend_or_shop(
    world: Content,
) -> None:
    state = alone(smith(inventory={"cap": 1, "gem": 1}, gold=99, skill_points=1))
    state = do(world, state, cmd.Equip("ann", "cap")).state
    state = do(world, state, cmd.LearnSkill("ann", "forge_fire")).state
    assert do(world, state, cmd.Respec("ann")).state.hero("ann").gold == 74
    for command, refusal in (
        (cmd.DropItem("ann", "gem"), "no_table"),
        (cmd.TakeFromCache("ann", "gem"), "no_table"),
        (cmd.GiveItem("ann", "gem", "bo"), "no_table"),
        (cmd.GiveGold("ann", 1, "bo"), "no_table"),
        (cmd.Buy("ann", "forge", "sword"), "no_shop"),
        (cmd.Sell("ann", "forge", "gem"), "no_shop"),
    ):
        with pytest.raises(RuleError) as caught:
            do(world, state, command)
        assert caught.value.code == refusal
    kinds = {option.kind for option in sheet_options(state, "ann", world)}
    assert kinds == {"respec", "learn", "unequip", "row"}
    with pytest.raises(NoTable):
        do(world, state, cmd.DropItem("ann", "gem"))


def test_sheets_are_not_changed_in_a_fight(world: Content) -> None:
    state = replace(two(world, {"inventory": {"cap": 1}}), scene="drowned_library")
    res = Resolution(state, LoadedDice(1.0), world)
    start_encounter(res, "inkhounds")
    with pytest.raises(InFight, match="before or after"):
        do(world, res.state, cmd.Equip("ann", "cap"))
    options = sheet_options(res.state, "ann", world)
    assert options and not any(option.enabled for option in options)
    assert all("fight" in option.reason for option in options)


def test_somebody_elses_hero_is_nobody_here(world: Content) -> None:
    with pytest.raises(UnknownTarget):
        do(world, two(world), cmd.SetRow("eve", "front"))
    assert sheet_options(two(world), "eve", world) == []


# --- whatever players do -----------------------------------------------------------------------------------------

THINGS = ["sword", "knife", "maul", "crown", "cap", "mail", "shield", "ring", "potion", "gem", "gate_key",
          "sword~a", "ring~b"]  # fmt: skip
WHO = ["ann", "bo", "cy"]
FINDS = {"sword~a": rolled("sword", "fine"), "ring~b": rolled("ring", "lucky", rarity="rare")}


def _start(world: Content) -> PlayState:
    ann = smith(
        "ann", gold=300, skill_points=5, level=6, inventory={"sword": 1, "potion": 7, "sword~a": 1, "gem": 4},
        rolled={"sword~a": FINDS["sword~a"]},
    )  # fmt: skip
    bo = smith("bo", gold=7, inventory={"maul": 1, "shield": 1, "cap": 2, "pebble": 19, "gate_key": 2})
    cy = smith("cy", level=2, inventory={"ring~b": 1, "mail": 1}, rolled={"ring~b": FINDS["ring~b"]})
    return at_table(world, ann, bo, cy)


who = st.sampled_from(WHO)
thing = st.sampled_from(THINGS)
number = st.integers(-1, 6)
commands = st.one_of(
    st.builds(cmd.Equip, who, thing),
    st.builds(cmd.Unequip, who, st.sampled_from(SLOTS)),
    st.builds(cmd.GiveItem, who, thing, who, number),
    st.builds(cmd.GiveGold, who, st.integers(-5, 400), who),
    st.builds(cmd.DropItem, who, thing, number),
    st.builds(cmd.TakeFromCache, who, thing, number),
    st.builds(cmd.Buy, who, st.just("forge"), thing, number),
    st.builds(cmd.Sell, who, st.just("forge"), thing, number),
    st.builds(cmd.LearnSkill, who, st.sampled_from(["forge_fire", "hot_iron", "steel", "lamp"])),
    st.builds(cmd.Respec, who),
    st.builds(cmd.SetRow, who, st.sampled_from(["front", "back"])),
)


def owned(state: PlayState) -> Counter[str]:
    """Everything that there is, wherever it lies."""
    found = Counter(dict(state.cache))
    for hero in state.heroes.values():
        found.update(dict(hero.inventory))
    return found


def assert_sound(state: PlayState, world: Content) -> None:
    for hero in state.heroes.values():
        assert hero.gold >= 0 and hero.skill_points >= 0
        assert all(count > 0 for count in hero.inventory.values())
        assert set(hero.rolled) == {carried for carried in hero.inventory if "~" in carried}
        assert places_taken(hero, world) <= BAG_PLACES
        worn = Counter(hero.equipment.values())
        assert all(hero.inventory.get(carried, 0) >= count for carried, count in worn.items())
        for slot, carried in hero.equipment.items():
            assert world.items[carried.split("~")[0]].worn_in == slot
            assert why_not_wear(hero, carried, world) is None
        weapon = world.items.get(hero.equipment.get("weapon", "").split("~")[0])
        assert not (weapon and weapon.two_handed and "offhand" in hero.equipment)
        assert 0 < hero.hp <= hero.hp_max and 0 <= hero.mp <= hero.mp_max
        assert Hero.from_json(hero.to_json()) == hero
    assert set(state.cached_rolls) == {carried for carried in state.cache if "~" in carried}


def expected_change(event: ev.Event) -> tuple[Counter[str], int]:
    """What an event adds to all things and all gold together; negative is taken away."""
    match event:
        case ev.ItemBought():
            return Counter({event.item: event.quantity}), -event.price
        case ev.ItemSold():
            return Counter({event.item: -event.quantity}), event.price
        case ev.SkillsReset():
            return Counter(), -event.price
    return Counter(), 0


@settings(max_examples=250, deadline=None)
@given(script=st.lists(commands, min_size=1, max_size=40))
def test_r1_no_sequence_of_sheet_commands_loses_or_doubles_anything(
    content: Content, script: list[cmd.Command]
) -> None:
    world = forge(content)
    state = _start(world)
    points = {h.id: h.skill_points for h in state.heroes.values()}
    for command in script:
        before, gold = owned(state), sum(h.gold for h in state.heroes.values())
        try:
            done = do(world, state, command)
        except RuleError:
            continue
        assert done.events and is_sheet_command(command)
        rest = [h for h in state.heroes if h not in (command.actor, getattr(command, "to", ""))]
        assert all(done.state.heroes[h] is state.heroes[h] for h in rest), "a bystander's sheet changed"
        for event in done.events:
            things, coins = expected_change(event)
            before.update(things)
            gold += coins
            assert ev.event_from_json(event.to_json()) == event
        state = done.state
        assert +owned(state) == +before
        assert sum(h.gold for h in state.heroes.values()) == gold
        assert_sound(state, world)
        for hero in state.heroes.values():
            spent = sum(world.skills[k].cost for k in hero.skills)
            assert hero.skill_points + spent == points[hero.id]
            values = effective_stats(hero, world).values
            if any(getattr(e, "actor", "") == hero.id and hasattr(e, "hp_max") for e in done.events):
                assert (hero.hp_max, hero.mp_max, hero.evade) == (values["hp"], values["mp"], values["evade"])


@settings(max_examples=60, deadline=None)
@given(script=st.lists(commands, max_size=15), data=st.data())
def test_what_is_offered_is_legal_and_what_is_not_is_refused(
    content: Content, script: list[cmd.Command], data: st.DataObject
) -> None:
    world = forge(content)
    state = _start(world)
    for command in script:
        try:
            state = do(world, state, command).state
        except RuleError:
            continue
    for hero_id in WHO:
        for option in sheet_options(state, hero_id, world):
            command = cmd.command_from_json(dict(option.command))
            if not option.enabled:
                assert option.reason
                with pytest.raises(RuleError):
                    do(world, state, command)
                continue
            assert do(world, state, command).events
            most = {"quantity": option.most, "amount": option.most}
            fields = {k: most[k] for k in most if hasattr(command, k)}
            for target in option.targets or (None,):
                to = {"to": target.id} if target is not None else {}
                do(world, state, replace(command, **fields, **to))
            if fields and option.kind not in ("buy", "give"):
                with pytest.raises(RuleError):
                    do(world, state, replace(command, **{k: n + 1 for k, n in fields.items()}))


def test_every_command_reads_back_from_json(world: Content) -> None:
    for command in (
        cmd.Equip("ann", "cap"), cmd.Buy("ann", "forge", "sword", 2), cmd.SetOrders("ann", ({"use": "attack"},)),
        cmd.GiveGold("ann", 3, "bo"),
    ):  # fmt: skip
        assert cmd.command_from_json(command.to_json()) == command
