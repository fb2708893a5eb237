"""PostgreSQL is killed, stopped and started under the store: it says so in time, and comes back by itself."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import psycopg
import pytest

from api.store.port import InDoubt, Insert, StoreError
from api.store.sql import SqlStore
from api.store.sql_postgres import TimelyConnection
from tests.fakes.postgres import Postgres

pytestmark = pytest.mark.needs("postgresql")
HERO = {"user_id": "u1", "name": "Ann"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    made = Postgres()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def store(server: Postgres) -> Iterator[SqlStore]:
    made = SqlStore(server.url())
    made.commit([Insert("characters", "c1", HERO)])
    yield made
    made.close()


def test_a_killed_server_is_a_store_error_and_the_store_comes_back_with_what_was_committed(
    server: Postgres, store: SqlStore
) -> None:
    server.kill()
    with pytest.raises(StoreError):
        store.get("characters", "c1")
    with pytest.raises(StoreError):
        store.commit([Insert("characters", "c2", HERO)])
    server.spawn()
    server.wait()
    found = store.get("characters", "c1")
    assert found is not None and found.body == HERO
    assert store.get("characters", "c2") is None
    store.commit([Insert("characters", "c2", HERO)])


def test_a_restart_between_two_calls_is_not_noticed(server: Postgres, store: SqlStore) -> None:
    store.ping()
    server.kill()
    server.spawn()
    server.wait()
    store.commit([Insert("characters", "c2", HERO)])  # the pooled connection was dead, and is replaced


def test_a_server_that_stands_still_is_a_store_error_after_a_while(
    server: Postgres, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.sql_postgres.ANSWER_SECONDS", 0.3)
    server.signal(signal.SIGSTOP)
    with pytest.raises(StoreError):
        store.get("characters", "c1")
    server.signal(signal.SIGCONT)
    server.wait()
    assert store.get("characters", "c1") is not None


def test_a_store_whose_server_is_away_at_the_start_is_ready_when_the_server_is(server: Postgres) -> None:
    url = server.url()
    server.kill()
    store = SqlStore(url)
    with pytest.raises(StoreError):
        store.ping()
    server.spawn()
    server.wait()
    store.commit([Insert("characters", "c1", HERO)])
    store.close()


def test_a_wrong_address_is_told_at_the_start(server: Postgres) -> None:
    url = server.url()
    with pytest.raises(StoreError, match="does not exist"):
        SqlStore(re.sub(r"/t\d+\?", "/nowhere?", url))
    with pytest.raises(StoreError, match="does not exist"):
        SqlStore(url.replace("coc@", "nobody@"))


@pytest.mark.parametrize("arrived", [True, False])
def test_a_commit_whose_answer_was_lost_is_in_doubt_and_reading_again_tells(
    server: Postgres, store: SqlStore, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    def cut(connection: TimelyConnection) -> None:
        if arrived:
            psycopg.Connection.commit(connection)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(TimelyConnection, "commit", cut)
        with pytest.raises(InDoubt):
            store.commit([Insert("characters", "c2", HERO)])
    assert (store.get("characters", "c2") is not None) is arrived
