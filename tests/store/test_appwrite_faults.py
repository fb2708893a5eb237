"""Faults between the Appwrite adapter and Appwrite: a commit is kept whole or not at all, and known to be."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from api.store.appwrite import AppwriteStore
from api.store.appwrite_commit import COMMIT_ATTEMPTS, TRANSACTION_SECONDS
from api.store.appwrite_rows import CLAIMS
from api.store.port import Conflict, Delete, Insert, Query, StoreError, Touch, Update
from tests.fakes.appwrite import AppwriteStandin, Fault
from tests.fakes.appwrite.settings import DATABASE

pytest_plugins = ["tests.fakes.appwrite.fixtures"]

Opens = Callable[..., AppwriteStore]

BEGIN = r"POST .*/transactions$"
STAGE = r"POST .*/operations$"
COMMIT = r"PATCH .*/transactions/"
SETTLE = rf"POST .*/{CLAIMS}/rows$"
READ = r"GET .*/rows"
SHORT = (1.0, 0.25)

HTML = ("text/html", b"<html>Not here</html>")
KINDS: dict[str, dict[str, object]] = {
    "500": {"kind": "error", "status": 500},
    "502 of a proxy": {"kind": "error", "status": 502, "page": HTML},
    "503": {"kind": "error", "status": 503},
    "429": {"kind": "error", "status": 429},
    "404 of a proxy": {"kind": "error", "status": 404, "page": HTML},
    "403 without a type": {"kind": "error", "status": 403, "page": ("", b"")},
    "400 with other JSON": {"kind": "error", "status": 400, "page": ("application/json", b'{"error": true}')},
    "200 of a proxy": {"kind": "error", "status": 200, "page": HTML},
    "200 with half an answer": {"kind": "error", "status": 200, "page": ("application/json", b'{"$id": "a')},
    "302 of a proxy": {"kind": "error", "status": 302, "page": HTML},
    "cut": {"kind": "cut"},
    "time-out": {"kind": "silence"},
}


def fault(match: str, name: str, applied: bool = False, times: int = 1) -> Fault:
    return Fault(match, applied=applied, times=times, **KINDS[name])  # type: ignore[arg-type]


@pytest.fixture
def store(open_appwrite_store: Opens) -> AppwriteStore:
    """With four documents, and time-outs that a test can wait for."""
    made = open_appwrite_store(SHORT)
    made.commit([Insert("accounts", i, {"n": 0}) for i in ("updated", "touched", "deleted")])
    return made


CHANGES = [
    Update("accounts", "updated", 1, {"n": 1}),
    Touch("accounts", "touched", 1),
    Delete("accounts", "deleted", 1),
    Insert("feed", "s.1", {"session_id": "s", "seq": 1}),
]
BEFORE = {"updated": (1, 0), "touched": (1, 0), "deleted": (1, 0)}
AFTER = {"updated": (2, 1), "touched": (2, 0), "s.1": (1, None)}


def state(appwrite: AppwriteStandin, open_store: Opens) -> dict[str, tuple[int, object]]:
    """What another process reads when the faults are over."""
    appwrite.faults.clear()
    other = open_store()
    found = list(other.query(Query("accounts")).items) + list(other.query(Query("feed")).items)
    return {document.id: (document.revision, document.body.get("n")) for document in found}


# --- one fault


@pytest.mark.parametrize("applied", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("step", [BEGIN, STAGE, COMMIT], ids=["begin", "stage", "commit"])
def test_one_fault_leaves_the_commit_done_once(
    appwrite: AppwriteStandin,
    store: AppwriteStore,
    open_appwrite_store: Opens,
    step: str,
    name: str,
    applied: bool,
) -> None:
    injected = appwrite.faults.add(fault(step, name, applied))
    store.commit(CHANGES)
    assert injected.reached.is_set()
    assert state(appwrite, open_appwrite_store) == AFTER


@pytest.mark.parametrize("name", ["cut", "time-out", "502 of a proxy"])
def test_a_commit_whose_answer_was_lost_is_not_tried_twice(
    appwrite: AppwriteStandin, store: AppwriteStore, name: str
) -> None:
    appwrite.faults.add(fault(COMMIT, name, applied=True))
    before = len(appwrite.calls)
    store.commit([Insert("leases", "claim", {"by": "me"})])
    asked = [f"{call.method} {call.status}" for call in appwrite.calls[before:]]
    assert asked == ["POST 201", "POST 201", "PATCH 200", "POST 409", "GET 200"]


@pytest.mark.parametrize("name", KINDS)
def test_a_read_is_tried_again(appwrite: AppwriteStandin, store: AppwriteStore, name: str) -> None:
    appwrite.faults.add(fault(READ, name))
    found = store.get("accounts", "updated")
    assert found is not None and found.body == {"n": 0}


@pytest.mark.parametrize("step", [BEGIN, STAGE, COMMIT], ids=["begin", "stage", "commit"])
@pytest.mark.parametrize("count", [0, 86])
def test_a_call_that_is_delivered_twice_does_no_harm(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens, step: str, count: int
) -> None:
    appwrite.faults.add(Fault(step, "twice"))
    more = [Insert("leases", f"l{n}", {}) for n in range(count)]
    store.commit([*CHANGES, *more])
    assert state(appwrite, open_appwrite_store) == AFTER
    assert len(appwrite.rows(DATABASE, "leases")) == count


def test_an_expired_transaction_is_tried_again(
    appwrite: AppwriteStandin,
    store: AppwriteStore,
    open_appwrite_store: Opens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit, delays = store._api.tables.update_transaction, [TRANSACTION_SECONDS + 1]

    def late(*args: object, **kwargs: object) -> object:
        if delays:
            appwrite.clock.advance(delays.pop())
        return commit(*args, **kwargs)

    monkeypatch.setattr(store._api.tables, "update_transaction", late)
    store.commit(CHANGES)
    assert state(appwrite, open_appwrite_store) == AFTER


# --- a fault that stays


@pytest.mark.parametrize("name", ["503", "cut", "200 of a proxy", "404 of a proxy"])
@pytest.mark.parametrize("step", [BEGIN, STAGE, COMMIT], ids=["begin", "stage", "commit"])
def test_a_fault_that_stays_changes_nothing_and_is_no_conflict(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens, step: str, name: str
) -> None:
    appwrite.faults.add(fault(step, name, times=999))
    with pytest.raises(
        StoreError, match=f"none of {COMMIT_ATTEMPTS} attempts; nothing was changed"
    ) as failed:
        store.commit(CHANGES)
    assert not isinstance(failed.value, Conflict)
    assert state(appwrite, open_appwrite_store) == BEFORE


def test_a_commit_that_is_kept_is_done_however_often_answers_are_lost(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    appwrite.faults.add(fault(COMMIT, "cut", applied=True, times=999))
    store.commit(CHANGES)
    assert state(appwrite, open_appwrite_store) == AFTER


def test_a_lost_answer_to_the_settling_itself_is_understood(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    """The receipt that the second try finds is our own void one, not the commit's."""
    appwrite.faults.add(fault(COMMIT, "cut"))
    appwrite.faults.add(fault(SETTLE, "cut", applied=True, times=2))
    store.commit(CHANGES)
    assert state(appwrite, open_appwrite_store) == AFTER


