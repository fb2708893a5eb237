"""The budget's promises on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.postgres import Postgres
from tests.services.budget_contract import BudgetContract


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    made = Postgres()
    made.start()
    yield made
    made.stop()


@pytest.mark.needs("postgresql")
class TestOnPostgres(BudgetContract):
    @pytest.fixture
    def url(self, server: Postgres) -> str:
        return server.url()
