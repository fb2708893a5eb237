"""The ports as a worker process wired them; jobs reach them here because RQ gives them nothing but their ids."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from api.settings import load_settings
from api.wiring import Wired, wire
from api.workers.pump import Pump


@cache
def wired() -> Wired:
    """One set for the process, in which nothing publishes on the event loop."""
    parts = wire(load_settings())
    return replace(parts, deps=replace(parts.deps, publisher=Pump(parts.deps.publisher)))


def unwire() -> None:
    """At the end of the process: what was published but not yet sent goes out."""
    publisher = wired().deps.publisher
    if isinstance(publisher, Pump):
        publisher.close()
