"""`./coc replay`: what it prints, and with which exit status it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import replay as command
from api.rules import scenes
from api.rules.replay import RULES_VERSION
from api.services import sessions
from api.store.port import Query, Update
from tests.fakes.game import Game, RunningTable
from tests.replays.tables import begun, evening, frozen_game, play
from tests.replays.world import frozen_world


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Game]:
    for name in ("DATABASE_URL", "APPWRITE_ENDPOINT", "FLASK_ENV"):
        monkeypatch.delenv(name, raising=False)
    made = frozen_game(tmp_path, monkeypatch)
    monkeypatch.setattr(command, "load_content", lambda root: made.content)
    yield made
    made.store.close()


@pytest.fixture
def played(game: Game) -> RunningTable:
    return evening(game)


def run(game: Game, session_id: str, *more: str) -> int:
    return command.main([session_id, "--store", game.settings.database_url, *more])


def test_it_prints_turns_actions_and_hashes(
    game: Game, played: RunningTable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(game, played.id) == 0
    out = capsys.readouterr().out
    found = game.store.query(Query("turns", {"session_id": played.id}, order_by="number", limit=200)).items
    seals = [d.body["log"]["seal"] for d in found if d.body.get("steps")]
    assert len(seals) == 12 and all(f"{seal}  same" in out for seal in seals)
    assert f"rules {RULES_VERSION}, content {game.content.content_hash[:16]}" in out
    assert "the seed is the one that it promised" in out
    assert "under way: turn 13 is open" in out
    assert out.rstrip().splitlines()[-1].startswith("12 turns, ") and out.rstrip().endswith(": the same")


def test_the_seed_is_shown_only_when_the_story_is_over(
    game: Game, played: RunningTable, capsys: pytest.CaptureFixture[str]
) -> None:
    body = played.load().body
    secret = (body["seed"], body["server_seed"])
    for more in ((), ("--json",)):
        run(game, played.id, *more)
        assert not any(s in capsys.readouterr().out for s in secret)
    table = begun(game, 1, click="another")
    play(table, 2)
    sessions.end_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
    capsys.readouterr()  # what play itself has logged
    assert run(game, table.id, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seed"] == table.load().body["seed"] and told["status"] == "completed"


def test_json_has_every_turn(game: Game, played: RunningTable, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(game, played.id, "--json", "--from-turn", "7") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["from_turn"], told["turns"], told["mismatch"]) == (True, 6, 7, None)
    assert [t["turn"] for t in told["played"]] == list(range(6, 13))
    assert told["present"] == [] and told["seed_fits"] and told["seed"] is None
    assert all(len(t["hash"]) == 32 and t["same"] and not t["foreign"] for t in told["played"])


def test_the_first_turn_that_differs_is_named_with_the_places(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scenes, "IMPROVISED_MINUTES", 7)
    assert run(game, played.id) == 1
    out = capsys.readouterr().out
    assert "DIFFERENT" in out and "than was told and sealed" in out and out.rstrip().endswith("NOT THE SAME")
    assert re.search(r"^  world\.clock: logged \d+, replayed \d+$", out, re.MULTILINE)
    assert run(game, played.id, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["mismatch"]["places"][-1]["path"] == "world.clock" and not told["ok"]


def test_turns_of_other_content_are_named_and_have_a_status_of_their_own(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    was = game.content.content_hash[:16]
    monkeypatch.setattr(command, "load_content", lambda root: replace(frozen_world(), content_hash="f" * 64))
    assert run(game, played.id) == 0
    out = capsys.readouterr().out
    assert f"(rules {RULES_VERSION}, content {was})" in out and "content ffffffffffffffff" in out
    monkeypatch.setattr(scenes, "IMPROVISED_MINUTES", 7)
    assert run(game, played.id) == 3
    out = capsys.readouterr().out
    assert "made by other rules or content: " in out and out.rstrip().endswith("of other rules or content")


def test_old_steps_are_forgotten_only_when_all_is_the_same(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(scenes, "IMPROVISED_MINUTES", 7)
        assert run(game, played.id, "--forget-before", "12") == 1
        assert "nothing was forgotten" in capsys.readouterr().out
    assert run(game, played.id, "--forget-before", "12") == 0
    assert "forgotten: the steps of 10 turns" in capsys.readouterr().out
    assert run(game, played.id) == 0
    assert "from the snapshot before turn 11" in capsys.readouterr().out


def test_what_cannot_be_played_again_is_one_clear_line(
    game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lobby = game.lobby(1)
    for session_id, more, line in (
        ("nobody", (), "there is no session nobody in this store"),
        (lobby.id, (), "has not begun"),
        (lobby.id, ("--store", f"sqlite:///{tmp_path / 'none.sqlite3'}"), "there is no save at"),
        (lobby.id, ("--store", "mongodb://x/y"), "sqlite and postgresql are known"),
    ):
        assert run(game, session_id, *more) == 2
        out, err = capsys.readouterr()
        assert out == "" and line in err and "Traceback" not in err
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_broken_log_is_one_clear_line(
    game: Game, played: RunningTable, capsys: pytest.CaptureFixture[str]
) -> None:
    found = game.store.query(Query("turns", {"session_id": played.id, "number": 3})).items[0]
    game.store.commit([Update("turns", found.id, found.revision, {**found.body, "steps": [{"where": 1}]})])
    assert run(game, played.id) == 1
    assert "the log is broken: a step cannot be read" in capsys.readouterr().err


def test_without_a_store_it_takes_what_the_api_uses(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", game.settings.database_url)
    assert command.main([played.id]) == 0
    assert "12 turns" in capsys.readouterr().out
