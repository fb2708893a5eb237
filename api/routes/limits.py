"""How often who may ask: the table of rate limits, and the limiter that counts in Redis for all processes together.

What counts is the person, also behind the bot; else the service, else the network. What members do anonymously counts
for their table alone. Each operation is counted by itself under its row, and all of them together under `total`, but
for what heroes do: that is asked for most often, its rows are tight, and each count is a trip to Redis for which a
player waits.

While Redis is away each process counts for itself: play goes on, and nobody gets more than one process gives. For
`sign_in` that is enough, since guessing is paused by counts in the store (`api/identity/throttle.py`), which closes
with the store.
"""

from __future__ import annotations

import math
import time

from flask import Flask, g, request
from flask_limiter import Limiter

from api.errors import ScopeMissing
from api.identity.port import Client
from api.identity.services import service_of
from api.identity.throttle import network
from api.routes.browsers import SAFE_METHODS
from api.routes.operation import current_operation
from api.routes.who import client, deps, session_token
from api.services.deps import Actor
from api.settings import Settings
from api.store.port import StoreError

TIERS = ("FREE", "BASIC", "PREMIUM", "ELITE")
SERVICE = 60_000  # a service asks for all of its users at once
# Requests a minute for FREE, BASIC, PREMIUM, ELITE. Who did not sign in counts as FREE, by network.
LIMITS: dict[str, tuple[int, int, int, int]] = {
    "total": (600, 600, 900, 1200),
    "read": (240, 240, 360, 480),
    "write": (60, 90, 120, 180),
    "action": (40, 60, 60, 90),  # what a hero does
    "combat": (40, 60, 60, 90),  # the same in a fight
    "lore": (10, 20, 30, 40),  # asking about things, which may ask a model
    "chat": (20, 30, 40, 60),  # table talk and dice for fun
    "retell": (10, 10, 15, 20),  # other words for a passage
    "market": (10, 20, 40, 60),  # listing, bidding, buying
    "follow": (120, 120, 180, 240),  # the feed, when it is polled
    "sign_in": (30, 30, 30, 30),  # everything that takes a password or a letter's link
}

OWN_ALONE = ("action", "combat")  # rows whose operations are not counted under `total`


def install_limits(app: Flask, settings: Settings) -> Limiter:
    """Count every request from here on; who asks must have been found out by an earlier hook."""
    limiter = Limiter(
        _who,
        strategy="moving-window",
        storage_uri=_address(settings.redis_url),
        # Whoever plays waits for this: a Redis that hangs must not hang the table.
        storage_options={"socket_connect_timeout": 0.5, "socket_timeout": 0.5},  # type: ignore[dict-item]
        default_limits=[_own],
        default_limits_per_method=True,
        application_limits=[_total],
        application_limits_exempt_when=lambda: _row() in OWN_ALONE,
        in_memory_fallback_enabled=True,
        swallow_errors=True,  # requests that were under way when Redis went: the next ones count here
        key_prefix="coc-limit",
        enabled=settings.rate_limit_factor > 0,
    )
    limiter.request_filter(lambda: request.method == "OPTIONS" or current_operation() is None)
    limiter.init_app(app)
    return limiter


def seconds_to_wait(limiter: Limiter) -> int:
    """From now until the limit that this request broke lets another one through."""
    broken = limiter.current_limit
    at = broken.window.reset_time if broken is not None else time.time() + 60
    return max(1, math.ceil(at - time.time()))


def row_of(kind: str, method: str) -> str:
    """The row of the table for an operation's `limit`; one that names none reads or writes."""
    return kind or ("read" if method in SAFE_METHODS else "write")


def limit_text(row: str, tier: str, factor: float) -> str:
    """A limit as the limiter reads it."""
    return f"{max(1, round(LIMITS[row][TIERS.index(tier)] * factor))} per minute"


def _row() -> str:
    declared = current_operation()
    return row_of(declared.limit if declared else "", request.method)


def _own() -> str:
    return _text(_row())


def _total() -> str:
    return _text("total")


def _text(row: str) -> str:
    factor, actor = deps().settings.rate_limit_factor, _actor()
    if _table_alone():
        return limit_text(row, "FREE", factor)
    if _service() or (actor is not None and actor.is_service):
        return f"{max(1, round(SERVICE * factor))} per minute"
    tier = (actor.tier if actor is not None else "") or "FREE"
    return limit_text(row, tier, factor)


def _table_alone() -> str:
    """The table at which a member does something anonymously: a key with a person or a tier in it would say who it was.
    Empty for everything else, also for who does not sit there."""
    declared = current_operation()
    if declared is None or not declared.anonymous:
        return ""
    if "limited_table" not in g:
        session_id = str((request.view_args or {}).get("session_id", ""))
        actor = _actor()
        try:
            found = deps().store.get("game_sessions", session_id)
        except StoreError:  # the route will say so; nobody is counted by name for it
            return session_id
        members = {s["user_id"] for s in found.body["party"]} if found is not None else set()
        g.limited_table = session_id if actor is not None and actor.user_id in members else ""
    table: str = g.limited_table
    return table


def _who() -> str:
    if table := _table_alone():
        return f"table:{table}"
    actor = _actor()
    if actor is not None:
        return f"user:{actor.user_id}" if actor.user_id else f"service:{actor.provider}"
    return f"service:{name}" if (name := _service()) else f"network:{_network()}"


def _actor() -> Actor | None:
    actor: Actor | None = g.get("actor")
    return actor


def _service() -> str:
    """A service that asks what anyone may, where nobody has looked at its token yet."""
    if _actor() is not None:
        return ""
    found = service_of(deps().settings, session_token())
    return (found.provider or "web") if found else ""


def _network() -> str:
    try:
        source = client()
    except ScopeMissing:  # a word on somebody's behalf without the right to it
        source = Client(request.remote_addr or "")
    return network(source.source)


def _address(redis_url: str) -> str:
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
