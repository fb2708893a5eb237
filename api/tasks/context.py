"""The ports as a worker process wired them; jobs reach them here because RQ gives them nothing but their ids."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from api.settings import load_settings
from api.wiring import Wired, wire
from api.workers.provider_limits import LimitedNarrator, LimitedRuler, ProviderSlots
from api.workers.pump import Pump


@cache
def wired() -> Wired:
    """One set for the process: narrators share their provider's slots, and nothing publishes on the event loop."""
    parts = wire(load_settings())
    settings = parts.deps.settings
    slots = ProviderSlots(settings.provider_slots, settings.provider_wait_seconds)
    return replace(
        parts,
        deps=replace(parts.deps, publisher=Pump(parts.deps.publisher)),
        ruler=LimitedRuler(parts.ruler, slots),
        narrators=[LimitedNarrator(n, slots) for n in parts.narrators],
    )


def unwire() -> None:
    """At the end of the process: what was published but not yet sent goes out."""
    publisher = wired().deps.publisher
    if isinstance(publisher, Pump):
        publisher.close()
