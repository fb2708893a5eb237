"""`docs/rules.md` stays true: each line has a proof, each number is the code's. Rules nothing else proves are here."""

from __future__ import annotations

import ast
import functools
import graphlib
import hashlib
import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.definitions import (
    AbilityDef,
    AffordanceDef,
    ClassDef,
    ConditionDef,
    CreatureDef,
    EncounterDef,
    ItemDef,
    OriginDef,
)
from api.errors import GameRefusal
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.dice import KeyedDice, roll_expression
from api.rules.encounters import start_encounter
from api.rules.errors import IllegalAction, OnCooldown
from api.rules.legal import legal_actions
from api.rules.resolution import BANDS, Resolution
from api.rules.state import START_CLOCK, Hero, PlayState
from api.services import sessions, table_talk
from api.services.characters import NewCharacter, new_hero
from api.services.resolving import open_next_turn
from api.services.turns import serve_deadline
from tests.fakes.dice import LoadedDice, ScriptedDice
from tests.fakes.game import Game, RunningTable
from tests.rules.play import Scripted, of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = [
    "Dice",
    "Checks",
    "Sheets",
    "Progress",
    "Equipment",
    "Bag",
    "Beats",
    "Encounters",
    "Attacks",
    "Damage",
    "Conditions",
    "World",
    "Travel",
    "Quests",
    "People",
    "Rest",
    "Downtime",
    "Spoils",
    "Loot",
    "Trade",
    "Time",
    "Proposals",
    "Log",
]
RULE = re.compile(r"^\| \*\*(R-[A-Z]+-\d+)\*\* \| (.+?) \| (\w+) \| (.*?) ?\|$", re.MULTILINE)
NUMBER = re.compile(r"^\| [^|]+ \| (\d+) \| `([a-z_.]+)\.([A-Z_]+)` \|$", re.MULTILINE)


# --- the page ----------------------------------------------------------------------------------------------------


