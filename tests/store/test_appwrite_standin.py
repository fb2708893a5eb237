"""The stand-in for Appwrite keeps the limits and the races that were measured on a real one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.query import Query as Q
from appwrite.services.tables_db import TablesDB

import api.store.appwrite_transport  # noqa: F401  (it gives the SDK its HTTP; without a store, plain `requests`)
from tests.fakes.appwrite import AppwriteStandin
from tests.fakes.appwrite.contract import contract_file, load_contract
from tests.fakes.appwrite.errors import ContractMissing

DB, TABLE = "game", "things"


@pytest.fixture
def standin() -> Iterator[AppwriteStandin]:
    with AppwriteStandin(delay=0.0) as started:
        yield started


def tables_of(standin: AppwriteStandin) -> TablesDB:
    return TablesDB(Client().set_endpoint(standin.endpoint).set_project(standin.project).set_key(standin.key))


@pytest.fixture
def tables(standin: AppwriteStandin) -> TablesDB:
    made = tables_of(standin)
    made.create(DB, "Game")
    made.create_table(DB, TABLE, "Things")
    made.create_varchar_column(DB, TABLE, "name", 50, False)
    made.create_integer_column(DB, TABLE, "v", False)
    return made


def refused(call: Callable[[], Any]) -> str:
    """The type of the refusal."""
    with pytest.raises(AppwriteException) as failed:
        call()
    return f"{failed.value.code} {failed.value.type}"


def create(row_id: str, **data: Any) -> dict[str, Any]:
    return {"action": "create", "databaseId": DB, "tableId": TABLE, "rowId": row_id, "data": data}


def update(row_id: str, **data: Any) -> dict[str, Any]:
    return {"action": "update", "databaseId": DB, "tableId": TABLE, "rowId": row_id, "data": data}


def claims(count: int, first: int = 0) -> dict[str, Any]:
    rows = [{"$id": f"c{n}", "v": n} for n in range(first, first + count)]
    return {"action": "bulkCreate", "databaseId": DB, "tableId": TABLE, "data": rows}


def values(standin: AppwriteStandin) -> dict[str, Any]:
    return {row_id: row["v"] for row_id, row in standin.rows(DB, TABLE).items()}


# --- transactions


def test_a_transaction_takes_a_hundred_operations(standin: AppwriteStandin, tables: TablesDB) -> None:
    transaction = tables.create_transaction().id
    tables.create_operations(transaction, [create(f"a{n}") for n in range(99)])
    too_many = [create("b1"), create("b2")]
    assert (
        refused(lambda: tables.create_operations(transaction, too_many)) == "400 transaction_limit_exceeded"
    )
    tables.create_operations(transaction, [create("b")])
    assert tables.update_transaction(transaction, commit=True).operations == 100
    assert len(standin.rows(DB, TABLE)) == 100


def test_a_bulk_operation_counts_as_one_and_holds_a_hundred_rows(
    standin: AppwriteStandin, tables: TablesDB
) -> None:
    transaction = tables.create_transaction().id
    assert (
        refused(lambda: tables.create_operations(transaction, [claims(101)]))
        == "400 general_argument_invalid"
    )
    assert tables.create_operations(transaction, [claims(100)]).operations == 1
    tables.update_transaction(transaction, commit=True)
    assert len(standin.rows(DB, TABLE)) == 100


@pytest.mark.parametrize("clash", [[create("taken")], [claims(3, 0)]], ids=["row", "bulk"])
def test_a_duplicate_fails_the_whole_transaction(
    standin: AppwriteStandin, tables: TablesDB, clash: list[dict[str, Any]]
) -> None:
    tables.create_row(DB, TABLE, "taken", {"v": 1})
    tables.create_row(DB, TABLE, "c2", {"v": 1})
    transaction = tables.create_transaction().id
    tables.create_operations(transaction, [create("new"), update("taken", v=2), *clash, create("newer")])
    assert refused(lambda: tables.update_transaction(transaction, commit=True)) == "409 transaction_conflict"
    assert tables.get_transaction(transaction).status == "failed"
    assert refused(lambda: tables.update_transaction(transaction, commit=True)) == "400 transaction_not_ready"
    assert values(standin) == {"taken": 1, "c2": 1}


def test_a_staged_update_misses_what_changed_before_it_and_notices_what_changes_after(
    standin: AppwriteStandin, tables: TablesDB
) -> None:
    tables.create_row(DB, TABLE, "a", {"v": 0})
    seen = tables.get_row(DB, TABLE, "a").data["v"]
    tables.update_row(DB, TABLE, "a", {"v": 10})
    missed = tables.create_transaction().id
    tables.create_operations(missed, [update("a", v=seen + 1)])
    tables.update_transaction(missed, commit=True)
    assert values(standin) == {"a": 1}  # the update to 10 is lost

    noticed = tables.create_transaction().id
    tables.create_operations(noticed, [update("a", v=2)])
    time.sleep(0.002)  # times are kept to the millisecond, as on the real one
    tables.update_row(DB, TABLE, "a", {"v": 20})
    assert refused(lambda: tables.update_transaction(noticed, commit=True)) == "409 transaction_conflict"
    assert values(standin) == {"a": 20}


def test_only_an_existing_row_can_be_changed_in_a_transaction(
    standin: AppwriteStandin, tables: TablesDB
) -> None:
    transaction = tables.create_transaction().id
    assert refused(lambda: tables.create_operations(transaction, [update("a", v=1)])) == "404 row_not_found"
    tables.create_operations(transaction, [create("a", v=1), update("a", v=2)])
    tables.update_transaction(transaction, commit=True)
    assert values(standin) == {"a": 2}

    late = tables.create_transaction().id
    tables.create_operations(late, [update("a", v=3)])
    tables.delete_row(DB, TABLE, "a")
    assert refused(lambda: tables.update_transaction(late, commit=True)) == "404 row_not_found"
    assert tables.get_transaction(late).status == "failed"


def test_a_transaction_expires(standin: AppwriteStandin, tables: TablesDB) -> None:
    transaction = tables.create_transaction(ttl=60).id
    tables.create_operations(transaction, [create("a")])
    standin.clock.advance(61)
    assert refused(lambda: tables.update_transaction(transaction, commit=True)) == "410 transaction_expired"
    assert values(standin) == {}


def test_of_eight_creations_of_one_id_one_wins(standin: AppwriteStandin, tables: TablesDB) -> None:
    start = threading.Barrier(8)
    won: list[int] = []

    def race(number: int) -> None:
        mine = tables_of(standin)
        transaction = mine.create_transaction().id
        mine.create_operations(transaction, [create("claim", v=number)])
        start.wait()
        try:
            mine.update_transaction(transaction, commit=True)
            won.append(number)
        except AppwriteException as error:
            assert error.type == "transaction_conflict"

    racers = [threading.Thread(target=race, args=(n,)) for n in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1 and values(standin) == {"claim": won[0]}


# --- rows


def test_a_page_holds_twenty_five_rows_unless_a_limit_is_given(tables: TablesDB) -> None:
    tables.create_rows(DB, TABLE, [{"$id": f"a{n}"} for n in range(60)])
    page = tables.list_rows(DB, TABLE)
    assert (len(page.rows), page.total) == (25, 60)
    assert len(tables.list_rows(DB, TABLE, queries=[Q.limit(55)]).rows) == 55


def test_the_total_stops_at_five_thousand(standin: AppwriteStandin, tables: TablesDB) -> None:
    table = standin.routes.databases[DB].table(TABLE)
    for n in range(5_010):
        standin.routes.rows.db.execute(
            f"INSERT INTO {table.sql} (_id, _sequence, _created, _updated, _permissions) VALUES (?, ?, '', '', '[]')",
            (f"a{n}", n),
        )
    assert tables.list_rows(DB, TABLE, queries=[Q.limit(1)]).total == 5_000


@pytest.mark.parametrize("row_id", [".a", "_a", "a b", "a:b", "x" * 37, ""])
def test_an_id_takes_certain_characters_only(tables: TablesDB, row_id: str) -> None:
    assert refused(lambda: tables.create_row(DB, TABLE, row_id, {})) == "400 general_argument_invalid"


def test_the_header_timestamp_lets_one_of_eight_win(standin: AppwriteStandin, tables: TablesDB) -> None:
    tables.create_row(DB, TABLE, "a", {"v": 0})
    read = tables.get_row(DB, TABLE, "a").updatedat
    time.sleep(0.002)
    outcomes: list[str] = []

    def race(number: int) -> None:
        mine = tables_of(standin)
        mine.client.add_header("X-Appwrite-Timestamp", read)
        try:
            mine.update_row(DB, TABLE, "a", {"v": number})
            outcomes.append("won")
        except AppwriteException as error:
            outcomes.append(f"{error.code} {error.type}")

    racers = [threading.Thread(target=race, args=(n,)) for n in range(1, 9)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == ["409 row_update_conflict"] * 7 + ["won"]


def test_an_update_that_changes_nothing_leaves_the_time_alone(tables: TablesDB) -> None:
    made = tables.create_row(DB, TABLE, "a", {"v": 1})
    time.sleep(0.002)
    assert tables.update_row(DB, TABLE, "a", {"v": 1}).updatedat == made.updatedat
    assert tables.update_row(DB, TABLE, "a", {"v": 2}).updatedat > made.updatedat


def test_updating_rows_by_a_query_is_not_atomic(standin: AppwriteStandin, tables: TablesDB) -> None:
    tables.create_row(DB, TABLE, "a", {"v": 1})

    def rival() -> None:
        standin.routes.between_reading_and_writing = lambda: None
        tables_of(standin).update_row(DB, TABLE, "a", {"v": 2, "name": "rival"})

    standin.routes.between_reading_and_writing = rival
    assert (
        len(tables.update_rows(DB, TABLE, {"v": 2}, [Q.equal("v", 1)]).rows) == 1
    )  # both believe that they won


def test_an_increment_stops_at_its_bound(standin: AppwriteStandin, tables: TablesDB) -> None:
    tables.create_row(DB, TABLE, "a", {"v": 1})
    tables.increment_row_column(DB, TABLE, "a", "v", 1, max=2)
    assert (
        refused(lambda: tables.increment_row_column(DB, TABLE, "a", "v", 1, max=2))
        == "400 column_limit_exceeded"
    )
    assert (
        refused(lambda: tables.decrement_row_column(DB, TABLE, "a", "v", 1, min=2))
        == "400 column_limit_exceeded"
    )
    assert values(standin) == {"a": 2}


def test_a_unique_index_is_kept(tables: TablesDB) -> None:
    tables.create_index(DB, TABLE, "one", "unique", ["name"])
    tables.create_row(DB, TABLE, "a", {"name": "x"})
    assert refused(lambda: tables.create_row(DB, TABLE, "b", {"name": "x"})) == "409 row_already_exists"


@pytest.mark.parametrize("data", [{"unknown": 1}, {"v": "1"}, {"name": "x" * 51}, {"v": 2**63}])
def test_a_row_of_another_form_is_refused(tables: TablesDB, data: dict[str, Any]) -> None:
    assert refused(lambda: tables.create_row(DB, TABLE, "a", data)) == "400 row_invalid_structure"


# --- columns and indexes


def test_columns_and_indexes_take_their_time(standin: AppwriteStandin) -> None:
    tables = tables_of(standin)
    tables.create(DB, "Game")
    tables.create_table(DB, TABLE, "Things")
    standin.routes.delay = 0.2
    made = tables.create_varchar_column(DB, TABLE, "name", 50, False)
    assert made.status.value == "processing"
    assert refused(lambda: tables.create_row(DB, TABLE, "a", {"name": "x"})) == "400 row_invalid_structure"
    assert refused(lambda: tables.create_index(DB, TABLE, "k", "key", ["name"])) == "400 column_not_available"
    standin.clock.advance(0.2)
    assert tables.get_column(DB, TABLE, "name").status.value == "available"
    tables.create_row(DB, TABLE, "a", {"name": "x"})
    assert tables.create_index(DB, TABLE, "k", "key", ["name"]).status == "processing"
    standin.clock.advance(0.2)
    assert tables.get_index(DB, TABLE, "k").status == "available"


def test_an_index_holds_768_characters_and_no_array(tables: TablesDB) -> None:
    tables.create_varchar_column(DB, TABLE, "long", 718, False)
    tables.create_varchar_column(DB, TABLE, "longer", 719, False)
    tables.create_varchar_column(DB, TABLE, "many", 10, False, array=True)
    tables.create_index(DB, TABLE, "fits", "key", ["name", "long", "v"])
    assert (
        refused(lambda: tables.create_index(DB, TABLE, "k", "key", ["name", "longer"])) == "400 index_invalid"
    )
    assert refused(lambda: tables.create_index(DB, TABLE, "k", "key", ["many"])) == "400 index_invalid"


def test_a_row_is_65535_bytes_wide_and_longtext_takes_twenty_of_them(tables: TablesDB) -> None:
    tables.create_varchar_column(DB, TABLE, "wide", 16_000, False)
    assert (
        refused(lambda: tables.create_varchar_column(DB, TABLE, "wider", 1_000, False))
        == "400 column_limit_exceeded"
    )
    tables.create_longtext_column(DB, TABLE, "body", False)
    assert tables.get_table(DB, TABLE).bytesused < 65_535


# --- the description


def test_a_request_that_the_description_does_not_know_is_refused_and_remembered(
    standin: AppwriteStandin,
) -> None:
    if standin.contract is None:
        pytest.skip("the description is not here")
    headers = {"x-appwrite-project": standin.project, "x-appwrite-key": standin.key}
    for body in (
        {"databaseId": "d"},
        {"databaseId": "d", "name": 1},
        {"databaseId": "d", "name": "D", "nam": ""},
    ):
        status, _ = standin.answer("POST", "/v1/tablesdb", headers, json.dumps(body).encode())
        assert status == 400
    assert len(standin.violations) == 3


def test_an_answer_that_breaks_the_description_is_remembered(
    standin: AppwriteStandin, tables: TablesDB
) -> None:
    if standin.contract is None:
        pytest.skip("the description is not here")
    standin.routes.databases[DB].name = 7  # type: ignore[assignment]
    standin.answer(
        "GET", f"/v1/tablesdb/{DB}", {"x-appwrite-project": "coc", "x-appwrite-key": standin.key}, b""
    )
    assert len(standin.violations) == 1 and "answer to GET" in standin.violations[0]


def test_a_missing_contract_is_an_error_on_the_build_machine_only(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COC_CONTRACTS", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ContractMissing):
        load_contract()
    monkeypatch.delenv("CI")
    with pytest.warns(UserWarning, match="hand-written rules only"):
        assert contract_file("recordings.jsonl") is None
