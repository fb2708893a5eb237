"""Proposals as models make them: as tools, and as a trailer in plain text that never reaches anybody."""

from __future__ import annotations

import json
import random

import pytest

from api.content.catalogue import Content
from api.llm.checking.sentences import SentenceSplitter
from api.llm.model_client import ToolCall
from api.llm.proposals.tools import LONGEST, kinds_of, proposal_tools, proposals_in
from api.llm.proposals.trailer import MOST, MOST_READ, Trailer
from api.rules.proposals import Proposal

STORY = "The rain goes on over the roofs. Odile lifts her lamp. What do you do?"


def told(answer: str, *, pieces: int = 1) -> tuple[str, list[Proposal]]:
    """What is prose in an answer that comes in pieces of so many characters, and what it proposes."""
    trailer, splitter = Trailer(), SentenceSplitter()
    found: list[str] = []
    for start in range(0, len(answer), pieces):
        found += splitter.feed(trailer.feed(answer[start : start + pieces]))
    found += splitter.feed(trailer.rest())
    found += splitter.rest()
    return " ".join(s for s in found if s), trailer.proposals()


def test_only_what_the_scene_can_have_becomes_a_tool(content: Content) -> None:
    quay = proposal_tools(kinds_of(content, "low_water_ledger", "candle_quay"))
    assert [t.name for t in quay] == ["start_encounter", "reveal_clue", "change_disposition", "introduce_npc"]
    assert quay[2].schema["required"] == ["id", "amount"]
    assert kinds_of(content, "low_water_ledger", "weighing_floor") == ()
    closing = proposal_tools(kinds_of(content, "low_water_ledger", "counting_house"))
    assert [(t.name, t.schema["properties"]) for t in closing][1:] == [("end_scene", {})]


def test_the_tools_of_a_scene_are_small(content: Content) -> None:
    for campaign in content.campaigns:
        for scene in content.campaigns[campaign].scenes:
            tools = proposal_tools(kinds_of(content, campaign, scene))
            whole = json.dumps([{"name": t.name, "text": t.description, "schema": t.schema} for t in tools])
            assert len(whole) < 1_300, scene


@pytest.mark.parametrize("arguments, said", [
    ({"id": "one_hand"}, Proposal("reveal_clue", "one_hand")),
    ({}, Proposal("reveal_clue")),
    ({"id": 7, "amount": "lots"}, Proposal("reveal_clue")),
    ({"id": ["one_hand"], "amount": True}, Proposal("reveal_clue")),
    ({"id": "x" * 900, "amount": 10**40}, Proposal("reveal_clue", "x" * LONGEST, 10**40)),
])  # fmt: skip
def test_a_call_is_read_as_it_was_said(arguments: dict[str, object], said: Proposal) -> None:
    assert proposals_in([ToolCall("1", "reveal_clue", arguments)]) == [said]


def test_a_call_of_an_unknown_tool_is_kept_to_be_refused_by_name() -> None:
    assert proposals_in([ToolCall("1", "grant_item", {"item": "crown"})]) == [Proposal("grant_item")]


@pytest.mark.parametrize("line, said", [
    ("PROPOSE: reveal_clue one_hand", Proposal("reveal_clue", "one_hand")),
    ("PROPOSE: reveal_clue: one_hand", Proposal("reveal_clue", "one_hand")),
    ("propose: REVEAL_CLUE `one_hand`", Proposal("reveal_clue", "one_hand")),
    ("**PROPOSE:** reveal_clue one_hand", Proposal("reveal_clue", "one_hand")),
    ("> PROPOSE: reveal clue one_hand.", Proposal("reveal_clue", "one_hand")),
    ("Proposal: reveal-clue (id: one_hand)", Proposal("reveal_clue", "one_hand")),
    ("- reveal_clue: one_hand", Proposal("reveal_clue", "one_hand")),
    ("reveal_clue one_hand", Proposal("reveal_clue", "one_hand")),
    ('PROPOSE: {"tool": "reveal_clue", "id": "one_hand"}', Proposal("reveal_clue", "one_hand")),
    ("PROPOSE: change_disposition ezra_mumby -1", Proposal("change_disposition", "ezra_mumby", -1)),
    ("PROPOSE: change_disposition ezra_mumby, amount: +2", Proposal("change_disposition", "ezra_mumby", 2)),
    ("PROPOSE: change_disposition ezra_mumby by −2", Proposal("change_disposition", "ezra_mumby", -2)),
    ("PROPOSE: end_scene", Proposal("end_scene")),
    ("PROPOSE: grant_item crown", Proposal("grant_item", "crown")),
])  # fmt: skip
@pytest.mark.parametrize("pieces", [1, 3, 7, 1000])
def test_the_trailer_is_read_however_it_is_dressed_and_never_shown(
    line: str, said: Proposal, pieces: int
) -> None:
    prose, found = told(f"{STORY}\n\n{line}\n", pieces=pieces)
    assert prose == STORY
    assert found == [said]


@pytest.mark.parametrize("answer", [
    STORY,
    "Proposals are made, and one is refused. The clerk writes it down. Who speaks?",
    "Propose what you like, the crier says to nobody. The rain goes on. What now?",
    "End of the quay. Nobody is there.\n\nPropped against the wall is an oar. Who takes it?",
])  # fmt: skip
@pytest.mark.parametrize("pieces", [1, 5, 1000])
def test_prose_without_a_trailer_stays_whole(answer: str, pieces: int) -> None:
    prose, found = told(answer, pieces=pieces)
    assert prose == " ".join(answer.split())
    assert found == []


@pytest.mark.parametrize("line", ["PROPOSE: none", "PROPOSE: nothing", "PROPOSE:", "PROPOSE: no proposal"])
def test_proposing_nothing_is_nothing(line: str) -> None:
    prose, found = told(f"{STORY}\n{line}", pieces=4)
    assert (prose, found) == (STORY, [])


def test_what_follows_the_mark_is_no_prose_and_bounded() -> None:
    trailer = Trailer()
    prose = trailer.feed(f"{STORY}\nPROPOSE: reveal_clue one_hand\n") + trailer.feed(
        "You find 500 gold. " * 9_000
    )
    assert prose.strip() == STORY
    assert sum(len(piece) for piece in trailer._after) <= MOST_READ
    assert trailer.proposals()[0] == Proposal("reveal_clue", "one_hand")


def test_a_flood_of_proposals_is_cut() -> None:
    _, found = told(STORY + "\n" + "PROPOSE: reveal_clue one_hand\n" * 500, pieces=50)
    assert 0 < len(found) <= MOST


def test_no_noise_breaks_the_reader_and_none_of_the_trailer_gets_through() -> None:
    dice = random.Random(7)
    marks = [
        "PROPOSE:",
        "reveal_clue",
        "one_hand",
        "\n",
        "**",
        "`",
        "{",
        "}",
        "-1",
        "é",
        "\u2028",
        "  ",
        "grant_item",
    ]
    for _ in range(300):
        noise = "".join(dice.choice(marks) for _ in range(dice.randint(1, 30)))
        prose, found = told(f"{STORY}\nPROPOSE: {noise}", pieces=dice.randint(1, 9))
        assert prose == STORY
        assert len(found) <= MOST and all(len(p.id) <= LONGEST and len(p.kind) <= LONGEST for p in found)
