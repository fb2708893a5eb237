"""Who comes next: no sponsor starves another, no session works twice at once."""

from __future__ import annotations

import json
import time

from api.workers.fair_pick import FairPick
from api.workers.slots import Limits
from tests.workers.conftest import Bench, ends
from tests.workers.house import wait_until
from tests.workers.jobs import seen


def put_for(bench: Bench, sponsor: str, name: str, seconds: float, session: str = "") -> object:
    return bench.put("nap", name, seconds, session, meta={"sponsor_id": sponsor, "session_id": session})


def test_one_waiting_turn_overtakes_a_hundred_of_another_sponsor(bench: Bench) -> None:
    many = [put_for(bench, "rich", f"rich{i}", 0.1) for i in range(100)]
    one = put_for(bench, "poor", "poor", 0.1)
    bench.worker(Limits(4))
    ends(one)
    assert "poor" in seen.started[:4]
    ends(*many)


def test_a_turn_that_comes_late_gets_the_next_free_slot(bench: Bench) -> None:
    many = [put_for(bench, "rich", f"rich{i}", 0.4) for i in range(24)]
    bench.worker(Limits(4))
    wait_until(lambda: len(seen.started) == 4)
    put_for(bench, "poor", "poor", 0.1)
    ends(*many)
    assert seen.started.index("poor") < 9


def test_a_sponsor_has_at_most_its_share_of_the_slots(bench: Bench) -> None:
    many = [put_for(bench, "rich", f"rich{i}", 0.5) for i in range(8)]
    bench.worker(Limits(4, share=0.5))
    wait_until(lambda: len(seen.started) == 2)
    time.sleep(0.2)
    assert len(seen.started) == 2
    put_for(bench, "poor", "poor", 0.1)
    wait_until(lambda: "poor" in seen.started, 0.4)
    ends(*many)
    assert seen.peak == 3


def test_a_share_also_holds_for_jobs_that_arrive_one_by_one(bench: Bench) -> None:
    bench.worker(Limits(4, share=0.25))
    jobs = []
    for i in range(3):
        jobs.append(put_for(bench, "rich", f"rich{i}", 0.4))
        time.sleep(0.1)
    ends(*jobs)
    assert seen.peak == 1


def test_a_session_never_has_two_jobs_at_work(bench: Bench) -> None:
    jobs = [put_for(bench, "host", f"{s}{i}", 0.15, s) for i in range(4) for s in ("one", "two", "three")]
    bench.worker()
    ends(*jobs)
    assert set(seen.peak_by_session.values()) == {1}
    assert seen.peak == 3
    assert [name for name in seen.ended if name.startswith("one")] == ["one0", "one1", "one2", "one3"]


def test_jobs_that_say_nothing_of_themselves_are_served_too(bench: Bench) -> None:
    jobs = [bench.put("nap", str(i), 0.2) for i in range(10)]
    bench.worker(Limits(10, share=0.1))
    ends(*jobs)
    assert seen.peak == 10


def test_the_pick_bears_any_meta_that_somebody_wrote(bench: Bench) -> None:
    for number, meta in enumerate(
        (b"", b"null", b"[1]", b'{"sponsor_id": 7, "session_id": {}}', b"\xff\xfe")
    ):
        bench.redis.hset(f"rq:job:odd{number}", "meta", meta)
        bench.redis.rpush(bench.queue.key, f"odd{number}")
    bench.redis.set("rq:job:string", "not a hash")
    bench.redis.rpush(bench.queue.key, "string")
    view = json.dumps({"sponsors": {}, "sessions": {}, "per_sponsor": 1, "per_session": 1})
    chosen = FairPick(bench.redis, bench.queue.key).choose(view, 10)
    assert chosen is not None
    assert [p.id for p in chosen] == ["odd0", "odd1", "odd2", "odd3", "odd4", "string"]


def test_a_batch_is_as_fair_as_single_picks(bench: Bench) -> None:
    for name in ("a", "a", "a", "b", "c", "b"):
        put_for(bench, name, name, 0)
    view = json.dumps({"sponsors": {"a": 1}, "sessions": {}, "per_sponsor": 3, "per_session": 1})
    pick = FairPick(bench.redis, bench.queue.key)
    sponsors = [json.loads(p.fields[b"meta"])["sponsor_id"] for p in pick.choose(view, 6) or []]
    assert sponsors == ["b", "c", "a", "b", "a"]
    assert bench.queue.count == 1, "the third of a is over its share"
    assert pick.choose(json.dumps({**json.loads(view), "sponsors": {"a": 3}}), 6) == []
