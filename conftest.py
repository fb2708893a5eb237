"""Pytest for the whole tree: a test that misses a system part is skipped by name; with CI=true it fails."""

from __future__ import annotations

import os

import pytest

from launcher.system_parts import PARTS


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        part = PARTS[mark.args[0]]
        if part.find() is None:
            sentence = f"{part.name} is missing: install {' '.join(part.packages)}"
            if os.environ.get("CI") == "true":
                pytest.fail(sentence)
            pytest.skip(sentence)
