"""The store contract on Appwrite, through the unmodified SDK over real HTTP, and what is particular to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from api.store.appwrite import AppwriteStore
from api.store.appwrite_commit import (
    CLAIM_SECONDS,
    FRESH_SECONDS,
    MAX_OPERATIONS,
    PLANNED_SECONDS,
    TRANSACTION_SECONDS,
)
from api.store.appwrite_rows import CLAIMS
from api.store.port import (
    MAX_CHANGES,
    BadChange,
    Change,
    Conflict,
    Delete,
    Insert,
    Query,
    Store,
    StoreError,
    Touch,
    Update,
)
from tests.fakes.appwrite import AppwriteStandin, Fault
from tests.fakes.appwrite.settings import DATABASE, TIMEOUTS
from tests.store.contract import StoreContract

pytest_plugins = ["tests.fakes.appwrite.fixtures"]

Opens = Callable[..., AppwriteStore]


@pytest.fixture
def store(appwrite_store: AppwriteStore) -> AppwriteStore:
    return appwrite_store


@pytest.fixture
def another(open_appwrite_store: Opens) -> Opens:
    return open_appwrite_store


class TestAppwrite(StoreContract):
    @pytest.fixture
    def second(self, store: Store, another: Opens) -> Callable[[], Store]:
        return another


def bodies(store: Store, *ids: str) -> list[object]:
    """The bodies of accounts as another process would read them."""
    found = store.get_many("accounts", ids)
    return [found[i].body if i in found else None for i in ids]


# --- the budget of operations


def test_ninety_updates_fit_into_one_transaction(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    ids = [f"a{n:02}" for n in range(MAX_CHANGES)]
    store.commit([Insert("accounts", i, {"n": 0}) for i in ids])
    store.commit([Update("accounts", i, 1, {"n": 1}) for i in ids])
    assert bodies(store, *ids) == [{"n": 1}] * MAX_CHANGES
    staged = [len(each.operations) for each in appwrite.routes.transactions.all.values()]
    assert max(staged) <= MAX_OPERATIONS
    with pytest.raises(Conflict):
        store.commit([Touch("accounts", i, 1) for i in ids])


@pytest.mark.parametrize("count", [1, 48, 49, 50, 51, 89, 90])
def test_any_number_of_changes_loses_to_one_stale_revision(
    appwrite: AppwriteStandin, store: AppwriteStore, another: Opens, count: int
) -> None:
    """Small commits claim row by row, large ones in bulk: both must notice a change that they did not read."""
    ids = [f"a{n:02}" for n in range(count)]
    store.commit([Insert("accounts", i, {"n": 0}) for i in ids])
    rival = another()
    rival.commit([Update("accounts", ids[-1], 1, {"n": "rival"})])
    with pytest.raises(Conflict) as lost:  # `store` remembers revision 1 and asks nobody before it commits
        store.commit([Update("accounts", i, 1, {"n": 1}) for i in ids])
    assert lost.value.document_id == ids[-1]
    assert bodies(rival, *ids) == [{"n": 0}] * (count - 1) + [{"n": "rival"}]


def test_large_and_small_commits_race_for_the_same_claims(store: AppwriteStore, another: Opens) -> None:
    ids = [f"a{n:02}" for n in range(MAX_CHANGES)]
    store.commit([Insert("accounts", i, {"by": None}) for i in ids])
    start = threading.Barrier(6)
    won: list[int] = []

    def race(number: int, mine: AppwriteStore) -> None:
        mine.get_many("accounts", ids)
        wanted = ids if number % 2 else ids[number : number + 3]
        start.wait()
        try:
            mine.commit([Update("accounts", i, 1, {"by": number}) for i in wanted])
            won.append(number)
        except Conflict:
            return

    racers = [threading.Thread(target=race, args=(n, another())) for n in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    kept = [body["by"] for body in bodies(store, *ids) if isinstance(body, dict)]
    assert won and {number for number in kept if number is not None} == set(won)
    for number in won:
        assert kept.count(number) == (MAX_CHANGES if number % 2 else 3)


# --- calls


def test_a_commit_of_what_was_read_takes_three_calls(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    store.commit([Insert("game_sessions", "s", {"status": "active"}), Insert("accounts", "a", {})])
    session, account = store.get("game_sessions", "s"), store.get("accounts", "a")
    assert session is not None and account is not None
    before = len(appwrite.calls)
    store.commit(
        [
            Update("game_sessions", "s", 1, {"status": "active", "head": 1}),
            Touch("accounts", "a", 1),
            Insert("feed", "s.1", {"session_id": "s", "seq": 1}),
            Insert("turns", "t1", {"session_id": "s", "number": 1, "state": "resolved"}),
        ]
    )
    assert [call.method for call in appwrite.calls[before:]] == ["POST", "POST", "PATCH"]


def test_a_commit_of_what_was_not_read_asks_once_for_each_collection(
    appwrite: AppwriteStandin, store: AppwriteStore, another: Opens
) -> None:
    store.commit([Insert("accounts", "a", {}), Insert("accounts", "b", {}), Insert("leases", "l", {})])
    before = len(appwrite.calls)
    another().commit([Touch("accounts", "a", 1), Delete("accounts", "b", 1), Touch("leases", "l", 1)])
    assert len(appwrite.calls) - before == 5


def test_one_connection_serves_many_calls(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    for n in range(5):
        store.commit([Insert("accounts", f"a{n}", {})])
        store.get("accounts", f"a{n}")
    assert len({call.connection for call in appwrite.calls}) == 1


# --- several changes of one document


def test_one_batch_may_change_a_document_more_than_once(store: AppwriteStore) -> None:
    store.commit(
        [Insert("accounts", "a", {"n": 1}), Update("accounts", "a", 1, {"n": 2}), Touch("accounts", "a", 2)]
    )
    found = store.get("accounts", "a")
    assert found is not None and (found.revision, found.body) == (3, {"n": 2})
    store.commit([Delete("accounts", "a", 3), Insert("accounts", "a", {"again": True})])
    found = store.get("accounts", "a")
    assert found is not None and (found.revision, found.body) == (1, {"again": True})


def test_a_conflict_names_the_right_one_when_another_is_changed_twice(
    store: AppwriteStore, another: Opens
) -> None:
    store.commit([Insert("accounts", "a", {})])
    another().commit([Insert("accounts", "b", {})])
    with pytest.raises(Conflict) as lost:
        store.commit([Touch("accounts", "a", 1), Touch("accounts", "a", 2), Insert("accounts", "b", {})])
    assert lost.value.document_id == "b"


def test_an_id_that_is_used_again_starts_without_old_claims(store: AppwriteStore) -> None:
    for life in range(3):
        store.commit([Insert("accounts", "a", {"life": life})])
        store.commit([Touch("accounts", "a", 1)])
        store.commit([Delete("accounts", "a", 2)])
    assert store.get("accounts", "a") is None


def test_what_a_rival_deleted_cannot_be_changed(store: AppwriteStore, another: Opens) -> None:
    store.commit([Insert("accounts", "a", {}), Insert("accounts", "b", {})])
    another().commit([Delete("accounts", "b", 1)])
    changes: list[Change] = [Update("accounts", "a", 1, {"n": 1}), Touch("accounts", "b", 1)]
    with pytest.raises(Conflict) as lost:
        store.commit(changes)
    assert lost.value.document_id == "b"
    assert bodies(store, "a", "b") == [{}, None]


# --- claims are cleared away


def test_old_claims_go_and_young_ones_stay(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    store.commit([Insert("leases", "l", {})])
    for revision in range(1, 61):
        store.commit([Touch("leases", "l", revision)])
    assert len(appwrite.rows(DATABASE, CLAIMS)) == 121  # all of them are young
    appwrite.clock.advance(CLAIM_SECONDS + 1)
    for revision in range(61, 111):
        store.commit([Touch("leases", "l", revision)])
    assert len(appwrite.rows(DATABASE, CLAIMS)) <= 100
    with pytest.raises(Conflict):  # a revision whose claim is long gone
        store.commit([Touch("leases", "l", 3)])


def test_a_claim_outlives_every_transaction_that_may_need_it() -> None:
    assert CLAIM_SECONDS >= 3 * (FRESH_SECONDS + PLANNED_SECONDS + TRANSACTION_SECONDS)


def test_what_was_read_too_long_ago_is_read_again(
    appwrite: AppwriteStandin, store: AppwriteStore, another: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the claims are gone, only that tells a stale revision."""
    store.commit([Insert("accounts", "a", {"n": 0})])
    another().commit([Update("accounts", "a", 1, {"n": "rival"})])
    appwrite.routes.rows.clear(appwrite.routes.databases[DATABASE].table(CLAIMS))
    now = time.monotonic()
    monkeypatch.setattr("api.store.appwrite_commit.time.monotonic", lambda: now + FRESH_SECONDS + 1)
    with pytest.raises(Conflict):
        store.commit([Update("accounts", "a", 1, {"n": 1})])
    assert bodies(another(), "a") == [{"n": "rival"}]


