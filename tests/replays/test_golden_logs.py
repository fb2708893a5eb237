"""The golden logs come out as they were recorded; a rule that changes unannounced is caught by them."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.rules import audit, checks, dying, progress, rest, scenes
from api.rules import world as world_rules
from api.rules.audit import Replayed
from api.rules.encounters import actions
from api.rules.replay import RULES_VERSION, snapshot_of, state_hash, state_of
from tests.replays import __main__ as recording
from tests.replays.golden import LOGS, read_log, shown, turns_of, world_hash
from tests.replays.stories import MUST_SHOW, STORIES
from tests.replays.world import frozen_world

NAMES = sorted(STORIES)
RECORD = "Record it anew (docs/rules.md, Log): python -m tests.replays"


@pytest.fixture(scope="module")
def world() -> Content:
    return frozen_world()


def replayed(log: dict[str, Any], world: Content) -> Replayed:
    return audit.replay(turns_of(log, world), log["seed"], world)


def test_each_story_has_its_log() -> None:
    assert sorted(p.stem for p in LOGS.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_log_comes_out_as_it_was_recorded(name: str, world: Content) -> None:
    log = read_log(LOGS / f"{name}.json")
    assert log["world"] == world_hash(), f"the frozen world was changed. {RECORD}"
    assert log["rules"] == RULES_VERSION, f"{name} was recorded by rules {log['rules']}. {RECORD}"
    found = replayed(log, world)
    wrong = found.mismatch
    assert wrong is None, (
        f"turn {wrong.turn} of {name}: {wrong.reason}. A rule has changed: let RULES_VERSION grow. {RECORD}\n"
        + "\n".join(map(str, wrong.places[:20]))
    )
    assert found.turns == len(log["turns"]) and found.foreign == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_log_shows_what_it_is_kept_for(name: str) -> None:
    assert MUST_SHOW[name] <= shown(read_log(LOGS / f"{name}.json"))


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_keys_in_what_is_stored_does_not_matter(name: str, world: Content) -> None:
    """A store may sort them; only lists have an order."""
    log = json.loads(json.dumps(read_log(LOGS / f"{name}.json"), sort_keys=True))
    sealed = {t["number"]: t["seal"] for t in log["turns"]}
    found = audit.replay(
        [replace(t, told=None) for t in turns_of(log, world)], log["seed"], world
    )  # told deeds stand in the order in which they happened
    assert found.mismatch is None
    assert {t.number: t.state_hash for t in found.played} == sealed


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_log_plays_the_same_with_every_turn_read_back_from_json(name: str, world: Content) -> None:
    """Live play reads the state from the store before each turn; the replay holds it. Both come to the same."""
    log = read_log(LOGS / f"{name}.json")
    turns = turns_of(log, world)
    snapshot = log["snapshot"]
    for turn in turns:
        stored = json.loads(json.dumps(snapshot))
        found = audit.replay([replace(turn, snapshot=stored)], log["seed"], world)
        assert found.mismatch is None, f"turn {turn.number}"
        snapshot = snapshot_of(found.state)
    assert state_hash(state_of(snapshot)) == turns[-1].seal


@pytest.mark.parametrize(
    ("name", "module", "number", "other"),
    [
        ("beats", checks, "PARTIAL_MARGIN", 4),
        ("beats", checks, "CRITICAL_MARGIN", 1),
        ("beats", scenes, "IMPROVISED_MINUTES", 6),
        ("fight", dying, "DEATH_CHECK", 2),
        ("fight", actions, "ENCOURAGED_TURNS", 3),
        ("fight", dying, "ENOUGH", 1),
        ("travel", rest, "LONG_REST_MINUTES", 7 * 60),
        ("travel", world_rules, "DAY_MINUTES", 25 * 60),
        ("sheets", progress, "RESPEC_PRICE", 24),
        ("sheets", progress, "XP_STEP", 60),
    ],
)
def test_a_rule_that_changes_without_a_new_version_is_caught(
    name: str, module: Any, number: str, other: int, world: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert getattr(module, number) != other
    monkeypatch.setattr(module, number, other)
    found = replayed(read_log(LOGS / f"{name}.json"), world)
    assert found.mismatch is not None


def test_an_altered_command_in_a_golden_log_is_caught(world: Content) -> None:
    log = copy.deepcopy(read_log(LOGS / "beats.json"))
    step = log["turns"][0]["steps"][-1]
    step["index"] += 1
    found = replayed(log, world)
    assert found.mismatch is not None and found.mismatch.turn == 1
    assert found.mismatch.places


def test_a_mended_sentence_is_no_changed_rule(world: Content) -> None:
    log = read_log(LOGS / "beats.json")
    refused = [
        e for t in log["turns"] for d in t["deeds"].values() for e in d if e["type"] == "claim_refused"
    ]
    refused[0]["reason"] = "Certainly not."
    assert replayed(log, world).mismatch is None
    refused[0]["reason"] = "no"
    assert replayed(log, world).mismatch is not None


def test_recording_refuses_to_hide_a_changed_rule(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in LOGS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(recording, "LOGS", tmp_path)
    assert recording.main(["beats"]) == 0 and capsys.readouterr().err == ""
    before = (tmp_path / "beats.json").read_bytes()
    monkeypatch.setattr(checks, "PARTIAL_MARGIN", 4)
    assert recording.main(["beats"]) == 1
    assert "RULES_VERSION" in capsys.readouterr().err
    assert (tmp_path / "beats.json").read_bytes() == before
    monkeypatch.setattr(recording, "RULES_VERSION", RULES_VERSION + 1)
    assert recording.main(["beats"]) == 0
    assert (tmp_path / "beats.json").read_bytes() != before
