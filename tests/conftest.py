"""Fixtures that every suite may use. The API is loaded only by suites that ask for it: bot and web must not need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from api.content.catalogue import Content
    from tests.fakes.game import Game

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="session")
def content() -> Content:
    from api.content.loader import load_content

    return load_content(DATA)


@pytest.fixture
def game(tmp_path: Path, content: Content) -> Iterator[Game]:
    from tests.fakes.game import Game

    made = Game(tmp_path, content)
    yield made
    made.store.close()
