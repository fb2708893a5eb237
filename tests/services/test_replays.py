"""What was played plays again to the identical state; what was altered is found and named."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.content.catalogue import Content
from api.errors import NotFound
from api.rules import scenes
from api.rules.replay import RULES_VERSION, BrokenLog, state_hash
from api.services import game_log, sessions
from api.services.replays import NothingLogged, ReplayReport, forget_steps, replay_session
from api.store.port import Delete, Document, Query, Update
from tests.fakes.game import Game, RunningTable
from tests.replays.tables import begun, evening, frozen_game, play


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Game]:
    made = frozen_game(tmp_path, monkeypatch)
    yield made
    made.store.close()


def replayed(game: Game, table: RunningTable, **options: Any) -> ReplayReport:
    return replay_session(game.store, options.pop("content", game.content), table.id, **options)


def documents(game: Game, collection: str, table: RunningTable) -> list[Document]:
    query = Query(collection, {"session_id": table.id}, order_by="number", limit=200)
    return list(game.store.query(query).items)


def alter(game: Game, found: Document, collection: str, change: Callable[[Any], object]) -> None:
    body = copy.deepcopy(found.body)
    change(body)
    assert body != found.body, "nothing was altered"
    game.store.commit([Update(collection, found.id, found.revision, body)])


def turn_with(game: Game, table: RunningTable, how: str) -> Document:
    return next(
        d for d in documents(game, "turns", table) if any(s["how"] == how for s in d.body.get("steps", ()))
    )


@pytest.fixture
def played(game: Game) -> RunningTable:
    return evening(game)


def test_a_played_session_plays_again_to_the_identical_state(game: Game, played: RunningTable) -> None:
    report = replayed(game, played)
    assert (report.ok, report.present, report.from_turn) == (True, (), 1)
    assert (report.status, report.under_way, report.seed) == ("active", 13, None)
    assert report.replayed.turns == 12 and report.replayed.actions >= 12
    assert state_hash(report.replayed.state) == state_hash(played.load().state())
    assert [t.state_hash for t in report.replayed.played] == [
        d.body["log"]["seal"] for d in documents(game, "turns", played) if d.body.get("steps")
    ]


@pytest.mark.parametrize("mode", ["beats", "ordered", "free"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_mode_plays_again_to_its_end(game: Game, mode: str, seed: int) -> None:
    table = begun(game, 2, mode)
    play(table, 60, seed)
    if table.load().body["status"] != "completed":
        game_key = game.key(table.actors[0])
        sessions.end_session(game.deps, table.actors[0], table.id, game_key)
    report = replayed(game, table)
    assert report.ok and report.present == () and report.replayed.turns > 10
    assert report.seed is not None and report.under_way is None


def test_changed_sheets_and_locked_intents_are_part_of_the_log(game: Game, played: RunningTable) -> None:
    steps = {s["how"] for d in documents(game, "turns", played) for s in d.body.get("steps", ())}
    assert {"deed", "close", "sheet", "intent"} <= steps
    turn = turn_with(game, played, "sheet")
    alter(game, turn, "turns", lambda b: b.update(steps=[s for s in b["steps"] if s["how"] != "sheet"]))
    number, _, _ = mismatch(replayed(game, played))
    assert number == turn.body["number"]


def test_a_turn_half_stated_is_compared_with_what_is_stored(game: Game) -> None:
    table = begun(game, 3)
    play(table, 2)
    before = replayed(game, table)
    table.act(1, "affordance", id="train")
    report = replayed(game, table)
    assert report.ok and report.present == () and report.under_way == 3
    assert report.replayed.actions == before.replayed.actions + 1
    assert [t.sealed for t in report.replayed.played] == [True, True, False]


def test_who_comes_and_goes_is_part_of_the_log(game: Game) -> None:
    table = begun(game, 2)
    play(table, 3)
    late = game.actor(9)
    hero = game.character(late, "dan")["id"]
    sessions.join_session(game.deps, late, table.id, hero, game.key(late, "late-click"))
    both = RunningTable(game, table.id, [*table.actors, late], [*table.heroes, hero])
    play(both, 6)
    if not (both.load().body["world"] or {}).get("encounter"):
        sessions.leave_session(game.deps, table.actors[0], table.id, game.key(table.actors[0]))
        play(RunningTable(game, table.id, both.actors[1:], both.heroes[1:]), 9)
    report = replayed(game, table)
    assert report.ok and report.present == ()
    steps = [s["how"] for d in documents(game, "turns", table) for s in d.body.get("steps", ())]
    assert {"seated", "left"} <= set(steps)


def test_a_click_after_the_beginning_does_not_break_the_seal_of_the_dice(game: Game) -> None:
    table = begun(game, 1)
    late = game.actor(9)
    hero = game.character(late, "dan")["id"]
    before = table.load().body["entropy"]
    sessions.join_session(game.deps, late, table.id, hero, game.key(late, "late-click"))
    assert table.load().body["entropy"] == before
    play(RunningTable(game, table.id, [*table.actors, late], [*table.heroes, hero]), 2)
    assert replayed(game, table).seed_fits


# --- Snapshots ---


def test_a_replay_begins_late_at_a_snapshot(game: Game, played: RunningTable) -> None:
    assert [d.body["number"] for d in documents(game, "snapshots", played)] == [1, 6, 11]
    for wish, start in ((1, 1), (5, 1), (6, 6), (10, 6), (99, 11)):
        report = replayed(game, played, from_turn=wish)
        assert (report.ok, report.from_turn, report.replayed.turns) == (True, start, 13 - start)
    with pytest.raises(NothingLogged, match="before turn 0; the first is at 1"):
        replayed(game, played, from_turn=0)


def test_old_steps_are_forgotten_and_the_rest_still_plays_again(game: Game, played: RunningTable) -> None:
    assert forget_steps(game.store, played.id, 8) == 5
    assert forget_steps(game.store, played.id, 8) == 0
    kept = [d.body["number"] for d in documents(game, "turns", played) if d.body.get("steps")]
    assert kept == list(range(6, 13))
    report = replayed(game, played)
    assert (report.ok, report.from_turn, report.replayed.turns) == (True, 6, 7)
    with pytest.raises(NothingLogged, match="the first is at 6"):
        replayed(game, played, from_turn=3)
    play(played, 14)
    assert replayed(game, played).replayed.turns == played.load().body["turn_number"] - 6


def test_a_log_half_forgotten_still_plays_again(game: Game, played: RunningTable) -> None:
    """The process died after it had marked the snapshots."""
    alter(game, documents(game, "snapshots", played)[0], "snapshots", lambda b: b.update(forgotten=True))
    report = replayed(game, played)
    assert (report.from_turn, report.stranded) == (6, 5)
    assert forget_steps(game.store, played.id, 8) == 5
    assert replayed(game, played).ok


# --- What cannot be played again ---


def test_what_cannot_be_played_again_says_why(game: Game) -> None:
    with pytest.raises(NotFound):
        replay_session(game.store, game.content, "nobody", from_turn=None)
    lobby = game.lobby(2)
    with pytest.raises(NothingLogged, match="has not begun"):
        replayed(game, lobby)
    fresh = begun(game, 1)
    with pytest.raises(NothingLogged, match="nothing has been done"):
        replayed(game, fresh)


def test_a_missing_snapshot_is_named(game: Game, played: RunningTable) -> None:
    first, second, third = documents(game, "snapshots", played)
    game.store.commit([Delete("snapshots", first.id, first.revision)])
    report = replayed(game, played)
    assert (report.ok, report.from_turn, report.stranded) == (False, 6, 5)
    game.store.commit([Delete("snapshots", d.id, d.revision) for d in (second, third)])
    with pytest.raises(NothingLogged, match="turn 1 was logged, but no snapshot"):
        replayed(game, played)


def test_a_session_of_before_the_log_begins_it_with_its_next_deed(game: Game, played: RunningTable) -> None:
    for turn in documents(game, "turns", played):
        if turn.body.get("steps"):
            alter(game, turn, "turns", lambda b: [b.pop("steps"), b.pop("log")])
    game.store.commit([Delete("snapshots", d.id, d.revision) for d in documents(game, "snapshots", played)])
    head = game.store.get("game_sessions", played.id)
    assert head is not None
    alter(game, head, "game_sessions", lambda b: [b.pop("logged"), b.update(rules_version=1)])
    with pytest.raises(NothingLogged, match="before turns were logged"):
        replayed(game, played)
    play(played, 15)
    report = replayed(game, played)
    assert (report.ok, report.from_turn, report.replayed.turns) == (True, 13, 3)


# --- What was altered ---


def mismatch(report: ReplayReport) -> tuple[int, str, list[str]]:
    assert not report.ok and report.replayed.mismatch is not None
    found = report.replayed.mismatch
    return found.turn, found.reason, [p.path for p in found.places]


def test_an_altered_command_is_found(game: Game, played: RunningTable) -> None:
    turn = turn_with(game, played, "close")
    who = turn.body["steps"][-1]["commands"][0]["actor"]
    other = {"type": "Rest", "actor": who, "kind": "short"}
    alter(game, turn, "turns", lambda b: b["steps"][-1]["commands"].__setitem__(0, other))
    number, reason, places = mismatch(replayed(game, played))
    assert number == turn.body["number"] and places
    assert "than was told and sealed" in reason or "events told" in reason


def test_an_altered_event_is_found(game: Game, played: RunningTable) -> None:
    turn = next(
        d for d in documents(game, "turns", played)
        if any(e["type"] == "check_rolled" for x in d.body["entries"] for e in x["events"])
    )  # fmt: skip

    def better(body: Any) -> None:
        rolled = next(e for x in body["entries"] for e in x["events"] if e["type"] == "check_rolled")
        rolled["kept"] += 1

    alter(game, turn, "turns", better)
    number, reason, places = mismatch(replayed(game, played))
    assert number == turn.body["number"] and reason.startswith("the events told")
    assert len(places) == 1 and places[0].endswith(".kept")


def test_an_altered_seal_is_found(game: Game, played: RunningTable) -> None:
    turn = documents(game, "turns", played)[4]
    alter(game, turn, "turns", lambda b: b["log"].update(seal="0" * 32))
    number, reason, _ = mismatch(replayed(game, played))
    assert (number, reason) == (turn.body["number"], "what was done does not come to the sealed state")


def test_an_altered_snapshot_is_found_with_the_place(game: Game, played: RunningTable) -> None:
    shot = documents(game, "snapshots", played)[1]
    alter(game, shot, "snapshots", lambda b: b["heroes"][0].update(gold=9999))
    number, reason, places = mismatch(replayed(game, played))
    assert number == shot.body["number"] and reason.startswith("the snapshot")
    assert places == [f'heroes["{played.heroes[0]}"].gold'] or places == [f"heroes.{played.heroes[0]}.gold"]


def test_an_altered_seed_is_found_twice_over(game: Game, played: RunningTable) -> None:
    played.set_seed("another seed")
    report = replayed(game, played)
    assert not report.seed_fits
    mismatch(report)


def test_a_seed_that_was_swapped_with_its_hash_is_found(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "secrets", SimpleNamespace(token_hex=lambda size: "0f" * 32))
    other = begun(game, 1, click="another").load().body
    head = game.store.get("game_sessions", played.id)
    assert head is not None
    swapped = {k: other[k] for k in ("seed", "server_seed", "seed_hash", "entropy")}
    alter(game, head, "game_sessions", lambda b: b.update(swapped))
    assert not replayed(game, played).seed_fits


def test_a_turn_that_was_taken_out_is_found(game: Game, played: RunningTable) -> None:
    turn = documents(game, "turns", played)[5]
    game.store.commit([Delete("turns", turn.id, turn.revision)])
    with pytest.raises(BrokenLog, match=f"turn {turn.body['number']} is missing"):
        replayed(game, played)


def test_steps_that_were_taken_out_are_found(game: Game, played: RunningTable) -> None:
    turn = documents(game, "turns", played)[5]
    alter(game, turn, "turns", lambda b: b.update(steps=[]))
    with pytest.raises(BrokenLog, match="nothing is logged of it"):
        replayed(game, played)


def test_a_sheet_that_was_changed_beside_the_game_is_found(game: Game, played: RunningTable) -> None:
    sheet = game.store.get("characters", played.heroes[1])
    assert sheet is not None
    alter(game, sheet, "characters", lambda b: b.update(gold=b["gold"] + 50))
    report = replayed(game, played)
    assert not report.ok and report.replayed.mismatch is None
    assert report.present is not None
    assert [p.path.rpartition(".")[2] for p in report.present] == ["gold"]


# --- Other rules, other content ---


def other_content(content: Content) -> Content:
    """The same, but nobody can hit for much."""
    abilities = {
        key: one.model_copy(update={"summary": f"{one.summary} Or so."})
        for key, one in content.abilities.items()
    }
    return replace(content, abilities=abilities, content_hash="f" * 64)


def test_changed_content_is_named(game: Game, played: RunningTable) -> None:
    report = replayed(game, played, content=other_content(game.content))
    assert report.ok and report.replayed.foreign == tuple(range(1, 13))
    assert report.replayed.estranged == () and report.replayed.turns == 12


def test_turns_of_other_content_may_differ_and_the_rest_is_compared_all_the_same(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "IMPROVISED_MINUTES", 7)
    changed = replace(game.content, content_hash="f" * 64)
    report = replayed(game, played, content=changed)
    assert report.ok and report.replayed.mismatch is None
    assert report.replayed.estranged and report.replayed.skipped == ()
    assert "than was told and sealed" in report.replayed.estranged[0].reason
    assert report.present == ()


def test_a_rule_that_changed_without_a_new_version_is_found(
    game: Game, played: RunningTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "IMPROVISED_MINUTES", 7)
    _, reason, places = mismatch(replayed(game, played))
    assert "than was told and sealed" in reason and places


def test_a_new_version_of_the_rules_takes_a_snapshot_and_is_logged(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = begun(game, 2)
    play(table, 2)
    monkeypatch.setattr(game_log, "RULES_VERSION", RULES_VERSION + 1)
    play(table, 4)
    assert [(d.body["number"], d.body["rules"]) for d in documents(game, "snapshots", table)] == [
        (1, RULES_VERSION),
        (3, RULES_VERSION + 1),
    ]
    assert replayed(game, table).replayed.foreign == (3, 4)
    assert table.load().body["rules_version"] == RULES_VERSION + 1


def test_a_turn_half_made_by_other_content_is_foreign(game: Game) -> None:
    table = begun(game, 2)
    table.act(1, "talk")
    game.deps = replace(game.deps, content=other_content(game.content))
    table.act(2, "talk")
    assert replayed(game, table).replayed.foreign == (1,)
