"""Fixtures for tests of what talks to Appwrite: one stand-in with the store's tables, emptied for each test."""

from collections.abc import Callable, Iterator

import pytest

from api.store.appwrite import AppwriteStore
from tests.fakes.appwrite.server import AppwriteStandin
from tests.fakes.appwrite.settings import DATABASE, TIMEOUTS


@pytest.fixture(scope="module")
def served_appwrite() -> Iterator[AppwriteStandin]:
    """A stand-in in which the store's tables are made."""
    with AppwriteStandin(delay=0.0) as standin:
        store = AppwriteStore(standin.endpoint, standin.project, standin.key, DATABASE, TIMEOUTS)
        store.ensure_schema()
        store.close()
        assert standin.violations == []
        yield standin


@pytest.fixture
def appwrite(served_appwrite: AppwriteStandin) -> Iterator[AppwriteStandin]:
    """The stand-in, empty. What breaks Appwrite's published description, on either side, fails the test."""
    served_appwrite.empty()
    yield served_appwrite
    assert served_appwrite.violations == []


@pytest.fixture
def open_appwrite_store(appwrite: AppwriteStandin) -> Iterator[Callable[..., AppwriteStore]]:
    """Opens the same data as another process would."""
    opened: list[AppwriteStore] = []

    def open_store(timeouts: tuple[float, float] = TIMEOUTS) -> AppwriteStore:
        opened.append(AppwriteStore(appwrite.endpoint, appwrite.project, appwrite.key, DATABASE, timeouts))
        return opened[-1]

    yield open_store
    for each in opened:
        each.close()


@pytest.fixture
def appwrite_store(open_appwrite_store: Callable[..., AppwriteStore]) -> AppwriteStore:
    return open_appwrite_store()
