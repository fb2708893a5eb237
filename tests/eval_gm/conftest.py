"""Fixtures of the evaluation."""

from __future__ import annotations

import pytest

from api.content.catalogue import Content
from api.llm.checking import Checker, checker_of


@pytest.fixture(scope="session")
def checker(content: Content) -> Checker:
    return checker_of(content)
