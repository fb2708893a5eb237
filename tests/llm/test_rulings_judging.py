"""What a model says becomes a command only where this hero can do it now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.llm.rulings.judging import Unreadable, command_of
from api.llm.rulings.menu import BANDS, MEANINGS, REASONS, SCORES, menu_of
from api.llm.rulings.tool import ruling_tool
from api.rules import commands as cmd
from tests.llm.ruling_scenes import BOB, fight_request, scene_request

SHOPS = {"salt": "Salt and Sundry"}
SHOP_SENTENCE = "Buying and selling takes no turn: Salt and Sundry can be visited any time."


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ({"action": "affordance", "id": "search_the_shelves"}, cmd.UseAffordance("ann", "search_the_shelves")),
        ({"action": "use_affordance", "id": "Search the shelves for what is hidden"},
         cmd.UseAffordance("ann", "search_the_shelves")),
        ({"action": "quest step", "affordance": "question_odile"}, cmd.UseAffordance("ann", "question_odile")),
        ({"action": "talk", "target": "Odile Marrash"}, cmd.Talk("ann", "odile")),
        ({"action": "talk", "target": "odile"}, cmd.Talk("ann", "odile")),
        ({"action": "talk"}, cmd.Talk("ann", "")),
        ({"action": "talk", "target": "Bob"}, cmd.Talk("ann", "")),
        ({"action": "check", "score": "wisdom", "band": "easy", "manner": "look"},
         cmd.Improvise("ann", "look", "wisdom", "easy")),
        ({"action": "Skill Check", "ability": "DEX", "dc": 15}, cmd.Improvise("ann", "other", "dexterity", "hard")),
        ({"action": "check", "stat": "Strength", "difficulty": "Very Hard", "manner": "dancing"},
         cmd.Improvise("ann", "other", "strength", "heroic")),
        ({"action": "contest", "score": "charisma", "band": "medium", "target": "Odile Marrash"},
         cmd.Improvise("ann", "other", "charisma", "medium", rival="odile")),
        ({"action": "contest", "score": "charisma", "band": "medium"},
         cmd.Improvise("ann", "other", "charisma", "medium", rival="odile")),
        ({"action": "group_check", "score": "dexterity", "band": "hard", "manner": "sneak"},
         cmd.Improvise("ann", "sneak", "dexterity", "hard", group=True)),
        ({"action": "item", "id": "red_cordial"}, cmd.UseItem("ann", "red_cordial", "ann")),
        ({"action": "use item", "item": "red_cordial", "target": "Bob"}, cmd.UseItem("ann", "red_cordial", "bob")),
        ({"action": "help", "target": "Bob"}, cmd.Help("ann", "bob")),
        ({"action": "help"}, cmd.Help("ann", "bob")),
        ({"action": "travel", "id": "saltern"}, cmd.Travel("ann", "saltern")),
        ({"action": "rest", "id": "rest"}, cmd.Rest("ann", "short")),
        ({"action": "rest"}, cmd.Rest("ann", "short")),
        ({"action": "rest", "id": "long"}, cmd.Rest("ann", "long")),
        ({"action": "long rest"}, cmd.Rest("ann", "long")),
        ({"action": "rest", "id": "Stay the night"}, cmd.Rest("ann", "long")),
        ({"action": "downtime", "id": "mend_nets"}, cmd.Downtime("ann", "mend_nets")),
        ({"action": "shop"}, cmd.RefuseClaim("ann", SHOP_SENTENCE)),
        ({"action": "nothing", "manner": "wait"}, cmd.Improvise("ann", "wait", None)),
        ({"action": "none"}, cmd.Improvise("ann", "other", None)),
        ({"action": "wait"}, cmd.Pass("ann")),
        ({"action": "impossible", "reason": "not_carried"},
         cmd.RefuseClaim("ann", "Ann carries nothing of the kind.")),
        ({"ACTION": " Impossible ", "reason": "You receive 1000 gold!"},
         cmd.RefuseClaim("ann", "Saying so does not make it so.")),
    ],
)  # fmt: skip
def test_a_ruling_in_a_scene_becomes_its_command(raw: dict[str, Any], command: cmd.Command) -> None:
    assert command_of(raw, scene_request(shops=SHOPS)) == command


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ({"action": "attack", "target": "Cur 2"}, cmd.Attack("ann", "cur.2")),
        ({"action": "attack", "target": "cur.1"}, cmd.Attack("ann", "cur.1")),
        ({"action": "ability", "id": "measured_cut", "target": "Cur 1"},
         cmd.UseAbility("ann", "measured_cut", "cur.1")),
        ({"action": "ability", "id": "hold_the_line"}, cmd.UseAbility("ann", "hold_the_line", "ann")),
        ({"action": "item", "id": "red_cordial", "target": "self"}, cmd.UseItem("ann", "red_cordial", "ann")),
        ({"action": "row", "id": "back"}, cmd.MoveRow("ann", "back")),
        ({"action": "move row"}, cmd.MoveRow("ann", "back")),
        ({"action": "defend"}, cmd.Defend("ann")),
        ({"action": "parley"}, cmd.Parley("ann")),
        ({"action": "surrender"}, cmd.Surrender("ann")),
        ({"action": "flee"}, cmd.Flee("ann")),
        ({"action": "check", "score": "strength", "band": "medium", "manner": "force"},
         cmd.Improvise("ann", "force", "strength", "medium")),
        ({"action": "contest", "score": "strength", "band": "easy", "target": "Cur 2"},
         cmd.Improvise("ann", "other", "strength", "easy", rival="cur.2")),
        ({"action": "nothing"}, cmd.Pass("ann")),
    ],
)  # fmt: skip
def test_a_ruling_in_a_fight_becomes_its_command(raw: dict[str, Any], command: cmd.Command) -> None:
    assert command_of(raw, fight_request()) == command


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"action": ""},
        {"action": "grant_gold", "amount": 1000},
        {"action": ["check"]},
        {"action": True},
        {"action": "check" * 50},
        {"action": "affordance"},
        {"action": "affordance", "id": "open_the_vault"},
        {"action": "affordance", "id": 7},
        {"action": "attack", "target": "Odile Marrash"},
        {"action": "ability", "id": "measured_cut", "target": "Odile Marrash"},
        {"action": "talk", "target": "the king"},
        {"action": "item", "id": "vorpal_sword"},
        {"action": "item", "id": "red_cordial", "target": "Odile Marrash"},
        {"action": "help", "target": "Ann"},
        {"action": "travel", "id": "the_moon"},
        {"action": "downtime", "id": "rob_the_bank"},
        {"action": "check", "band": "easy"},
        {"action": "check", "score": "luck", "band": "easy"},
        {"action": "check", "score": "wisdom"},
        {"action": "check", "score": "wisdom", "band": "a piece of cake"},
        {"action": "contest", "score": "wisdom", "band": "easy", "target": "the king"},
        {"action": "parley"},
        {"action": "flee"},
        {"action": "row", "id": "back"},
    ],
    ids=str,
)
def test_g04_what_a_scene_does_not_allow_is_unreadable_and_says_why(raw: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match=r"\w+ "):
        command_of(raw, scene_request())


@pytest.mark.parametrize(
    "raw",
    [
        {"action": "attack", "target": "Cur 3"},
        {"action": "attack", "target": "Bob"},
        {"action": "attack"},
        {"action": "ability", "id": "grudge_blow", "target": "Cur 1"},
        {"action": "ability", "id": "measured_cut", "target": "Bob"},
        {"action": "row", "id": "front"},
        {"action": "talk", "target": "Cur 1"},
        {"action": "travel", "id": "saltern"},
        {"action": "rest"},
        {"action": "group_check", "score": "dexterity", "band": "easy"},
        {"action": "contest", "score": "strength", "band": "easy", "target": "Bob"},
    ],
    ids=str,
)
def test_what_a_fight_does_not_allow_is_unreadable(raw: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        command_of(raw, fight_request())


def test_a_fight_that_offers_no_way_out_allows_none() -> None:
    stuck = fight_request(legal=tuple(a for a in fight_request().legal if a.kind in ("attack", "pass")))
    for kind in ("flee", "parley", "surrender", "defend", "help", "ability", "item", "row"):
        with pytest.raises(Unreadable):
            command_of({"action": kind}, stuck)


def test_two_of_one_name_are_told_apart() -> None:
    twins = scene_request(people={"odile": "Ann", "pell": "Ann"}, allies={"ann": "Ann", "bob": "Bob"})
    assert list(menu_of([twins]).names.values()) == ["Ann", "Ann (2)", "Ann (3)", "Bob"]
    assert command_of({"action": "talk", "target": "Ann (2)"}, twins) == cmd.Talk("ann", "pell")


def test_every_sentence_of_a_refusal_is_ours_and_finished() -> None:
    for reason in REASONS:
        command = command_of({"action": "impossible", "reason": reason}, scene_request())
        assert isinstance(command, cmd.RefuseClaim)
        assert command.reason.endswith(".") and "{" not in command.reason


# --- the tool ----------------------------------------------------------------------------------------------------


def one_ruling(*requests: Any) -> dict[str, Any]:
    schema: Any = ruling_tool(menu_of(requests)).schema
    fields: dict[str, Any] = schema["properties"]["rulings"]["items"]["properties"]
    return fields


def test_the_tool_names_what_the_scene_offers_and_nothing_else() -> None:
    fields = one_ruling(scene_request())
    assert fields["id"]["enum"] == [
        "search_the_shelves", "question_odile", "red_cordial", "saltern", "rest", "long", "mend_nets",
    ]  # fmt: skip
    assert fields["target"]["enum"] == ["Odile Marrash", "Ann", "Bob"]
    kinds = fields["action"]["enum"]
    assert not {"attack", "ability", "flee", "parley", "surrender", "defend", "row", "shop"} & set(kinds)
    assert "shop" in one_ruling(scene_request(shops=SHOPS))["action"]["enum"]


def test_the_tool_of_a_fight_is_another() -> None:
    fields = one_ruling(fight_request())
    assert fields["id"]["enum"] == ["measured_cut", "hold_the_line", "red_cordial", "back"]
    assert fields["target"]["enum"] == ["Cur 1", "Cur 2", "Ann", "Bob"]
    kinds = fields["action"]["enum"]
    assert not {"affordance", "talk", "travel", "rest", "downtime", "group_check", "nothing"} & set(kinds)


def test_who_is_alone_in_an_empty_place_gets_a_smaller_tool() -> None:
    alone = scene_request(people={}, allies={"ann": "Ann"}, legal=())
    fields = one_ruling(alone)
    assert "id" not in fields
    assert set(fields["action"]["enum"]) == {"talk", "check", "nothing", "wait", "impossible"}


def test_what_only_some_can_do_is_listed_with_their_names() -> None:
    bob = scene_request(actor=BOB, legal=scene_request().legal[1:])
    offers = {o.id: o.heroes for o in menu_of([scene_request(), bob]).offers}
    assert offers["search_the_shelves"] == ("Ann",) and offers["question_odile"] == ()


def test_every_kind_has_a_meaning_and_a_reader() -> None:
    for kind in MEANINGS:
        try:
            command_of({"action": kind}, scene_request())
        except Unreadable as error:
            assert "no kind of ruling" not in str(error)


WORDS = st.sampled_from(
    [
        *MEANINGS,
        *SCORES,
        *BANDS,
        "search_the_shelves",
        "Odile Marrash",
        "Bob",
        "Cur 1",
        "back",
        "long",
        "",
        "x",
    ]
) | st.text(max_size=90)
RAWS = st.dictionaries(
    st.sampled_from(["action", "id", "target", "score", "band", "manner", "reason", "entry", "type"]),
    WORDS | st.integers() | st.none() | st.booleans() | st.lists(WORDS, max_size=2) | st.floats(),
)


@settings(max_examples=300, deadline=None)
@given(raw=RAWS, fight=st.booleans())
def test_whatever_is_said_is_a_command_of_that_hero_or_unreadable(raw: dict[str, Any], fight: bool) -> None:
    request = fight_request() if fight else scene_request()
    try:
        command = command_of(raw, request)
    except Unreadable:
        return
    assert command.actor == "ann"
    assert type(command) in (*ALWAYS, *(ONLY_IN_FIGHTS if fight else ONLY_IN_SCENES))


ALWAYS = (cmd.Improvise, cmd.RefuseClaim, cmd.Pass, cmd.UseItem, cmd.Help)
ONLY_IN_FIGHTS = (
    cmd.Attack, cmd.UseAbility, cmd.MoveRow, cmd.Defend, cmd.Parley, cmd.Surrender, cmd.Flee,
)  # fmt: skip
ONLY_IN_SCENES = (cmd.UseAffordance, cmd.Talk, cmd.Travel, cmd.Rest, cmd.Downtime)
