"""Old prose and raw events go as the sponsor's tier says; the story's facts, its snapshots and its log of dice stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.loader import load_content
from api.errors import Gone
from api.services import history
from api.services.admin import changes
from api.services.admin.changes import Operator
from api.services.replays import replay_session
from api.services.retention import NOTICE_DAYS, clean_log, clean_logs, round_is_due
from api.services.sweeper import sweep
from api.store.pages import every
from api.store.port import Insert, Query, StoreError
from tests.fakes.game import Game, RunningTable

DATA = Path(__file__).resolve().parents[2] / "data"
DAY = 86400
KEPT_DAYS = {"FREE": 7, "BASIC": 14, "PREMIUM": 30, "ELITE": 90}


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


@pytest.fixture
def house(tmp_path: Path, content: Content) -> Callable[..., Game]:
    def build(default: str = "FREE") -> Game:
        game = Game(tmp_path, content, default_tier=default)
        body = {
            "email": None,
            "password": None,
            "created_at": game.clock.iso(),
            "verified": False,
            "name": "P",
        }
        game.store.commit([Insert("accounts", f"user{n}", dict(body)) for n in (1, 2, 3)])
        return game

    return build


def played(game: Game, turns: int = 6) -> RunningTable:
    table = game.table(1)
    table.serve_all()
    for number in range(turns):
        game.clock.advance(60)
        table.act(1, "free", text=f"I look around, for the {number}th time, secretly")
        table.serve_all()
    return table


def told(game: Game, table: RunningTable) -> list[str]:
    return [t["dm_response"] or "" for t in table.turns()]


@pytest.mark.parametrize("tier", KEPT_DAYS)
def test_a_log_is_kept_for_the_days_of_the_sponsors_tier(house: Callable[..., Game], tier: str) -> None:
    game = house(tier)
    table = played(game)
    game.clock.advance(KEPT_DAYS[tier] * DAY - 600)
    assert clean_log(game.deps, table.id) is False and all(told(game, table)[:-1])
    game.clock.advance(1200)
    assert clean_log(game.deps, table.id) is True
    assert not any(told(game, table)[:-1])
    assert clean_log(game.deps, table.id) is False, "twice is as good as once"


def test_what_was_written_told_and_rolled_goes_and_who_did_what_when_stays(
    house: Callable[..., Game],
) -> None:
    game = house()
    table = played(game)
    before = table.turns()
    game.clock.advance(8 * DAY)
    clean_log(game.deps, table.id)
    text = json.dumps([t.body for t in every(game.store, "turns", {"session_id": table.id})])
    assert "secretly" not in text
    assert not any(before[2]["dm_response"] in json.dumps(r.body) for r in every(game.store, "feed"))
    for old, new in zip(before[:-1], table.turns()[:-1], strict=True):
        assert new["cleared"] and not old["cleared"] and new["events"] == [] and new["sentences"] == []
        for name in ("turn", "character_id", "kind", "scene", "narrated_at", "opened_at"):
            assert new[name] == old[name]
    assert table.turns()[-1]["state"] == "open" and not table.turns()[-1]["cleared"]


def test_a_story_plays_on_and_replays_after_its_old_turns_were_cleared(house: Callable[..., Game]) -> None:
    game = house()
    table = played(game, 12)
    state = table.load().state()
    game.clock.advance(8 * DAY)
    clean_log(game.deps, table.id)
    assert table.load().state() == state
    assert list(every(game.store, "snapshots", {"session_id": table.id})), "snapshots stay"
    report = replay_session(game.store, game.content, table.id)
    assert report.ok and report.from_turn > 1
    table.act(1, "free", text="I go on")
    table.serve_all()
    assert replay_session(game.store, game.content, table.id).ok
    assert history.recap(game.deps, table.actors[0], table.id)["title"]


def test_who_comes_with_an_older_number_is_told_where_to_start(house: Callable[..., Game]) -> None:
    game = house()
    table = played(game)
    last = table.load().body["seq"]
    game.clock.advance(8 * DAY)
    clean_log(game.deps, table.id)
    floor = table.load().body["feed_floor"]
    assert floor == last
    with pytest.raises(Gone) as gone:
        history.list_events(game.deps, table.actors[0], table.id, floor - 1, 100, 0)
    assert gone.value.details == {"snapshot": f"/api/v1/sessions/{table.id}", "feed_floor": floor}
    table.act(1, "pass")
    rows = history.list_events(game.deps, table.actors[0], table.id, floor, 100, 0)["items"]
    assert rows and rows[0]["seq"] == floor + 1


def test_a_turn_that_nobody_has_told_yet_is_never_cleared(house: Callable[..., Game]) -> None:
    game = house()
    table = game.table(1)
    table.act(1, "pass")
    game.clock.advance(400 * DAY)
    clean_log(game.deps, table.id)
    table.serve_all()
    assert all(t["dm_response"] for t in table.turns() if t["state"] == "narrated")


def test_a_shorter_log_is_announced_a_week_before_and_taken_back_when_the_tier_rises(
    house: Callable[..., Game],
) -> None:
    game = house()
    by = Operator("olga", "a test")
    changes.grant_tier(game.deps, by, "user1", "PREMIUM", None)
    table = played(game)
    clean_log(game.deps, table.id)
    game.clock.advance(20 * DAY)
    changes.revoke_tier(game.deps, by, "user1")
    assert clean_log(game.deps, table.id) is False and all(told(game, table)[:-1])
    [notice] = table.feed("log_kept")
    assert notice["days"] == 7 and notice["since"] == game.clock.iso(after=NOTICE_DAYS * DAY)
    changes.grant_tier(game.deps, by, "user1", "PREMIUM", None)
    clean_log(game.deps, table.id)
    assert [e["since"] for e in table.feed("log_kept")] == [notice["since"], None]
    changes.revoke_tier(game.deps, by, "user1")
    clean_log(game.deps, table.id)
    game.clock.advance(NOTICE_DAYS * DAY - 60)
    assert clean_log(game.deps, table.id) is False
    game.clock.advance(120)
    assert clean_log(game.deps, table.id) is True and not any(told(game, table)[:-1])


def test_the_round_covers_every_session_once_a_day_and_goes_on_after_a_kill(
    house: Callable[..., Game], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.services import retention

    monkeypatch.setattr(retention, "PAGE", 2)
    game = house("ELITE")
    for _ in range(5):
        played(game, 1)
    game.clock.advance(91 * DAY)
    seen: list[str] = []
    real = retention.clean_log

    def dies_at_the_third(deps: Any, session_id: str) -> bool:
        seen.append(session_id)
        if len(seen) == 4:
            raise SystemExit
        return real(deps, session_id)

    monkeypatch.setattr(retention, "clean_log", dies_at_the_third)
    assert round_is_due(game.deps)
    with pytest.raises(SystemExit):
        clean_logs(game.deps)
    assert round_is_due(game.deps)
    clean_logs(game.deps)
    assert set(seen) == {s.id for s in game.store.query(Query("game_sessions")).items}
    assert seen[:2] == sorted(seen)[:2] and len(seen) < 10, "pages that were done are not done again"
    assert round_is_due(game.deps) == ""
    game.clock.advance(DAY)
    assert round_is_due(game.deps)


def test_one_broken_session_does_not_keep_the_others_log(
    house: Callable[..., Game], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.services import retention

    game = house("ELITE")
    first, second = played(game, 2), played(game, 2)
    game.clock.advance(91 * DAY)
    real = retention.clean_log

    def broken(deps: Any, session_id: str) -> bool:
        if session_id == first.id:
            raise StoreError("a page of it is torn")
        return real(deps, session_id)

    monkeypatch.setattr(retention, "clean_log", broken)
    assert clean_logs(game.deps) == 1 and not any(told(game, second)[:-1])


def test_the_sweeper_asks_for_the_round_until_it_is_done(house: Callable[..., Game]) -> None:
    game = house()
    assert sweep(game.deps)["logs"] == 1
    [day] = game.jobs.cleanups
    clean_logs(game.deps)
    assert sweep(game.deps)["logs"] == 0 and day == game.clock.now().strftime("%Y-%m-%d")
