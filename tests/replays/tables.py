"""Tables over the frozen world, played through the services, with dice that follow from the host's click."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.errors import GameRefusal
from api.services import sessions
from tests.fakes.game import Game, RunningTable
from tests.replays.world import CAMPAIGN, HEROES, frozen_world

KINDS = {"affordance", "ability", "item", "rest", "talk", "defend", "pass"}
SERVER_SEED = "5e" * 32


def frozen_game(folder: Path, monkeypatch: pytest.MonkeyPatch, store: Any = None) -> Game:
    """Services over the frozen world, so that data/ may change, and with one server seed."""
    monkeypatch.setattr(sessions, "secrets", SimpleNamespace(token_hex=lambda size: SERVER_SEED))
    made = Game(folder, frozen_world(), store=store)
    made.campaign, made.ready = CAMPAIGN, HEROES
    return made


def begun(game: Game, players: int, mode: str = "beats", click: str = "click") -> RunningTable:
    """A table whose dice follow from the click; one host clicks for one table only."""
    table = game.lobby(players, mode)
    host = table.actors[0]
    sessions.begin_session(game.deps, host, table.id, game.key(host, click))
    return table


def play(table: RunningTable, turns: int, seed: int = 1) -> None:
    """Everybody does something legal, now and then in words, until so many turns are over or the story is."""
    chance = random.Random(seed)
    while True:
        body = table.load().body
        if body["status"] == "completed" or body["turn_number"] > turns:
            return
        for player in range(1, len(table.heroes) + 1):
            view = table.view(player)
            hero = table.heroes[player - 1]
            if view["status"] == "completed" or hero not in (view["turn"] or {}).get("waiting_for", ()):
                continue
            if chance.random() < 0.2:
                table.act(player, "free", text="I look at the walls")
                continue
            legal = [a for a in view["legal"] if a["enabled"] and a["kind"] in KINDS]
            wish = chance.choice(legal)
            target = chance.choice(wish["targets"])["id"] if wish["targets"] else ""
            try:
                table.act(player, wish["kind"], id=wish["id"], target=target)
            except GameRefusal:  # the last moment's choice of another hero made it impossible
                table.act(player, "pass")
        table.serve_all()


def evening(game: Game) -> RunningTable:
    """Three heroes after a dozen turns, beats and those of a fight; the next turn is open."""
    table = begun(game, 3)
    play(table, 3)
    for player in (1, 2, 3):
        table.act(player, "affordance", id="brawl")
    play(table, 12)
    kinds = [t["kind"] for t in table.turns()]
    assert kinds.count("beat") >= 4 and kinds.count("encounter") >= 4
    assert table.load().body["status"] == "active"
    return table
