"""The ports as a worker process wired them; jobs reach them here because RQ gives them nothing but their ids."""

from __future__ import annotations

from functools import cache

from api.settings import load_settings
from api.wiring import Wired, wire


@cache
def wired() -> Wired:
    return wire(load_settings())
