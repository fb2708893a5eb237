"""The prompts of rulings: as they were approved, small, and with a prefix that stays the same.

A wanted change: `RENEW_SNAPSHOTS=1 ./coc test tests/llm/test_rulings_prompts.py`, then read the difference.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.llm.model_client import ModelRequest
from api.llm.models import load_models
from api.llm.port import RulingRequest
from api.llm.rulings.model_ruler import ModelRuler
from api.rules.state import PlayState
from api.services.questions import ruling_request
from api.services.table import Json, Table
from tests.fakes.game import Game
from tests.llm.ruling_scenes import BOB, fight_request, scene_request

SNAPSHOTS = Path(__file__).parent / "snapshots"
CHOICE = load_models().choose("ruling", "BASIC")
SCENES = ("drowned_library", "candle_quay", "bailiffs_pound", "counting_house", "causeway", "weighing_floor")


def ruler(content: Content) -> ModelRuler:
    return ModelRuler({}, lambda tier: CHOICE, content)


def tool_text(call: ModelRequest) -> str:
    return json.dumps([{"name": t.name, "text": t.description, "schema": t.schema} for t in call.tools])


def written(call: ModelRequest) -> str:
    """A call as a page: what stands in it, in the order in which it is sent."""
    parts = [f"[tool {t.name}] {t.description}\n{json.dumps(t.schema, indent=1)}" for t in call.tools]
    parts += [f"[system, kept {p.keep}]\n{p.text}" for p in call.system]
    parts += [f"[{m.role}]\n{m.text}" for m in call.messages]
    parts.append(f"[at most {call.max_tokens} tokens]")
    return "\n\n".join(parts) + "\n"


HERE: dict[str, Any] = {
    "shops": {"salt_and_sundry": "Salt and Sundry"},
    "told": "The tide is out. Odile sets her lamp on the desk and looks from one of you to the other.",
}
BEAT = [
    scene_request("I search the shelves for a hidden door", **HERE),
    scene_request('I bow to her: "what a fine lamp"', actor=BOB, **HERE),
]
PAGES: dict[str, tuple[list[RulingRequest], bool]] = {
    "ruling_beat": (BEAT, True),
    "ruling_fight": ([fight_request("I kick the table over")], True),
    "ruling_beat_in_text": (BEAT, False),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_prompts_are_as_they_were_approved(content: Content, name: str) -> None:
    requests, tools = PAGES[name]
    page = written(ruler(content).prompt(requests, CHOICE, tools=tools))
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page


def test_what_was_written_is_all_that_differs_within_a_scene(content: Content) -> None:
    first = ruler(content).prompt(BEAT, CHOICE, tools=True)
    other = [dataclasses.replace(r, text=f"I hum number {i}", turn_id="t2") for i, r in enumerate(BEAT)]
    second = ruler(content).prompt(other, CHOICE, tools=True)
    assert (first.system, first.tools) == (second.system, second.tools)
    assert first.messages != second.messages
    assert all(part.keep for part in first.system)


def test_what_only_a_later_hero_can_do_is_in_tool_and_prompt(content: Content) -> None:
    ann = scene_request(legal=scene_request().legal[1:])
    call = ruler(content).prompt([ann, scene_request(actor=BOB)], CHOICE, tools=True)
    assert "search_the_shelves" in tool_text(call)
    assert (
        "affordance search_the_shelves: Search the shelves for what is hidden (only Bob)"
        in call.system[1].text
    )


def test_of_a_long_passage_only_the_last_sentences_are_repeated(content: Content) -> None:
    long = [dataclasses.replace(BEAT[0], told="It rains on. " * 200 + "Odile smiles.")]
    text = ruler(content).prompt(long, CHOICE, tools=True).messages[0].text
    assert text.startswith('What was told last: "It rains on. It rains') and 'Odile smiles."' in text
    assert len(text) < 900


def test_nothing_is_listed_that_cannot_be_done(content: Content) -> None:
    bare = scene_request("I hum", people={}, allies={"ann": "Ann"}, legal=())
    text = ruler(content).prompt([bare], CHOICE, tools=True).system[1].text
    for word in ("Possible here", "People here", "Shops here", "travel", "attack", "downtime", "contest"):
        assert word not in text


def requests_in(table: Table, scene: str) -> list[RulingRequest]:
    turn: Json = {"id": "t"}
    state: PlayState = dataclasses.replace(table.state(), scene=scene)
    entries = [
        {"character_id": s["character_id"], "text": "I try something clever. " * 8} for s in table.party
    ]
    return [ruling_request(table, turn, state, entry) for entry in entries]


def test_an_ordinary_ruling_is_small_and_mostly_stable(game: Game) -> None:
    """Four heroes who all write, in every scene of the campaign: the goal is 20,000 characters and 70 %."""
    running = game.table(4)
    running.serve_all()
    table = running.load()
    for scene in SCENES:
        call = ruler(game.content).prompt(requests_in(table, scene), CHOICE, tools=True)
        stable = len(tool_text(call)) + sum(len(p.text) for p in call.system)
        whole = stable + sum(len(m.text) for m in call.messages)
        assert whole < 9_000, scene
        assert stable / whole >= 0.7, scene
