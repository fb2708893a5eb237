"""At a limit the storyteller and the built-in ruler take over, no turn is lost, and the table is told once a day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.llm.model_client import Charge, Usage
from api.llm.rulings.tool import NAME
from api.services.asking import claim_rulings
from api.services.budget import day_id
from api.services.narration import serve_turn
from api.services.sweeper import sweep
from api.services.usage import account_usage, budget_of, spending
from api.store.port import Query
from api.wiring import wire
from tests.fakes.anthropic import KEY, AnthropicStandin
from tests.fakes.game import Game, settings_for

Play = Callable[..., Game]


@pytest.fixture
def provider() -> Iterator[AnthropicStandin]:
    with AnthropicStandin() as standin:
        yield standin


@pytest.fixture
def play(tmp_path: Path, content: Content, provider: AnthropicStandin) -> Iterator[Play]:
    """A game as it is wired in production, on one store and one clock, with other settings or limits."""
    made: list[Game] = []

    def one(calls: int | None = None, **settings: Any) -> Game:
        given = {"anthropic_api_key": KEY, "anthropic_base_url": provider.base_url, **settings}
        if calls is not None:
            changed = tmp_path / "tiers.yaml"
            changed.write_text(f"ELITE: {{ai_calls_a_day: {calls}}}\n", encoding="utf-8")
            given["tiers_file"] = changed
        game = Game(tmp_path, content, **given)
        parts = wire(settings_for(tmp_path, **given), game.clock)
        game.ruler, game.narrators = parts.ruler, parts.narrators
        parts.deps.store.close()  # type: ignore[attr-defined]
        made.append(game)
        return game

    yield one
    for game in made:
        game.store.close()


def narrators(table: Any) -> list[str]:
    return [e["narrator"] for e in table.feed("turn_narrated")]


def test_over_the_quota_the_storyteller_tells_and_the_table_is_told_once(
    play: Play, provider: AnthropicStandin
) -> None:
    game = play(calls=2)
    table = game.table(1)
    table.serve_all()
    for _ in range(3):
        table.act(1, "free", text="I listen at the door")
        table.serve_all()
    assert len(provider.calls) == 2
    assert [e["turn_number"] for e in table.feed("turn_narrated")] == [0, 1, 2, 3]
    assert narrators(table)[0] == "anthropic" and narrators(table)[2:] == ["storyteller", "storyteller"]
    (notice,) = table.feed("notice")
    assert notice["code"] == "quota_reached" and notice["resets_at"] == "2026-11-26T00:00:00.000Z"
    assert "(2 of 2)" in notice["text"]


def test_the_next_day_the_game_master_is_back_and_tells_again_when_it_is_used_up(
    play: Play, provider: AnthropicStandin
) -> None:
    game = play(calls=1)
    table = game.table(1)
    table.serve_all()
    table.act(1, "pass")
    table.serve_all()
    game.clock.advance(7 * 3600)
    for _ in range(2):
        table.act(1, "pass")
        table.serve_all()
    assert narrators(table) == ["anthropic", "storyteller", "anthropic", "storyteller"]
    assert [e["resets_at"][:10] for e in table.feed("notice")] == ["2026-11-26", "2026-11-27"]


def test_at_the_ceiling_models_stop_for_everybody_and_every_table_is_told_once(
    play: Play, provider: AnthropicStandin
) -> None:
    game = play(daily_ceiling_usd=0)
    tables = [game.table(1), game.table(1)]
    for table in tables:
        table.serve_all()
        table.act(1, "free", text="I listen at the door")
        table.serve_all()
        assert narrators(table) == ["storyteller", "storyteller"]
        (notice,) = table.feed("notice")
        assert notice["code"] == "ceiling_reached"
    assert provider.calls == []
    assert spending(game.deps)["state"] == "reached"


def test_every_call_of_a_turn_is_charged_to_the_sponsor_by_its_purpose(
    play: Play, provider: AnthropicStandin
) -> None:
    game = play()
    table = game.table(2)
    table.serve_all()
    table.act(1, "free", text="I hum a tune")
    table.act(2, "free", text="I listen at the door")
    table.serve_all()
    used = account_usage(game.deps, table.actors[0].user_id or "")
    assert used["today"]["used"] == len(provider.calls) == sum(used["today"]["calls"].values())
    assert used["today"]["calls"]["rulings"] == 1 and used["today"]["calls"]["narration"] == 2
    assert used["today"]["calls"]["repairs"] == len(provider.calls) - 3
    assert account_usage(game.deps, table.actors[1].user_id or "")["today"]["used"] == 0
    (day,) = used["days"]
    assert day["sessions"][0]["session_id"] == table.id and day["usd"] > 0
    assert day["usd"] == pytest.approx(spending(game.deps)["spent_usd"])


def test_the_ledger_has_what_the_provider_counted(play: Play, provider: AnthropicStandin) -> None:
    game = play()
    table = game.table(1)
    table.serve_all()
    (line,) = game.store.query(Query("costs", {"session_id": table.id})).items
    body = line.body
    assert (body["context"], body["model"], body["estimated"]) == (
        "story_progression",
        "claude-sonnet-5-5",
        0,
    )
    assert body["calls"] == 1 and body["input"] > 0 and body["output"] > 0 and body["written"] > 0
    price = 2 * body["input"] + 10 * body["output"] + 2.5 * body["written"] + 0.2 * body["cached"]
    assert body["micros"] == pytest.approx(price, abs=1)


def test_a_job_that_runs_twice_is_paid_once(play: Play, provider: AnthropicStandin) -> None:
    game = play()
    table = game.table(1)
    turn_id = game.jobs.narrated[-1][0]
    table.serve(turn_id)
    paid = len(provider.calls)
    table.serve(turn_id)
    assert len(provider.calls) == paid
    row = game.store.get("usage", day_id("2026-11-25", table.actors[0].user_id or ""))
    assert row is not None and sum(row.body["calls"].values()) == paid and row.body["held"] == {}


def test_two_workers_at_one_turn_pay_for_one_ruling_and_one_passage(
    play: Play, provider: AnthropicStandin
) -> None:
    game = play()
    table = game.table(1)
    table.serve_all()
    before = len(provider.calls)
    table.act(1, "free", text="I listen at the door")
    turn_id = game.jobs.narrated[-1][0]

    async def both() -> None:
        await asyncio.gather(*(serve_turn(game.deps, game.ruler, game.narrators, turn_id) for _ in range(2)))

    asyncio.run(both())
    tools = [[tool["name"] for tool in call.body.get("tools") or []] for call in provider.calls[before:]]
    asked = ["rule" if NAME in names else "tell" for names in tools]
    assert asked.count("rule") == 1 and asked[:2] == ["rule", "tell"]
    assert [e["turn_number"] for e in table.feed("turn_narrated")] == [0, 1]


def test_a_worker_that_dies_over_a_ruling_costs_no_turn(play: Play, provider: AnthropicStandin) -> None:
    game = play()
    table = game.table(1)
    table.serve_all()
    table.act(1, "free", text="I listen at the door")
    turn_id = game.jobs.narrated.pop(0)[0]
    turn = game.store.get("turns", turn_id)
    assert turn is not None and claim_rulings(game.deps, turn)  # and then it is killed
    table.serve(turn_id)
    assert table.feed("turn_ruled") == []
    game.clock.advance(21)
    assert sweep(game.deps)["ruled"] == 1
    table.serve_all()
    assert [e["turn_number"] for e in table.feed("turn_narrated")] == [0, 1]


def test_the_sweeper_ends_what_a_dead_worker_held(play: Play) -> None:
    game = play()
    budget_of(game.deps).reserve("anthropic", Charge("combat", "ann", "s", "FREE"), "m", Usage(10, 10), 40)
    assert sweep(game.deps)["reservations"] == 0
    game.clock.advance(1000)
    assert sweep(game.deps)["reservations"] == 1
    assert account_usage(game.deps, "ann")["today"]["used"] == 0
