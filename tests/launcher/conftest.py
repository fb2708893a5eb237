"""Fixtures of the launcher's tests."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launcher.stub_tree import StubTree


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[StubTree]:
    made = StubTree(tmp_path)
    yield made
    for process in made.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