def rows_under(header: str) -> list[list[str]]:
    """The cells of the table that has this header line."""
    table = PAGE.partition(header + "\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


@functools.cache
def names_of_tests() -> set[str]:
    found: set[str] = set()
    for folder in ("rules", "services", "replays"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return found


def test_the_page_has_its_sections_in_order() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == SECTIONS


def test_every_line_of_a_rules_table_is_read() -> None:
    assert len(RULE.findall(PAGE)) == PAGE.count("| **R-") > 80


def test_ids_are_given_once() -> None:
    ids = [row[0] for row in RULE.findall(PAGE)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", RULE.findall(PAGE), ids=lambda rule: rule[0])
def test_an_enforced_rule_names_a_test_that_exists(rule: tuple[str, str, str, str]) -> None:
    number, _, status, proof = rule
    assert status in ("enforced", "told", "out", "replaced"), f"{number}: status '{status}'"
    named = re.findall(r"`(\w+)`", proof)
    assert bool(named) == (status == "enforced"), f"{number}: proof and status do not fit"
    assert set(named) <= names_of_tests(), f"{number} names a test that does not exist"


def test_what_replaces_a_rule_is_named_and_exists() -> None:
    rules = {row[0]: row for row in RULE.findall(PAGE)}
    for number, text, status, _ in rules.values():
        if status == "replaced":
            named = re.findall(r"R-[A-Z]+-\d+", text)
            assert named and all(rules[each][2] != "replaced" for each in named), number


REPORTED = [*(f"r{n}" for n in range(1, 11)), *(f"t{n}" for n in range(1, 6))]


@pytest.mark.parametrize("code", REPORTED)
def test_every_reported_fault_of_rules_and_turns_has_a_test_by_name(code: str) -> None:
    """Faults that users of comparable systems reported: R (rules) and T (turns)."""
    assert any(name.startswith(f"test_{code}_") for name in names_of_tests())


def imports_of(path: Path) -> Iterator[str]:
    """What a module of the rules imports of the rules as it is loaded, so not what only types need."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("api.rules"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if module_path(inner) else str(node.module)


def module_path(name: str) -> Path | None:
    whole = ROOT.joinpath(*name.split("."))
    return next((p for p in (whole.with_suffix(".py"), whole / "__init__.py") if p.exists()), None)


def test_modules_of_the_rules_import_each_other_in_one_direction() -> None:
    """No import works only because another came before it."""
    found = {path: set(imports_of(path)) for path in (ROOT / "api" / "rules").rglob("*.py")}
    assert sum(map(len, found.values())) > 100
    graph = {path: {module_path(name) for name in names} for path, names in found.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


def test_sections_that_docstrings_name_exist() -> None:
    named: set[str] = set()
    for folder in ("rules", "services"):
        for path in (ROOT / "api" / folder).rglob("*.py"):
            named |= set(re.findall(r"`docs/rules\.md`, (\w+)", path.read_text(encoding="utf-8")))
    assert {"Dice", "Checks", "Sheets", "Attacks", "Rest"} <= named <= set(SECTIONS)


def test_the_bands_on_the_page_are_the_codes() -> None:
    assert {row[0]: int(row[1]) for row in rows_under("| band | difficulty |")} == BANDS


def test_the_conditions_on_the_page_are_the_datas(content: Content) -> None:
    """Each condition stands there once, with what it does over time."""
    rows = rows_under("| condition | a turn | at | stacking | of it |")
    shown = {row[0]: tuple(row[1:4]) for row in rows}
    assert len(shown) == len(rows)
    assert shown == {key: in_short(one) for key, one in content.conditions.items()}


def in_short(one: ConditionDef) -> tuple[str, str, str]:
    """What a condition does over time, when, and how it stacks, as the page writes it."""
    parts = [
        f"-{one.tick_damage} HP {one.tick_type}" if one.tick_damage else "",
        f"+{one.tick_heal} HP" if one.tick_heal else "",
        f"{one.tick_mp:+} MP" if one.tick_mp else "",
    ]
    does = ", ".join(part for part in parts if part)
    stacks = f"stack {one.max_stacks}" if one.stacking == "stack" else one.stacking
    return does, one.moment if does else "", stacks


def test_the_numbers_on_the_page_are_the_codes() -> None:
    found = {f"{module}.{name}": int(value) for value, module, name in NUMBER.findall(PAGE)}
    for needed in ("CRITICAL_MARGIN", "LAST_ROUND", "REST_MINUTES", "START_CLOCK"):
        assert any(name.endswith(needed) for name in found), f"{needed} stands on the page no more"
    for name, value in found.items():
        module, _, constant = name.rpartition(".")
        assert getattr(importlib.import_module(module), constant) == value, name


# --- a small world -----------------------------------------------------------------------------------------------

STATS = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")


def hero(name: str, **values: Any) -> Hero:
    """Ten in every score but those given, 20 of 20 HP, evade 12, nothing carried."""
    scores = {s: values.pop(s, 10) for s in STATS}
    plain: dict[str, Any] = {
        "id": name, "name": name.title(), "pronouns": "she", "character_class": "vanguard",
        "origin": "noble_exile", "level": 1, "xp": 0, "stats": scores, "hp": 20, "hp_max": 20, "mp": 9,
        "mp_max": 9, "evade": 12, "gold": 0, "abilities": ("jab", "swing", "hex", "cheer", "drill"),
        "inventory": {},
    }  # fmt: skip
    return Hero(**{**plain, **values})


def ability(target: str, effect: dict[str, Any], **values: Any) -> AbilityDef:
    plain = {"name": "Ability", "summary": "x.", "stat": "strength", "verb": "does", "target": target}
    return AbilityDef.model_validate({**plain, "effect": effect, **values})


def affordance(key: str, **values: Any) -> AffordanceDef:
    """Something to do; `success` is free of effects unless said otherwise."""
    plain = {
        "key": key, "label": f"Do {key}", "kind": "use", "words": [key], "doing": "does it",
        "success": {"tell": ["Done."]},
    }  # fmt: skip
    return AffordanceDef.model_validate({**plain, **values})


OUTCOME = {"tell": ["It is over."]}
BITE = {"name": "Bite", "verb": "bites", "damage": "1d4", "damage_type": "piercing", "to_hit": 3}
CLAW = {"name": "Claw", "verb": "claws", "damage": "1d6", "damage_type": "slashing", "to_hit": 1}


class World(Scripted):
    """The starter content with a glade of the test's affordances in it, and fights against `ogre`."""

    def __init__(self, content: Content, *affordances: AffordanceDef) -> None:
        people = content.scenes["drowned_library"].people[:1]
        glade = content.scenes["drowned_library"].model_copy(
            update={"affordances": affordances, "people": people}
        )
        self.person = people[0]
        self.content = replace(
            content,
            scenes={**content.scenes, "glade": glade},
            abilities={
                **content.abilities,
                "jab": ability("enemy", {"damage": "1d6"}),
                "swing": ability("enemy", {"damage": "1d4"}, uses_weapon=True),
                "hex": ability("enemy", {"condition": {"key": "stunned", "rounds": 1}}),
                "cheer": ability("self", {"condition": {"key": "inspired", "rounds": 2}}),
                "drill": ability("enemy", {"damage": "1d4"}, cooldown=1),
            },
            items={
                **content.items,
                "knife": ItemDef(name="Knife", summary="x.", kind="weapon", damage="1d4"),
                "axe": ItemDef(name="Axe", summary="x.", kind="weapon", damage="1d8"),
                "cordial": ItemDef(name="Cordial", summary="x.", kind="consumable", use={"heal": "1d6"}),
                "flask": ItemDef(
                    name="Flask", summary="x.", kind="consumable", use={"damage": "1d6"}, target="enemy"
                ),
            },
        )

    def ogres(self, count: int = 1, **values: Any) -> None:
        """Define the foe (20 HP, evade 10, one bite) and its fight; `fight` holds fields of the encounter."""
        fight = values.pop("fight", {})
        group = {"creature": "ogre", "count": count, "per_extra_hero": values.pop("per_extra_hero", 0)}
        ogre = {
            "name": "Ogre", "summary": "x.", "stats": {}, "hp": 20, "evade": 10, "xp": 7, "attacks": [BITE],
            "down": ["{target} falls."],
        }  # fmt: skip
        duel = {
            "name": "Ogres", "intro": ["Ogres."], "stakes": "The bridge.", "groups": [group],
            "victory": OUTCOME, "defeat": OUTCOME, "flight": OUTCOME,
        }  # fmt: skip
        self.content = replace(
            self.content,
            creatures={**self.content.creatures, "ogre": CreatureDef.model_validate({**ogre, **values})},
            encounters={**self.content.encounters, "duel": EncounterDef.model_validate({**duel, **fight})},
        )

    def at(self, *heroes: Hero) -> PlayState:
        state = engine.begin(self.content, "low_water_ledger", {h.id: h for h in heroes})
        return replace(state, scene="glade", visited=("glade",))

    def fight(self, *heroes: Hero) -> PlayState:
        """A fight in which the heroes go first, in the order given."""
        rolls = [20 - i for i in range(len(heroes))] + [1] * 8
        res = Resolution(self.at(*heroes), ScriptedDice(*rolls), self.content)
        assert start_encounter(res, "duel") is None
        return res.state


def foe(state: PlayState, number: int = 1) -> Any:
    assert state.encounter is not None
    return state.encounter.combatants[f"ogre.{number}"]


@pytest.fixture
def arena(content: Content) -> World:
    world = World(content)
    world.ogres()
    return world


# --- Dice ---


def test_rolls_for_fun_do_not_shift_a_turns_dice(game: Game) -> None:
    told = []
    for rolls in (0, 3):
        table = game.table(1, seed="fixed")
        for _ in range(rolls):
            table_talk.roll(game.deps, table.actors[0], table.id, "4d6", game.key(table.actors[0]))
        table.act(1, "affordance", id="search_the_shelves")
        told.append([e for e in table.turns()[1]["events"] if e["type"] == "check_rolled"][0]["rolls"])
    assert told[0] == told[1]
    table = game.table(1, seed="fixed")
    shown = table_talk.roll(game.deps, table.actors[0], table.id, "20d20", game.key(table.actors[0]))
    dice = KeyedDice("fixed", 1)
    assert shown["detail"] != roll_expression("20d20", dice).detail, "they foretell the dice of a turn"


def test_the_seed_is_sealed_by_the_clicks_and_shown_at_the_end(game: Game) -> None:
    table = game.lobby(1)
    host = table.actors[0]
    promised = table.view()["seed_hash"]
    sessions.begin_session(game.deps, host, table.id, game.key(host, "click-7"))
    sealed = table.load().body["seed"]
    assert table.view()["seed"] is None and table.view()["seed_entropy"] is None
    sessions.end_session(game.deps, host, table.id, game.key(host))
    shown = table.view()
    assert hashlib.sha256(shown["seed"].encode()).hexdigest() == promised == shown["seed_hash"]
    assert shown["seed_entropy"] == ["click-7"]
    assert hashlib.sha256(f"{shown['seed']}:click-7".encode()).hexdigest() == sealed


# --- Checks ---

ROLLED = affordance(
    "lever", stat="strength", band="hard", success={"tell": ["Up."], "minutes": 20, "flags": ["lever_up"]},
    failure={"tell": ["Stuck."], "minutes": 5},
)  # fmt: skip


def lever(who: str) -> cmd.Command:
    return cmd.UseAffordance(who, "lever")


def test_a_check_adds_the_modifier_and_names_its_band(content: Content) -> None:
    world = World(content, ROLLED)
    (rolled,) = of(world.act(world.at(hero("ann", strength=17)), lever("ann"), 13, 1), ev.CheckRolled)
    assert (rolled.modifier, rolled.total, rolled.difficulty, rolled.band) == (3, 16, 16, "hard")
    assert rolled.degree == "success"


def test_a_partial_success_works_and_takes_longer(content: Content) -> None:
    world = World(content, ROLLED)
    done = world.act(world.at(hero("ann")), lever("ann"), 14, 1)
    assert of(done, ev.CheckRolled)[0].degree == "partial"
    assert "lever_up" in done.state.notes
    assert done.state.clock == START_CLOCK + 20 + (20 + 10)


def test_what_needs_no_roll_rolls_no_check(content: Content) -> None:
    world = World(content, affordance("bell"))
    done = world.act(world.at(hero("ann")), cmd.UseAffordance("ann", "bell"), 1)
    assert of(done, ev.CheckRolled) == [] and of(done, ev.AffordanceUsed)[0].degree == "success"


def test_who_failed_may_not_try_again_but_a_friend_may(content: Content) -> None:
    world = World(content, ROLLED)
    state = world.act(world.at(hero("ann"), hero("bob")), lever("ann"), 2, 1).state
    assert "lever_up" not in state.notes
    with pytest.raises(IllegalAction, match="tried that here and failed"):
        world.act(state, lever("ann"))
    assert "lever_up" in world.act(state, lever("bob"), 16, 1).state.notes


def test_what_was_done_once_is_done_for_all(content: Content) -> None:
    world = World(content, affordance("bell"), affordance("rope", once=False))
    state = world.at(hero("ann"), hero("bob"))
    for key in ("bell", "rope"):
        state = world.act(state, cmd.UseAffordance("ann", key), 1).state
    with pytest.raises(IllegalAction, match="done already"):
        world.act(state, cmd.UseAffordance("bob", "bell"))
    assert of(world.act(state, cmd.UseAffordance("bob", "rope"), 1), ev.AffordanceUsed)


def test_an_affordance_opens_by_flags_and_by_what_is_carried(content: Content) -> None:
    needs = {"flags": ["lever_up"], "without": ["alarm"], "item": "knife"}
    world = World(content, affordance("door", requires=needs))
    state = world.at(hero("ann", inventory={"knife": 1}), hero("bob"))

    def open_to(state: PlayState) -> list[str]:
        keys = [(who, a.id) for who in state.heroes for a in legal_actions(state, who, world.content)]
        return [who for who, key in keys if key == "door"]

    assert open_to(state) == []
    res = Resolution(state, ScriptedDice(), world.content)
    res.emit(ev.FlagSet("lever_up", "bob", "Bob"))
    assert open_to(res.state) == ["ann"]
    res.emit(ev.FlagSet("alarm", "bob", "Bob"))
    assert open_to(res.state) == []


def test_improvising_changes_nothing_but_the_time(content: Content) -> None:
    world = World(content)
    state = world.at(hero("ann"))
    done = world.act(state, cmd.Improvise("ann", "look", "wisdom", "easy"), 20)
    assert of(done, ev.Improvised)[0].degree == "critical"
    assert replace(done.state, clock=state.clock) == state != done.state


def test_people_do_not_say_the_same_line_twice(content: Content) -> None:
    world = World(content)
    state = world.at(hero("ann"), hero("bob"))
    heard = []
    for turn in range(len(world.person.lines) + 1):
        left = len(world.person.lines) - turn
        who = ("ann", "bob")[turn % 2]
        done = world.act(state, cmd.Talk(who, world.person.key), *([1] if left else []))
        heard.append(of(done, ev.Spoke)[0].line)
        state = done.state
    assert sorted(heard) == [-1, *range(len(world.person.lines))] and heard[-1] == -1


# --- Sheets ---


def test_a_sheet_is_class_and_origin_and_what_they_carry(content: Content) -> None:
    mail = ItemDef(name="Mail", summary="x.", kind="armour", bonuses={"evade": 2})
    knight = ClassDef(
        name="Knight", summary="x.", role="defender", stats={"strength": 15, "dexterity": 12, "constitution": 13},
        hp=11, mp=4, evade=10, abilities=("jab",), starting_items=("mail", "coin"),
    )  # fmt: skip
    exile = OriginDef(
        name="Exile", summary="x.", want="home", hook="x.", bonus={"dexterity": 2, "constitution": 1},
        starting_items=("coin",), gold=30,
    )  # fmt: skip
    small = replace(
        content,
        classes={"knight": knight},
        origins={"exile": exile},
        items={"mail": mail, "coin": ItemDef(name="Coin", summary="x.", kind="treasure")},
    )
    made = new_hero(small, "c1", NewCharacter(name="Ann", character_class="knight", origin="exile"))
    assert (made.stats["strength"], made.stats["dexterity"], made.stats["constitution"]) == (15, 14, 14)
    assert (made.hp, made.hp_max, made.mp, made.mp_max) == (13, 13, 4, 4)
    assert (made.evade, made.gold) == (10 + 2 + 2, 30)
    assert (made.level, made.xp, dict(made.inventory)) == (1, 0, {"mail": 1, "coin": 2})


def test_gold_that_is_not_there_cannot_be_taken(content: Content) -> None:
    world = World(content, affordance("toll", success={"tell": ["Paid."], "gold": -10}))
    done = world.act(world.at(hero("ann", gold=4)), cmd.UseAffordance("ann", "toll"), 1)
    assert of(done, ev.GoldChanged)[0].amount == -4 and done.state.heroes["ann"].gold == 0


# --- Beats ---


@pytest.fixture
def crossroads(content: Content) -> World:
    to = {"north": "candle_quay", "south": "causeway"}
    ways = [affordance(way, success={"tell": ["Off."], "goto": scene}) for way, scene in to.items()]
    return World(content, affordance("bell", success={"tell": ["Dong."], "flags": ["rung"]}), *ways)


def go(who: str, way: str) -> cmd.Command:
    return cmd.UseAffordance(who, way)


def test_the_move_comes_after_everything_else(crossroads: World) -> None:
    state = crossroads.at(hero("ann"), hero("bob"), hero("cat"))
    deeds = [go("ann", "north"), go("bob", "bell"), go("cat", "north")]
    done = crossroads.beat(state, deeds, 1, 1)
    assert done.sequence == (1, 0, 2)
    kinds = [e.type_name() for e in done.events]
    assert kinds.index("flag_set") < kinds.index("improvised") < kinds.index("scene_entered")
    assert done.state.scene == "candle_quay"


def test_a_tie_goes_to_who_spoke_first(crossroads: World) -> None:
    three = [hero("ann"), hero("bob"), hero("cat")]
    tie = crossroads.beat(crossroads.at(*three[:2]), [go("ann", "south"), go("bob", "north")], 1)
    assert tie.state.scene == "causeway"
    won = crossroads.beat(
        crossroads.at(*three), [go("ann", "south"), go("bob", "north"), go("cat", "north")], 1
    )
    assert won.state.scene == "candle_quay"


def test_one_impatient_friend_leads_nobody_away(crossroads: World) -> None:
    state = crossroads.at(hero("ann"), hero("bob"), hero("cat"))
    deeds = [go("ann", "north"), cmd.Improvise("bob", "look"), cmd.Improvise("cat", "look")]
    done = crossroads.beat(state, deeds)
    assert done.state.scene == state.scene
    assert [(e.actor, e.reason) for e in of(done, ev.TurnPassed)] == [("ann", "alone")]
    pair = crossroads.at(hero("ann"), hero("bob"))
    assert (
        crossroads.beat(pair, [go("ann", "north"), cmd.Improvise("bob", "look")], 1).state.scene
        == "candle_quay"
    )


def test_the_others_go_along_or_are_outvoted(crossroads: World) -> None:
    state = crossroads.at(hero("ann"), hero("bob"), hero("cat"))
    done = crossroads.beat(state, [go("ann", "south"), go("bob", "north"), go("cat", "north")], 1)
    assert [e.actor for e in of(done, ev.AffordanceUsed)] == ["bob"]
    assert [(e.actor, e.kind) for e in of(done, ev.Improvised)] == [("cat", "follow")]
    assert [(e.actor, e.reason) for e in of(done, ev.TurnPassed)] == [("ann", "outvoted")]
    (choice,) = of(done, ev.ChoiceMade)
    assert (choice.votes, choice.against) == (("bob", "cat"), ("ann",))


def test_a_ruling_that_became_impossible_spoils_nothing(crossroads: World) -> None:
    state = crossroads.at(hero("ann"), hero("bob"), hero("cat"))
    deeds = [go("ann", "bell"), go("bob", "bell"), cmd.Improvise("cat", "look")]
    done = crossroads.beat(state, deeds, 1, tolerant=True)
    assert "rung" in done.state.notes
    assert [e.actor for e in of(done, ev.ClaimRefused)] == ["bob"]
    assert [e.actor for e in of(done, ev.Improvised)] == ["cat"]


# --- Encounters ---


@pytest.mark.parametrize(("heroes", "ogres"), [(1, 2), (2, 2), (3, 3), (4, 3), (5, 4)])
def test_more_heroes_meet_more_creatures(arena: World, heroes: int, ogres: int) -> None:
    arena.ogres(2, per_extra_hero=0.5)
    res = Resolution(arena.at(*(hero(f"h{i}") for i in range(heroes))), LoadedDice(0.5), arena.content)
    start_encounter(res, "duel")
    assert res.state.encounter is not None
    assert len(res.state.encounter.standing(heroes=False)) == ogres


def test_a_creature_draws_one_of_its_attacks(arena: World) -> None:
    arena.ogres(attacks=[BITE, CLAW])
    # The ogre: its target of one, its second attack, a roll of 11 + 1 against 12, damage 6.
    done = arena.act(arena.fight(hero("ann")), cmd.Pass("ann"), 1, 2, 11, 6)
    (hit,) = of(done, ev.AttackHit)
    assert (hit.means, hit.total, hit.against) == ("Claw", 12, 12)
    assert of(done, ev.DamageDealt)[0].amount == 6
    missed = arena.act(arena.fight(hero("ann")), cmd.Pass("ann"), 1, 1, 8)
    assert of(missed, ev.AttackMissed)[0].total == 11


@pytest.mark.parametrize(
    ("behaviour", "faces", "target"),
    [
        ("weakest", (), "bob"),
        ("strongest", (), "cat"),
        ("vengeful", (), "ann"),
        ("random", (2,), "bob"),
    ],
)
def test_creatures_choose_their_target_by_behaviour(
    arena: World, behaviour: str, faces: tuple[int, ...], target: str
) -> None:
    arena.ogres(behaviour=behaviour)
    state = arena.fight(hero("ann", hp=15), hero("bob", hp=3), hero("cat"))
    state = arena.act(state, cmd.UseAbility("ann", "jab", "ogre.1"), 15, 1).state
    state = arena.act(state, cmd.Pass("bob")).state
    done = arena.act(state, cmd.Pass("cat"), *faces, 1, 2)
    assert of(done, ev.AttackMissed)[0].target == target


def test_some_fights_have_no_way_out(arena: World) -> None:
    arena.ogres(fight={"can_flee": False})
    with pytest.raises(IllegalAction, match="no way out"):
        arena.act(arena.fight(hero("ann")), cmd.Flee("ann"))


def test_a_stunt_marks_the_weakest_foe(arena: World) -> None:
    arena.ogres(2)
    state = arena.fight(hero("ann"), hero("bob"))
    state = arena.act(state, cmd.UseAbility("ann", "jab", "ogre.2"), 15, 1).state
    res = Resolution(state, ScriptedDice(12, 1, 1, 2, 1, 1, 2), arena.content)
    done = engine.resolve(state, cmd.Improvise("bob", "force"), res.dice, arena.content)
    (gained,) = of(done, ev.ConditionGained)
    assert (gained.target, gained.condition, gained.rounds) == ("ogre.2", "marked", 1)
    critical = arena.act(state, cmd.Improvise("bob", "force"), 20, 1, 1, 2, 1, 1, 2)
    assert of(critical, ev.ConditionGained)[0].rounds == 2
    failed = arena.act(state, cmd.Improvise("bob", "force"), 9, 1, 1, 2, 1, 1, 2)
    assert of(failed, ev.ConditionGained) == []


def in_a_fight(game: Game, players: int) -> RunningTable:
    """A running table whose party has just met the inkhounds."""
    running = game.table(players)
    table = running.load()
    res = Resolution(table.state(), LoadedDice(0.5), game.content)
    start_encounter(res, "inkhounds")
    table.save_state(res.state)
    open_next_turn(table, res.state)
    table.commit()
    return running


def test_who_stays_away_in_a_fight_defends(game: Game) -> None:
    running = in_a_fight(game, 1)
    game.clock.advance(300)
    assert serve_deadline(game.deps, running.id)
    events = [e["type"] for e in running.turns()[-2]["events"]]
    assert events[0] == "defended"


def test_nobody_leaves_in_the_middle_of_a_fight(game: Game) -> None:
    running = in_a_fight(game, 2)
    with pytest.raises(GameRefusal, match="middle of a fight"):
        sessions.leave_session(game.deps, running.actors[1], running.id, game.key(running.actors[1]))


# --- Attacks ---


def test_reaching_the_evade_is_a_hit(arena: World) -> None:
    strong = arena.fight(hero("ann", strength=12), hero("bob"))
    done = arena.act(strong, cmd.UseAbility("ann", "jab", "ogre.1"), 7, 1)
    (hit,) = of(done, ev.AttackHit)
    assert (hit.roll, hit.total, hit.against) == (7, 7 + 1 + 2, 10)
    short = arena.act(strong, cmd.UseAbility("ann", "jab", "ogre.1"), 6)
    assert of(short, ev.AttackMissed)[0].total == 9


def test_marked_helps_and_guarded_hinders_the_attacker(arena: World) -> None:
    state = arena.fight(hero("ann"), hero("bob"))
    res = Resolution(state, ScriptedDice(), arena.content)
    res.emit(ev.ConditionGained("ogre.1", "Ogre", "marked", 1, "bob"))
    marked = arena.act(res.state, cmd.UseAbility("ann", "jab", "ogre.1"), 2, 9, 1)
    assert of(marked, ev.AttackHit)[0].roll == 9
    alone = arena.fight(hero("ann"))
    guarded = arena.act(alone, cmd.Defend("ann"), 1, 1, 19, 4)
    assert of(guarded, ev.AttackMissed)[0].roll == 4
    again = arena.act(guarded.state, cmd.Pass("ann"), 1, 1, 4)
    assert of(again, ev.AttackMissed)[0].roll == 4 and of(again, ev.ConditionEnded)[0].condition == "guarded"


def test_inspiration_helps_a_stunt(arena: World) -> None:
    state = arena.act(arena.fight(hero("ann")), cmd.UseAbility("ann", "cheer", ""), 1, 1, 2).state
    done = arena.act(state, cmd.Improvise("ann", "force"), 3, 13, 1, 1, 2)
    assert (of(done, ev.CheckRolled)[0].rolls, of(done, ev.CheckRolled)[0].kept) == ((3, 13), 13)


def test_damage_adds_ability_weapon_and_modifier(arena: World) -> None:
    carried = {"knife": 1, "axe": 1}
    armed = arena.fight(hero("ann", strength=14, inventory=carried, equipment={"weapon": "axe"}), hero("bob"))
    done = arena.act(armed, cmd.UseAbility("ann", "swing", "ogre.1"), 10, 3, 8)
    (dealt,) = of(done, ev.DamageDealt)
    assert (dealt.amount, dealt.damage_type) == (3 + 8 + 2, "slashing")
    bare = arena.act(
        arena.fight(hero("ann", strength=14), hero("bob")), cmd.UseAbility("ann", "swing", "ogre.1"), 10, 3
    )
    assert of(bare, ev.DamageDealt)[0].amount == 3 + 2
    plain = arena.act(armed, cmd.UseAbility("ann", "jab", "ogre.1"), 10, 3)
    assert of(plain, ev.DamageDealt)[0].amount == 3 + 2
    feeble = arena.fight(hero("ann", strength=1), hero("bob"))
    least = arena.act(feeble, cmd.UseAbility("ann", "jab", "ogre.1"), 20, 1, 1)
    assert of(least, ev.DamageDealt)[0].amount == 1


def test_damage_stops_at_nothing_left(arena: World) -> None:
    arena.ogres(2, hp=2)
    poison = {"damage": "1d6", "condition": {"key": "poisoned", "rounds": 2}}
    arena.content = replace(
        arena.content, abilities={**arena.content.abilities, "jab": ability("enemy", poison)}
    )
    done = arena.act(arena.fight(hero("ann"), hero("bob")), cmd.UseAbility("ann", "jab", "ogre.1"), 15, 6)
    (dealt,) = of(done, ev.DamageDealt)
    assert (dealt.amount, dealt.hp_after, foe(done.state).hp) == (2, 0, 0)
    assert of(done, ev.WentDown) and of(done, ev.ConditionGained) == []


def test_the_weakened_deal_half(arena: World) -> None:
    res = Resolution(arena.fight(hero("ann"), hero("bob")), ScriptedDice(), arena.content)
    res.emit(ev.ConditionGained("ann", "Ann", "weakened", 2, "ogre.1"))
    done = arena.act(res.state, cmd.UseAbility("ann", "jab", "ogre.1"), 15, 5)
    assert of(done, ev.DamageDealt)[0].amount == 2


def test_a_cooldown_lasts_its_number_of_own_turns(arena: World) -> None:
    drill = cmd.UseAbility("ann", "drill", "ogre.1")
    state = arena.act(arena.fight(hero("ann")), drill, 2, 1, 1, 2).state
    with pytest.raises(OnCooldown):
        arena.act(state, drill)
    state = arena.act(state, cmd.Pass("ann"), 1, 1, 2).state
    assert of(arena.act(state, drill, 2, 1, 1, 2), ev.AttackMissed)


def test_a_thrown_item_needs_no_roll_to_hit(arena: World) -> None:
    state = arena.fight(hero("ann", inventory={"flask": 1}), hero("bob"))
    done = arena.act(state, cmd.UseItem("ann", "flask", "ogre.1"), 4)
    assert of(done, ev.DamageDealt)[0].amount == 4 and of(done, ev.AttackHit) == []


# --- Conditions ---


def test_a_condition_lasts_its_number_of_own_turns(arena: World) -> None:
    state = arena.act(arena.fight(hero("ann")), cmd.UseAbility("ann", "cheer", ""), 1, 1, 2).state
    for left in (2, 1):
        assert state.encounter is not None
        assert state.encounter.combatants["ann"].conditions["inspired"].rounds == left
        done = arena.act(state, cmd.Pass("ann"), 1, 1, 2)
        state = done.state
    assert of(done, ev.ConditionEnded)[0].condition == "inspired"
    assert state.encounter is not None and state.encounter.combatants["ann"].conditions == {}


def test_the_stunned_lose_their_turn(arena: World) -> None:
    done = arena.act(arena.fight(hero("ann")), cmd.UseAbility("ann", "hex", "ogre.1"), 15)
    assert [(e.actor, e.reason) for e in of(done, ev.TurnPassed)] == [("ogre.1", "stunned")]
    assert foe(done.state).conditions == {}


# --- Rest ---


def test_rest_gives_back_half_of_what_is_missing(content: Content) -> None:
    world = World(content)
    done = world.act(world.at(hero("ann", hp=1, mp=0)), cmd.Rest("ann"))
    (rested,) = of(done, ev.Rested)
    assert (rested.hp_after, rested.mp_after) == (1 + 10, 5)
    assert done.state.heroes["ann"].hp == 11 and done.state.clock == START_CLOCK + 60


def test_rest_is_refused_twice_in_fights_and_to_the_fresh(arena: World) -> None:
    state = arena.act(arena.at(hero("ann", hp=1), hero("bob")), cmd.Rest("ann")).state
    with pytest.raises(IllegalAction, match="rested here already"):
        arena.act(state, cmd.Rest("ann"))
    with pytest.raises(IllegalAction, match="needs no rest"):
        arena.act(state, cmd.Rest("bob"))
    with pytest.raises(IllegalAction, match="In a fight"):
        arena.act(arena.fight(hero("ann", hp=1)), cmd.Rest("ann"))


def test_a_cordial_is_not_wasted_outside_fights(content: Content) -> None:
    world = World(content)
    drink = cmd.UseItem("ann", "cordial", "ann")
    with pytest.raises(IllegalAction, match="wasted"):
        world.act(world.at(hero("ann", inventory={"cordial": 1})), drink)
    done = world.act(world.at(hero("ann", hp=18, inventory={"cordial": 1})), drink, 6)
    assert done.state.heroes["ann"].hp == 20 and dict(done.state.heroes["ann"].inventory) == {}


# --- Spoils ---


def test_the_odd_coin_goes_to_the_first_in_initiative(arena: World) -> None:
    arena.ogres(hp=1, gold=(3, 6))
    state = arena.fight(hero("ann"), hero("bob"))
    # The blow and its damage, the tell, then gold: the third of four possible sums is 5.
    done = arena.act(state, cmd.UseAbility("ann", "jab", "ogre.1"), 15, 1, 1, 3)
    assert [done.state.heroes[h].gold for h in ("ann", "bob")] == [3, 2]
    assert [done.state.heroes[h].xp for h in ("ann", "bob")] == [3, 3]


def test_flight_brings_no_spoils(arena: World) -> None:
    arena.ogres(gold=(5, 5))
    done = arena.act(arena.fight(hero("ann")), cmd.Flee("ann"), 11, 1)
    assert of(done, ev.EncounterEnded)[0].outcome == "flight"
    assert of(done, ev.XpGained) == of(done, ev.GoldChanged) == of(done, ev.ItemGained) == []


def test_an_outcome_pays_who_did_it_and_teaches_everybody(content: Content) -> None:
    prize = {"tell": ["Yes."], "gold": 5, "give": ["knife"], "xp": 10}
    world = World(content, affordance("chest", success=prize))
    done = world.act(world.at(hero("ann"), hero("bob")), cmd.UseAffordance("bob", "chest"), 1)
    ann, bob = done.state.heroes["ann"], done.state.heroes["bob"]
    assert (ann.gold, bob.gold, dict(ann.inventory), dict(bob.inventory)) == (0, 5, {}, {"knife": 1})
    assert (ann.xp, bob.xp) == (10, 10)


def test_harm_outside_fights_stops_at_one_hp(content: Content) -> None:
    world = World(content, affordance("trap", success={"tell": ["Ow."], "hurt": "2d6"}))
    done = world.act(world.at(hero("ann", hp=4)), cmd.UseAffordance("ann", "trap"), 1, 6, 6)
    assert of(done, ev.DamageDealt)[0].amount == 3 and done.state.heroes["ann"].hp == 1


def test_a_flag_remembers_who_set_it_first(content: Content) -> None:
    world = World(content, affordance("bell", once=False, success={"tell": ["Dong."], "flags": ["rung"]}))
    state = replace(world.at(hero("ann"), hero("bob")), turn_number=4)
    state = world.act(state, cmd.UseAffordance("ann", "bell"), 1).state
    state = world.act(replace(state, turn_number=5), cmd.UseAffordance("bob", "bell"), 1).state
    assert (state.notes["rung"].actor, state.notes["rung"].turn_number) == ("ann", 4)


# --- Time ---


def test_the_story_begins_at_dusk_and_deeds_take_their_minutes(content: Content) -> None:
    world = World(content, affordance("bell", success={"tell": ["Dong."], "minutes": 12}))
    state = world.at(hero("ann", hp=1), hero("bob", hp=5, inventory={"cordial": 1}))
    assert state.clock == 18 * 60
    for command, faces, minutes in (
        (cmd.Talk("ann", ""), (), 1),
        (cmd.Talk("ann", world.person.key), (1,), 5),
        (cmd.Improvise("ann", "look"), (), 5),
        (cmd.UseItem("bob", "cordial", "bob"), (1,), 1),
        (cmd.Rest("ann"), (), 60),
        (cmd.UseAffordance("ann", "bell"), (1,), 12),
    ):
        after = world.act(state, command, *faces).state
        assert after.clock - state.clock == minutes, command
        state = after
    both = world.beat(state, [cmd.Improvise("ann", "look"), cmd.Talk("bob", "")])
    assert both.state.clock == state.clock + 5


def test_a_fight_takes_no_time_of_the_story(arena: World) -> None:
    state = arena.fight(hero("ann"))
    assert arena.act(state, cmd.UseAbility("ann", "jab", "ogre.1"), 2, 1, 1, 2).state.clock == state.clock
