"""When many wait: what players are told, and that waiting makes no more work."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from api.services.sweeper import sweep
from api.tasks.outlook import Outlook, Probe, estimate
from api.tasks.queue import NullQueue
from api.workers.runtime import Sizes
from api.workers.slots import Limits
from tests.fakes.game import Game
from tests.workers.conftest import Bench, ends
from tests.workers.house import wait_until


class BusyQueue(NullQueue):
    """Says what it is told to say."""

    def __init__(self, outlook: Outlook | None = None, *, waiting: bool = False) -> None:
        super().__init__()
        self._outlook = outlook
        self._waiting = waiting

    def outlook(self) -> Outlook | None:
        return self._outlook

    def is_waiting(self, turn_id: str, attempt: int) -> bool:
        return self._waiting


def act_at_a_busy_table(game: Game, outlook: Outlook | None) -> Any:
    game.jobs = BusyQueue(outlook)
    game.deps = game.deps.__class__(
        game.store, game.content, game.clock, game.deps.publisher, game.jobs, game.settings
    )
    return game.table(1).act(1, "free", text="I look at the ceiling")


def test_a_player_learns_how_long_the_queue_is(game: Game) -> None:
    answer = act_at_a_busy_table(game, Outlook(waiting=120, in_flight=300, slots=300, seconds=24.4))
    assert (answer["queue"]["waiting"], answer["queue"]["seconds"]) == (120, 24)
    assert "120 turns" in answer["queue"]["message"] and "24 s" in answer["queue"]["message"]


def test_a_player_learns_that_nobody_tells_just_now(game: Game) -> None:
    answer = act_at_a_busy_table(game, Outlook(waiting=3, in_flight=0, slots=0, seconds=None))
    assert answer["queue"]["seconds"] is None
    assert "kept" in answer["queue"]["message"]


@pytest.mark.parametrize("outlook", [None, Outlook(1, 5, 300, 0.0)])
def test_a_short_wait_is_no_news(game: Game, outlook: Outlook | None) -> None:
    assert "queue" not in act_at_a_busy_table(game, outlook)


@pytest.mark.parametrize(
    "waiting, workers, seconds",
    [
        (0, [(300, 300, 5.0)], 0.0),
        (10, [(300, 20, 5.0)], 0.0),
        (300, [(300, 300, 5.0)], 5.0),
        (600, [(300, 300, 4.0), (300, 300, 6.0)], 5.0),
        (7, [], None),
    ],
)
def test_the_wait_follows_from_what_the_workers_say(
    waiting: int, workers: list[tuple[int, int, float]], seconds: float | None
) -> None:
    assert estimate(waiting, workers).seconds == seconds


def test_the_probe_reads_what_workers_tell_with_their_heartbeats(bench: Bench) -> None:
    bench.worker(Limits(2))
    jobs = [bench.put("nap", str(i), 1.0) for i in range(6)]

    def look() -> Outlook | None:
        return Probe(bench.redis, "practice", bench.queue.key).look()

    def busy() -> bool:
        seen = look()
        return seen is not None and (seen.slots, seen.in_flight) == (2, 2) and bool(seen.seconds)

    wait_until(busy, 5, what=lambda: str(look()))
    ends(*jobs)
    wait_until(lambda: look() == Outlook(0, 0, 2, 0.0), 5, what=lambda: str(look()))


def test_a_worker_says_how_busy_it_is_as_soon_as_it_is_there(bench: Bench) -> None:
    """Its first heartbeat may be a minute away: nobody is told meanwhile that the game master is."""
    bench.worker(Limits(2), Sizes(beat_seconds=60))
    wait_until(
        lambda: Probe(bench.redis, "practice", bench.queue.key).look() == Outlook(0, 0, 2, 0.0), 5,
        what=lambda: str(Probe(bench.redis, "practice", bench.queue.key).look()),
    )  # fmt: skip


def test_the_probe_costs_a_busy_process_one_look_a_second(bench: Bench) -> None:
    probe = Probe(bench.redis, "practice", bench.queue.key)
    probe.look()
    before = bench.redis.info("stats")["total_commands_processed"]
    for _ in range(100):
        probe.look()
    assert bench.redis.info("stats")["total_commands_processed"] - before <= 5


def test_the_probe_knows_nothing_while_redis_is_away() -> None:
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.1, retry=None)
    assert Probe(nowhere, "practice", "rq:queue:practice").look() is None


@pytest.mark.parametrize("waiting, attempt", [(True, 1), (False, 2)])
def test_a_turn_that_waits_in_the_queue_gets_no_second_job(game: Game, waiting: bool, attempt: int) -> None:
    table = game.table(1)
    table.serve_all()
    turn = table.act(1, "free", text="I look at the ceiling")["turn_id"]
    jobs = BusyQueue(waiting=waiting)
    deps = game.deps.__class__(
        game.store, game.content, game.clock, game.deps.publisher, jobs, game.settings.model_copy(
            update={"ruling_seconds": 10_000}
        ),
    )  # fmt: skip
    game.clock.advance(game.settings.narration_lease_seconds + 1)
    sweep(deps)
    assert [n for t, n in jobs.narrated if t == turn] == ([] if waiting else [2])
    document = game.store.get("turns", turn)
    assert document is not None and document.body["attempt"] == attempt
