"""The real worker process: many turns at once, stopped, killed, cut off from Redis, started by RQ's own command."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.e2e.stack import ROOT
from tests.workers.conftest import status
from tests.workers.house import House, kill, wait_until

pytestmark = pytest.mark.e2e

MakeHouse = Callable[..., House]


def narration(house: House, turn_id: str, attempt: int = 1) -> Job:
    return Job.fetch(f"narrate-{turn_id}-{attempt}", connection=house.redis, serializer=JSONSerializer)


def told_once(house: House, session_id: str, turn_id: str) -> bool:
    from api.services.history import read_feed

    rows = read_feed(house.deps, session_id, 0, 200)
    told = [i for r in rows for e in r["events"] if e["type"] == "turn_narrated" for i in e["turn_ids"]]
    return told.count(turn_id) == 1


def test_sixty_turns_take_little_longer_than_one(house: MakeHouse) -> None:
    home = house()
    first, many = home.waiting_turns(1), home.waiting_turns(60)
    home.start_worker(SLOW_SECONDS="1")
    home.working()

    def makespan(turns: list) -> float:
        began = time.time()
        home.enqueue(turns)
        return max(home.all_told(turns)) - began

    one = makespan(first)
    assert makespan(many) / one < 2.5


def test_a_stop_lets_what_runs_end_and_takes_nothing_new(house: MakeHouse) -> None:
    home = house()
    running, late = home.waiting_turns(5), home.waiting_turns(1)
    worker = home.start_worker(SLOW_SECONDS="3")
    home.working()
    home.enqueue(running)
    wait_until(lambda: all(status(narration(home, t.turn_id)) == "started" for t in running))
    kill(worker, signal.SIGTERM)
    time.sleep(1.5)  # the worker looks up at least once a second
    home.enqueue(late)
    assert worker.wait(15) == 0
    assert len(home.narrated_at(running)) == 5
    assert {status(narration(home, t.turn_id)) for t in running} == {"finished"}
    assert status(narration(home, late[0].turn_id)) == "queued"
    assert home.redis.scard("rq:workers") == 0


def test_what_does_not_end_in_time_is_left_to_the_sweeper(house: MakeHouse) -> None:
    home = house(narration_lease_seconds=2)
    turns = home.waiting_turns(3)
    worker = home.start_worker(SLOW_SECONDS="30", WORKER_DRAIN_SECONDS="0.5")
    home.working()
    home.enqueue(turns)
    wait_until(lambda: home.count("resolved") == 3)
    kill(worker, signal.SIGTERM)
    assert worker.wait(15) == 0
    assert {status(narration(home, t.turn_id)) for t in turns} == {"failed"}
    home.start_worker(SLOW_SECONDS="0.1")
    home.all_told(turns, 30)


def test_a_killed_workers_turns_are_taken_up_within_the_lease(house: MakeHouse) -> None:
    home = house(narration_lease_seconds=5)
    turns = home.waiting_turns(20)
    doomed = home.start_worker(SLOW_SECONDS="60")
    home.working()
    home.enqueue(turns)
    wait_until(lambda: home.count("resolved") == 20)
    home.start_worker(SLOW_SECONDS="0.1")
    home.working(2)
    kill(doomed)
    killed = time.time()
    told = home.all_told(turns, 40)
    assert max(told) - killed < 5 + 5, "the lease, a sweep, and the telling"
    assert all(told_once(home, t.session_id, t.turn_id) for t in turns)


def test_turns_that_were_taken_but_not_begun_are_not_lost(house: MakeHouse) -> None:
    home = house(narration_lease_seconds=3)
    [turn] = home.waiting_turns(1, free_text=False)
    home.enqueue([turn])
    # As if a worker had died between RQ's pop and its first step.
    home.redis.lmove("rq:queue:ai_tasks", "rq:queue:ai_tasks:intermediate", "LEFT", "RIGHT")
    home.start_worker(SLOW_SECONDS="0.1")
    home.all_told([turn], 40)


def test_a_worker_outlives_redis_and_goes_on(house: MakeHouse) -> None:
    home = house(narration_lease_seconds=3)
    before, during, after = (home.waiting_turns(3) for _ in range(3))
    worker = home.start_worker(SLOW_SECONDS="2")
    home.working()
    home.enqueue(before)
    wait_until(lambda: home.count("resolved") == 3)
    home.stop_redis()
    home.all_told(before)  # what runs needs no Redis to be told
    assert not home.jobs.narrate(during[0].turn_id, 1)
    home.start_redis()
    home.enqueue(after)
    home.all_told(during + after, 40)
    assert worker.poll() is None
    wait_until(lambda: home.redis.scard("rq:workers") == 1, 20)


def test_all_queues_are_served_by_one_process(house: MakeHouse) -> None:
    home = house()
    worker = home.start_worker("ai_tasks", "combat_tasks", "marketplace_tasks", SLOW_SECONDS="0.1")
    home.working(3)
    pids = {home.redis.hget(key, "pid") for key in home.redis.smembers("rq:workers")}
    assert pids == {str(worker.pid).encode()}
    assert home.jobs.process_combat_round("no-such-session", "1")
    job_id = "deadline-no-such-session-1"
    wait_until(
        lambda: status(Job.fetch(job_id, connection=home.redis, serializer=JSONSerializer)) == "failed"
    )
    turns = home.waiting_turns(1)
    home.enqueue(turns)
    home.all_told(turns)


def test_rqs_own_command_starts_our_worker(house: MakeHouse) -> None:
    home = house()
    turns = home.waiting_turns(3)
    home.enqueue(turns)
    environment = {
        "PATH": "/usr/bin:/bin",
        "REDIS_URL": home.url,
        "DATABASE_URL": home.settings.database_url,
        "SECRET_KEY": home.settings.secret_key,
    }
    command = ["-m", "rq.cli", "worker", "ai_tasks", "-S", "json", "-w", "api.worker.Worker", "--burst"]
    done = subprocess.run(
        [sys.executable, *command, "--url", home.url],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert len(home.narrated_at(turns)) == 3