def test_a_process_that_was_stopped_in_mid_commit_starts_over(
    appwrite: AppwriteStandin, store: AppwriteStore, another: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit([Insert("accounts", "a", {"n": 0})])
    begin, stops = store._api.tables.create_transaction, [PLANNED_SECONDS + FRESH_SECONDS]

    def stopped(**kwargs: object) -> object:
        if stops:
            late = time.monotonic() + stops.pop()
            monkeypatch.setattr("api.store.appwrite_commit.time.monotonic", lambda: late)
            another().commit([Update("accounts", "a", 1, {"n": "rival"})])
            appwrite.routes.rows.clear(appwrite.routes.databases[DATABASE].table(CLAIMS))
        return begin(**kwargs)

    monkeypatch.setattr(store._api.tables, "create_transaction", stopped)
    with pytest.raises(Conflict):
        store.commit([Update("accounts", "a", 1, {"n": 1})])
    assert bodies(another(), "a") == [{"n": "rival"}]


def test_a_failed_clearing_harms_no_commit(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    appwrite.faults.add(Fault(f"DELETE .*/{CLAIMS}/rows", "error", times=99))
    store.commit([Insert("leases", "l", {})])
    for revision in range(1, 60):
        store.commit([Touch("leases", "l", revision)])
    found = store.get("leases", "l")
    assert found is not None and found.revision == 60


# --- queries


@pytest.mark.parametrize("descending", [False, True])
def test_pages_pass_over_documents_that_lack_the_field(store: AppwriteStore, descending: bool) -> None:
    have: dict[str, int | None] = {f"t{n}": None if n < 4 else n // 2 for n in range(9)}
    store.commit([Insert("turns", i, {"session_id": "s", "number": n}) for i, n in have.items()])
    seen: list[str] = []
    cursor = None
    while True:
        page = store.query(
            Query(
                "turns", {"session_id": "s"}, order_by="number", descending=descending, limit=2, cursor=cursor
            )
        )
        seen += [document.id for document in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    order = sorted(have, key=lambda i: (have[i] is not None, have[i] or 0, i), reverse=descending)
    assert seen == order


def test_equals_come_by_id_whenever_they_were_made(store: AppwriteStore) -> None:
    store.commit([Insert("turns", f"t{n}", {"session_id": "s", "number": 1}) for n in (3, 1, 4, 2)])
    first = store.query(Query("turns", {"session_id": "s"}, order_by="number", limit=2))
    rest = store.query(Query("turns", {"session_id": "s"}, order_by="number", cursor=first.next_cursor))
    assert [document.id for document in (*first.items, *rest.items)] == ["t1", "t2", "t3", "t4"]


def test_a_page_continues_after_its_last_document_was_deleted(store: AppwriteStore) -> None:
    store.commit([Insert("feed", f"s.{n}", {"session_id": "s", "seq": n}) for n in range(4)])
    first = store.query(Query("feed", {"session_id": "s"}, order_by="seq", limit=2))
    store.commit([Delete("feed", first.items[-1].id, 1)])
    rest = store.query(Query("feed", {"session_id": "s"}, order_by="seq", limit=2, cursor=first.next_cursor))
    assert [document.id for document in rest.items] == ["s.2", "s.3"]


def test_a_page_holds_more_than_appwrites_twenty_five(store: AppwriteStore) -> None:
    for start in (0, 80, 160):
        store.commit(
            [Insert("feed", f"s.{n}", {"session_id": "s", "seq": n}) for n in range(start, start + 80)]
        )
    page = store.query(Query("feed", {"session_id": "s"}, order_by="seq", limit=200))
    assert [document.body["seq"] for document in page.items] == list(range(200))
    assert page.next_cursor is not None


def test_without_an_order_documents_come_by_id(store: AppwriteStore) -> None:
    store.commit([Insert("accounts", i, {}) for i in ("b", "c", "a")])
    first = store.query(Query("accounts", limit=2))
    rest = store.query(Query("accounts", limit=2, cursor=first.next_cursor))
    assert [document.id for document in (*first.items, *rest.items)] == ["a", "b", "c"]


# --- what cannot be kept


@pytest.mark.parametrize(
    "body", [{"status": "x" * 241}, {"status": 7}, {"deadline": ["2026"]}], ids=["long", "number", "list"]
)
def test_a_value_that_its_column_cannot_hold_is_refused_before_any_call(
    appwrite: AppwriteStandin, store: AppwriteStore, body: dict[str, object]
) -> None:
    before = len(appwrite.calls)
    with pytest.raises(BadChange):
        store.commit([Insert("game_sessions", "s", body)])
    assert len(appwrite.calls) == before


@pytest.mark.parametrize("bad", ["", ".a", "a/b", "../a", "a?x=1", "x" * 37, "é", "a\n"])
def test_a_bad_id_reaches_no_path(appwrite: AppwriteStandin, store: AppwriteStore, bad: str) -> None:
    before = len(appwrite.calls)
    assert store.get("accounts", bad) is None
    with pytest.raises(BadChange):
        store.commit([Touch("accounts", bad, 1)])
    assert len(appwrite.calls) == before


def test_text_that_no_encoding_allows_is_kept_all_the_same(store: AppwriteStore) -> None:
    body = {"lone": "\ud83d", "emoji": "🐉", "zero": "\x00", "long": "x" * 200_000}
    store.commit([Insert("accounts", "a", body)])
    found = store.get("accounts", "a")
    assert found is not None and found.body == body


# --- setting up


def test_the_schema_waits_for_slow_columns_and_is_made_once() -> None:
    with AppwriteStandin(delay=0.3) as slow:
        stores = [AppwriteStore(slow.endpoint, slow.project, slow.key, DATABASE, TIMEOUTS) for _ in range(3)]
        threads = [threading.Thread(target=each.ensure_schema) for each in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stores[0].commit([Insert("turns", "t", {"session_id": "s", "number": 1})])
        assert len(stores[1].query(Query("turns", {"session_id": "s"})).items) == 1
        before = len(slow.calls)
        stores[2].ensure_schema()
        assert len(slow.calls) - before == 2
        for each in stores:
            each.close()
        assert slow.violations == []


def test_a_store_of_a_newer_program_is_left_alone(appwrite: AppwriteStandin, store: AppwriteStore) -> None:
    table = appwrite.routes.databases[DATABASE].table("store_schema")
    appwrite.routes.rows.create(table, "schema", {"version": "9999"})
    with pytest.raises(StoreError, match="update it"):
        store.ensure_schema()


@pytest.mark.parametrize(
    ("endpoint", "project", "key", "says"),
    [
        (None, "coc", "wrong-key", "refuses the project or its API key"),
        (None, "other", "standin-key", "refuses the project or its API key"),
        ("ftp://example.org/v1", "coc", "k", "must start with http"),
        (None, "coc", "secret\nkey", "API key is empty or holds a character"),
        ("http://127.0.0.1:9/v1", "coc", "k", "does not answer"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    appwrite: AppwriteStandin, endpoint: str | None, project: str, key: str, says: str
) -> None:
    with pytest.raises(StoreError, match=says) as failed:
        AppwriteStore(endpoint or appwrite.endpoint, project, key, DATABASE, TIMEOUTS).ping()
    assert "secret" not in str(failed.value) and "\n" not in str(failed.value)


def test_missing_tables_are_said_to_be_missing() -> None:
    with AppwriteStandin() as empty:
        store = AppwriteStore(empty.endpoint, empty.project, empty.key, DATABASE, TIMEOUTS)
        for use in (lambda: store.get("accounts", "a"), lambda: store.commit([Insert("accounts", "a", {})])):
            with pytest.raises(StoreError, match="ensure_schema"):
                use()
        store.close()
