"""Rulings out of plain text: whatever shape a model without tools answers in, and whatever it leaves out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.llm.rulings.plain_text import MOST, rulings_in, rulings_of

CHECK = {"entry": "1", "action": "check", "score": "wisdom", "band": "easy"}
TWO = [CHECK, {"entry": "2", "action": "impossible", "reason": "not_so"}]

ONE_CHECK = {
    "json": '{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}',
    "list": '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}]',
    "fenced": '```json\n[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}]\n```',
    "fenced without a language": '```\n{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}\n```',
    "fence that never closes": '```json\n{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}',
    "prose around": 'Sure! Here it is:\n{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}\nEnjoy.',
    "brackets before": 'He [Ann] {looks}: {"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}',
    "single quotes": "{'entry': 1, 'action': 'check', 'score': 'wisdom', 'band': 'easy'}",
    "curly quotes": "{“entry”: 1, “action”: “check”, “score”: “wisdom”, “band”: “easy”}",
    "trailing commas": '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy",},]',
    "missing commas": '{"entry": 1 "action": "check" "score": "wisdom" "band": "easy"}',
    "bare words": "{entry: 1, action: check, score: wisdom, band: easy}",
    "bare keys": '{entry: 1, action: "check", score: "wisdom", band: "easy"}',
    "line comments": '{"entry": 1, // the first\n "action": "check", "score": "wisdom", "band": "easy"}',
    "block comments": '{"entry": 1, /* the first */ "action": "check", "score": "wisdom", "band": "easy"}',
    "equals signs": "{entry=1, action=check, score=wisdom, band=easy}",
    "arrows": '{"entry" => 1, "action" => "check", "score" => "wisdom", "band" => "easy"}',
    "semicolons": '{"entry": 1; "action": "check"; "score": "wisdom"; "band": "easy"}',
    "no end": '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"',
    "too many ends": '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}]}]}',
    "one end of two": '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"]',
    "wrapped": '{"rulings": [{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}]}',
    "wrapped twice": '{"answer": {"rulings": [{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}]}}',
    "by number": '{"1": {"action": "check", "score": "wisdom", "band": "easy"}}',
    "by entry number": '{"Entry 1": {"action": "check", "score": "wisdom", "band": "easy"}}',
    "action as an object": '{"entry": 1, "action": {"kind": "check", "score": "wisdom", "band": "easy"}}',
    "as text in a call": '{"name": "x", "arguments": "{\\"entry\\": 1, \\"action\\": \\"check\\", '
    '\\"score\\": \\"wisdom\\", \\"band\\": \\"easy\\"}"}',
    "key lines": "entry: 1\naction: check\nscore: wisdom\nband: easy",
    "key lines in capitals": "ENTRY: 1\nACTION: check\nSCORE: wisdom\nBAND: easy",
    "bold key lines": "**Entry:** 1\n**Action:** check\n**Score:** wisdom\n**Band:** easy",
    "key lines in a list": "- entry: 1\n- action: check\n- score: wisdom\n- band: easy",
    "a heading and a list": "### Entry 1\n* Action: check\n* Score: wisdom\n* Band: easy.",
    "yaml": "- entry: 1\n  action: check\n  score: wisdom\n  band: easy",
    "yaml in a fence": "```yaml\n- entry: 1\n  action: check\n  score: 'wisdom'\n  band: \"easy\"\n```",
    "one line": "1. action: check, score: wisdom, band: easy",
    "one line with bars": "Entry 1: action: check | score: wisdom | band: easy",
    "one line of assignments": "entry=1; action=check; score=wisdom; band=easy",
    "a number and a bracket": "1) action = check, score = wisdom, band = easy",
    "words before the field": "1. the action: check, ability score: wisdom, difficulty band: easy",
    "tags": "<ruling><entry>1</entry><action>check</action><score>wisdom</score><band>easy</band></ruling>",
    "attributes": '<ruling entry="1" action="check" score="wisdom" band="easy"/>',
    "a table": "| entry | action | score | band |\n|---|---|---|---|\n| 1 | check | wisdom | easy |",
}  # fmt: skip


def same(found: dict[str, Any]) -> dict[str, str]:
    """Only the fields of a ruling, by the names that the prompt gives them."""
    names = {"ability_score": "score", "kind": "action", "type": "action"}
    told = {names.get(k, k): str(v) for k, v in found.items()}
    return {k: v for k, v in told.items() if k in ("entry", "action", "score", "band", "reason")}


@pytest.mark.parametrize("text", ONE_CHECK.values(), ids=ONE_CHECK.keys())
def test_one_ruling_is_read_in_any_shape(text: str) -> None:
    assert [same(raw) for raw in rulings_in(text)] == [CHECK]


@pytest.mark.parametrize(
    "text",
    [
        '[{"entry":1,"action":"check","score":"wisdom","band":"easy"},{"entry":2,"action":"impossible","reason":"not_so"}]',
        '{"entry":1,"action":"check","score":"wisdom","band":"easy"}\n{"entry":2,"action":"impossible","reason":"not_so"}',
        '1. {"action":"check","score":"wisdom","band":"easy","entry":1}\n'
        '2. {"entry":2,"action":"impossible","reason":"not_so"}',
        '{"rulings":{"1":{"action":"check","score":"wisdom","band":"easy"},"2":{"action":"impossible","reason":"not_so"}}}',
        '[{"entry":1,"action":"check","score":"wisdom","band":"easy"} '
        '{"entry":2,"action":"impossible","reason":"not_so"}',
        "entry: 1\naction: check\nscore: wisdom\nband: easy\n\nentry: 2\naction: impossible\nreason: not_so",
        "1. action: check, score: wisdom, band: easy\n2. action: impossible, reason: not_so",
        "**Entry 1**\nAction: check\nScore: wisdom\nBand: easy\n**Entry 2**\nAction: impossible\nReason: not_so",
        "| entry | action | score | band | reason |\n| 1 | check | wisdom | easy | |\n| 2 | impossible | | | not_so |",
    ],
)  # fmt: skip
def test_two_rulings_stay_apart(text: str) -> None:
    assert [same(raw) for raw in rulings_in(text)] == TWO


def test_a_list_that_breaks_off_keeps_what_is_whole() -> None:
    cut = '[{"entry": 1, "action": "check", "score": "wisdom", "band": "easy"}, {"entry": 2, "act'
    assert [same(raw) for raw in rulings_in(cut)] == [CHECK]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ('{"Ann": {"action": "wait"}}', {"hero": "ann"}),
        ('{"hero": "Ann", "action": "wait"}', {"hero": "Ann"}),
        ("hero: Ann\naction: wait", {"hero": "Ann"}),
    ],
)
def test_a_ruling_may_name_its_hero(text: str, who: dict[str, str]) -> None:
    (raw,) = rulings_in(text)
    assert raw["hero"] == who["hero"] and raw["action"] == "wait"


def test_a_number_and_a_word_are_enough() -> None:
    assert rulings_in("Entry 1: wait\nEntry 2: nothing") == [
        {"entry": "1", "action": "wait"},
        {"entry": "2", "action": "nothing"},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n ",
        "I am sorry, but I cannot help with that.",
        "Ann searches the shelves and finds a golden crown.",
        "<h1>502 Bad Gateway</h1>",
        "[]",
        "{}",
        "[[[[]]]]",
        '{"error": "overloaded"}',
        "{{{{",
        "null",
        "```json\n```",
        "\x00\x01\x02",
        '{"gold": 1000, "items": ["crown"]}',
    ],
)
def test_what_holds_no_ruling_gives_none(text: str) -> None:
    assert rulings_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "{" * 50_000,
        '{"a":' * 20_000,
        '["a' * 20_000,
        "{'action':'" * 8_000,
        '"' * 50_000,
        "/*" * 30_000,
        "1. " * 20_000,
        "action: check\n" * 5_000,
        "|action|\n" * 8_000,
        "<action>" * 8_000,
        '{"entry":1,"action":"check"},' * 3_000,
        "entry 1 " * 9_000,
        "a" * 60_000,
        "a b: " * 12_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_flood_is_read_in_bounded_time_and_number(text: str) -> None:
    began = time.process_time()
    assert len(rulings_in(text)) <= MOST
    assert time.process_time() - began < 1


def test_the_arguments_of_a_call_are_read_as_kindly() -> None:
    wait = {"entry": 1, "action": "wait"}
    for arguments in ({"rulings": [wait]}, {"rulings": wait}, wait, {"rulings": json.dumps([wait])},
                      {"rulings": {"1": {"action": "wait"}}}, {"input": {"rulings": [wait, None, 7]}}):  # fmt: skip
        (raw,) = rulings_of(arguments)
        assert (str(raw["entry"]), raw["action"]) == ("1", "wait")
    for nonsense in (
        {},
        {"rulings": []},
        {"rulings": "wait"},
        {"rulings": None},
        {"rulings": 7},
        [],
        None,
        "x",
    ):
        assert rulings_of(nonsense) == []


@settings(max_examples=400, deadline=None)
@given(text=st.text(alphabet="{}[]\":,'\n 1aentryaction|-*<>/#\\=.", max_size=300) | st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for raw in rulings_in(text):
        assert raw and all(isinstance(key, str) for key in raw)


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(
        st.fixed_dictionaries(
            {
                "entry": st.integers(1, 9),
                "action": st.sampled_from(["check", "wait", "talk"]),
                "target": st.text(
                    alphabet=st.characters(codec="ascii", exclude_characters="\x00"), max_size=30
                ),
            }
        ),
        min_size=1,
        max_size=6,
    ),
    cut=st.integers(0, 400),
)
def test_good_json_is_read_as_json_and_cut_json_as_its_beginning(values: list[Any], cut: int) -> None:
    text = json.dumps(values)
    assert [(int(r["entry"]), r["action"]) for r in rulings_in(text)] == [
        (v["entry"], v["action"]) for v in values
    ]
    whole = text[:cut].count('"}') if '"}' not in json.dumps([v["target"] for v in values]) else 0
    assert len(rulings_in(text[:cut])) >= whole
