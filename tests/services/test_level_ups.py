"""G11: while a level-up is written, input waits for it or is refused; nothing of either is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from api.errors import GameRefusal
from api.services.replays import replay_session
from api.services.sheets import show_part
from api.store.port import Change, Conflict, Update
from tests.fakes.game import Game, RunningTable
from tests.services.test_fights import actor_of, combat, foes, in_a_fight
from tests.services.test_fights import game as game  # a campaign with weak foes
from tests.services.test_sheets import change, grant


class Meanwhile:
    """Just before the first commit that writes a hero's level or skills, somebody else does something."""

    def __init__(self, game: Game, do: Callable[[], Any]) -> None:
        self._commit, self._do = game.store.commit, do
        self.came_in = False
        self.lost = 0

    def commit(self, changes: Sequence[Change]) -> None:
        grows = any(
            isinstance(c, Update) and c.collection == "characters" and (c.body["xp"] or c.body["skills"])
            for c in changes
        )
        if grows and not self.came_in:
            self.came_in = True
            self._do()
        try:
            self._commit(changes)
        except Conflict:
            self.lost += 1
            raise


def in_between(game: Game, monkeypatch: pytest.MonkeyPatch, do: Callable[[], Any]) -> Meanwhile:
    found = Meanwhile(game, do)
    monkeypatch.setattr(game.store, "commit", found.commit)
    return found


def learnable(game: Game, table: RunningTable) -> str:
    """A skill that the first hero can learn once there is a point for it."""
    grant(game, table.heroes[0], level=3, xp=400, skill_points=3)
    options = show_part(game.deps, game.actor(1), table.heroes[0], "skills")["options"]
    return str(next(o["id"] for o in options if o["kind"] == "learn" and o["enabled"]))


def test_g11_an_action_that_comes_in_while_a_skill_is_learnt_counts_and_so_does_the_skill(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = game.table(2, seed="fixed")
    skill = learnable(game, table)
    points = game.store.get("characters", table.heroes[0]).body["skill_points"]  # type: ignore[union-attr]
    found = in_between(game, monkeypatch, lambda: table.act(1, "pass"))
    change(game, 1, table.heroes[0], "skills", kind="learn", id=skill)
    assert found.came_in and found.lost == 1, "the one that lost the race looked again"
    hero = game.store.get("characters", table.heroes[0]).body  # type: ignore[union-attr]
    assert skill in hero["skills"]
    assert hero["skill_points"] < points
    assert table.view()["turn"]["stated"][0]["character_id"] == table.heroes[0]
    assert len(table.feed("sheet_changed")) == 1


def test_g11_in_a_fight_nothing_is_learnt_before_the_level_is_written(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blow that ends the fight brings the level. What others send in that moment is refused with the reason, the
    blow and the level are written once, and the next turn takes everybody's input on the new sheet."""
    table = in_a_fight(game, 2)
    for hero in table.heroes:
        grant(game, hero, xp=99)
    refused: list[str] = []

    def others_try() -> None:
        other = 2 if actor_of(table) == 1 else 1
        for attempt in (
            lambda: table.act(other, "free", text="I run on ahead"),
            lambda: change(game, other, table.heroes[other - 1], "equipment", kind="row", id="back"),
        ):
            with pytest.raises(GameRefusal) as no:
                attempt()
            refused.append(no.value.code)

    found = in_between(game, monkeypatch, others_try)
    for _ in range(60):
        if table.view()["encounter"] is None:
            break
        combat(table, actor_of(table), "attack", target=foes(table)[0]["id"])
    assert found.came_in
    assert refused == ["not_your_turn", "in_fight"]
    grown = [e for t in table.turns() for e in t["events"] if e["type"] == "level_gained"]
    assert sorted(e["actor"] for e in grown) == sorted(table.heroes), "each once"
    assert [seat["level"] for seat in table.view()["party"]] == [2, 2]
    assert table.act(1, "pass")["status"] == "waiting"


def test_g11_two_who_write_the_same_sheet_at_once_leave_a_log_that_replays(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = in_a_fight(game, 1)
    for _ in range(60):
        if table.view()["encounter"] is None:
            break
        combat(table, 1, "attack", target=foes(table)[0]["id"])
    part = show_part(game.deps, game.actor(1), table.heroes[0], "skills")
    wish = next((o for o in part["options"] if o["kind"] == "learn" and o["enabled"]), None)
    assert wish is not None, "two curs are worth a level"
    found = in_between(game, monkeypatch, lambda: table.act(1, "pass"))
    change(game, 1, table.heroes[0], "skills", kind="learn", id=wish["id"])
    table.act(1, "pass")
    assert found.came_in and found.lost == 1
    report = replay_session(game.store, game.content, table.id)
    assert report.replayed is not None and report.replayed.mismatch is None