def test_when_nothing_answers_any_more_the_error_says_that_the_end_is_unknown(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    appwrite.faults.add(fault(COMMIT, "cut", applied=True))
    appwrite.faults.add(fault(SETTLE, "cut", times=999))
    with pytest.raises(StoreError, match="did not say whether the last change was kept"):
        store.commit(CHANGES)
    assert state(appwrite, open_appwrite_store) == AFTER


# --- a commit that is still on its way


def test_a_commit_that_arrives_after_we_gave_it_up_is_refused(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    late = appwrite.faults.add(Fault(COMMIT, "hold"))
    store.commit(CHANGES)  # times out, makes the first attempt impossible, and commits a second one
    late.release.set()
    assert late.finished.wait(5)
    assert late.outcome == 409
    assert state(appwrite, open_appwrite_store) == AFTER


def test_a_late_commit_cannot_bring_back_what_was_changed_since(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    late = appwrite.faults.add(Fault(COMMIT, "hold"))
    store.commit([Insert("leases", "l", {"by": "first"})])
    store.commit([Delete("leases", "l", 1)])
    late.release.set()  # its insert would succeed now, were it not for the receipt
    assert late.finished.wait(5)
    assert late.outcome == 409
    assert open_appwrite_store().get("leases", "l") is None


# --- faults and rivals


@pytest.mark.parametrize("applied", [False, True], ids=["not kept", "kept"])
def test_a_rival_during_a_fault(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens, applied: bool
) -> None:
    """Whoever was first wins: a kept commit is no conflict although a rival has changed the document since."""
    store.get("accounts", "updated")
    lost = appwrite.faults.add(fault(COMMIT, "time-out", applied=applied))
    outcome: list[object] = []

    def commit() -> None:
        try:
            store.commit([Update("accounts", "updated", 1, {"n": "mine"})])
            outcome.append("done")
        except Conflict as conflict:
            outcome.append(conflict.document_id)

    thread = threading.Thread(target=commit)
    thread.start()
    assert lost.reached.wait(5) and lost.finished.wait(5)
    revision = 2 if applied else 1
    open_appwrite_store().commit([Update("accounts", "updated", revision, {"n": "rival"})])
    thread.join()
    assert outcome == (["done"] if applied else ["updated"])
    assert state(appwrite, open_appwrite_store)["updated"] == (revision + 1, "rival")


def test_an_insert_that_was_kept_and_deleted_since_is_no_conflict(
    appwrite: AppwriteStandin, store: AppwriteStore, open_appwrite_store: Opens
) -> None:
    lost = appwrite.faults.add(fault(COMMIT, "time-out", applied=True))
    thread = threading.Thread(target=store.commit, args=([Insert("leases", "l", {"by": "me"})],))
    thread.start()
    assert lost.finished.wait(5)
    rival = open_appwrite_store()
    rival.commit([Delete("leases", "l", 1), Insert("leases", "l", {"by": "rival"})])
    thread.join()
    found = rival.get("leases", "l")
    assert found is not None and found.body == {"by": "rival"}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_faults_among_eight_racers_loses_and_doubles_nothing(
    appwrite: AppwriteStandin, open_appwrite_store: Opens, seed: int
) -> None:
    dice = random.Random(seed)
    open_appwrite_store().commit([Insert("leases", "counter", {"n": 0, "by": {}})])
    for _ in range(60):
        step = dice.choice([BEGIN, STAGE, COMMIT, COMMIT, COMMIT, READ])
        name = dice.choice(["500", "502 of a proxy", "429", "cut", "cut", "cut", "time-out"])
        injected = fault(step, name, applied=dice.random() < 0.5)
        injected.after = dice.randrange(100)
        appwrite.faults.add(injected)
    for after in range(5):
        appwrite.faults.add(Fault(SETTLE, "cut", applied=after % 2 == 0, after=after))
    failures: list[BaseException] = []

    def add(number: int, mine: AppwriteStore) -> None:
        try:
            done = 0
            while done < 8:
                found = mine.get("leases", "counter")
                assert found is not None
                by = {**found.body["by"], str(number): done + 1}
                assert found.body["by"].get(str(number), 0) == done  # nothing of mine was lost or doubled
                try:
                    body = {"n": found.body["n"] + 1, "by": by}
                    mine.commit([Update("leases", "counter", found.revision, body)])
                except Conflict:
                    continue
                except StoreError as error:
                    assert "nothing was changed" in str(error)
                    continue
                done += 1
        except BaseException as error:
            failures.append(error)

    racers = [threading.Thread(target=add, args=(n, open_appwrite_store(SHORT))) for n in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert failures == []
    assert appwrite.faults.pending() < 20  # most of the faults were met
    row = appwrite.rows(DATABASE, "leases")["counter"]
    assert row["revision"] == 65
