"""The store contract on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.store.port import Store
from api.store.sql import SqlStore
from tests.fakes.postgres import Postgres
from tests.store.contract import StoreContract


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    made = Postgres()
    made.start()
    yield made
    made.stop()


@pytest.mark.needs("postgresql")
class TestPostgres(StoreContract):
    @pytest.fixture
    def url(self, server: Postgres) -> str:
        return server.url()

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        made = SqlStore(url)
        yield made
        made.close()

    @pytest.fixture
    def second(self, url: str) -> Iterator[Callable[[], Store]]:
        opened: list[Store] = []

        def another() -> Store:
            opened.append(SqlStore(url))
            return opened[-1]

        yield another
        for each in opened:
            each.close()
