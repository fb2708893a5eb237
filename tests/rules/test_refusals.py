"""Every illegal command has a code of its own, says why, and leaves everything as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules.encounters import lock_intent, start_encounter
from api.rules.errors import DiceError, FightUnderWay, IllegalAction, InFight, RuleError
from api.rules.items import BAG_PLACES
from api.rules.legal import legal_actions
from api.rules.resolution import Resolution
from api.rules.sheet import alone, is_sheet_command, resolve_sheet
from api.rules.state import ActiveCondition, Hero, NpcState, PlayState
from tests.fakes.dice import ScriptedDice
from tests.fakes.skirmish import Skirmish, ability, changed, hero
from tests.rules.map_world import Marches, thing, walker, with_affordance

WIRE = Path(__file__).resolve().parents[2] / "docs" / "wire.md"


def kinds(refusal: type[RuleError] = RuleError) -> Iterator[type[RuleError]]:
    for kind in refusal.__subclasses__():
        yield kind
        yield from kinds(kind)


def provoked(content: Content, state: PlayState, command: cmd.Command) -> RuleError:
    """The refusal of a command, which must leave no die thrown; an AssertionError when there is none."""
    dice = ScriptedDice()
    with pytest.raises(RuleError) as refused:
        if is_sheet_command(command):
            resolve_sheet(state, command, dice, content)
        else:
            engine.resolve(state, command, dice, content)
    assert dice.rolled == [], "a refusal rolls no dice"
    return refused.value


# --- outside fights ----------------------------------------------------------------------------------------------

FULL = {f"find_{n}": 1 for n in range(BAG_PLACES)}  # things that content does not know take a place each


@pytest.fixture(scope="module")
def marches(content: Content) -> Marches:
    world = with_affordance(Marches(content), "inn", thing("hymn", requires={"level": 3}))
    world.content = replace(
        world.content, items={**world.content.items, "tonic": content.items["red_cordial"]}
    )
    return world


def traveller(**values: Any) -> Hero:
    return walker("ann", **{"inventory": {"trophy": 1, "tonic": 1, "harbour_sword": 1}, **values})


SCENE: list[tuple[str, cmd.Command, dict[str, Any]]] = [
    ("not_here", cmd.UseAffordance("ann", "fly"), {}),
    ("not_here", cmd.Downtime("ann", "sleep"), {}),
    ("closed", cmd.UseAffordance("ann", "hymn"), {}),
    ("closed", cmd.Travel("ann", "chapel"), {}),
    ("done_already", cmd.UseAffordance("ann", "notice"), {"used": frozenset({"inn.notice"})}),
    ("done_already", cmd.Rest("ann", "short"), {"days": {"rest.inn.ann": 0}}),
    ("done_already", cmd.Rest("ann", "long"), {"days": {"night.ann": 0}}),
    ("done_already", cmd.Downtime("ann", "chop"), {"days": {"downtime.ann": 0}}),
    ("done_already", cmd.Help("ann", "bob"), {"helped": {"bob": "ann"}}),
    ("done_already", cmd.SetRow("ann", "front"), {}),
    ("no_way", cmd.Travel("ann", "inn"), {}),
    ("no_rest", cmd.Rest("ann", "short"), {"location": "chapel", "scene": "chapel"}),
    ("no_rest", cmd.Rest("ann", "long"), {"location": "chapel", "scene": "chapel"}),
    ("bad_value", cmd.Rest("ann", "forever"), {}),
    ("wasted", cmd.Rest("ann", "short"), {}),
    ("wasted", cmd.UseItem("ann", "tonic", "ann"), {}),
    ("not_enough_gold", cmd.Rest("ann", "long"), {}),
    ("not_enough_gold", cmd.Downtime("ann", "carve"), {}),
    ("not_enough_gold", cmd.GiveGold("ann", 1, "bob"), {}),
    ("not_enough_gold", cmd.Buy("ann", "store", "trophy"), {}),
    ("turned_away", cmd.Talk("ann", "brynn"), {"npcs": {"brynn": NpcState(-80)}}),
    ("unknown_target", cmd.Talk("ann", "zoe"), {}),
    ("unknown_target", cmd.Help("ann", "zoe"), {}),
    ("unknown_target", cmd.Help("ann", "ann"), {}),
    ("unknown_target", cmd.Pass("zoe"), {}),
    ("unknown_target", cmd.GiveItem("ann", "trophy", "zoe"), {}),
    ("not_usable", cmd.UseItem("ann", "trophy", "ann"), {}),
    ("not_carried", cmd.UseItem("ann", "red_cordial", "ann"), {}),
    ("not_carried", cmd.DropItem("ann", "trophy", 2), {}),
    ("no_fight", cmd.Attack("ann", "ogre.1"), {}),
    ("no_fight", cmd.LockIntent("ann", cmd.Defend("ann").to_json()), {}),
    ("no_fight", cmd.ClearIntent("ann"), {}),
    ("bad_value", cmd.Improvise("ann", "look", "luck"), {}),
    ("bad_value", cmd.Improvise("ann", "look", "wisdom", "absurd"), {}),
    ("bad_value", cmd.DropItem("ann", "trophy", 0), {}),
    ("bad_value", cmd.GiveGold("ann", -5, "bob"), {}),
    ("bad_value", cmd.SetRow("ann", "middle"), {}),
    ("bad_value", cmd.SetOrders("ann", ({"use": "fly"},)), {}),
    ("session_over", cmd.Pass("ann"), {"ending": "home"}),
    ("no_shop", cmd.Buy("ann", "no_such", "trophy"), {}),
    ("no_shop", cmd.Buy("ann", "store", "trophy"), {"location": "ford", "scene": "ford"}),
    ("not_for_sale", cmd.Buy("ann", "store", "tonic"), {}),
    ("not_for_sale", cmd.Sell("ann", "store", "trophy", 2), {}),
    ("skill_locked", cmd.LearnSkill("ann", "no_such"), {}),
    ("no_skills", cmd.Respec("ann"), {}),
    ("cannot_wear", cmd.Equip("ann", "trophy"), {}),
    ("cannot_wear", cmd.Unequip("ann", "head"), {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "command", "values"), SCENE, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_cannot_be_done_in_a_scene_is_refused_by_name(
    marches: Marches, code: str, command: cmd.Command, values: dict[str, Any]
) -> None:
    state = replace(marches.begin(traveller(), walker("bob")), **values)
    assert provoked(marches.content, state, command).code == code


def test_sheets_refuse_by_name_too(marches: Marches) -> None:
    worn = traveller(equipment={"weapon": "harbour_sword"})
    full = replace(walker("bob"), inventory=FULL)
    state = marches.begin(worn, full)
    assert provoked(marches.content, state, cmd.DropItem("ann", "harbour_sword")).code == "still_worn"
    assert provoked(marches.content, state, cmd.GiveItem("ann", "trophy", "bob")).code == "bag_full"
    assert provoked(marches.content, alone(worn), cmd.DropItem("ann", "trophy")).code == "no_table"
    tree = sorted(k for k, s in marches.content.skills.items() if s.character_class == worn.character_class)
    open_one = next(k for k in tree if not marches.content.skills[k].requires)
    grown = marches.begin(replace(worn, level=20, skill_points=0))
    assert provoked(marches.content, grown, cmd.LearnSkill("ann", open_one)).code == "no_skill_points"
    with pytest.raises(IllegalAction) as refused:
        resolve_sheet(state, cmd.Pass("ann"), ScriptedDice(), marches.content)
    assert refused.value.code == "illegal_action"


# --- in fights ---------------------------------------------------------------------------------------------------

KNOWN = ("jab", "bolt", "lunge", "calm", "answer")
FIGHT: list[tuple[str, cmd.Command, dict[str, dict[str, Any]]]] = [
    ("not_your_turn", cmd.Attack("bob", "rat.1"), {}),
    ("no_turn", cmd.Attack("bob", "rat.1"), {"bob": {"conditions": {"stunned": ActiveCondition(2)}}}),
    ("hero_down", cmd.Attack("bob", "rat.1"), {"bob": {"hp": 0}}),
    ("hero_down", cmd.Attack("bob", "rat.1"), {"bob": {"hp": 0, "dead": True}}),
    ("unknown_target", cmd.Attack("ann", "bob"), {}),
    ("unknown_target", cmd.Help("ann", "ann"), {}),
    ("out_of_reach", cmd.Attack("ann", "rat.2"), {"rat.2": {"row": "back"}}),
    ("untargetable", cmd.Attack("ann", "rat.1"), {"rat.1": {"conditions": {"unseen": ActiveCondition(2)}}}),
    ("taunted", cmd.Attack("ann", "rat.1"), {"ann": {"conditions": {"taunted": ActiveCondition(2, 1, "rat.2")}}}),
    ("silenced", cmd.UseAbility("ann", "bolt", "rat.1"), {"ann": {"conditions": {"silenced": ActiveCondition(2)}}}),
    ("rooted", cmd.MoveRow("ann", "back"), {"ann": {"conditions": {"rooted": ActiveCondition(2)}}}),
    ("rooted", cmd.Flee("ann"), {"ann": {"conditions": {"rooted": ActiveCondition(2)}}}),
    ("wrong_row", cmd.UseAbility("ann", "lunge", "rat.1"), {"ann": {"row": "back"}}),
    ("no_mana", cmd.UseAbility("ann", "bolt", "rat.1"), {"ann": {"mp": 1}}),
    ("on_cooldown", cmd.UseAbility("ann", "jab", "rat.1"), {"ann": {"cooldowns": {"jab": 2}}}),
    ("not_usable", cmd.UseAbility("ann", "calm", "ann"), {}),
    ("not_usable", cmd.UseAbility("ann", "answer", "rat.1"), {}),
    ("not_usable", cmd.UseItem("ann", "harbour_sword", "ann"), {}),
    ("unknown_ability", cmd.UseAbility("ann", "fly", "rat.1"), {}),
    ("not_carried", cmd.UseItem("ann", "red_cordial", "ann"), {}),
    ("bad_value", cmd.MoveRow("ann", "middle"), {}),
    ("bad_value", cmd.Improvise("ann", "other", "evade"), {}),
    ("done_already", cmd.MoveRow("ann", "front"), {}),
    ("no_flight", cmd.Flee("ann"), {}),
    ("no_parley", cmd.Parley("ann"), {}),
    ("in_fight", cmd.Rest("ann"), {}),
    ("in_fight", cmd.UseAffordance("ann", "search"), {}),
    ("in_fight", cmd.SetRow("ann", "back"), {}),
    ("nothing_locked", cmd.ClearIntent("bob"), {}),
    ("not_lockable", cmd.LockIntent("ann", cmd.Defend("ann").to_json()), {}),
    ("not_lockable", cmd.LockIntent("bob", cmd.Improvise("bob", "other").to_json()), {}),
    ("not_lockable", cmd.LockIntent("bob", cmd.Defend("ann").to_json()), {}),
    ("not_lockable", cmd.LockIntent("rat.1", cmd.Defend("rat.1").to_json()), {}),
    ("bad_value", cmd.LockIntent("bob", {"type": "Attack", "actor": "bob", "target": ["rat.1"]}), {}),
    ("bad_value", cmd.LockIntent("bob", {"type": "Win", "actor": "bob"}), {}),
    ("no_mana", cmd.LockIntent("bob", cmd.UseAbility("bob", "bolt", "rat.1").to_json()), {"bob": {"mp": 0}}),
    ("unknown_target", cmd.Attack("zoe", "rat.1"), {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def fight(content: Content) -> Skirmish:
    return Skirmish(
        content, can_flee=False, flight=None,
        abilities={
            "jab": ability(), "bolt": ability(reach="ranged", cost_mp=2), "lunge": ability(rows=["front"]),
            "calm": ability(passive=True), "answer": ability(reaction={"on": "missed", "does": "strike_back"}),
        },
    )  # fmt: skip


def fighting(fight: Skirmish, values: dict[str, dict[str, Any]]) -> PlayState:
    carried = {"harbour_sword": 1}
    state = fight.start(*(hero(who, abilities=KNOWN, inventory=carried) for who in ("ann", "bob")))
    for who, one in values.items():
        state = changed(state, who, **one)
    return state


@pytest.mark.parametrize(
    ("code", "command", "values"), FIGHT, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_cannot_be_done_in_a_fight_is_refused_by_name(
    fight: Skirmish, code: str, command: cmd.Command, values: dict[str, dict[str, Any]]
) -> None:
    # Where one has no chance to flee, what holds one's feet cannot be seen.
    open_field = fight.content.encounters["fight"].model_copy(update={"can_flee": code != "no_flight"})
    content = replace(fight.content, encounters={**fight.content.encounters, "fight": open_field})
    refused = provoked(content, fighting(fight, values), command)
    assert refused.code == code and refused.message.strip()


def test_a_second_fight_is_refused_by_name(fight: Skirmish) -> None:
    res = Resolution(fighting(fight, {}), ScriptedDice(), fight.content)
    with pytest.raises(FightUnderWay) as refused:
        start_encounter(res, "fight")
    assert refused.value.code == "fight_under_way" and not res.events


def test_who_came_late_is_no_part_of_the_fight(fight: Skirmish) -> None:
    """A hero who is seated while the others fight acts only when it is over."""
    state = fighting(fight, {}).with_hero(hero("cat"))
    assert provoked(fight.content, state, cmd.Attack("cat", "rat.1")).code == "in_fight"
    assert legal_actions(state, "cat", fight.content) == []
    with pytest.raises(InFight, match="came while the others fight"):
        lock_intent(state, cmd.Defend("cat"), fight.content)


# --- the codes ---------------------------------------------------------------------------------------------------

PROVOKED = {code for code, _, _ in (*SCENE, *FIGHT)} | {
    "still_worn", "bag_full", "no_table", "no_skill_points", "illegal_action", "fight_under_way",
}  # fmt: skip


def test_every_code_of_the_rules_belongs_to_one_refusal() -> None:
    codes = [kind.code for kind in kinds()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_code_of_the_rules_is_provoked_above() -> None:
    """Dice have tests of their own (`test_dice_refusals.py`)."""
    of_dice = {DiceError.code, *(kind.code for kind in kinds(DiceError))}
    assert {kind.code for kind in kinds()} - of_dice == PROVOKED


def test_the_wire_names_every_code_of_the_rules() -> None:
    text = WIRE.read_text(encoding="utf-8")
    assert [kind.code for kind in kinds() if f"`{kind.code}`" not in text] == []


@pytest.mark.parametrize(
    "raw",
    [
        {}, {"type": "Win", "actor": "ann"}, {"type": None, "actor": "ann"}, {"type": "Pass"},
        {"type": "Attack", "actor": "ann"}, {"type": "Attack", "actor": "ann", "target": 1},
        {"type": "Attack", "actor": ["ann"], "target": "rat.1"}, {"type": "Pass", "actor": "ann", "more": 1},
        {"type": "Buy", "actor": "ann", "shop": "s", "item": "i", "quantity": "1"},
        {"type": "Buy", "actor": "ann", "shop": "s", "item": "i", "quantity": 1.5},
        {"type": "Buy", "actor": "ann", "shop": "s", "item": "i", "quantity": True},
        {"type": "LockIntent", "actor": "ann", "action": "Attack"},
        {"type": "SetOrders", "actor": "ann", "orders": {"use": "attack"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_command_is_not_read(raw: dict[str, Any]) -> None:
    with pytest.raises(cmd.UnknownCommand):
        cmd.command_from_json(raw)


def test_every_kind_of_command_comes_back_from_json() -> None:
    """A command with a new kind of field must be told to `command_from_json`."""
    values: dict[str, Any] = {
        "str": "x", "str | None": None, "int": 3, "bool": True, "dict[str, Any]": {"a": 1},
        "tuple[Mapping[str, Any], ...]": ({"use": "attack"},),
    }  # fmt: skip
    for kind in cmd.Command.TYPES.values():
        made = kind(**{field.name: values[str(field.type)] for field in fields(kind)})
        raw = {k: list(v) if isinstance(v, tuple) else v for k, v in made.to_json().items()}
        assert cmd.command_from_json(raw) == made
