"""Tables over the frozen world, played through the services, with dice that follow from the host's click."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.errors import GameRefusal
from api.services import sessions
from api.services.fights import combat_action
from api.services.sheets import SheetWish, change_part, show_part
from api.services.wishes import Wish
from tests.fakes.game import Game, RunningTable
from tests.replays.world import CAMPAIGN, HEROES, frozen_world

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
    """Everybody does something legal, now and then in words, until so many turns are over or the story is.

    In between they change their sheets, and in fights they lock what to do next.
    """
    chance = random.Random(seed)
    for _ in range(20 * turns):
        body = table.load().body
        if body["status"] == "completed" or body["turn_number"] > turns:
            return
        for player in range(1, len(table.heroes) + 1):
            view = table.view(player)
            if view["status"] == "completed":
                return
            if chance.random() < 0.3:
                _change_something(table, player, chance)
            if table.heroes[player - 1] in (view["turn"] or {}).get("waiting_for", ()):
                _state_something(table, player, chance)
        table.serve_all()
    raise AssertionError("the turns do not go on")


def _state_something(table: RunningTable, player: int, chance: random.Random) -> None:
    if chance.random() < 0.2:
        table.act(player, "free", text="I look at the walls")
        return
    legal = [a for a in table.view(player)["legal"] if a["enabled"]]
    wish = chance.choice(legal)
    target = chance.choice(wish["targets"])["id"] if wish["targets"] else ""
    try:
        table.act(player, wish["kind"], id=wish["id"], target=target)
    except GameRefusal:  # the last moment's choice of another hero made it impossible
        table.act(player, "pass")


def _change_something(table: RunningTable, player: int, chance: random.Random) -> None:
    """Outside a fight something of the sheet, in one what to do in the next turn; refusals change nothing."""
    deps, actor, hero = table.game.deps, table.actors[player - 1], table.heroes[player - 1]
    if table.view(player)["encounter"] is not None:
        with contextlib.suppress(GameRefusal):  # it is this hero's own turn, or the hero is down
            combat_action(deps, actor, table.id, Wish(hero, "defend"), table.game.key(actor), lock=True)
        return
    part = chance.choice(("skills", "equipment", "inventory"))
    offered = [o for o in show_part(deps, actor, hero, part)["options"] if o["enabled"]]
    if not offered:
        return
    one = chance.choice(offered)
    to = chance.choice(one["targets"])["id"] if one.get("targets") else ""
    wish = SheetWish(one["kind"], one["id"], to=to, shop=one.get("shop") or "")
    change_part(deps, actor, hero, part, wish, table.game.key(actor))


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
