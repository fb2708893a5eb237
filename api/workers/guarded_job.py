"""A job that may only be one of ours: whoever can write to Redis must not choose what runs here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rq.job import Job
from rq.utils import import_attribute


class JobNotAllowed(Exception):
    """A job names a function that is none of ours."""


class GuardedJob(Job):
    """Runs functions of its whitelist only, and nothing else that a job can ask for: no callbacks, no webhooks."""

    allowed: ClassVar[frozenset[str]] = frozenset()

    @property
    def func(self) -> Callable[..., Any]:
        """The job's function. Raises JobNotAllowed before anything is imported."""
        name = self.func_name
        if not isinstance(name, str) or name not in self.allowed:
            raise JobNotAllowed(str(name))
        function: Callable[..., Any] = import_attribute(name)
        return function

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        return None

    @property
    def sponsor_id(self) -> str:
        """Who pays for the job's session; empty when the job does not say."""
        return _text(self.meta, "sponsor_id")

    @property
    def session_id(self) -> str:
        """The session that the job works on; empty when the job does not say."""
        return _text(self.meta, "session_id")

    @property
    def request_id(self) -> str:
        return _text(self.meta, "request_id")


def _text(meta: Any, key: str) -> str:
    value = meta.get(key) if isinstance(meta, dict) else None
    return value if isinstance(value, str) else ""
