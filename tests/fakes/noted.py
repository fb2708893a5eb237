"""What one module logs, whatever other tests did to logging before: loggers keep what they were first used with."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture


def noted(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[Any]:
    """The lines of the module's `log` from now on, as dictionaries; it grows as they come."""
    capture = LogCapture()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(),
        processors=[capture],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=False,
    )
    monkeypatch.setattr(module, "log", logger)
    return capture.entries
