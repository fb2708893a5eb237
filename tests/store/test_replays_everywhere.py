"""A session plays again to the identical state whatever store it was played on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.rules.replay import state_hash
from api.services.replays import forget_steps, replay_session
from api.store.appwrite import AppwriteStore
from api.store.port import Store
from api.store.sql import SqlStore
from tests.fakes.postgres import Postgres
from tests.replays.tables import evening, frozen_game

pytest_plugins = ["tests.fakes.appwrite.fixtures"]


def plays_again(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = frozen_game(folder, monkeypatch, store)
    table = evening(game)
    report = replay_session(store, game.content, table.id)
    assert report.ok and report.present == () and report.replayed.turns == 12
    assert state_hash(report.replayed.state) == state_hash(table.load().state())
    assert forget_steps(store, table.id, 8) == 5
    assert replay_session(store, game.content, table.id).from_turn == 6


@pytest.fixture
def postgres() -> Iterator[Store]:
    server = Postgres()
    server.start()
    store = SqlStore(server.url())
    yield store
    store.close()
    server.stop()


@pytest.mark.needs("postgresql")
def test_on_postgresql(postgres: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plays_again(postgres, tmp_path, monkeypatch)


def test_on_appwrite(appwrite_store: AppwriteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plays_again(appwrite_store, tmp_path, monkeypatch)
