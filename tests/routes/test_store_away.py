"""What clients are told while PostgreSQL is away, and that asking again under one key does the thing once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.app import create_app
from api.routes.http import IN_DOUBT, NOTHING_CHANGED
from api.store.sql_postgres import TimelyConnection
from tests.fakes.game import settings_for
from tests.fakes.postgres import Postgres
from tests.routes.conftest import Client

pytestmark = pytest.mark.needs("postgresql")
HERO = {"hero": "aldo_fisk"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    made = Postgres()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def away(server: Postgres, tmp_path: Path) -> Client:
    """A client of an API whose store is that server."""
    return Client(create_app(settings_for(tmp_path, database_url=server.url())).test_client())


def test_while_the_server_is_away_the_answer_is_503_and_afterwards_all_is_well(
    server: Postgres, away: Client
) -> None:
    server.kill()
    status, envelope = away.send("POST", "/characters", HERO, Idempotency_Key="a" * 8)
    assert (status, envelope["error"]["code"]) == (503, "unavailable")
    assert envelope["error"]["message"] == NOTHING_CHANGED
    assert away.send("GET", "/health")[0] == 503
    server.spawn()
    server.wait()
    assert away.send("POST", "/characters", HERO, Idempotency_Key="a" * 8)[0] == 201
    assert away.send("GET", "/health")[0] == 200


def test_an_api_that_starts_while_the_server_is_away_answers_503_until_it_is_back(
    server: Postgres, tmp_path: Path
) -> None:
    url = server.url()
    server.kill()
    client = Client(create_app(settings_for(tmp_path, database_url=url)).test_client())
    assert client.send("GET", "/heroes")[0] == 200  # what is read from data/ needs no store
    assert client.send("POST", "/characters", HERO)[0] == 503
    server.spawn()
    server.wait()
    assert client.send("POST", "/characters", HERO)[0] == 201


def test_a_commit_whose_answer_was_lost_is_told_as_in_doubt_and_happens_once(
    server: Postgres, away: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.ok("GET", "/characters")  # the account exists
    real = psycopg.Connection.commit

    def cut(connection: TimelyConnection) -> None:
        real(connection)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(TimelyConnection, "commit", cut)
        status, envelope = away.send("POST", "/characters", HERO, Idempotency_Key="b" * 8)
    assert (status, envelope["error"]["message"]) == (503, IN_DOUBT)
    again = away.ok("POST", "/characters", HERO, Idempotency_Key="b" * 8)
    assert [c["id"] for c in away.ok("GET", "/characters")["items"]] == [again["id"]]
