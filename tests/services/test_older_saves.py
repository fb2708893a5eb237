"""A session that rules 1 saved goes on under these rules, and its log begins with the next thing that is done in it.

The files in `saved/` are documents as a store held them (all but the feed), written by the first release.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.rules.replay import RULES_VERSION
from api.services.replays import NothingLogged, replay_session
from api.store.port import Insert, Query
from tests.fakes.game import Game, RunningTable
from tests.replays.tables import play

SAVED = Path(__file__).with_name("saved")


def restored(game: Game, name: str) -> tuple[RunningTable, dict[str, Any]]:
    """The saved table in a store of today, and its session as it was saved."""
    raw = json.loads((SAVED / f"{name}.json").read_text(encoding="utf-8"))
    game.store.commit([Insert(collection, key, body) for collection, key, body in raw["documents"]])
    session_id, body = next((i, b) for c, i, b in raw["documents"] if c == "game_sessions")
    actors = [game.actor(n) for n in range(1, len(raw["heroes"]) + 1)]
    return RunningTable(game, session_id, actors, raw["heroes"]), body


def logged(game: Game, table: RunningTable) -> list[int]:
    found = game.store.query(Query("turns", {"session_id": table.id}, order_by="number", limit=200)).items
    return [d.body["number"] for d in found if d.body.get("steps")]


@pytest.mark.parametrize("name", ["half_a_beat", "mid_fight"])
def test_a_session_of_rules_1_is_shown_with_what_is_legal(game: Game, name: str) -> None:
    table, saved = restored(game, name)
    for player, hero in enumerate(table.heroes, start=1):
        view = table.view(player)
        assert view["turn"]["number"] == saved["turn_number"]
        if hero in view["turn"]["waiting_for"]:
            assert any(a["enabled"] for a in view["legal"])
    assert (view["encounter"] is not None) == (saved["world"]["encounter"] is not None)


@pytest.mark.parametrize("name", ["half_a_beat", "mid_fight"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_session_of_rules_1_is_played_on_and_plays_again(game: Game, name: str, seed: int) -> None:
    table, saved = restored(game, name)
    with pytest.raises(NothingLogged, match="before turns were logged"):
        replay_session(game.store, game.content, table.id)
    start = saved["turn_number"]
    play(table, start + 12, seed)
    report = replay_session(game.store, game.content, table.id)
    assert report.ok and not report.present and report.from_turn == start
    assert report.replayed.turns >= 10
    assert logged(game, table)[0] == start
    body = table.load().body
    assert body["rules_version"] == RULES_VERSION and body["content_hash"] == game.content.content_hash


def test_a_fight_of_rules_1_goes_on_where_it_stood(game: Game) -> None:
    table, saved = restored(game, "mid_fight")
    before = saved["world"]["encounter"]
    actor = before["order"][before["index"]]
    table.act(table.heroes.index(actor) + 1, "defend")
    after = table.load().state().encounter
    assert after is not None and (after.key, after.order) == (before["key"], tuple(before["order"]))
    assert any(c.figures.get("attack") is not None for c in after.combatants.values())
    first = table.load().turn(saved["open_turn_id"])
    assert [e["type"] for e in first["entries"][0]["events"]][0] == "fighters_renewed"


def test_what_was_done_ahead_by_rules_1_stands_when_the_beat_closes(game: Game) -> None:
    table, saved = restored(game, "half_a_beat")
    for player in (2, 3):
        table.act(player, "pass")
    turn = table.load().turn(saved["open_turn_id"])
    assert turn["state"] == "resolved" and turn["entries"][0]["character_id"] == table.heroes[0]
    assert [s["how"] for s in turn["steps"]] == ["deed", "close"]
    report = replay_session(game.store, game.content, table.id)
    assert report.ok and report.replayed.actions == 2
