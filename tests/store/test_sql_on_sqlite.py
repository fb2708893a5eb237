"""The store contract on SQLite, and what is particular to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from api.settings import ROOT
from api.store import sql
from api.store.port import Insert, Store, StoreError
from api.store.schema import COLLECTIONS, SCHEMA_VERSION
from api.store.sql import SqlStore
from tests.store.contract import StoreContract

STEPS = ScriptDirectory(str(Path(sql.__file__).parent / "migrations"))


class TestSqlite(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"

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

    def test_it_writes_ahead_and_survives_reopening(self, url: str, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {"n": 1})])
        store.close()
        again = SqlStore(url)
        found = again.get("accounts", "a1")
        assert found is not None and found.body == {"n": 1}
        with sa.create_engine(url).connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        again.close()

    def test_a_store_of_a_newer_program_is_left_alone(self, url: str, store: Store) -> None:
        store.close()
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        engine.dispose()
        with pytest.raises(StoreError, match="update it"):
            SqlStore(url)


def test_the_migrations_make_exactly_the_declared_schema(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'm.sqlite3'}")
    with store._engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), store._metadata)
        assert [
            d for d in differences if not (d[0] == "remove_table" and d[1].name == "alembic_version")
        ] == []
    store.close()


def test_the_newest_migration_is_the_declared_version() -> None:
    assert STEPS.get_heads() == [SCHEMA_VERSION]


@pytest.mark.parametrize("found", [step.revision for step in STEPS.walk_revisions()])
def test_a_store_of_any_earlier_version_is_brought_up_and_keeps_its_documents(
    found: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    config = Config()
    config.set_main_option("script_location", STEPS.dir)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, found)
        connection.exec_driver_sql(
            """INSERT INTO accounts (id, revision, body) VALUES ('a1', 3, '{"n":1}')"""
        )
    engine.dispose()
    store = SqlStore(url)
    kept = store.get("accounts", "a1")
    assert kept is not None and (kept.revision, kept.body) == (3, {"n": 1})
    assert [store.get(name, "nobody") for name in COLLECTIONS] == [None] * len(COLLECTIONS)
    store.close()


def test_eight_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'race.sqlite3'}"
    with ThreadPoolExecutor(8) as pool:
        for store in pool.map(lambda _: SqlStore(url), range(8)):
            assert store.get("accounts", "a") is None
            store.close()


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    with pytest.raises(StoreError, match="cannot make the folder"):
        SqlStore(f"sqlite:///{blocker / 'sub' / 'store.sqlite3'}")


ON_A_FULL_DISK = """
import resource, sys
from api.store.port import StoreError
from api.store.sql import SqlStore

_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
store = SqlStore(sys.argv[1])
try:
    store.get("accounts", "x")
    print("read on a full disk", end=" ")
except StoreError:
    print("refused", end=" ")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(store.get("accounts", "x"))
"""


def test_a_full_disk_at_the_start_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'full.sqlite3'}"
    SqlStore(url).close()
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, url], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout.split("\n")[-2]) == (0, "refused None"), done.stderr
